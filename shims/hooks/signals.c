/* SPDX-License-Identifier: Apache-2.0
 *
 * Whose handler is in force. The crash handler stands exactly where the default action of SIGSEGV, SIGBUS, SIGFPE, SIGILL and
 * SIGABRT would stand, and nowhere else: what the program installs goes to the kernel unchanged, so a runtime that handles faults
 * as routine (HotSpot, Go, Ruby) never meets us; when it goes back to the default, to die after its own report, ours takes that
 * place again. What the program asks about a signal is answered with what it set itself.
 *
 * Every call of the family is first carried out as it is. Then, if the kernel now has the default action, that is noted down
 * (flags, mask and all, as the kernel shows it) and ours put in its place; so nothing here needs to know how libc fills in an
 * action. No lock: these functions are called in signal handlers. Of two threads that set one signal at the same time one wins,
 * as it would have.
 *
 * With --revoke there are pages whose faults are for us alone, before anybody else hears of them. Then what the program sets for SIGSEGV is
 * noted too, and installed with a handler of ours in place of its own, everything else as it asked: mask, flags, stack. A fault that is not
 * at such a page goes on to the program's handler by a plain call, from the same stack with the same arguments (faulthandler, Go and HotSpot
 * have one each).
 *
 * They do all this also with `busy` held: a handler of the program's that interrupts the shim's own work sets signals as any
 * other.
 *
 * Not reached: a handler with SA_RESETHAND that returns (the kernel itself then puts the default back), threads that block the
 * signal they fault with (the kernel kills at once), and a stack overflow on a thread other than the main one without a stack of
 * the program's for signals: giving each thread one would cost it two system calls and more, and would move handlers that ask for
 * SA_ONSTACK away from the stack that their runtime expects them on.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/confined.h"
#include "core/memory.h"
#include "core/options.h"
#include "core/thread.h"
#include "hooks/crash.h"
#include "hooks/hooks.h"

#define PAGE       ((size_t)4096)
#define STACK_SIZE ((size_t)256 << 10) /* the main thread's for signals; the program's own handlers may come to run there */

typedef void handler(int);

/* libc's own, which nobody interposes: the way to the kernel, its signal trampoline included. */
int __sigaction(int signal, const struct sigaction *action, struct sigaction *before);
#pragma weak __sigaction /* other libcs have none: start.c */
handler *bsd_signal(int signal, handler *action);

static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
#define CRASH_SIGNALS (sizeof crash_signals / sizeof *crash_signals)

static struct sigaction told[CRASH_SIGNALS]; /* the program's default action, where ours stands for it */
static bool started;
static void *own_stack; /* the main thread's alternate one, when the program has none */

/* The program's own action for SIGSEGV, when ours is in front of it. Two of them, and which one holds: a handler may be reading while another
 * thread sets the next. */
static struct {
    struct sigaction actions[2];
    uint32_t current;
    bool wanted; /* set once, in signals_start */
} behind;

static struct sigaction *told_of(int signal) {
    for (unsigned i = 0; i < CRASH_SIGNALS && started; i++)
        if (crash_signals[i] == signal)
            return &told[i];
    return NULL;
}

bool signal_is_crash(int signal) {
    return told_of(signal) != NULL;
}

static bool is_ours(const struct sigaction *action) {
    return (action->sa_flags & SA_SIGINFO) && action->sa_sigaction == crash_handler;
}

struct sigaction signal_in_force(int signal) {
    struct sigaction action = {0};
    __sigaction(signal, NULL, &action);
    return action;
}

void signal_leave_to_kernel(int signal) {
    const struct sigaction action = {.sa_handler = SIG_DFL};
    __sigaction(signal, &action, NULL);
}

static void front_handler(int signal, siginfo_t *info, void *context);

static bool is_front(const struct sigaction *action) {
    return behind.wanted && (action->sa_flags & SA_SIGINFO) && action->sa_sigaction == front_handler;
}

static const struct sigaction *own_action(void) {
    return &behind.actions[__atomic_load_n(&behind.current, __ATOMIC_ACQUIRE) & 1];
}

static bool is_default(const struct sigaction *action) {
    return action->sa_handler == SIG_DFL;
}

/* Everything that could run the program's code in between waits; the crash signals do not, so that a fault in the handler gets
 * back to it instead of ending the process with another status than the first one. */
