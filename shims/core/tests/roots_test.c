/* SPDX-License-Identifier: Apache-2.0 */
#include "core/roots.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/glibc.h"
#include "core/memory.h"
#include "core/options.h"

#define PAGE 4096ul

static char touched[PAGE * 4] __attribute__((aligned(4096)));

struct question {
    uintptr_t address;
    bool answer, ordered;
    uintptr_t last;
};

static void look(const struct run *part, void *context) {
    struct question *question = context;
    question->answer |= part->start <= question->address && question->address < part->end;
    question->ordered &= question->last <= part->start && part->start < part->end;
    question->last = part->end;
}

static bool is_root(struct survey *survey, const void *address) {
    struct question question = {.address = (uintptr_t)address, .ordered = true};
    survey_roots(survey, look, &question);
    assert_true(question.ordered);
    return question.answer;
}

static char *map(size_t pages, int flags) {
    char *start = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(start, MAP_FAILED);
    return start;
}

static void what_was_written_is_a_root(void **state) {
    (void)state;
    char *memory = map(600, MAP_PRIVATE), *shared = map(2, MAP_SHARED), *block = malloc(100);
    touched[0] = memory[PAGE] = memory[599 * PAGE] = shared[0] = block[0] = 1;
    struct survey *survey = survey_take(0);
    assert_non_null(survey);
    assert_true(is_root(survey, touched));
    assert_true(is_root(survey, block));
    assert_true(is_root(survey, &survey));
    assert_true(is_root(survey, shared));
    assert_true(survey_run(survey, (uintptr_t)shared)->careful);
    assert_true(is_root(survey, memory + PAGE));
    assert_true(is_root(survey, memory + 599 * PAGE));
    assert_false(is_root(survey, memory));
    assert_false(is_root(survey, memory + 2 * PAGE));
    assert_false(is_root(survey, (const void *)&look)); /* code */
    assert_false(survey_run(survey, (uintptr_t)(memory + PAGE))->careful);
    assert_true(survey_holds(survey, (uintptr_t)(memory + PAGE), (uintptr_t)(memory + 2 * PAGE)));
    assert_false(survey_holds(survey, (uintptr_t)(memory + PAGE), (uintptr_t)(memory + 2 * PAGE) + 1));
    assert_true(survey_holds(survey, (uintptr_t)shared + 8, (uintptr_t)shared + 16));
    survey_release(survey);
    munmap(memory, 600 * PAGE);
    munmap(shared, 2 * PAGE);
    free(block);
}

static void our_own_memory_is_none(void **state) {
    (void)state;
    char *memory = map(4, MAP_PRIVATE), *own = memory_map(100), *carved = memory_carve(64);
    memset(memory, 1, 4 * PAGE);
    own[0] = carved[0] = 1;
    memory_note(memory + PAGE, PAGE);
    struct survey *survey = survey_take(0);
    assert_false(is_root(survey, own));
    assert_false(is_root(survey, carved));
    assert_false(is_root(survey, survey));
    assert_true(is_root(survey, memory));
    assert_false(is_root(survey, memory + PAGE));
    assert_true(is_root(survey, memory + 2 * PAGE));
    survey_exclude(survey, (uintptr_t)memory + 3 * PAGE + 8, (uintptr_t)memory + 3 * PAGE + 16);
    assert_true(is_root(survey, memory + 3 * PAGE));
    assert_false(is_root(survey, memory + 3 * PAGE + 8));
    assert_true(is_root(survey, memory + 3 * PAGE + 16));
    survey_release(survey);
    memory_unmap(memory + PAGE, PAGE);
}

