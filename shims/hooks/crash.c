/* SPDX-License-Identifier: Apache-2.0
 *
 * The handler of the signals that mean a bug: reached only where the program would have died without a word (signals.c). It
 * records, and then the process dies exactly as it would have: of the same signal with the same siginfo, at the same instruction,
 * core included. For that the signal is sent once more, while blocked, with its default action in force, and the handler returns:
 * it is delivered before the interrupted code goes on. A first process of a container, which such a signal does not kill, then
 * meets the fault itself.
 *
 * The handler finds itself on whatever stack there is: the one that has just overflowed, 8 KiB of somebody's sigaltstack, or
 * ours. Everything large therefore happens on a stack of its own, of which there is one, since one thread alone reports. A fault
 * in the report is met a second time with a report that reads nothing, and a third time with none. Threads that crash meanwhile
 * wait for a second at most, so that they do not end the process in the middle of the report, and then die in turn.
 */
#include "hooks/crash.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "abi/switch.h"
#include "core/crossings.h"
#include "core/findings.h"
#include "core/memory.h"
#include "core/names.h"
#include "core/peek.h"
#include "core/places.h"
#include "core/records.h"
#include "core/stack.h"
#include "core/thread.h"
#include "hooks/calls.h"
#include "hooks/hooks.h"

#define PAGE           4096u
#define STACK_SIZE     ((size_t)256 << 10)
#define BELOW_STACK    ((uintptr_t)64 << 10)
#define FRAME_MOST     ((uintptr_t)1 << 20)  /* the largest frame that is still taken for one */
#define HANDLER_MOST   ((uintptr_t)64 << 10) /* the stack that a handler may have used before it sends its signal on */
#define PATIENCE       1000                  /* milliseconds that other crashing threads wait */
#define KERNEL_CONTEXT (offsetof(ucontext_t, uc_sigmask) + 8) /* what the kernel fills in: its own sigset_t is that long */

enum stage { STAGE_NONE, STAGE_WHOLE, STAGE_BARE, STAGE_DONE };

static struct {
    uint32_t owner; /* thread id; 0: nobody crashed yet */
    uint32_t stage; /* enum stage */
    siginfo_t info;
    ucontext_t context; /* copies: a fault in the report is delivered at the alternate stack's top again, over what stood there */
    char *stack;        /* the end of the handler's own; NULL: none, use the one that is there */
} crash;

static bool (*guard)(uintptr_t address, const void *context);

void signals_on_fault(bool (*callback)(uintptr_t address, const void *context)) {
    guard = callback;
}

bool crash_under_way(void) {
    return __atomic_load_n(&crash.owner, __ATOMIC_ACQUIRE) != 0;
}

void crash_announce(int signal) {
    records_own();
    struct ffisan_record_header *header = records_header();
    header->end_signal = (uint32_t)signal;
    __atomic_store_n(&header->end, FFISAN_END_SIGNAL, __ATOMIC_RELEASE);
}

/* What the address is. */

/* The address that could not be used. Not known for a non-canonical one, of which the kernel only says 0 (sigaction(2),
 * SI_KERNEL). */
static bool fault_address(const siginfo_t *info, uintptr_t *address) {
    *address = (uintptr_t)info->si_addr;
    return (info->si_signo == SIGSEGV || info->si_signo == SIGBUS) && info->si_code > 0 && info->si_code != SI_KERNEL;
}

static bool readable(uintptr_t address) {
    char byte;
    return peek(&byte, address, 1);
}

static bool stack_begins_above(uintptr_t address) {
    for (uintptr_t page = address | (PAGE - 1); page < address + BELOW_STACK + FRAME_MOST; page += PAGE)
        if (readable(page))
            return true;
    return false;
}

/* A call or a push just below the end of the stack; or any access to a frame that was opened past it, the stack pointer with it.
 */
