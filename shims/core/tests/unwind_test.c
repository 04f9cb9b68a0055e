/* SPDX-License-Identifier: Apache-2.0
 *
 * Walks against the truth, which is what the compiler's own unwinder says (backtrace): through frames of every shape, across
 * signals, and from every single instruction of some code, linkage table and lazy binding included, by way of the trap flag.
 */
#include <execinfo.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/stack.h"
#include "core/thread.h"
#include "fake_modules.h"
#include "stack_calls.h"

enum { MOST = 256 };

struct walked {
    uintptr_t frames[MOST];
    void *truth[MOST];
    unsigned depth, true_depth;
    bool complete;
};

/* What backtrace says, from `frame` on: it begins further in, with whoever called it. */
static unsigned true_frames(void **truth, uintptr_t frame) {
    int depth = backtrace(truth, MOST), inner = 0;
    while (inner < depth && (uintptr_t)truth[inner] != frame)
        inner++;
    memmove(truth, truth + inner, (size_t)(depth - inner) * sizeof *truth);
    return (unsigned)(depth - inner);
}

/* Both walks from the same place. */
static void NOINLINE walk_both(void *context) {
    struct walked *walked = context;
    struct origin origin = ORIGIN_HERE();
    walked->depth = stack_walk(&origin, walked->frames, MOST, &walked->complete);
    walked->true_depth = true_frames(walked->truth, origin.ra);
    NO_TAIL_CALL;
}

static void assert_same(const struct walked *walked, const char *what) {
    if (walked->depth != walked->true_depth || memcmp(walked->frames, walked->truth, walked->depth * sizeof(uintptr_t)) != 0)
        fail_msg("%s: %u frames, should be %u", what, walked->depth, walked->true_depth);
}

static void test_frames_of_every_shape(void **state) {
    (void)state;
    for (unsigned i = 0; i < shape_count; i++) {
        struct walked walked = {0};
        shapes[i].call(walk_both, &walked);
        assert_same(&walked, shapes[i].name);
        assert_true(walked.complete);
    }
}

static void check_leaf(void *context) {
    struct walked walked;
    walk_both(&walked);
    assert_same(&walked, "tree");
    assert_true(walked.complete);
    ++*(unsigned *)context;
}

static void test_random_trees(void **state) {
    (void)state;
    unsigned leaves = 0;
    struct tree tree = {.random = 1, .depth = 14, .leaf = check_leaf, .context = &leaves};
    while (leaves < 50000)
        tree_grow(&tree);
}

static void test_a_cut_walk_says_so(void **state) {
    (void)state;
    struct origin origin = ORIGIN_HERE();
    uintptr_t all[MOST], some[MOST];
    bool complete;
    unsigned depth = stack_walk(&origin, all, MOST, &complete);
    assert_true(complete && depth > 3);
    for (unsigned limit = 1; limit <= depth; limit++) {
        assert_int_equal(stack_walk(&origin, some, limit, &complete), limit);
        assert_int_equal(complete, limit == depth);
        assert_memory_equal(some, all, limit * sizeof *some);
    }
    assert_int_equal(stack_walk(&origin, some, 0, &complete), 0);
    assert_false(complete);
}

static void *in_a_thread(void *argument) {
    for (unsigned i = 0; i < shape_count; i++)
        if (shapes[i].call != shapes[8].call) /* one order for all */
            shapes[i].call(walk_both, argument);
    return NULL;
}

static void test_a_thread_ends_at_its_start(void **state) {
    (void)state;
    struct walked walked;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, in_a_thread, &walked), 0);
    pthread_join(thread, NULL);
    assert_same(&walked, "thread");
    assert_true(walked.complete);
}

/* Code that no module holds: `sub rsp, 8; mov rax, rdi; mov rdi, rsi; call rax; add rsp, 8; ret`. */
static void test_unknown_code_ends_the_walk(void **state) {
    (void)state;
    static const unsigned char code[] = {0x48, 0x83, 0xec, 8,    0x48, 0x89, 0xf8, 0x48, 0x89,
                                         0xf7, 0xff, 0xd0, 0x48, 0x83, 0xc4, 8,    0xc3};
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(page, MAP_FAILED);
    memcpy(page, code, sizeof code);
    struct walked walked;
    ((void (*)(leaf_function *, void *))page)(walk_both, &walked);
    assert_int_equal(walked.depth, 1);
    assert_int_equal(walked.frames[0], (uintptr_t)page + 12);
    assert_false(walked.complete);
    munmap(page, 4096);
}