static void install(int signal, struct sigaction *before) {
    struct sigaction action = {.sa_sigaction = crash_handler, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    sigfillset(&action.sa_mask);
    for (unsigned i = 0; i < CRASH_SIGNALS; i++)
        sigdelset(&action.sa_mask, crash_signals[i]);
    __sigaction(signal, &action, before);
}

/* The program has one of its own: it is noted down, and called by ours. */
static void go_in_front(const struct sigaction *own) {
    struct sigaction front = *own;
    uint32_t next = __atomic_load_n(&behind.current, __ATOMIC_ACQUIRE) + 1;
    if (own->sa_handler == SIG_IGN) /* which a fault does not heed: the kernel takes the default action */
        return;
    behind.actions[next & 1] = *own;
    __atomic_store_n(&behind.current, next, __ATOMIC_RELEASE);
    front.sa_sigaction = front_handler;
    front.sa_flags = (own->sa_flags | SA_SIGINFO) & ~SA_RESETHAND;
    __sigaction(SIGSEGV, &front, NULL);
}

/* If nobody handles this signal now, we do. */
static void settle(int signal, struct sigaction *noted) {
    struct sigaction now = signal_in_force(signal), before;
    if (behind.wanted && signal == SIGSEGV && !is_default(&now) && !is_ours(&now) && !is_front(&now))
        go_in_front(&now);
    if (!is_default(&now))
        return;
    *noted = now;
    install(signal, &before);
    if (!is_default(&before) && !is_ours(&before))
        __sigaction(signal, &before, NULL); /* another thread's, set in between */
}

/* After a change by the program. Not in a child of vfork: it has dispositions of its own, but our memory is its parent's. */
static void settle_quietly(int signal) {
    struct sigaction *noted = told_of(signal);
    int error = errno;
    if (noted && !confined() && process_is_ours())
        settle(signal, noted);
    errno = error;
}

static void (*on_change)(int signal, uintptr_t caller, uintptr_t stack);

void signals_on_change(void (*changing)(int signal, uintptr_t caller, uintptr_t stack)) {
    on_change = changing;
}

static RARE void tell_change(int signal, const struct origin *origin) {
    if (self.busy || hooks_off || confined() || !process_is_ours())
        return;
    struct inside inside = inside_enter();
    on_change(signal, origin->ra, origin->cfa);
    inside_leave(inside);
}
#define TELL_CHANGE(signal)                                                                                                      \
    do {                                                                                                                         \
        struct origin origin_ = ORIGIN_HERE();                                                                                   \
        if (UNLIKELY(on_change != NULL))                                                                                         \
            tell_change(signal, &origin_);                                                                                       \
    } while (0)

EXPORT int sigaction(int signal, const struct sigaction *restrict action, struct sigaction *restrict before) {
    struct sigaction *noted = told_of(signal);
    if (action)
        TELL_CHANGE(signal);
    if (LIKELY(!noted))
        return NEXT(sigaction)(signal, action, before);
    struct sigaction was = *noted, own = *own_action();
    bool changes = action != NULL;
    int result = NEXT(sigaction)(signal, action, before);
    if (result == 0 && before && is_ours(before))
        *before = was;
    else if (result == 0 && before && is_front(before))
        *before = own;
    if (result == 0 && changes)
        settle_quietly(signal);
    return result;
}

/* What a function of signal()'s kind answers, when it has been carried out. */
static handler *answer(int signal, handler *before) {
    handler *own = own_action()->sa_handler;
    settle_quietly(signal);
    if (behind.wanted && before == (handler *)(uintptr_t)front_handler)
        return own;
    return before == (handler *)(uintptr_t)crash_handler ? SIG_DFL : before;
}

EXPORT handler *signal(int number, handler *action) {
    TELL_CHANGE(number);
    return answer(number, NEXT(signal)(number, action));
}

EXPORT handler *bsd_signal(int number, handler *action) {
    TELL_CHANGE(number);
    return answer(number, NEXT(bsd_signal)(number, action));
}

EXPORT handler *ssignal(int number, handler *action) {
    TELL_CHANGE(number);
    return answer(number, NEXT(ssignal)(number, action));
}

EXPORT handler *sysv_signal(int number, handler *action) {
    TELL_CHANGE(number);
    return answer(number, NEXT(sysv_signal)(number, action));
}

EXPORT handler *__sysv_signal(int number, handler *action) {
    TELL_CHANGE(number);
    return answer(number, NEXT(__sysv_signal)(number, action));
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

EXPORT handler *sigset(int number, handler *action) {
    TELL_CHANGE(number);
    return answer(number, NEXT(sigset)(number, action));
}

/* It sets or clears SA_RESTART of the action in force: harmless in ours, but the program will look for it in its own. */
EXPORT int siginterrupt(int signal, int interrupts) {
    struct sigaction *noted = told_of(signal);
    int result = NEXT(siginterrupt)(signal, interrupts);
    if (noted && result == 0)
        noted->sa_flags = interrupts ? noted->sa_flags & ~SA_RESTART : noted->sa_flags | SA_RESTART;
    return result;
}

#pragma GCC diagnostic pop

/* The alternate stack: the program is told that there is none where there is only ours. */

static bool is_main_thread(void) {
    return thread_id() == (uint32_t)getpid();
}

static void use_own_stack(void) {
    const stack_t stack = {.ss_sp = own_stack, .ss_size = STACK_SIZE};
    if (own_stack && !confined() && is_main_thread())
        NEXT(sigaltstack)(&stack, NULL);
}

EXPORT int sigaltstack(const stack_t *restrict stack, stack_t *restrict before) {
    bool disables = stack && stack->ss_flags & SS_DISABLE;
    int result = NEXT(sigaltstack)(stack, before);
    if (result != 0 || !own_stack)
        return result;
    if (before && before->ss_sp == own_stack)
        *before = (stack_t){.ss_flags = SS_DISABLE};
    if (disables) {
        int error = errno;
        use_own_stack();
        errno = error;
    }
    return result;
}

static void start_own_stack(void) {
    stack_t there;
    if (NEXT(sigaltstack)(NULL, &there) != 0 || !(there.ss_flags & SS_DISABLE))
        return;
    char *memory = memory_map(STACK_SIZE + PAGE);
    if (!memory)
        return;
    mprotect(memory, PAGE, PROT_NONE);
    own_stack = memory + PAGE;
    use_own_stack();
}

void signals_die_of_abort(void) {
    if (crash_under_way())
        return;
    crash_announce(SIGABRT);
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, SIGABRT);
    signal_leave_to_kernel(SIGABRT);
    sigprocmask(SIG_UNBLOCK, &only, NULL);
    syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGABRT);
    syscall(SYS_exit_group, 128 + SIGABRT); /* the first process of a container, which no default action ends */
}

