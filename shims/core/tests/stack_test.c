/* SPDX-License-Identifier: Apache-2.0
 *
 * The memo of walks: that it answers what a walk would, whoever the callers are, on whatever stack, whichever modules come and
 * go.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/sites.h"
#include "core/stack.h"
#include "core/thread.h"
#include "fake_modules.h"
#include "stack_calls.h"

enum { ROW = 7, FRAMES = 8, PAGE = 4096 };

struct tally {
    uint64_t leaves, wrong;
    site_id last;
    unsigned frames;
    bool complete;
};

static bool is_walk(site_id id, const struct origin *origin, unsigned limit) {
    uintptr_t frames[16];
    bool complete;
    unsigned depth = stack_walk(origin, frames, limit, &complete);
    const struct site *site = site_get(id);
    return site && site->row == ROW && site->depth == depth && site->complete == complete &&
           memcmp(site->frames, frames, depth * sizeof *frames) == 0;
}

/* The leaf of all trees here: the memo's answer against a walk. */
static void NOINLINE check(void *context) {
    struct tally *tally = context;
    struct origin origin = ORIGIN_HERE();
    tally->last = stack_site(&origin, ROW);
    tally->wrong += !is_walk(tally->last, &origin, tally->frames);
    tally->leaves++;
    NO_TAIL_CALL;
}

/* Some trees come back and find what they left in the memo; others do not. */
static struct tally grow_trees(uint64_t random, uint64_t leaves, unsigned frames) {
    struct tally tally = {.frames = frames};
    for (uint64_t i = 0; tally.leaves < leaves; i++) {
        struct tree tree = {
            .random = random + (i % 4 ? i % 7 : i) * 0x9e3779b97f4a7c15U, .depth = 9, .leaf = check, .context = &tally};
        tree_grow(&tree);
    }
    return tally;
}

static void test_the_memo_is_exact(void **state) {
    (void)state;
    struct stack_counts before = stack_counts();
    struct tally tally = grow_trees(42, 2000000, FRAMES);
    struct stack_counts after = stack_counts();
    uint64_t hits = after.hits - before.hits, walks = after.walks - before.walks;
    assert_int_equal(tally.wrong, 0);
    assert_int_equal(hits + walks, tally.leaves);
    assert_int_equal(after.lost, 0);
    assert_true(hits > 10000 && walks > 10000); /* both were at work */
    print_message("%llu hits, %llu walks, %u sites\n", (unsigned long long)hits, (unsigned long long)walks, sites_count());
}

static void test_any_number_of_frames(void **state) {
    (void)state;
    for (unsigned frames = 1; frames <= 16; frames++) {
        stack_thread_end();
        stack_configure(frames);
        assert_int_equal(grow_trees(frames, 20000, frames).wrong, 0);
    }
    stack_thread_end();
    stack_configure(FRAMES);
}

static void test_every_shape(void **state) {
    (void)state;
    struct tally tally = {.frames = FRAMES};
    for (unsigned times = 0; times < 3; times++)
        for (unsigned i = 0; i < shape_count; i++)
            shapes[i].call(check, &tally);
    assert_int_equal(tally.wrong, 0);
    assert_int_equal(tally.leaves, 3 * shape_count);
}

static void test_rows_are_told_apart(void **state) {
    (void)state;
    struct origin origin = ORIGIN_HERE();
    site_id one = stack_site(&origin, 1), two = stack_site(&origin, 2);
    assert_int_equal(site_get(one)->row, 1);
    assert_int_equal(site_get(two)->row, 2);
    assert_int_equal(stack_site(&origin, 1), one);
    assert_int_equal(stack_site(&origin, 2), two);
}

static void test_errno_is_kept(void **state) {
    (void)state;
    stack_thread_end();
    struct origin origin = ORIGIN_HERE();
    errno = 4711;
    assert_int_not_equal(stack_site(&origin, 1), 0);
    assert_int_equal(errno, 4711);
}

/* ---- threads ---- */

static void *grow_in_thread(void *argument) {
    struct tally *tally = argument;
    *tally = grow_trees((uint64_t)(uintptr_t)argument, 100000, FRAMES);
    stack_thread_end();
    return NULL;
}

static void test_threads(void **state) {
    (void)state;
    pthread_t threads[4];
    struct tally tallies[4];
    struct stack_counts before = stack_counts();
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 4; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, grow_in_thread, &tallies[i]), 0);
        for (unsigned i = 0; i < 4; i++) {
            pthread_join(threads[i], NULL);
            assert_int_equal(tallies[i].wrong, 0);
        }
    }
    struct stack_counts after = stack_counts();
    assert_true(after.hits + after.walks >= before.hits + before.walks + 12 * 100000); /* those of ended threads count */
}

static void *grow_while_ending(void *argument) {
    self.ending = true;
    *(struct tally *)argument = grow_trees(3, 1000, FRAMES);
    return self.stacks;
}

