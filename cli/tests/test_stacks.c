/* SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "findings.h"
#include "pool.h"
#include "reader.h"
#include "record_writer.h"
#include "symbols.h"
#include "trouble.h"

/* Addresses: of the guinea pig's evaluation loop and of another of its functions, and of a module without a file. */
#define MODULE 0x10000u
static uint64_t loop, vector, native = MODULE + 0x100, outer = MODULE + 0x200, shim = 0x30010;

static struct pool *pool;
static struct symbols *symbols;
static struct record_writer writer;
static char shown[512];

static int setup(void **state) {
    (void)state;
    void *library = dlopen(GUINEA_INTERPRETER, RTLD_NOW);
    struct link_map *map;
    assert_non_null(library);
    assert_int_equal(dlinfo(library, RTLD_DI_LINKMAP, &map), 0);
    loop = (uint64_t)dlsym(library, "_PyEval_EvalFrameDefault") + 4;
    vector = (uint64_t)dlsym(library, "_PyEval_Vector") + 4;
    pool = pool_new();
    symbols = symbols_new(false);
    writer_start(&writer);
    writer_module(&writer, 1, MODULE, "/lib/libgreeting.so.1");
    writer_module(&writer, 3, shim & ~0xffffull, "/lib/libffisan.so");
    writer_module(&writer, 2, map->l_addr, GUINEA_INTERPRETER); /* linked without a build-id, as the record says */
    return 0;
}

static int teardown(void **state) {
    (void)state;
    symbols_free(symbols);
    pool_free(pool);
    return 0;
}

/* The stack as a line: m:function for native frames, p:function for Python's. */
static const char *stack_shown(bool verbose) {
    struct record_file file;
    struct process process;
    struct finding finding;
    struct record record = {0};
    struct workshop workshop = {.pool = pool, .symbols = symbols, .verbose = verbose};
    writer_finish(&writer);
    assert_null(record_file_parse(&file, writer.bytes, writer.used, "test"));
    process_read(&process, pool, &file, "test");
    while (record_next(&file, &record) && record.type != FFISAN_RECORD_FINDING)
        ;
    assert_true(finding_read(&finding, &workshop, &process, &record));
    const struct stack *stack = finding_stack(&finding, FFISAN_ROLE_DETECTED);
    size_t used = 0;
    for (size_t i = 0; i < stack->frame_count; i++) {
        const struct frame *frame = &stack->frames[i];
        char offset[32];
        snprintf(offset, sizeof(offset), "+%llx", (unsigned long long)frame->offset);
        used += (size_t)snprintf(shown + used, sizeof(shown) - used, "%s%s%s%s", i ? " " : "", frame->python ? "p" : "n",
                                 frame->function ? ":" : "", frame->function ? frame->function : offset);
    }
    record_file_free(&file);
    return shown;
}

static void python_takes_the_place_of_its_loop(void **state) {
    (void)state;
    writer_finding(&writer, FFISAN_RULE_DOUBLE_FREE, "free");
    writer_stack(&writer, FFISAN_ROLE_DETECTED, (const uint64_t[]){shim, native, loop, vector, native, loop, outer}, 7);
    const struct writer_python_frame frames[] = {
        {"a", "x.py", 1, 0}, {"b", "x.py", 2, 1}, {"c", "x.py", 3, 1}, {"d", "x.py", 4, 1}};
    writer_python(&writer, FFISAN_ROLE_DETECTED, frames, 4);
    assert_string_equal(stack_shown(false), "n+ff p:a p:b n+ff p:c n+1ff p:d");
    assert_string_equal(stack_shown(true), "n+f n+ff p:a p:b n:_PyEval_Vector n+ff p:c n+1ff p:d");
}

static void loops_without_python_frames_are_dropped(void **state) {
    (void)state;
    writer_finding(&writer, FFISAN_RULE_DOUBLE_FREE, "free");
    writer_stack(&writer, FFISAN_ROLE_DETECTED, (const uint64_t[]){native, loop, vector}, 3);
    assert_string_equal(stack_shown(false), "n+ff");
}

static void a_stack_of_the_interpreter_alone_is_kept(void **state) {
    (void)state;
    writer_finding(&writer, FFISAN_RULE_DOUBLE_FREE, "free");
    writer_stack(&writer, FFISAN_ROLE_DETECTED, (const uint64_t[]){vector}, 1);
    assert_string_equal(stack_shown(false), "n:_PyEval_Vector");
}

static void python_frames_may_stand_alone(void **state) {
    (void)state;
    writer_finding(&writer, FFISAN_RULE_DOUBLE_FREE, "free");
    writer_python(&writer, FFISAN_ROLE_DETECTED, &(const struct writer_python_frame){"a", "x.py", 1, 1}, 1);
    assert_string_equal(stack_shown(false), "p:a");
}

static void modules_count_in_their_generation_only(void **state) {
    (void)state;
    writer_module_gone(&writer, 1, 1);
    writer_finding(&writer, FFISAN_RULE_DOUBLE_FREE, "free");
    writer_stack(&writer, FFISAN_ROLE_DETECTED, &native, 1);
    assert_string_equal(stack_shown(false), "n+100ff");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(python_takes_the_place_of_its_loop),       TEST(loops_without_python_frames_are_dropped),
        TEST(a_stack_of_the_interpreter_alone_is_kept), TEST(python_frames_may_stand_alone),
        TEST(modules_count_in_their_generation_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
