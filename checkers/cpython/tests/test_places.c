/* SPDX-License-Identifier: Apache-2.0
 *
 * Places in an interpreter that is made of words: what inside_places.py cannot bring about in a real one.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/mman.h>

#include "core/memory.h"
#include "cpython/cpython.h"

struct cpython cpython;

static const uintptr_t ending = 1;
const uintptr_t *domains_ending = &ending;
bool domains_end_seen;

uint32_t upcall_line(uint32_t binding, uintptr_t data) {
    return binding && data ? 1 : 0;
}

#define PAGE 4096u

/* Each object stands on a page of its own, so that it can be taken away. */
static struct {
    char *state, *outer, *frame, *code, *file, *name, *table;
    uintptr_t code_type, text_type, bytes_type;
    bool finalizing;
} fake;

static char *page(void) {
    return mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void put(char *object, size_t offset, uintptr_t word) {
    memcpy(object + offset, &word, sizeof word);
}

static void put_text(char *object, const char *text) {
    uint32_t state = 1 << 2 | 1 << 5 | 1 << 6;
    put(object, OBJECT_TYPE, (uintptr_t)&fake.text_type);
    put(object, TEXT_LENGTH, strlen(text));
    memcpy(object + TEXT_STATE, &state, sizeof state);
    strcpy(object + cpython.layout->text_ascii, text); /* NOLINT(clang-analyzer-security.insecureAPI.strcpy) */
}

static void *own_state(void) {
    return fake.state;
}
static void *no_state(void) {
    return NULL;
}
static int is_finalizing(void) {
    return fake.finalizing;
}

static int set_up(void **unused) {
    (void)unused;
    static const struct module module = {.start = 1, .end = 1};
    const struct cpython_layout *layout = &cpython_layouts[sizeof cpython_layouts / sizeof *cpython_layouts - 1]; /* 3.12 */
    cpython = (struct cpython){.module = &module,
                               .layout = layout,
                               .code_type = (uintptr_t)&fake.code_type,
                               .text_type = (uintptr_t)&fake.text_type,
                               .bytes_type = (uintptr_t)&fake.bytes_type,
                               .own_thread_state = own_state,
                               .current_thread_state = no_state,
                               .is_finalizing = is_finalizing};
    fake.finalizing = false;
    for (char **object = &fake.state; object <= &fake.table; object++)
        *object = page();
    put(fake.state, layout->thread_id, (uintptr_t)pthread_self());
    put(fake.state, layout->thread_frame, (uintptr_t)fake.state + PAGE / 2); /* the _PyCFrame */
    put(fake.state, PAGE / 2 + layout->cframe_frame, (uintptr_t)fake.frame);
    put(fake.frame, layout->frame_code, (uintptr_t)fake.code);
    put(fake.frame, layout->frame_instruction, (uintptr_t)fake.code + layout->code_instructions);
    put(fake.code, OBJECT_TYPE, (uintptr_t)&fake.code_type);
    put(fake.code, layout->code_file, (uintptr_t)fake.file);
    put(fake.code, layout->code_name, (uintptr_t)fake.name);
    put(fake.code, layout->code_table, (uintptr_t)fake.table);
    fake.code[layout->code_first_line] = 7;
    put_text(fake.file, "file.py");
    put_text(fake.name, "name");
    put(fake.table, OBJECT_TYPE, (uintptr_t)&fake.bytes_type);
    put(fake.table, BYTES_SIZE, 2);
    fake.table[BYTES_DATA] = (char)(0x80 | 10 << 3); /* on the first line: LOCATION_ONE_LINE */
    places_start();
    return managed_places.here ? 0 : -1;
}

static int tear_down(void **unused) {
    (void)unused;
    for (char **object = &fake.state; object <= &fake.table; object++)
        munmap(*object, PAGE);
    places_stop();
    return 0;
}

static const char *function_of(uint32_t line) {
    static uint64_t room[100];
    struct ffisan_record_python *item = (struct ffisan_record_python *)room;
    assert_true(managed_places.line_describe(line, item, sizeof room));
    return (const char *)&item->frames[item->depth] + item->frames[0].function;
}

static void says_where_it_runs(void **unused) {
    (void)unused;
    struct managed_place place = managed_places.here();
    assert_int_equal(place.code, fake.code);
    uint32_t line = managed_places.line(place);
    assert_int_not_equal(line, 0);
    assert_string_equal(function_of(line), "name");
    assert_int_equal(managed_places.line(place), line);
}

static void is_nowhere_while_the_interpreter_is_taken_apart(void **unused) {
    (void)unused;
    fake.finalizing = true;
    assert_int_equal(managed_places.here().code, 0);
}

/* The thread's state was freed with its subinterpreter, and another thread's stands there now. */
static void is_nowhere_in_another_threads_state(void **unused) {
    (void)unused;
    put(fake.state, cpython.layout->thread_id, 1);
    assert_int_equal(managed_places.here().code, 0);
}

/* C jumped out of the evaluation loop: what the state points to is overwritten stack. */
static void is_nowhere_when_the_frame_is_no_memory(void **unused) {
    (void)unused;
    uintptr_t garbage[] = {0, 8, 0x7ffffffff008, UINTPTR_MAX - 7, 0x123456789abcdef8, (uintptr_t)fake.frame + 1};
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
        put(fake.state, PAGE / 2 + cpython.layout->cframe_frame, garbage[i]);
        assert_int_equal(managed_places.here().code, 0);
        put(fake.state, cpython.layout->thread_frame, garbage[i]);
        assert_int_equal(managed_places.here().code, 0);
        put(fake.state, cpython.layout->thread_frame, (uintptr_t)fake.state + PAGE / 2);
    }
}