static void test_an_ending_thread_makes_no_memo(void **state) {
    (void)state;
    pthread_t thread;
    struct tally tally;
    void *cache;
    assert_int_equal(pthread_create(&thread, NULL, grow_while_ending, &tally), 0);
    pthread_join(thread, &cache);
    assert_null(cache);
    assert_int_equal(tally.wrong, 0);
}

static volatile bool enough;
static void *grow_until_enough(void *argument) {
    while (!enough)
        grow_trees((uint64_t)(uintptr_t)argument, 1000, FRAMES);
    return NULL;
}

/* The rules that other threads are writing, and the sites that they are adding, at the moment of the fork. */
static void test_forks(void **state) {
    (void)state;
    pthread_t threads[2];
    enough = false;
    for (uintptr_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, grow_until_enough, (void *)i), 0);
    for (unsigned round = 0; round < 60; round++) {
        stack_flush(true);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            alarm(20); /* a child that hangs dies of it */
            _exit(grow_trees(round, 2000, FRAMES).wrong ? 1 : 0);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
    enough = true;
    for (unsigned i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
}

static void test_flushes_while_threads_walk(void **state) {
    (void)state;
    pthread_t threads[3];
    struct tally tallies[3];
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, grow_in_thread, &tallies[i]), 0);
    for (unsigned i = 0; i < 2000; i++) {
        stack_flush(i % 2);
        usleep(50);
    }
    for (unsigned i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(tallies[i].wrong, 0);
    }
}

/* ---- other stacks ---- */

static ucontext_t here, there;
static struct tally coroutine_tally;

static void coroutine(void) {
    struct tally tally = grow_trees(5, 300, FRAMES);
    for (unsigned i = 0; i < shape_count; i++)
        if (strcmp(shapes[i].name, "with a large frame") != 0)
            shapes[i].call(check, &tally);
    coroutine_tally = tally;
    swapcontext(&there, &here);
}

