/* SPDX-License-Identifier: Apache-2.0
 *
 * A guest that dies in the way that its argument says, or almost dies and recovers. Its last line of output and its status are
 * the same under the shim as without it.
 *
 * usage: crash WAY
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int *volatile nowhere = NULL;
static sigjmp_buf back;

static void write_to_null(void) {
    *nowhere = 1;
}

static void write_to_nothing(void) {
    volatile char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    page[16] = 1;
}

static void write_to_no_address(void) {
    *(volatile int *)0x4141414141414141 = 1;
}

static void write_behind_file(void) {
    char name[] = "/tmp/guest-XXXXXX";
    int file = mkstemp(name);
    unlink(name);
    volatile char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    page[0] = 1;
}

static void divide_by_zero(void) {
    volatile int one = 1, zero = 0;
    printf("%d\n", one / zero);
}

static void no_instruction(void) {
    __asm__ volatile("ud2");
}

static int recurse(volatile int depth) {
    volatile char frame[512];
    frame[0] = (char)depth;
    return depth < 0 ? 0 : recurse(depth + 1) + frame[0];
}

static void overflow_stack(void) {
    struct rlimit limit = {1 << 20, 1 << 20};
    setrlimit(RLIMIT_STACK, &limit);
    recurse(0);
}

static int large_frame(volatile int depth) {
    volatile char frame[200000];
    frame[100] = (char)depth;
    return depth > 1000 ? 0 : large_frame(depth + 1) + frame[100];
}

static void overflow_by_large_frames(void) {
    large_frame(0);
}

static void raise_segv(void) {
    raise(SIGSEGV);
}

static void kill_itself(void) {
    kill(getpid(), SIGSEGV);
    pause();
}

static void killed_by_another(void) {
    pid_t victim = getpid();
    if (fork() == 0) {
        usleep(20000);
        kill(victim, SIGSEGV);
        _exit(0);
    }
    for (;;)
        pause();
}

static void raise_abort_blocked(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGABRT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    abort();
}

static void fault_blocked(void) {
    sigset_t set;
    sigfillset(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);
    write_to_null();
}

/* Handlers. */

static void say(const char *text) {
    if (write(1, text, strlen(text)) < 0)
        _exit(3);
}

static void jump_back(int signal) {
    (void)signal;
    say("handled\n");
    siglongjmp(back, 1);
}

static void recover(void) {
    signal(SIGSEGV, jump_back);
    for (int i = 0; i < 3; i++)
        if (sigsetjmp(back, 1) == 0)
            write_to_null();
    exit(7);
}

static void chain(int number, siginfo_t *info, void *context) {
    (void)info;
    (void)context;
    say("chained\n");
    signal(number, SIG_DFL);
}

static void chain_by_raise(int number, siginfo_t *info, void *context) {
    chain(number, info, context);
    raise(number);
}

static void with_handler(void (*handler)(int, siginfo_t *, void *), int flags) {
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
    sigaction(SIGSEGV, &action, NULL);
    write_to_null();
}

static void report_then_retry(void) {
    with_handler(chain, 0);
}

static void report_then_raise(void) {
    with_handler(chain_by_raise, SA_NODEFER);
}

/* As faulthandler does it; and without letting the signal through before the handler's end. */
static void chain_plainly(int number) {
    chain_by_raise(number, NULL, NULL);
}

static void report_then_raise_plainly(void) {
    const struct sigaction action = {.sa_handler = chain_plainly, .sa_flags = SA_NODEFER};
    sigaction(SIGSEGV, &action, NULL);
    write_to_nothing();
}

static void report_then_raise_late(void) {
    signal(SIGSEGV, chain_plainly);
    write_to_nothing();
}

static void give_back_what_was(int number) {
    static struct sigaction was;
    static int set;
    if (!set++) {
        struct sigaction action = {.sa_handler = give_back_what_was};
        sigaction(SIGSEGV, &action, &was);
        write_to_null();
    }
    say(was.sa_handler == SIG_DFL ? "was default\n" : "was something else\n");
    sigaction(number, &was, NULL);
}

