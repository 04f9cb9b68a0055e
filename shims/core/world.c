/* SPDX-License-Identifier: Apache-2.0
 *
 * The stop.
 *
 * The list of threads is /proc/self/task, read again until two readings in a row show nobody but threads that have stopped (and
 * as many as the folder has links): threads that run may make others, stopped ones do not.
 *
 * A pending signal outlives our interest in it: should its disposition be the default again when it arrives, the process dies.
 * Hence it is sent only to threads that do not block it, and the handler stays in place for good when one of them has not
 * answered.
 *
 * All calls go to the kernel by number: the shim's own interposed sigaction and libc's bookkeeping of signals must not see any of
 * this. The handler uses no libc at all, not even errno.
 */
#include "core/world.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "core/memory.h"
#include "core/thread.h"

#define THREADS_MOST    16384u
#define SIGNAL_HIGHEST  61   /* SIGRTMAX - 3 */
#define SIGNAL_LOWEST   35   /* libc keeps 32 and 33 for itself; 34 is SIGRTMIN, the first that programs take */
#define RED_ZONE        128u /* System V ABI, AMD64 supplement, 3.2.2 */
#define BLOCKED_MOST_MS 50u  /* a thread that begins, ends or spawns a process blocks everything for less than that */
#define TEXT            4096u
#define LISTING         (16u << 10)

struct kernel_action {
    uintptr_t handler;
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};
#define RESTORER 0x04000000ul

/* What a handler returns to. The bytes and the name are those by which unwinders and debuggers know it. */
__asm__(".text\n"
        ".type world_restorer, @function\n"
        "world_restorer:\n"
        "    movq $15, %rax\n" /* rt_sigreturn */
        "    syscall\n"
        ".size world_restorer, . - world_restorer\n");
extern void world_restorer(void) __attribute__((visibility("hidden")));

struct world {
    struct stopped_thread slots[THREADS_MOST]; /* a tid that is not 0: filled */
    uint32_t sent[THREADS_MOST];               /* to whom the signal went */
    uint32_t sent_count;
    char listing[LISTING] __attribute__((aligned(8)));
    char text[TEXT];
};

static struct world *world;
static bool taken;
static uint32_t stopping; /* 1: handlers wait. A futex */
static uint32_t places;   /* slots given to handlers */
static uint32_t arrived;  /* slots filled. A futex, too */
static uint32_t inside;   /* handlers at work */
static int number;        /* of the signal */
static struct kernel_action before;
static uint64_t mask_before;

static long kernel(long call, long first, long second, long third, long fourth) {
    long result;
    register long r10 __asm__("r10") = fourth;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(call), "D"(first), "S"(second), "d"(third), "r"(r10)
                     : "rcx", "r11", "memory");
    return result;
}

static void futex_wait(uint32_t *word, uint32_t value, const struct timespec *limit) {
    kernel(SYS_futex, (long)word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, value, (long)limit);
}

static void futex_wake(uint32_t *word) {
    kernel(SYS_futex, (long)word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, INT32_MAX, 0);
}

static uint64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- in the threads that are stopped ---- */

/* Where the state of vector registers ends (Linux, arch/x86/include/uapi/asm/sigcontext.h: sw_reserved at 464 says how much there
 * is). */
static uintptr_t end_of_state(const ucontext_t *context) {
    uintptr_t state = (uintptr_t)context->uc_mcontext.fpregs;
    uintptr_t end = (uintptr_t)(context + 1);
    if (!state)
        return end;
    const uint32_t *words = (const uint32_t *)(state + 464);
    uintptr_t size = words[0] == 0x46505853 && words[1] < 64 * 1024 ? words[1] : 512;
    return state + size > end ? state + size : end;
}

static void fill(struct stopped_thread *slot, const ucontext_t *context) {
    const greg_t *registers = context->uc_mcontext.gregs;
    for (unsigned i = 0; i < 16; i++) /* REG_R8 .. REG_RSP */
        slot->registers[i] = (uintptr_t)registers[i];
    slot->stack_pointer = (uintptr_t)registers[REG_RSP] - RED_ZONE;
    slot->busy = self.busy != 0;
    slot->frame_start = (uintptr_t)context;
    slot->frame_end = end_of_state(context);
    __atomic_store_n(&slot->tid, (uint32_t)kernel(SYS_gettid, 0, 0, 0, 0), __ATOMIC_RELEASE);
}

static void stand_still(int signal, siginfo_t *info, void *context) {
    (void)signal;
    (void)info;
    __atomic_fetch_add(&inside, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&stopping, __ATOMIC_SEQ_CST)) {
        struct world *here = __atomic_load_n(&world, __ATOMIC_ACQUIRE);
        uint32_t place = __atomic_fetch_add(&places, 1, __ATOMIC_RELAXED);
        if (here && place < THREADS_MOST) /* not there: let go in this instant */
            fill(&here->slots[place], context);
        __atomic_fetch_add(&arrived, 1, __ATOMIC_RELEASE);
        futex_wake(&arrived);
        while (__atomic_load_n(&stopping, __ATOMIC_ACQUIRE))
            futex_wait(&stopping, 1, NULL);
    }
    if (__atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST) == 0)
        futex_wake(&inside);
}