static void passes_over_the_dummy(void **unused) {
    (void)unused;
    put(fake.state, PAGE / 2 + cpython.layout->cframe_frame, (uintptr_t)fake.outer);
    fake.outer[cpython.layout->frame_owner] = FRAME_OWNED_BY_CSTACK;
    put(fake.outer, cpython.layout->frame_previous, (uintptr_t)fake.frame);
    assert_int_equal(managed_places.here().code, fake.code);
}

static void notices_another_code_at_the_same_address(void **unused) {
    (void)unused;
    uint32_t before = managed_places.line(managed_places.here());
    put_text(fake.outer, "other");
    put(fake.code, cpython.layout->code_name, (uintptr_t)fake.outer);
    uint32_t after = managed_places.line(managed_places.here());
    assert_int_not_equal(before, after);
    assert_string_equal(function_of(before), "name");
    assert_string_equal(function_of(after), "other");
}

static void knows_nothing_of_code_that_went(void **unused) {
    (void)unused;
    uint64_t room[100];
    struct managed_place place = managed_places.here();
    put(fake.state, PAGE / 2 + cpython.layout->cframe_frame, 0);
    mprotect(fake.code, PAGE, PROT_NONE);
    assert_int_equal(managed_places.line(place), 0);
    assert_int_equal(managed_places.describe(place, (struct ffisan_record_python *)room, sizeof room), 0);
    mprotect(fake.code, PAGE, PROT_READ | PROT_WRITE);
    assert_int_not_equal(managed_places.line(place), 0);
    put(fake.code, OBJECT_TYPE, (uintptr_t)&fake.text_type);
    assert_int_equal(managed_places.describe(place, (struct ffisan_record_python *)room, sizeof room), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(says_where_it_runs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(is_nowhere_while_the_interpreter_is_taken_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(is_nowhere_in_another_threads_state, set_up, tear_down),
        cmocka_unit_test_setup_teardown(is_nowhere_when_the_frame_is_no_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(passes_over_the_dummy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(notices_another_code_at_the_same_address, set_up, tear_down),
        cmocka_unit_test_setup_teardown(knows_nothing_of_code_that_went, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