static void report_then_give_back(void) {
    give_back_what_was(0);
}

static void ignored(void) {
    signal(SIGABRT, SIG_IGN);
    raise(SIGABRT);
    say("ignored\n");
    abort();
}

static void abort_handled(void) {
    signal(SIGABRT, jump_back);
    if (sigsetjmp(back, 1) == 0)
        abort();
    exit(8);
}

/* A stack for signals with as little room as there may be. */
static void small_signal_stack(void) {
    static _Alignas(16) char room[8192];
    stack_t stack = {.ss_sp = room, .ss_size = sizeof room};
    sigaltstack(&stack, NULL);
    overflow_stack();
}

/* Threads. */

static void *thread(void *way) {
    ((void (*)(void))way)();
    return NULL;
}

static void run_in_threads(void (*way)(void), int count) {
    pthread_t threads[64];
    for (int i = 0; i < count; i++)
        pthread_create(&threads[i], NULL, thread, (void *)way);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

static void in_thread(void) {
    run_in_threads(write_to_nothing, 1);
}

static void in_many_threads(void) {
    run_in_threads(write_to_nothing, 32);
}

static void abort_in_thread(void) {
    run_in_threads(abort, 1);
}

static void overflow_in_thread(void) {
    run_in_threads(overflow_stack, 1);
}

/* Children. */

static void in_child(pid_t (*make)(void)) {
    int status;
    pid_t child = make();
    if (child == 0) {
        write_to_null();
        _exit(0);
    }
    waitpid(child, &status, 0);
    printf("child %d core %d\n", WTERMSIG(status), WCOREDUMP(status));
    fflush(stdout);
    write_to_nothing();
}

static pid_t raw_fork(void) {
    return (pid_t)syscall(SYS_fork);
}

static void in_forked_child(void) {
    in_child(fork);
}

static void in_raw_child(void) {
    in_child(raw_fork);
}

static void in_vfork_child(void) {
    int status;
    pid_t child = vfork();
    if (child == 0) {
        *nowhere = 1;
        _exit(0);
    }
    waitpid(child, &status, 0);
    printf("child %d core %d\n", WTERMSIG(status), WCOREDUMP(status));
    fflush(stdout);
    write_to_nothing();
}

static void exit_instead(int signal) {
    (void)signal;
    say("ending\n");
    _exit(9);
}

static void handler_ends(void) {
    signal(SIGSEGV, exit_instead);
    write_to_null();
}

static const struct {
    const char *name;
    void (*die)(void);
} ways[] = {
    {"null", write_to_null},
    {"nothing", write_to_nothing},
    {"no-address", write_to_no_address},
    {"behind-file", write_behind_file},
    {"divide", divide_by_zero},
    {"no-instruction", no_instruction},
    {"abort", abort},
    {"abort-blocked", raise_abort_blocked},
    {"abort-handled", abort_handled},
    {"ignored", ignored},
    {"overflow", overflow_stack},
    {"large-frame", overflow_by_large_frames},
    {"small-signal-stack", small_signal_stack},
    {"raise", raise_segv},
    {"kill", kill_itself},
    {"killed", killed_by_another},
    {"blocked", fault_blocked},
    {"recover", recover},
    {"retry", report_then_retry},
    {"report-raise", report_then_raise},
    {"report-raise-plainly", report_then_raise_plainly},
    {"report-raise-late", report_then_raise_late},
    {"give-back", report_then_give_back},
    {"handler-ends", handler_ends},
    {"thread", in_thread},
    {"threads", in_many_threads},
    {"abort-thread", abort_in_thread},
    {"overflow-thread", overflow_in_thread},
    {"forked-child", in_forked_child},
    {"raw-child", in_raw_child},
    {"vfork-child", in_vfork_child},
};

int main(int argc, char **argv) {
    for (size_t i = 0; argc > 1 && i < sizeof ways / sizeof *ways; i++)
        if (strcmp(argv[1], ways[i].name) == 0)
            ways[i].die();
    if (argc == 1)
        for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
            puts(ways[i].name);
    return argc > 1;
}