/* ---- the signal ---- */

static long action(int signal, const struct kernel_action *set, struct kernel_action *get) {
    return kernel(SYS_rt_sigaction, signal, (long)set, (long)get, sizeof set->mask);
}

/* With SA_ONSTACK: on the small stack of a goroutine a handler would write over what lies below. */
static bool install(void) {
    const struct kernel_action ours = {(uintptr_t)stand_still, SA_SIGINFO | SA_RESTART | SA_ONSTACK | RESTORER, world_restorer,
                                       ~0ull};
    for (number = SIGNAL_HIGHEST; number >= SIGNAL_LOWEST; number--) {
        if (action(number, NULL, &before) != 0)
            continue;
        bool left = before.handler == (uintptr_t)stand_still; /* by a stop that failed */
        if (left || before.handler == (uintptr_t)SIG_DFL)
            return action(number, &ours, NULL) == 0;
    }
    return false;
}

/* What the program's own faults raise stays open: blocked, they would end it without its handlers. */
static void block_signals(void) {
    uint64_t faults =
        1ull << (SIGSEGV - 1) | 1ull << (SIGBUS - 1) | 1ull << (SIGFPE - 1) | 1ull << (SIGILL - 1) | 1ull << (SIGTRAP - 1);
    uint64_t mask = ~faults;
    kernel(SYS_rt_sigprocmask, SIG_SETMASK, (long)&mask, (long)&mask_before, sizeof mask);
}

static void unblock_signals(void) {
    kernel(SYS_rt_sigprocmask, SIG_SETMASK, (long)&mask_before, 0, sizeof mask_before);
}

/* ---- who there is ---- */

static char *append(char *to, const char *text) {
    size_t length = strlen(text);
    memcpy(to, text, length + 1);
    return to + length;
}

static char *append_number(char *to, uint32_t value) {
    char digits[12];
    unsigned count = 0;
    do
        digits[count++] = (char)('0' + value % 10);
    while (value /= 10);
    while (count)
        *to++ = digits[--count];
    *to = 0;
    return to;
}

static bool read_status(uint32_t tid) {
    char path[64];
    append(append_number(append(path, "/proc/self/task/"), tid), "/status");
    long file = kernel(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0);
    if (file < 0)
        return false;
    long got = kernel(SYS_read, file, (long)world->text, TEXT - 1, 0);
    kernel(SYS_close, file, 0, 0, 0);
    world->text[got > 0 ? got : 0] = 0;
    return got > 0;
}

/* The value of a line of `status`; "" when there is no such line. */
static const char *status_field(const char *name) {
    const char *found = strstr(world->text, name);
    return found ? found + strlen(name) : "";
}

static uint64_t hex(const char *text) {
    uint64_t value = 0;
    for (; (*text >= '0' && *text <= '9') || (*text >= 'a' && *text <= 'f'); text++)
        value = value << 4 | (unsigned)(*text <= '9' ? *text - '0' : *text - 'a' + 10);
    return value;
}

enum thread_state { THREAD_GONE, THREAD_OPEN, THREAD_BLOCKS, THREAD_UNREADABLE };

/* A leader that has ended stays in the list as a zombie. Workers of io_uring are in it, too, and never run the program's code. */
static enum thread_state state_of(uint32_t tid) {
    if (!read_status(tid))
        return kernel(SYS_tgkill, getpid(), tid, 0, 0) == -ESRCH ? THREAD_GONE : THREAD_UNREADABLE;
    char state = *status_field("\nState:\t");
    if (state == 'Z' || state == 'X')
        return THREAD_GONE;
    const char *blocked = status_field("\nSigBlk:\t");
    if (!*blocked)
        return THREAD_UNREADABLE;
    if (!(hex(blocked) >> (number - 1) & 1))
        return THREAD_OPEN;
    const char *name = status_field("Name:\t");
    return strncmp(name, "iou-wrk-", 8) == 0 || strncmp(name, "iou-sqp-", 8) == 0 ? THREAD_GONE : THREAD_BLOCKS;
}

static bool has_arrived(uint32_t tid) {
    uint32_t count = __atomic_load_n(&places, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < count && i < THREADS_MOST; i++)
        if (__atomic_load_n(&world->slots[i].tid, __ATOMIC_ACQUIRE) == tid)
            return true;
    return false;
}

static bool was_sent(uint32_t tid) {
    for (uint32_t i = 0; i < world->sent_count; i++)
        if (world->sent[i] == tid)
            return true;
    return false;
}

/* What one reading of the list came to. */
struct look {
    uint32_t listed, running, blocking;
    bool hopeless;
};

static void send(uint32_t tid, struct look *look) {
    if (world->sent_count == THREADS_MOST) {
        look->hopeless = true;
        return;
    }
    long result = kernel(SYS_tgkill, getpid(), tid, number, 0);
    if (result == 0)
        world->sent[world->sent_count++] = tid;
    else if (result != -ESRCH)
        look->hopeless = true;
    look->running++;
}