static bool overflows_stack(uintptr_t address, uintptr_t stack_pointer) {
    bool below = address < stack_pointer && stack_pointer - address <= BELOW_STACK;
    bool in_frame = address >= stack_pointer && address - stack_pointer < FRAME_MOST && !readable(stack_pointer);
    return (below || in_frame) && !readable(address) && stack_begins_above(address);
}

/* What the books know about the address comes first; how far the stack pointer is from it only this file can tell. */
static enum ffisan_place crash_place(uintptr_t address, uintptr_t stack_pointer, struct block *block, bool *known) {
    enum ffisan_place place = place_of(address, block, known);
    bool certain = place == FFISAN_PLACE_LIVE_BLOCK || place == FFISAN_PLACE_FREED_BLOCK || place == FFISAN_PLACE_NULL;
    if (certain || !overflows_stack(address, stack_pointer))
        return place;
    *known = false;
    return FFISAN_PLACE_STACK_GUARD;
}

/* The report. */

/* A signal that another process sent is no bug of this one; abort() and a handler that passes its signal on by raise() are. */
static bool is_own_doing(const siginfo_t *info) {
    bool sent = info->si_code == SI_USER || info->si_code == SI_TKILL || info->si_code == SI_QUEUE;
    return info->si_code > 0 || (sent && info->si_pid == getpid());
}

static bool is_sent(const siginfo_t *info) {
    return info->si_code <= 0;
}

static struct finding bare_finding(const siginfo_t *info) {
    struct finding finding = {.rule = FFISAN_RULE_FOREIGN_CRASH, .signal = info->si_signo, .signal_code = info->si_code};
    if (!fault_address(info, &finding.address))
        finding.address = 0;
    return finding;
}

/* The fault behind a signal that a handler sent on (faulthandler, which pytest switches on: raise; HotSpot, Rust: abort). It
 * stands in the signal frame that the handler was called with, somewhere up the stack: arch/x86/include/asm/sigframe.h, struct
 * rt_sigframe. */
struct signal_frame {
    uintptr_t trampoline;
    char context[KERNEL_CONTEXT];
    siginfo_t info;
};

struct walk {
    uintptr_t frames[FFISAN_STACK_MAX];
    unsigned depth;
};

static uintptr_t register_of(const struct signal_frame *frame, int number) {
    uintptr_t value;
    memcpy(&value, frame->context + offsetof(ucontext_t, uc_mcontext.gregs) + (size_t)number * sizeof value, sizeof value);
    return value;
}

/* An old frame may be left over in memory that nobody has written to since: one that is in force was interrupted in a function
 * that the walk came by as well. */
static bool is_in_force(const struct signal_frame *frame, const struct walk *walk) {
    uintptr_t counter = register_of(frame, REG_RIP);
    for (unsigned i = 0; i < walk->depth; i++)
        if (walk->frames[i] == counter)
            return true;
    return false;
}

static bool follows_system_call(uintptr_t counter) {
    unsigned char code[2];
    return peek(code, counter - sizeof code, sizeof code) && code[0] == 0x0f && code[1] == 0x05;
}

/* For a handler without SA_SIGINFO (faulthandler's) the kernel leaves the siginfo out; what the processor said is in the context
 * all the same. It may be what it said of an earlier fault, when this signal was sent as well: then the code stands behind a
 * system call, or the address can be used. */
static bool deduce_info(const struct signal_frame *frame, siginfo_t *info) {
    enum { DIVIDE = 0, OPCODE = 6, PROTECTION = 13, PAGE_FAULT = 14, FLOATING = 16, VECTOR = 19 };
    uintptr_t trap = register_of(frame, REG_TRAPNO), address = register_of(frame, REG_CR2);
    bool memory = info->si_signo == SIGSEGV || info->si_signo == SIGBUS;
    if (follows_system_call(register_of(frame, REG_RIP)))
        return false;
    if (memory && trap == PAGE_FAULT && !readable(address)) {
        info->si_code = register_of(frame, REG_ERR) & 1 ? SEGV_ACCERR : SEGV_MAPERR;
        info->si_addr = (void *)address;
        return true;
    }
    bool other = (info->si_signo == SIGSEGV && trap == PROTECTION) || (info->si_signo == SIGILL && trap == OPCODE) ||
                 (info->si_signo == SIGFPE && (trap == DIVIDE || trap == FLOATING || trap == VECTOR));
    if (other)
        info->si_code = SI_KERNEL;
    return other;
}