/* As the kernel would have called it. */
static void call_own(const struct sigaction *own, int signal, siginfo_t *info, void *context) {
    if (own->sa_flags & SA_SIGINFO)
        own->sa_sigaction(signal, info, context);
    else
        own->sa_handler(signal);
}

static void front_handler(int signal, siginfo_t *info, void *context) {
    int error = errno;
    if (crash_guarded(info, context)) {
        errno = error;
        return;
    }
    struct sigaction own = *own_action();
    if (own.sa_flags & SA_RESETHAND) { /* once, and then the default action, which is the crash handler's to stand for */
        const struct sigaction standard = {.sa_handler = SIG_DFL};
        sigaction(signal, &standard, NULL);
    }
    errno = error;
    call_own(&own, signal, info, context);
}

void signals_step_aside(void) {
    for (unsigned i = 0; i < CRASH_SIGNALS; i++) {
        struct sigaction now = signal_in_force(crash_signals[i]);
        if (is_ours(&now))
            __sigaction(crash_signals[i], &told[i], NULL);
        else if (is_front(&now))
            __sigaction(crash_signals[i], own_action(), NULL);
    }
}

void signals_step_back(void) {
    for (unsigned i = 0; i < CRASH_SIGNALS; i++)
        settle_quietly(crash_signals[i]);
}

void signals_start(void) {
    crash_start();
    start_own_stack();
    started = true;
    behind.wanted = options.revoke && options.with == FFISAN_WITH_NATIVE;
    for (unsigned i = 0; i < CRASH_SIGNALS; i++)
        settle(crash_signals[i], &told[i]);
}