/* Below a stack pointer there is nothing, if it is certain that the stack begins there. */
static void the_unused_stack_is_none(void **state) {
    (void)state;
    char *guarded = map(4, MAP_PRIVATE), *bare = map(4, MAP_PRIVATE);
    memset(guarded, 1, 4 * PAGE);
    memset(bare, 1, 4 * PAGE);
    mprotect(guarded, PAGE, PROT_NONE);
    struct survey *survey = survey_take((uintptr_t)guarded + 3 * PAGE);
    assert_false(is_root(survey, guarded + 2 * PAGE));
    assert_true(is_root(survey, guarded + 3 * PAGE));
    survey_release(survey);
    survey = survey_take((uintptr_t)bare + 3 * PAGE);
    assert_true(is_root(survey, bare + 2 * PAGE));
    assert_true(is_root(survey, guarded + 2 * PAGE));
    survey_release(survey);
    survey = survey_take((uintptr_t)__builtin_frame_address(0));
    assert_true(is_root(survey, __builtin_frame_address(0)));
    assert_false(is_root(survey, (char *)__builtin_frame_address(0) - 2 * PAGE));
    survey_release(survey);
    munmap(guarded, 4 * PAGE);
    munmap(bare, 4 * PAGE);
}

static void many_runs(void **state) {
    (void)state;
    enum { PAGES = 40000 };
    char *memory = map(PAGES, MAP_PRIVATE);
    madvise(memory, PAGES * PAGE, MADV_NOHUGEPAGE);
    for (unsigned i = 0; i < PAGES; i += 2)
        memory[i * PAGE] = 1;
    struct survey *survey = survey_take(0);
    assert_non_null(survey);
    for (unsigned i = 0; i < PAGES; i++)
        assert_int_equal(survey_holds(survey, (uintptr_t)(memory + i * PAGE), (uintptr_t)(memory + (i + 1) * PAGE)), i % 2 == 0);
    assert_true(is_root(survey, memory + (PAGES - 2) * PAGE));
    survey_release(survey);
    munmap(memory, PAGES * PAGE);
}

/* ---- the allocator's free memory ---- */

struct freed {
    uintptr_t wanted;
    unsigned count;
    bool found;
};

static void note(uintptr_t start, uintptr_t end, void *context) {
    struct freed *freed = context;
    freed->count++;
    freed->found |= start <= freed->wanted && freed->wanted < end;
}

static void free_chunks_are_found(void **state) {
    (void)state;
    char *first = malloc(3000), *second = calloc(1, 3000), *third = malloc(3000), *fourth = malloc(3000);
    struct freed freed = {.wanted = (uintptr_t)third + 100};
    free(third);
    struct survey *survey = survey_take(0);
    uintptr_t start, end = glibc_heap_end(survey, (uintptr_t)first, &start);
    if (!end)
        skip(); /* another allocator: AddressSanitizer's */
    assert_true(start <= (uintptr_t)first && (uintptr_t)fourth < end);
    glibc_free_chunks(survey, (uintptr_t)first, (uintptr_t)fourth, end, note, &freed);
    assert_true(freed.found);
    assert_int_equal(freed.count, 1);
    freed = (struct freed){.wanted = end - 8};
    glibc_free_chunks(survey, (uintptr_t)fourth, end, end, note, &freed); /* up to the top */
    assert_true(freed.found);
    freed = (struct freed){0};
    glibc_free_chunks(survey, (uintptr_t)first, (uintptr_t)fourth - 16, end, note, &freed); /* no chunk there */
    assert_int_equal(freed.count, 0);
    volatile size_t *header = (volatile size_t *)second - 1;
    size_t size = *header;
    *header = 0x4141414141414141; /* overrun */
    glibc_free_chunks(survey, (uintptr_t)first, (uintptr_t)fourth, end, note, &freed);
    assert_int_equal(freed.count, 0);
    *header = size;
    survey_release(survey);
    free(first);
    free(second);
    free(fourth);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_a_root), cmocka_unit_test(our_own_memory_is_none),
        cmocka_unit_test(the_unused_stack_is_none),   cmocka_unit_test(many_runs),
        cmocka_unit_test(free_chunks_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