/* `info` is the signal that was sent on, and becomes the one behind it. */
static bool info_of(const struct signal_frame *frame, siginfo_t *info) {
    uintptr_t address;
    bool sound = signal_is_crash(frame->info.si_signo) && !is_sent(&frame->info);
    if (sound && fault_address(&frame->info, &address) && address != register_of(frame, REG_CR2))
        sound = false;
    if (sound)
        *info = frame->info;
    return sound || deduce_info(frame, info);
}

static bool find_frame(uintptr_t stack_pointer, uintptr_t trampoline, const struct walk *walk, struct signal_frame *frame) {
    uintptr_t words[PAGE / sizeof(uintptr_t)];
    uintptr_t page = stack_pointer & ~(uintptr_t)(PAGE - 1);
    for (uintptr_t end = page + HANDLER_MOST; page < end && peek(words, page, PAGE); page += PAGE)
        for (unsigned i = 0; i < PAGE / sizeof *words; i++)
            if (words[i] == trampoline && page + i * sizeof *words >= stack_pointer &&
                peek(frame, page + i * sizeof *words, sizeof *frame) && is_in_force(frame, walk))
                return true;
    return false;
}

/* Where the handler did not let its own signal through, it arrived after the handler, at the very instruction; further up the
 * stack otherwise. */
static bool find_behind(siginfo_t *info, struct signal_frame *frame) {
    struct walk walk;
    bool complete;
    uintptr_t trampoline = (uintptr_t)signal_in_force(info->si_signo).sa_restorer;
    if (deduce_info(frame, info))
        return true;
    walk.depth = stack_walk_context(&crash.context, walk.frames, FFISAN_STACK_MAX, &complete);
    return trampoline && find_frame(register_of(frame, REG_RSP), trampoline, &walk, frame) && info_of(frame, info);
}

static void trace_back(siginfo_t *info, ucontext_t *context) {
    struct signal_frame frame;
    siginfo_t behind = *info;
    memcpy(frame.context, context, sizeof frame.context);
    if (!is_sent(info) || !find_behind(&behind, &frame))
        return;
    *info = behind;
    memcpy(context, frame.context, sizeof frame.context);
}

static bool is_to_be_reported(void) {
    return is_own_doing(&crash.info) && rule_on(FFISAN_RULE_FOREIGN_CRASH);
}

/* The foreign call in which it happened, and those before it. The rooms are static: one thread reports. */
struct crash_rooms {
    uint64_t call[512], types[2048], writer[4096], crossings[2048];
    struct finding_call about;
};
static struct crash_rooms rooms;

static void add_call(struct finding *finding, const struct crossing *crossing) {
    struct ffisan_record_call *item = (struct ffisan_record_call *)rooms.call;
    finding->function = name_of(crossing->function);
    if (!crossing->call || !call_item(crossing->call, 0, item, sizeof rooms.call))
        return;
    rooms.about.call = item;
    rooms.about.types = call_types(crossing->call, rooms.writer, sizeof rooms.writer, rooms.types, sizeof rooms.types);
    finding->calls = &rooms.about;
    finding->call_count = 1;
}

void crash_add_boundary(struct finding *finding, uintptr_t stack_pointer) {
    const struct crossing *crossing = crossing_innermost(stack_pointer);
    if (crossing && !crossing->callback)
        add_call(finding, crossing);
    finding->items = (const struct ffisan_record_item *)rooms.crossings;
    finding->items_size = crossings_write(rooms.crossings, sizeof rooms.crossings);
}

