/* SPDX-License-Identifier: Apache-2.0
 *
 * What a library can give out without a word in its contract.
 */
#include <dlfcn.h>

#include "contract/coverage.h"
#include "core/contract_table.h"
#include "core/modules.h"
#include "core/tests/unit.h"

enum {
    NONE,
    THING,
    HANDLE,
    OUT,
    LETTER,
    TEXT,
    TEXTS,
    NUMBER,
    BOX,
    BOX_POINTER,
    VISITOR,
    CALLBACK,
    COUNTER,
    COUNTER_POINTER,
    FUNCTION,
    TYPES
};

/* One function, whose result and parameter each test chooses. */
static struct ffisan_type types[TYPES] = {
    [THING] = {.kind = FFISAN_TYPE_STRUCT, .flags = FFISAN_TYPE_INCOMPLETE},
    [HANDLE] = {.kind = FFISAN_TYPE_POINTER, .to = THING},
    [OUT] = {.kind = FFISAN_TYPE_POINTER, .to = HANDLE},
    [LETTER] = {.kind = FFISAN_TYPE_CHARACTER, .size = 1},
    [TEXT] = {.kind = FFISAN_TYPE_POINTER, .to = LETTER},
    [TEXTS] = {.kind = FFISAN_TYPE_POINTER, .to = TEXT},
    [NUMBER] = {.kind = FFISAN_TYPE_INTEGER, .size = 4},
    [BOX] = {.kind = FFISAN_TYPE_STRUCT, .size = 8},
    [BOX_POINTER] = {.kind = FFISAN_TYPE_POINTER, .to = BOX},
    [VISITOR] = {.kind = FFISAN_TYPE_FUNCTION, .first = 1, .count = 1},
    [CALLBACK] = {.kind = FFISAN_TYPE_POINTER, .to = VISITOR},
    [COUNTER] = {.kind = FFISAN_TYPE_FUNCTION, .first = 2, .count = 1},
    [COUNTER_POINTER] = {.kind = FFISAN_TYPE_POINTER, .to = COUNTER},
    [FUNCTION] = {.kind = FFISAN_TYPE_FUNCTION, .count = 1},
};
static struct ffisan_field parameters[] = {{.type = NUMBER}, {.type = HANDLE}, {.type = NUMBER}};
static struct ffisan_contract_term term;
static struct ffisan_contract_function function = {.name = 1, .type = FUNCTION};
static const struct ffisan_contract_library entry = {.count = 1};
static struct contract_table table;
static uint32_t modules; /* what was found out is remembered by module */

static bool is_whole(uint32_t result, uint32_t parameter) {
    static struct module library[64];
    types[FUNCTION].to = result;
    parameters[0].type = parameter;
    library[modules].id = modules;
    struct registered registered = {.table = &table, .definer = &library[modules++]};
    return coverage_is_whole(&registered);
}

static int setup(void **state) {
    (void)state;
    function.count = 0;
    table = (struct contract_table){.libraries = &entry,
                                    .functions = &function,
                                    .terms = &term,
                                    .types = {types, parameters, "\0exported", TYPES, 3, 10},
                                    .library_count = 1,
                                    .function_count = 1,
                                    .term_count = 1};
    return 0;
}

static void numbers_and_text_are_nobodys_things(void **state) {
    (void)state;
    assert_true(is_whole(NUMBER, HANDLE));
    assert_true(is_whole(TEXT, TEXTS));
    assert_true(is_whole(NUMBER, COUNTER_POINTER));
}

static void what_comes_without_a_word_may_be_anything(void **state) {
    (void)state;
    assert_false(is_whole(HANDLE, NUMBER));
    assert_false(is_whole(NUMBER, OUT));
    assert_false(is_whole(NUMBER, BOX_POINTER));
    assert_false(is_whole(NUMBER, CALLBACK));
}

static void what_has_its_word_is_seen(void **state) {
    (void)state;
    function.count = 1;
    term = (struct ffisan_contract_term){.word = FFISAN_WORD_BORROWED, .place = FFISAN_TERM_RESULT};
    assert_true(is_whole(HANDLE, NUMBER));
    assert_false(is_whole(HANDLE, OUT));
    term = (struct ffisan_contract_term){.word = FFISAN_WORD_OUT_OWNED, .place = 0};
    assert_true(is_whole(NUMBER, OUT));
}

static void so_is_what_a_program_says_of_itself(void **state) {
    (void)state;
    struct registered registered = {.table = &table};
    types[FUNCTION].to = HANDLE;
    assert_true(coverage_is_whole(&registered));
}

static void no_patch(struct module *module) {
    (void)module;
}
static void no_change(bool unloaded) {
    (void)unloaded;
}

static void a_library_with_other_functions_is_not_known(void **state) {
    (void)state;
    modules_refresh(true, no_patch, no_change);
    struct registered registered = {.table = &table, .definer = module_at((uintptr_t)dlsym(RTLD_DEFAULT, "free"))};
    types[FUNCTION].to = NUMBER;
    parameters[0].type = NUMBER;
    assert_non_null(registered.definer);
    assert_false(coverage_is_whole(&registered));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(numbers_and_text_are_nobodys_things, setup),
        cmocka_unit_test_setup(what_comes_without_a_word_may_be_anything, setup),
        cmocka_unit_test_setup(what_has_its_word_is_seen, setup),
        cmocka_unit_test_setup(so_is_what_a_program_says_of_itself, setup),
        cmocka_unit_test_setup(a_library_with_other_functions_is_not_known, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
