/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "findings.h"
#include "pool.h"

#define FRAMES 4

/* A stack by module and function, innermost first; the classes of the frames as stacks.c would set them. */
struct row {
    const char *called;
    struct frame frames[FRAMES];
    const char *runtime, *library, *function;
    bool argument;
};
#define LIBC(name)                                                                                                               \
    { .module = "libc.so.6", .function = (name), .libc = true }
#define SHIM                                                                                                                     \
    { .module = "libffisan.so", .function = "free", .shim = true }
#define FRAME(file, name)                                                                                                        \
    { .module = (file), .function = (name) }
#define PYTHON                                                                                                                   \
    { .module = "python3.11", .function = "_PyEval_Vector", .interpreter = true }

static const struct row rows[] = {
    {"free", {SHIM, FRAME("libx.so", "greet"), PYTHON}, "cpython", "libx.so", "greet", false},
    {"free",
     {SHIM, FRAME("libffi.so.8", "ffi_call"), FRAME("_ctypes.cpython-311-x86_64-linux-gnu.so", NULL), PYTHON},
     "ctypes",
     "libc.so.6",
     "free",
     true},
    {"realloc", {SHIM, FRAME("_cffi_backend.cpython-311-x86_64-linux-gnu.so", NULL)}, "cffi", "libc.so.6", "realloc", true},
    {"malloc", {SHIM, LIBC("strdup"), FRAME("libffi.so.8", "ffi_call")}, "native", "libc.so.6", "strdup", false},
    {"operator delete(void*)", {SHIM, FRAME("libjvm.so", NULL)}, "jvm", "libstdc++.so.6", "operator delete(void*)", true},
    {"free", {SHIM, LIBC("fclose"), FRAME("a.out", "main")}, "native", "a.out", "main", false},
    {"free", {SHIM, FRAME("addon.node", "Init"), FRAME("node", NULL)}, "node", "addon.node", "Init", false},
    {"free", {SHIM, FRAME("prog", "_cgo_1234_Cfunc_free")}, "go", "prog", "_cgo_1234_Cfunc_free", false},
    {"free", {SHIM}, "native", NULL, NULL, false},
    {"", {PYTHON}, "cpython", "python3.11", "_PyEval_Vector", false},
    {"", {LIBC("memmove"), FRAME("libffi.so.8", "ffi_call")}, "native", "libc.so.6", "memmove", false},
};

static struct finding finding_of(const struct row *row, struct stack *stack, struct frame *frames) {
    size_t count = 0;
    memcpy(frames, row->frames, sizeof(row->frames));
    while (count < FRAMES && frames[count].module)
        count++;
    *stack = (struct stack){.role = FFISAN_ROLE_DETECTED, .native = frames, .native_count = count};
    return (struct finding){.rule = FFISAN_RULE_DOUBLE_FREE, .stacks = stack, .stack_count = 1, .facts.called = row->called};
}

static void assert_text(const char *text, const char *expected) {
    if (!expected)
        assert_null(text);
    else
        assert_string_equal(text, expected);
}

static void the_innermost_foreign_frame_is_named(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct stack stack;
        struct frame frames[FRAMES];
        struct finding finding = finding_of(&rows[i], &stack, frames);
        finding_attribute(&finding);
        assert_string_equal(finding.runtime, rows[i].runtime);
        assert_text(finding.library, rows[i].library);
        assert_text(finding.function, rows[i].function);
        assert_int_equal(finding.has_argument, rows[i].argument);
    }
}

static void leaks_belong_to_who_allocated(void **state) {
    (void)state;
    static const struct module owner = {.name = "libowner.so"};
    struct frame frames[] = {FRAME("libx.so", "make")};
    struct stack stack = {.role = FFISAN_ROLE_ALLOCATED, .native = frames, .native_count = 1};
    struct finding finding = {
        .rule = FFISAN_RULE_LEAK, .stacks = &stack, .stack_count = 1, .facts = {.called = "", .owner = &owner}};
    finding_attribute(&finding);
    assert_string_equal(finding.function, "make");
    finding.stack_count = 0;
    finding.library = finding.function = NULL;
    finding_attribute(&finding);
    assert_string_equal(finding.library, "libowner.so");
    assert_null(finding.function);
}

static void actors_have_names_people_know(void **state) {
    (void)state;
    struct pool *pool = pool_new();
    static const char *const names[] = {"libx.so", "Python code through ctypes", "Python code through cffi"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct stack stack;
        struct frame frames[FRAMES];
        finding_of(&rows[i], &stack, frames);
        assert_string_equal(actor_name(pool, &stack, NULL), names[i]);
    }
    assert_null(actor_name(pool, NULL, NULL));
    pool_free(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_innermost_foreign_frame_is_named),
                                       cmocka_unit_test(leaks_belong_to_who_allocated),
                                       cmocka_unit_test(actors_have_names_people_know)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