static void report_whole(void *unused) {
    (void)unused;
    siginfo_t info = crash.info;
    ucontext_t context = crash.context;
    struct block block;
    uintptr_t address;
    bool known = false;
    crash_announce(info.si_signo);
    if (!is_to_be_reported())
        return;
    trace_back(&info, &context);
    struct finding finding = bare_finding(&info);
    finding.context = &context;
    if (fault_address(&info, &address))
        finding.place = crash_place(address, (uintptr_t)context.uc_mcontext.gregs[REG_RSP], &block, &known);
    finding.block = known ? &block : NULL;
    crash_add_boundary(&finding, (uintptr_t)context.uc_mcontext.gregs[REG_RSP]);
    finding_report(&finding);
}

/* The fault came from the report itself: a heap or a stack too far gone to be read. */
static void report_bare(void *unused) {
    (void)unused;
    struct finding finding = bare_finding(&crash.info);
    if (is_to_be_reported())
        finding_report(&finding);
}

static void on_own_stack(void (*report)(void *), enum stage stage) {
    __atomic_store_n(&crash.stage, stage, __ATOMIC_RELEASE);
    if (crash.stack)
        abi_call_on_stack(crash.stack, report, NULL);
    else
        report(NULL);
    __atomic_store_n(&crash.stage, STAGE_DONE, __ATOMIC_RELEASE);
}

static void wait_for_report(void) {
    const struct timespec moment = {.tv_nsec = 1000000};
    for (int i = 0; i < PATIENCE && __atomic_load_n(&crash.stage, __ATOMIC_ACQUIRE) != STAGE_DONE; i++)
        nanosleep(&moment, NULL);
}

/* Answers what the process is to die of: of the first crash, when this is one in the middle of reporting it. */
static siginfo_t *crash_seen(siginfo_t *info, const void *context) {
    uint32_t owner = 0, me = (uint32_t)syscall(SYS_gettid);
    if (__atomic_compare_exchange_n(&crash.owner, &owner, me, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        crash.info = *info;
        memcpy(&crash.context, context, KERNEL_CONTEXT);
        on_own_stack(report_whole, STAGE_WHOLE);
        return info;
    }
    if (owner != me) {
        wait_for_report();
        return info;
    }
    enum stage stage = (enum stage)__atomic_load_n(&crash.stage, __ATOMIC_ACQUIRE);
    if (stage == STAGE_WHOLE)
        on_own_stack(report_bare, STAGE_BARE);
    return stage == STAGE_DONE || stage == STAGE_NONE ? info : &crash.info;
}

/* The end. */

static void die(siginfo_t *info) {
    sigset_t only;
    int signal = info->si_signo;
    sigemptyset(&only);
    sigaddset(&only, signal);
    signal_leave_to_kernel(signal);
    sigprocmask(SIG_BLOCK, &only, NULL);
    pid_t pid = getpid(), tid = (pid_t)syscall(SYS_gettid);
    if (syscall(SYS_rt_tgsigqueueinfo, pid, tid, signal, info) != 0)
        syscall(SYS_tgkill, pid, tid, signal);
}

bool crash_guarded(const siginfo_t *info, const void *context) {
    uintptr_t address;
    bool (*callback)(uintptr_t, const void *) = guard;
    if (!callback || !fault_address(info, &address))
        return false;
    struct inside inside = inside_enter();
    bool dealt_with = callback(address, context);
    inside_leave(inside);
    return dealt_with;
}

void crash_handler(int signal, siginfo_t *info, void *context) {
    (void)signal;
    if (crash_guarded(info, context))
        return;
    bool ours = process_is_ours();
    struct inside inside = inside_enter();
    die(ours ? crash_seen(info, context) : info);
    inside_leave(inside);
}

static void in_child(bool had_threads) {
    (void)had_threads;
    crash.owner = 0;
    crash.stage = STAGE_NONE;
}

void crash_start(void) {
    char *stack = memory_map(STACK_SIZE);
    crash.stack = stack ? stack + STACK_SIZE : NULL;
    process_after_fork(in_child);
}
