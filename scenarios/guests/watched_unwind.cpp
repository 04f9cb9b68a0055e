/* SPDX-License-Identifier: Apache-2.0
 *
 * What leaves a watched function by another way than its return: WAY. Nobody sees a difference, and later calls are counted as ever.
 *
 *   exception longjmp siglongjmp cancelled cancelled-anywhere exit-thread signals contexts copied-stacks backtrace terminate
 */
#include <csetjmp>
#include <csignal>
#include <exception>
#include <stdexcept>

#include <execinfo.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>

#include "guest.h"

extern "C" {
#include "watched.h"
}

namespace {

volatile int calls; /* begun */
int destroyed;

struct Witness {
    Witness() = default;
    Witness(const Witness &) = delete;
    ~Witness() { destroyed++; }
};

void call(void (*callback)(void *), void *context) {
    calls = calls + 1;
    watched_call(callback, context);
}

void do_nothing(void *) {}

/* ---- C++ ---- */

void throws(void *depth) {
    Witness witness;
    if (depth)
        call(throws, static_cast<char *>(depth) - 1);
    throw std::runtime_error("thrown");
}

void catches_and_throws_on(void *depth) {
    try {
        call(throws, depth);
    } catch (const std::runtime_error &) {
        Witness witness;
        throw;
    }
}

void exceptions() {
    for (int i = 0; i < 200; i++) {
        destroyed = 0;
        bool caught = false;
        try {
            call(catches_and_throws_on, reinterpret_cast<void *>(static_cast<intptr_t>(i % 40)));
        } catch (const std::exception &exception) {
            caught = strcmp(exception.what(), "thrown") == 0;
        }
        MUST(caught && destroyed == i % 40 + 2);
        call(do_nothing, nullptr);
    }
}

void say_goodbye() {
    printf("%d calls\n", calls);
    fflush(stdout);
    abort();
}

void terminates() {
    std::set_terminate(say_goodbye);
    call(throws, nullptr);
}

/* ---- longjmp ---- */

jmp_buf back;
sigjmp_buf signal_back;

void jumps(void *depth) {
    if (depth)
        call(jumps, static_cast<char *>(depth) - 1);
    longjmp(back, 3);
}

void longjmps() {
    for (volatile int i = 0; i < 300; i = i + 1) {
        if (int value = setjmp(back))
            MUST(value == 3);
        else
            call(jumps, reinterpret_cast<void *>(static_cast<intptr_t>(i % 40)));
        call(do_nothing, nullptr);
    }
}

void jumps_with_mask(void *) {
    siglongjmp(signal_back, 4);
}

void raises(void *signal) {
    raise(static_cast<int>(reinterpret_cast<intptr_t>(signal)));
}

void jumps_from_handler(int) {
    siglongjmp(signal_back, 5);
}

void siglongjmps() {
    signal(SIGUSR1, jumps_from_handler);
    for (volatile int i = 0; i < 100; i = i + 1) {
        int value = sigsetjmp(signal_back, 1);
        if (value == 0)
            call(jumps_with_mask, nullptr);
        if (value == 4)
            call(raises, reinterpret_cast<void *>(SIGUSR1));
        MUST(value == 5);
        call(do_nothing, nullptr);
    }
}

/* ---- threads ---- */

pthread_barrier_t barrier;
int cleaned;

void clean(void *) {
    cleaned++;
}

void waits(void *) {
    Witness witness;
    pthread_cleanup_push(clean, nullptr);
    pthread_barrier_wait(&barrier);
    for (;;)
        pause();
    pthread_cleanup_pop(0);
}

void works(void *) {
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, nullptr);
    pthread_barrier_wait(&barrier);
    for (volatile int i = 0;; i = i + 1) {
    }
}

void leaves(void *) {
    Witness witness;
    pthread_exit(&cleaned);
}

void *run(void *body) {
    call(reinterpret_cast<void (*)(void *)>(body), nullptr);
    return nullptr;
}

void threads(void (*body)(void *), bool cancelled) {
    pthread_barrier_init(&barrier, nullptr, 2);
    for (int i = 0; i < 30; i++) {
        pthread_t thread;
        void *result;
        MUST(pthread_create(&thread, nullptr, run, reinterpret_cast<void *>(body)) == 0);
        if (cancelled) {
            pthread_barrier_wait(&barrier);
            MUST(pthread_cancel(thread) == 0);
        }
        MUST(pthread_join(thread, &result) == 0);
        MUST(result == (cancelled ? PTHREAD_CANCELED : &cleaned));
    }
    MUST(destroyed == (body == works ? 0 : 30) && cleaned == (body == waits ? 30 : 0));
    call(do_nothing, nullptr);
}