/* ---- signals ---- */

static struct walked in_handler, from_context;
static uintptr_t interrupted;

/* Both kinds of walk, in a handler; truth from backtrace, which crosses the kernel's frame as well. */
static void handle(int signal_number, siginfo_t *info, void *context) {
    (void)signal_number;
    (void)info;
    interrupted = (uintptr_t)((const ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
    walk_both(&in_handler);
    from_context.depth = stack_walk_context(context, from_context.frames, MOST, &from_context.complete);
}

static void install(int signal_number, void (*handler)(int, siginfo_t *, void *), int flags) {
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
    sigaction(signal_number, &action, NULL);
}

/* The context's walk is the tail of the handler's. */
static void assert_context(void) {
    const struct walked *whole = &in_handler, *part = &from_context;
    assert_true(part->complete && part->depth > 3 && part->depth < whole->depth);
    assert_int_equal(part->frames[0], interrupted);
    assert_memory_equal(part->frames, whole->frames + whole->depth - part->depth, part->depth * sizeof(uintptr_t));
}

static void raise_usr1(void *context) {
    (void)context;
    raise(SIGUSR1);
    NO_TAIL_CALL;
}

static void test_signal_frames_are_crossed(void **state) {
    (void)state;
    install(SIGUSR1, handle, 0);
    for (unsigned i = 0; i < shape_count; i++) {
        shapes[i].call(raise_usr1, NULL);
        assert_same(&in_handler, shapes[i].name);
        assert_true(in_handler.complete);
        assert_context();
    }
}

static void test_signal_stacks_are_crossed(void **state) {
    (void)state;
    size_t size = (size_t)256 << 10;
    char *room = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    stack_t stack = {.ss_sp = room, .ss_size = size}, none = {.ss_flags = SS_DISABLE};
    sigaltstack(&stack, NULL);
    install(SIGUSR1, handle, SA_ONSTACK);
    for (unsigned i = 0; i < shape_count; i++) {
        shapes[i].call(raise_usr1, NULL);
        assert_same(&in_handler, shapes[i].name);
        assert_context();
    }
    sigaltstack(&none, NULL);
    munmap(room, size);
}

static sigjmp_buf back;
static void handle_and_leave(int signal_number, siginfo_t *info, void *context) {
    (void)signal_number;
    (void)info;
    from_context.depth = stack_walk_context(context, from_context.frames, MOST, &from_context.complete);
    siglongjmp(back, 1);
}

/* Where a walk begins that a call of nothing ends: frames[1] is the caller all the same. */
static void NOINLINE call_of(void (*function)(void)) {
    function();
    NO_TAIL_CALL;
}

static void test_a_call_of_nothing_has_a_caller(void **state) {
    (void)state;
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    void (*const nowhere[])(void) = {(void (*)(void))16, (void (*)(void))(page + 64)};
    install(SIGSEGV, handle_and_leave, 0);
    for (volatile unsigned i = 0; i < 2; i++) {
        if (sigsetjmp(back, 1) == 0)
            call_of(nowhere[i]);
        assert_int_equal(from_context.frames[0], (uintptr_t)nowhere[i]);
        assert_true(from_context.depth > 3 && from_context.complete);
        assert_in_range(from_context.frames[1], (uintptr_t)call_of, (uintptr_t)call_of + 64);
    }
    signal(SIGSEGV, SIG_DFL);
    munmap(page, 4096);
}

static volatile int bottomless = 1;
static int NOINLINE overflow(int depth) {
    volatile char room[3000];
    room[0] = (char)depth;
    return bottomless ? overflow(depth + 1) + room[0] : 0;
}

static void test_an_overflown_stack_can_be_walked(void **state) {
    (void)state;
    static char room[1 << 16];
    stack_t stack = {.ss_sp = room, .ss_size = sizeof room}, none = {.ss_flags = SS_DISABLE};
    sigaltstack(&stack, NULL);
    install(SIGSEGV, handle_and_leave, SA_ONSTACK);
    if (sigsetjmp(back, 1) == 0)
        overflow(0);
    assert_int_equal(from_context.depth, MOST);
    for (unsigned i = 0; i < MOST; i++)
        assert_in_range(from_context.frames[i], (uintptr_t)overflow, (uintptr_t)overflow + 512);
    signal(SIGSEGV, SIG_DFL);
    sigaltstack(&none, NULL);
}

/* A context that points nowhere ends at once. */
static void test_wild_contexts(void **state) {
    (void)state;
    static const uintptr_t wild[] = {
        0, 8, 0xfff, (uintptr_t)1 << 46, (uintptr_t)1 << 47, UINTPTR_MAX - 7, UINTPTR_MAX, 0x8000000000000000};
    uintptr_t frames[MOST];
    bool complete;
    for (unsigned i = 0; i < 8 * 8 * 8; i++) {
        ucontext_t context = {0};
        context.uc_mcontext.gregs[REG_RIP] = (long long)(i & 1 ? (uintptr_t)call_of + i : wild[i % 8]);
        context.uc_mcontext.gregs[REG_RSP] = (long long)wild[i / 8 % 8];
        context.uc_mcontext.gregs[REG_RBP] = (long long)wild[i / 64];
        context.uc_mcontext.gregs[REG_TRAPNO] = 14;
        context.uc_mcontext.gregs[REG_ERR] = 0x14;
        context.uc_mcontext.gregs[REG_CR2] = context.uc_mcontext.gregs[REG_RIP];
        assert_true(stack_walk_context(&context, frames, MOST, &complete) >= 1);
    }
}

/* ---- every instruction ---- */

#define TRAP_FLAG 0x100
static unsigned steps, cut, wrong;
static uintptr_t first_wrong;

/* The binder of lazy symbols keeps its CFA in rbx, which a walk from a signal inside of what it calls does not know: the only
 * excuse. */
static bool excused(uintptr_t frame) {
    const struct module *module = module_at(frame);
    return module && (module->kind & MODULE_LOADER);
}

static void compare_step(const ucontext_t *context) {
    void *truth[MOST];
    uintptr_t frames[MOST];
    bool complete;
    uintptr_t pc = (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
    unsigned expected = true_frames(truth, pc), depth = stack_walk_context(context, frames, MOST, &complete);
    bool short_of_binder = depth < expected && excused(frames[depth - 1]);
    steps++;
    cut += short_of_binder;
    if (!(depth == expected || short_of_binder) || memcmp(frames, truth, depth * sizeof *frames) != 0) {
        wrong++;
        first_wrong = first_wrong ? first_wrong : pc;
    }
}

static void handle_step(int signal_number, siginfo_t *info, void *context) {
    (void)signal_number;
    (void)info;
    compare_step(context);
}

static void set_trap_flag(bool on) {
    if (on)
        __asm__ volatile("pushfq; orq %0, (%%rsp); popfq" ::"i"(TRAP_FLAG) : "memory", "cc");
    else
        __asm__ volatile("pushfq; andq %0, (%%rsp); popfq" ::"i"(~TRAP_FLAG) : "memory", "cc");
}

static void nothing(void *context) {
    (void)context;
}

static void test_every_instruction(void **state) {
    (void)state;
    char text[64];
    install(SIGTRAP, handle_step, 0);
    for (unsigned i = 0; i < shape_count; i++) {
        if (shapes[i].call == shapes[1].call)
            continue; /* deep and long */
        set_trap_flag(true);
        shapes[i].call(nothing, NULL);
        set_trap_flag(false);
    }
    set_trap_flag(true);
    snprintf(text, sizeof text, "%d %s %g", getppid(), "bound lazily", 1.5);
    free(malloc(10));
    set_trap_flag(false);
    print_message("%u instructions, %u cut, %u wrong\n", steps, cut, wrong);
    if (wrong)
        fail_msg("the first at %#lx", first_wrong);
    assert_true(steps > 1000 && cut * 2 < steps);
}

static int setup(void **state) {
    (void)state;
    void *frames[2];
    backtrace(frames, 2); /* loads its library */
    fake_modules_refresh();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_of_every_shape),
        cmocka_unit_test(test_random_trees),
        cmocka_unit_test(test_a_cut_walk_says_so),
        cmocka_unit_test(test_a_thread_ends_at_its_start),
        cmocka_unit_test(test_unknown_code_ends_the_walk),
        cmocka_unit_test(test_signal_frames_are_crossed),
        cmocka_unit_test(test_signal_stacks_are_crossed),
        cmocka_unit_test(test_a_call_of_nothing_has_a_caller),
        cmocka_unit_test(test_an_overflown_stack_can_be_walked),
        cmocka_unit_test(test_wild_contexts),
        cmocka_unit_test(test_every_instruction),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
