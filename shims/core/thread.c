/* SPDX-License-Identifier: Apache-2.0
 *
 * Who this thread is, and where its stack lies.
 *
 * pthread_getattr_np would tell, but it allocates and locks. The kernel's list of mappings tells as well. The stack of a thread
 * made by pthread_create ends where its thread control block begins: glibc puts that on top, in the same mapping, also when the
 * program brought the memory. The main thread's mapping is called [stack] and grows; what it may grow to is its limit, or the
 * next mapping below.
 *
 * A thread may ask while it runs on a signal stack or a coroutine's. That one may vanish or shrink while the thread lives: it is
 * not taken for the thread's own, and the question stays open until it is asked on the real one.
 */
#include "core/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/confined.h"
#include "core/stack.h"

const uintptr_t thread_no_state;
_Thread_local struct thread self __attribute__((tls_model("initial-exec"))) = {
    .runtime_word = &thread_no_state, .runtime_state = 1, .attention = ATTENTION_THREAD};

/* glibc 2.34 moved these from libpthread into libc under a new version; the old one is everywhere. Weak: a program of before
 * that, without libpthread, has no threads that end. */
__asm__(".symver pthread_key_create, pthread_key_create@GLIBC_2.2.5");
__asm__(".symver pthread_setspecific, pthread_setspecific@GLIBC_2.2.5");
#pragma weak pthread_key_create
#pragma weak pthread_setspecific

/* The thread's own destructors may free what they like, so ours runs in a later round: twice it only asks to be called again
 * (POSIX promises four rounds, PTHREAD_DESTRUCTOR_ITERATIONS). */
#define ROUNDS_WAITED 2

static pthread_key_t ending;
static bool has_key;
static void (*at_end)(void), (*at_first)(void), (*at_last)(void);

static void thread_ends(void *rounds) {
    if ((uintptr_t)rounds <= ROUNDS_WAITED) {
        if ((uintptr_t)rounds == 1 && at_first)
            at_first();
        pthread_setspecific(ending, (void *)((uintptr_t)rounds + 1));
        return;
    }
    self.busy++;
    if (at_last)
        at_last();
    self.ending = true;
    if (at_end)
        at_end();
    stack_thread_end();
    self.busy--;
}

void thread_start(void (*end)(void)) {
    at_end = end;
    has_key = pthread_key_create && pthread_key_create(&ending, thread_ends) == 0;
}

void thread_on_end(void (*first)(void), void (*last)(void)) {
    at_first = first;
    at_last = last;
}

void thread_begin(void) {
    self.attention &= ~(unsigned)ATTENTION_THREAD;
    if (has_key && !self.ending)
        pthread_setspecific(ending, (void *)1);
}

uint32_t thread_id(void) {
    if (!self.tid && !confined()) {
        int before = errno;
        self.tid = (uint32_t)syscall(SYS_gettid);
        errno = before;
    }
    return self.tid;
}

/* One line of /proc/self/maps, taken apart byte by byte as it comes. */
struct mapping {
    uintptr_t start, end;
    unsigned field; /* 0: start, 1: end, 2: the rest of the line */
    unsigned label; /* how many characters of "[stack]" were seen */
};

struct search {
    uintptr_t sp, pointer; /* stack and thread pointer */
    struct mapping line;
    uintptr_t before; /* where the previous mapping ends */
    uintptr_t low, high;
};

static const char stack_label[] = "[stack]";

static uintptr_t growth_limit(uintptr_t high) {
    struct rlimit limit;
    if (syscall(SYS_prlimit64, 0, RLIMIT_STACK, NULL, &limit) != 0 || limit.rlim_cur > high)
        return 0;
    return high - limit.rlim_cur;
}

static void line_ends(struct search *search) {
    const struct mapping *line = &search->line;
    if (search->sp >= line->start && search->sp < line->end) {
        if (line->label == sizeof stack_label - 1) {
            uintptr_t limit = growth_limit(line->end);
            search->low = limit > search->before ? limit : search->before;
            search->low = search->low < line->start ? search->low : line->start;
            search->high = line->end;
        } else if (search->pointer > search->sp && search->pointer < line->end) {
            search->low = line->start;
            search->high = search->pointer & ~(uintptr_t)7;
        }
    }
    search->before = line->end;
    search->line = (struct mapping){0};
}

static unsigned digit(char c) {
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10;
}

static void take(struct search *search, char c) {
    struct mapping *line = &search->line;
    if (c == '\n')
        line_ends(search);
    else if (line->field == 0 && c != '-')
        line->start = line->start << 4 | digit(c);
    else if (line->field == 1 && c != ' ')
        line->end = line->end << 4 | digit(c);
    else if (line->field < 2)
        line->field++;
    else if (line->label < sizeof stack_label - 1)
        line->label = c == stack_label[line->label] ? line->label + 1 : 0;
}

static void search_maps(struct search *search) {
    char text[1024];
    long file = syscall(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC, 0), got;
    if (file < 0)
        return;
    while (!search->high && (got = syscall(SYS_read, file, text, sizeof text)) > 0)
        for (long i = 0; i < got; i++)
            take(search, text[i]);
    syscall(SYS_close, file);
}

/* System calls by number: libc's open and read are points of cancellation. */
bool thread_stack(uintptr_t *low, uintptr_t *high) {
    if (!self.stack_high && !confined()) {
        int before = errno;
        struct search search = {.sp = (uintptr_t)__builtin_frame_address(0), .pointer = (uintptr_t)__builtin_thread_pointer()};
        search_maps(&search);
        self.stack_low = search.low;
        self.stack_high = search.high;
        errno = before;
    }
    *low = self.stack_low;
    *high = self.stack_high;
    return self.stack_high != 0;
}