/* On a stack of `size` bytes that ends at `top`; nothing is mapped beyond. */
static void run_coroutine(char *top, size_t size) {
    char *room = mmap(top - size, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    assert_ptr_equal(room, top - size);
    getcontext(&there);
    there.uc_stack.ss_sp = room;
    there.uc_stack.ss_size = size;
    there.uc_link = &here;
    makecontext(&there, coroutine, 0);
    coroutine_tally = (struct tally){.wrong = 1};
    swapcontext(&here, &there);
    assert_int_equal(coroutine_tally.wrong, 0);
    assert_int_equal(mprotect(room, size, PROT_NONE), 0);
}

/* One stack after the other at the same place: what was read on the one may not be there on the next. */
static void test_coroutines(void **state) {
    (void)state;
    size_t whole = (size_t)1 << 20;
    char *area = mmap(NULL, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(area, MAP_FAILED);
    for (unsigned round = 0; round < 40; round++)
        run_coroutine(area + whole - round % 5 * PAGE, (size_t)128 << 10);
    munmap(area, whole);
}

static UNCHECKED_READS void copy_stack(volatile uintptr_t *to, uintptr_t from, size_t size) {
    for (size_t i = 0; i < size / sizeof *to; i++)
        to[i] = ((const volatile uintptr_t *)from)[i];
}

/* The same cfa and return address, with less above it. */
static void test_a_shrunken_stack_is_not_read_beyond(void **state) {
    (void)state;
    char *area = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(area, MAP_FAILED);
    struct origin mine = ORIGIN_HERE();
    size_t size = 2 * (size_t)PAGE;
    if (size > self.stack_high - mine.cfa) /* what there is of the real stack */
        size = self.stack_high - mine.cfa;
    copy_stack((uintptr_t *)(area + PAGE - 64), mine.cfa - 8, size);
    struct origin moved = {.cfa = (uintptr_t)area + PAGE - 56, .ra = mine.ra, .frame_pointer = mine.frame_pointer};
    site_id whole = stack_site(&moved, ROW);
    assert_true(is_walk(whole, &moved, FRAMES));
    assert_int_equal(stack_site(&moved, ROW), whole);
    mprotect(area + PAGE, 3 * PAGE, PROT_NONE);
    site_id less = stack_site(&moved, ROW);
    assert_true(is_walk(less, &moved, FRAMES));
    assert_true(site_get(less)->depth < site_get(whole)->depth);
    munmap(area, 4 * PAGE);
}

static struct tally signal_tally;

/* A memo's walk stops at the kernel's frame; stack_walk goes on. Both begin alike. */
static void NOINLINE check_prefix(void *context) {
    struct tally *tally = context;
    struct origin origin = ORIGIN_HERE();
    uintptr_t frames[16];
    bool complete;
    unsigned depth = stack_walk(&origin, frames, FRAMES, &complete);
    const struct site *site = site_get(stack_site(&origin, ROW));
    tally->wrong += !site || site->depth > depth || memcmp(site->frames, frames, site->depth * sizeof *frames) != 0;
    NO_TAIL_CALL;
}
static void handle_prefix(int signal_number) {
    (void)signal_number;
    check_prefix(&signal_tally);
    NO_TAIL_CALL;
}

static void test_in_a_signal_handler(void **state) {
    (void)state;
    size_t size = (size_t)256 << 10;
    char *room = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    stack_t stack = {.ss_sp = room, .ss_size = size}, none = {.ss_flags = SS_DISABLE};
    sigaltstack(&stack, NULL);
    for (int flags = 0; flags <= SA_ONSTACK; flags += SA_ONSTACK) {
        struct sigaction action = {.sa_handler = handle_prefix, .sa_flags = flags};
        sigaction(SIGUSR2, &action, NULL);
        signal_tally = (struct tally){0};
        for (unsigned times = 0; times < 3; times++)
            raise(SIGUSR2);
        assert_int_equal(signal_tally.wrong, 0);
    }
    sigaltstack(&none, NULL);
    munmap(room, size);
}

/* ---- modules come and go ---- */

static uintptr_t call_plugin(const char *path, struct tally *tally) {
    void *plugin = dlopen(path, RTLD_NOW);
    if (!plugin) {
        fail_msg("%s", dlerror());
        return 0;
    }
    fake_modules_refresh();
    stack_flush(false);
    void (*call)(leaf_function *, void *);
    *(void **)&call = dlsym(plugin, "plugin_call");
    assert_non_null(call);
    for (unsigned i = 0; i < 3; i++)
        call(check, tally);
    stack_flush(true);
    dlclose(plugin);
    fake_modules_refresh();
    stack_flush(true);
    return (uintptr_t)call & ~(uintptr_t)(PAGE - 1);
}

static void test_another_library_at_the_same_place(void **state) {
    (void)state;
    struct tally tally = {.frames = FRAMES};
    unsigned same = 0;
    uintptr_t before = 0;
    site_id sites[2] = {0};
    for (unsigned round = 0; round < 20; round++) {
        uintptr_t now = call_plugin(round % 2 ? PLUGINS "/libstack_plugin2.so" : PLUGINS "/libstack_plugin1.so", &tally);
        same += now == before;
        before = now;
        assert_int_not_equal(tally.last, sites[0]);
        assert_int_not_equal(tally.last, sites[1]);
        sites[round % 2] = tally.last;
    }
    assert_int_equal(tally.wrong, 0);
    print_message("%u times at the same place\n", same);
}

/* While a dlclose is under way walks end before what may vanish; nobody shall remember them for it. */
static void test_a_walk_during_dlclose_is_not_remembered(void **state) {
    (void)state;
    struct tally tally = {.frames = FRAMES};
    void *plugin = dlopen(PLUGINS "/libstack_plugin1.so", RTLD_NOW);
    assert_non_null(plugin);
    fake_modules_refresh();
    stack_flush(false);
    void (*call)(leaf_function *, void *);
    *(void **)&call = dlsym(plugin, "plugin_call");
    assert_non_null(call);
    unsigned depth[6];
    for (volatile unsigned i = 0; i < 6; i++) {
        fake_modules_closing(i == 2 || i == 3);
        if (i == 2)
            stack_flush(true);
        call(check, &tally);
        depth[i] = site_get(tally.last)->depth;
    }
    dlclose(plugin);
    fake_modules_refresh();
    stack_flush(true);
    assert_int_equal(tally.wrong, 0);
    assert_int_equal(depth[2], 1);
    assert_int_equal(depth[3], 1);
    assert_true(depth[0] > 3 && depth[4] == depth[0] && depth[5] == depth[0]);
}

static void test_modules_that_come_change_no_site(void **state) {
    (void)state;
    struct tally tally = {.frames = FRAMES};
    site_id first = 0;
    for (volatile unsigned i = 0; i < 3; i++) { /* volatile: or the call could stand in the code more than once */
        shapes[0].call(check, &tally);
        assert_true(!first || tally.last == first);
        first = tally.last;
        fake_modules_refresh();
        stack_flush(false);
    }
}

static int setup(void **state) {
    (void)state;
    stack_configure(FRAMES);
    fake_modules_refresh();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_shape),
        cmocka_unit_test(test_the_memo_is_exact),
        cmocka_unit_test(test_any_number_of_frames),
        cmocka_unit_test(test_rows_are_told_apart),
        cmocka_unit_test(test_errno_is_kept),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_an_ending_thread_makes_no_memo),
        cmocka_unit_test(test_forks),
        cmocka_unit_test(test_flushes_while_threads_walk),
        cmocka_unit_test(test_coroutines),
        cmocka_unit_test(test_a_shrunken_stack_is_not_read_beyond),
        cmocka_unit_test(test_in_a_signal_handler),
        cmocka_unit_test(test_another_library_at_the_same_place),
        cmocka_unit_test(test_a_walk_during_dlclose_is_not_remembered),
        cmocka_unit_test(test_modules_that_come_change_no_site),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
