/* SPDX-License-Identifier: Apache-2.0
 *
 * Lives on the shortest list of system calls that its work can be done with; every other one ends it by SIGSYS.
 *
 *     confined tight        allocates, frees what it had before, and ends
 *     confined threads      so do threads that are born in the box
 *     confined fork         so does a forked child
 *     confined crash        dies of its own fault, of an action that it sets in the box
 *     confined strict       the oldest form: read, write, exit
 *     confined exec FILE    becomes another program, which is as confined
 *     confined promised FILE    has only sworn off new privileges, and becomes another program
 *     confined refused      wants to be confined, but may not
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "guest.h"

#define ALLOW(number) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##number, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define MEMORY        ALLOW(brk), ALLOW(mmap), ALLOW(munmap), ALLOW(mremap), ALLOW(mprotect), ALLOW(madvise)
#define BEGIN         BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)), MEMORY, ALLOW(write), ALLOW(exit_group)
#define END           BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)

static void *kept[64];            /* from before */
void *__libc_malloc(size_t size); /* what it gives out, nobody else knows of */
static void *unknown[8];

static void promise(void) {
    MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
}

static void enter(struct sock_filter *filter, size_t size) {
    struct sock_fprog program = {(unsigned short)(size / sizeof *filter), filter};
    promise();
    MUST(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

static void work(unsigned seed) {
    for (unsigned i = 0; i < sizeof kept / sizeof *kept; i++) {
        free(kept[i]);
        kept[i] = malloc(i * 100);
    }
    for (unsigned i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        free(unknown[i]);
        unknown[i] = NULL;
    }
    churn(seed, 5000);
}

static void say(const char *text) {
    MUST(write(1, text, strlen(text)) == (ssize_t)strlen(text));
}

static void enter_tight(void) {
    struct sock_filter filter[] = {BEGIN, END};
    enter(filter, sizeof filter);
}

static void *run_thread(void *seed) {
    churn((unsigned)(uintptr_t)seed, 5000);
    return NULL;
}

static void be_threads(void) {
    struct sock_filter filter[] = {BEGIN,
                                   ALLOW(clone),
                                   ALLOW(clone3),
                                   ALLOW(set_robust_list),
                                   ALLOW(rseq),
                                   ALLOW(futex),
                                   ALLOW(rt_sigprocmask),
                                   ALLOW(sched_getaffinity),
                                   ALLOW(rt_sigaction),
                                   ALLOW(exit),
                                   END};
    pthread_t threads[4];
    enter(filter, sizeof filter);
    for (uintptr_t i = 0; i < 4; i++)
        MUST(pthread_create(&threads[i], NULL, run_thread, (void *)i) == 0);
    for (unsigned i = 0; i < 4; i++)
        MUST(pthread_join(threads[i], NULL) == 0);
}

static void be_fork(int argc, char **argv) {
    struct sock_filter filter[] = {BEGIN,         ALLOW(clone), ALLOW(wait4),          ALLOW(set_robust_list),
                                   ALLOW(gettid), ALLOW(futex), ALLOW(rt_sigprocmask), END};
    int status;
    enter(filter, sizeof filter);
    pid_t child = fork();
    MUST(child >= 0);
    if (child == 0) {
        work(3);
        maybe_double_free(argc, argv); /* said nowhere */
        _exit(5);
    }
    MUST(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 5);
}

static void be_crash(void) {
    struct sock_filter filter[] = {BEGIN, ALLOW(rt_sigaction), END};
    struct sigaction before;
    enter(filter, sizeof filter);
    MUST(sigaction(SIGSEGV, NULL, &before) == 0 && before.sa_handler == SIG_DFL);
    MUST(signal(SIGSEGV, SIG_IGN) == SIG_DFL && signal(SIGSEGV, SIG_DFL) == SIG_IGN);
    *(volatile int *)8 = 1;
}

static void be_exec(const char *file) {
    /* What a program of the C library needs to begin and to end. */
    struct sock_filter filter[] = {BEGIN,
                                   ALLOW(execve),
                                   ALLOW(openat),
                                   ALLOW(read),
                                   ALLOW(pread64),
                                   ALLOW(close),
                                   ALLOW(access),
                                   ALLOW(newfstatat),
                                   ALLOW(arch_prctl),
                                   ALLOW(set_tid_address),
                                   ALLOW(set_robust_list),
                                   ALLOW(rseq),
                                   ALLOW(prlimit64),
                                   ALLOW(getrandom),
                                   END};
    enter(filter, sizeof filter);
    execl(file, file, "out of the box", NULL);
    _exit(3);
}

static void be_strict(int argc, char **argv) {
    maybe_double_free(argc, argv);
    MUST(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0);
    for (unsigned i = 0; i < sizeof kept / sizeof *kept; i++)
        free(kept[i]);
    say("strict\n");
    syscall(SYS_exit, 0);
}

static void be_refused(void) {
    struct sock_fprog program = {0, NULL};
    MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0) == -1 && errno == EINVAL);
    MUST(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == -1);
    MUST(prctl(PR_SET_SECCOMP, 77, 0) == -1 && errno == EINVAL);
    raise(SIGILL);
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    bool known = true;
    for (unsigned i = 0; i < sizeof kept / sizeof *kept; i++)
        kept[i] = malloc(i * 200);
    for (unsigned i = 0; i < sizeof unknown / sizeof *unknown; i++)
        unknown[i] = __libc_malloc((size_t)32 << (3 * i));
    if (strcmp(what, "tight") == 0)
        enter_tight();
    else if (strcmp(what, "threads") == 0)
        be_threads();
    else if (strcmp(what, "fork") == 0)
        be_fork(argc, argv);
    else if (strcmp(what, "crash") == 0)
        be_crash();
    else if (strcmp(what, "exec") == 0 && argc > 2)
        be_exec(argv[2]);
    else if (strcmp(what, "promised") == 0 && argc > 2)
        promise(), execl(argv[2], argv[2], argv[argc - 1], NULL);
    else if (strcmp(what, "strict") == 0)
        be_strict(argc, argv);
    else if (strcmp(what, "refused") == 0)
        be_refused();
    else
        known = false;
    MUST(known);
    work(2);
    maybe_double_free(argc, argv);
    say("done\n");
    return 6;
}