/* ---- signals ---- */

volatile sig_atomic_t ticks;

void adds_up(void *sum) {
    *static_cast<volatile long *>(sum) += 1;
}

void signals() {
    struct sigaction action = {};
    action.sa_handler = [](int) { ticks = ticks + 1; };
    sigaction(SIGALRM, &action, nullptr);
    struct itimerval timer = {{0, 200}, {0, 200}};
    setitimer(ITIMER_REAL, &timer, nullptr);
    volatile long sum = 0;
    long rounds = 0;
    while (ticks < 300) {
        watched_call(adds_up, const_cast<long *>(&sum));
        rounds++;
    }
    timer = {};
    setitimer(ITIMER_REAL, &timer, nullptr);
    MUST(sum == rounds);
}

/* ---- other stacks ---- */

constexpr int COUNT = 6;
constexpr size_t SIZE = 128 << 10;
ucontext_t scheduler, contexts[COUNT];
int steps[COUNT];

void yields(void *number) {
    int at = static_cast<int>(reinterpret_cast<intptr_t>(number));
    steps[at]++;
    MUST(swapcontext(&contexts[at], &scheduler) == 0);
    steps[at]++;
}

/* A few calls deep, a different number for each, so that frames of the one lie where another has none. */
void descends(void *packed) {
    intptr_t value = reinterpret_cast<intptr_t>(packed), depth = value / COUNT;
    if (depth == 0)
        call(yields, reinterpret_cast<void *>(value % COUNT));
    else
        call(descends, reinterpret_cast<void *>(value - COUNT));
}

void body(int number) {
    for (int round = 0; round < 5; round++)
        descends(reinterpret_cast<void *>(static_cast<intptr_t>((number + round) % 4 * COUNT + number)));
}

void make(int number, char *stack) {
    MUST(getcontext(&contexts[number]) == 0);
    contexts[number].uc_stack.ss_sp = stack;
    contexts[number].uc_stack.ss_size = SIZE;
    contexts[number].uc_link = &scheduler;
    makecontext(&contexts[number], reinterpret_cast<void (*)()>(body), 1, number);
}

/* `copied`: all of them on one stack, whose contents are kept elsewhere while they wait, as greenlet does it. */
void switches(bool copied) {
    static char *stacks[COUNT], *kept[COUNT];
    char *shared = static_cast<char *>(mmap(nullptr, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    for (int i = 0; i < COUNT; i++) {
        stacks[i] = copied ? shared
                           : static_cast<char *>(mmap(nullptr, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        kept[i] = static_cast<char *>(malloc(SIZE));
        make(i, stacks[i]);
        if (copied)
            memcpy(kept[i], shared, SIZE);
    }
    for (int round = 0; round < 6; round++)
        for (int i = 0; i < COUNT; i++) {
            if (copied)
                memcpy(shared, kept[i], SIZE);
            MUST(swapcontext(&scheduler, &contexts[i]) == 0);
            if (copied)
                memcpy(kept[i], shared, SIZE);
        }
    for (int i = 0; i < COUNT; i++) {
        MUST(steps[i] == 10);
        if (!copied)
            munmap(stacks[i], SIZE);
        free(kept[i]);
    }
    munmap(shared, SIZE);
}

/* ---- walks ---- */

void looks_back(void *from) {
    void *frames[64];
    int depth = backtrace(frames, 64);
    bool found = false;
    for (int i = 0; i < depth; i++)
        found = found || (frames[i] > from && static_cast<char *>(frames[i]) < static_cast<char *>(from) + 200);
    MUST(found && depth < 64);
    puts("found back");
}

__attribute__((noinline)) void walks() {
    for (int i = 0; i < 3; i++)
        call(looks_back, reinterpret_cast<void *>(walks));
}

} // namespace

int main(int argc, char **argv) {
    MUST(argc > 1);
    const char *way = argv[1];
    auto is = [way](const char *name) { return strcmp(way, name) == 0; };
    if (is("exception"))
        exceptions();
    else if (is("terminate"))
        terminates();
    else if (is("longjmp"))
        longjmps();
    else if (is("siglongjmp"))
        siglongjmps();
    else if (is("cancelled"))
        threads(waits, true);
    else if (is("cancelled-anywhere"))
        threads(works, true);
    else if (is("exit-thread"))
        threads(leaves, false);
    else if (is("signals"))
        signals();
    else if (is("contexts") || is("copied-stacks"))
        switches(is("copied-stacks"));
    else if (is("backtrace"))
        walks();
    else
        MUST(!"a way");
    printf("%d calls\n", calls);
    return 0;
}