static void see(uint32_t tid, struct look *look) {
    look->listed++;
    if (has_arrived(tid))
        return;
    enum thread_state state = state_of(tid);
    if (state == THREAD_GONE)
        return;
    if (was_sent(tid))
        look->running++;
    else if (state == THREAD_OPEN)
        send(tid, look);
    else if (state == THREAD_BLOCKS)
        look->blocking++;
    else
        look->hopeless = true;
}

struct kernel_entry { /* getdents64(2) */
    uint64_t inode;
    int64_t offset;
    uint16_t length;
    uint8_t type;
    char name[];
};

static void see_entries(long size, uint32_t me, struct look *look) {
    for (long at = 0; at < size;) {
        const struct kernel_entry *entry = (const struct kernel_entry *)(world->listing + at);
        uint32_t tid = 0;
        for (const char *digit = entry->name; *digit >= '0' && *digit <= '9'; digit++)
            tid = tid * 10 + (uint32_t)(*digit - '0');
        if (tid && tid != me)
            see(tid, look);
        at += entry->length;
    }
}

/* Everybody in the list; who runs is sent the signal. A folder has two links more than it has folders in it. */
static struct look look_around(void) {
    struct look look = {0};
    struct stat folder = {0};
    uint32_t me = (uint32_t)kernel(SYS_gettid, 0, 0, 0, 0);
    long got = -1, file = kernel(SYS_openat, AT_FDCWD, (long)"/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    while (file >= 0 && (got = kernel(SYS_getdents64, file, (long)world->listing, LISTING, 0)) > 0)
        see_entries(got, me, &look);
    if (got < 0 || kernel(SYS_fstat, file, (long)&folder, 0, 0) != 0)
        look.hopeless = true;
    else if (look.listed + 1 + 2 != folder.st_nlink)
        look.running++; /* one came or went meanwhile */
    if (file >= 0)
        kernel(SYS_close, file, 0, 0, 0);
    return look;
}

/* ---- stop and go ---- */

static bool all_stopped(unsigned milliseconds) {
    const struct timespec moment = {.tv_nsec = 1000000};
    uint64_t start = now_ms(), only_blocked = 0;
    for (unsigned quiet = 0; quiet < 2;) {
        uint32_t seen = __atomic_load_n(&arrived, __ATOMIC_ACQUIRE);
        struct look look = look_around();
        uint64_t now = now_ms();
        if (look.hopeless || (now - start > milliseconds && (look.running || look.blocking)))
            return false;
        only_blocked = look.blocking && !look.running ? (only_blocked ? only_blocked : now) : 0;
        if (only_blocked && now - only_blocked > BLOCKED_MOST_MS)
            return false;
        quiet = look.running || look.blocking ? 0 : quiet + 1;
        if (!quiet)
            futex_wait(&arrived, seen, &moment);
    }
    return true;
}

/* Whether everybody who got the signal has taken it, or is gone. */
static bool all_answered(void) {
    for (uint32_t i = 0; i < world->sent_count; i++)
        if (!has_arrived(world->sent[i]) && kernel(SYS_tgkill, getpid(), world->sent[i], 0, 0) != -ESRCH)
            return false;
    return true;
}

static void let_go(void) {
    const struct timespec moment = {.tv_nsec = 1000000};
    bool answered = all_answered();
    __atomic_store_n(&stopping, 0, __ATOMIC_SEQ_CST);
    futex_wake(&stopping);
    uint32_t left;
    for (unsigned i = 0; (left = __atomic_load_n(&inside, __ATOMIC_SEQ_CST)) && i < 1000; i++)
        futex_wait(&inside, left, &moment);
    if (answered && !left && before.handler == (uintptr_t)SIG_DFL)
        action(number, &before, NULL);
    if (!left)
        memory_unmap(world, sizeof *world);
    world = NULL; /* a handler that is still inside does not look at it again */
}

bool world_stop(unsigned milliseconds) {
    if (__atomic_exchange_n(&taken, true, __ATOMIC_ACQUIRE))
        return false;
    block_signals();
    world = memory_map(sizeof *world);
    places = arrived = 0;
    if (world && install()) {
        __atomic_store_n(&stopping, 1, __ATOMIC_SEQ_CST);
        if (all_stopped(milliseconds))
            return true;
        let_go();
    } else if (world) {
        memory_unmap(world, sizeof *world);
        world = NULL;
    }
    unblock_signals();
    __atomic_store_n(&taken, false, __ATOMIC_RELEASE);
    return false;
}

void world_each(void (*each)(const struct stopped_thread *thread, void *context), void *context) {
    uint32_t count = __atomic_load_n(&places, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < count && i < THREADS_MOST; i++)
        if (__atomic_load_n(&world->slots[i].tid, __ATOMIC_ACQUIRE))
            each(&world->slots[i], context);
}

void world_continue(void) {
    if (!world)
        return;
    let_go();
    unblock_signals();
    __atomic_store_n(&taken, false, __ATOMIC_RELEASE);
}

void world_forked(void) {
    world = NULL;
    stopping = places = arrived = inside = 0;
    taken = false;
}
