/* SPDX-License-Identifier: Apache-2.0
 *
 * A guest that asks about its signals in every way there is, and prints the answers: the same under the shim as without it.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

typedef void handler(int);
handler *bsd_signal(int signal, handler *action);
handler *__sysv_signal(int signal, handler *action);

static const int asked[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGUSR1};

static void own(int signal) {
    (void)signal;
}

static const char *name(handler *action) {
    return action == SIG_DFL   ? "default"
           : action == SIG_IGN ? "ignore"
           : action == SIG_ERR ? "error"
           : action == own     ? "own"
                               : "other";
}

static void show(const char *after, int number) {
    struct sigaction now;
    unsigned long mask = 0;
    memset(&now, 0x5a, sizeof now);
    int result = sigaction(number, NULL, &now);
    memcpy(&mask, &now.sa_mask, sizeof mask);
    printf("%-12s %2d: %d %s flags %#x mask %#lx restorer %d\n", after, number, result, name(now.sa_handler),
           (unsigned)now.sa_flags, mask, now.sa_restorer != NULL);
}

static void set(int number, handler *action, int flags, int masked) {
    struct sigaction wanted = {.sa_handler = action, .sa_flags = flags}, before;
    sigemptyset(&wanted.sa_mask);
    if (masked)
        sigaddset(&wanted.sa_mask, masked);
    memset(&before, 0, sizeof before);
    int result = sigaction(number, &wanted, &before);
    printf("set: %d before: %s flags %#x\n", result, name(before.sa_handler), (unsigned)before.sa_flags);
    show("sigaction", number);
}

static void all_ways(int number) {
    show("start", number);
    set(number, SIG_DFL, SA_RESTART | SA_NODEFER, SIGUSR2);
    set(number, own, SA_ONSTACK | SA_RESTART, SIGUSR1);
    set(number, SIG_DFL, 0, 0);
    set(number, SIG_DFL, SA_SIGINFO | SA_RESETHAND, SIGTERM);
    set(number, SIG_IGN, 0, 0);
    set(number, SIG_DFL, 0, 0);
    printf("signal %s\n", name(signal(number, own)));
    show("signal", number);
    printf("signal %s\n", name(signal(number, SIG_DFL)));
    show("signal", number);
    printf("signal %s\n", name(signal(number, SIG_DFL)));
    printf("interrupt %d\n", siginterrupt(number, 1));
    show("interrupt", number);
    printf("interrupt %d\n", siginterrupt(number, 0));
    show("interrupt", number);
    printf("bsd %s\n", name(bsd_signal(number, SIG_DFL)));
    printf("ssignal %s\n", name(ssignal(number, SIG_DFL)));
    printf("sysv %s\n", name(sysv_signal(number, own)));
    show("sysv", number);
    printf("sysv %s\n", name(__sysv_signal(number, SIG_DFL)));
    show("sysv", number);
    printf("sigset %s\n", name(sigset(number, SIG_DFL)));
    printf("sigset %s\n", name(sigset(number, SIG_HOLD)));
    printf("sigset %d\n", sigset(number, SIG_DFL) == SIG_HOLD);
    show("sigset", number);
    printf("sigignore %d\n", sigignore(number));
    show("sigignore", number);
    printf("signal %s\n", name(signal(number, SIG_DFL)));
    show("end", number);
}

static void show_stack(const char *after, int result, const stack_t *stack, const void *room) {
    printf("%s: %d %s flags %d size %zu\n", after, result,
           !stack->ss_sp          ? "none"
           : stack->ss_sp == room ? "own"
                                  : "other",
           stack->ss_flags, stack->ss_size);
}

static void stacks(void) {
    static char room[65536];
    const stack_t mine = {.ss_sp = room, .ss_size = sizeof room}, none = {.ss_flags = SS_DISABLE}, wrong = {.ss_size = 1};
    stack_t was = {0};
    show_stack("asked", sigaltstack(NULL, &was), &was, room);
    show_stack("wrong", sigaltstack(&wrong, &was), &was, room);
    show_stack("set", sigaltstack(&mine, &was), &was, room);
    show_stack("asked", sigaltstack(NULL, &was), &was, room);
    show_stack("disabled", sigaltstack(&none, &was), &was, room);
    show_stack("asked", sigaltstack(NULL, &was), &was, room);
    show_stack("disabled", sigaltstack(&none, &was), &was, room);
    show_stack("set", sigaltstack(&mine, &was), &was, room);
}

int main(void) {
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
        all_ways(asked[i]);
    printf("wrong %d %s\n", sigaction(SIGKILL, &(struct sigaction){.sa_handler = SIG_IGN}, NULL), name(signal(SIGKILL, own)));
    printf("wrong %d %s\n", sigaction(99, NULL, NULL), name(signal(-1, SIG_DFL)));
    stacks();
    return 0;
}
