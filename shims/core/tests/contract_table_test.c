/* SPDX-License-Identifier: Apache-2.0
 *
 * Compiled contracts as a reader meets them: a sound one, and each way of not being sound.
 */
#include "unit.h"

#include <string.h>

#include "core/contract_table.h"
#include "core/signatures.h"

/* One library with two functions, the second with two terms. */
static struct {
    _Alignas(8) struct ffisan_contracts head;
    struct ffisan_contract_library libraries[1];
    struct ffisan_contract_function functions[2];
    struct ffisan_contract_symbol symbols[1];
    struct ffisan_contract_term terms[2];
    uint32_t numbers[4];
    uint8_t code[64];
    _Alignas(8) char types[1024];
} file;

static struct type_writer writer;
static uint32_t text_of(const char *text) {
    return type_add_text(&writer, text, strlen(text));
}

#define AT(member) ((uint32_t)offsetof(__typeof__(file), member))

static int setup(void **state) {
    (void)state;
    static _Alignas(8) char room[3072];
    memset(&file, 0, sizeof file);
    type_writer_start(&writer, room, sizeof room);
    uint32_t function = type_add(&writer, (struct ffisan_type){.kind = FFISAN_TYPE_FUNCTION});
    file.libraries[0] = (struct ffisan_contract_library){text_of("libdoc.so.1"), text_of("doc.h"), 0, 0, 0, 2, 0, 1};
    file.functions[0] = (struct ffisan_contract_function){.name = text_of("doc_close"), .type = function};
    file.functions[1] = (struct ffisan_contract_function){.name = text_of("doc_read"), .type = function, .count = 2};
    file.symbols[0] = (struct ffisan_contract_symbol){.name = text_of("doc_free"), .family = text_of("doc"), .type = function};
    file.terms[0] = (struct ffisan_contract_term){.word = FFISAN_WORD_OUT, .place = 1, .size = 1};
    file.terms[1] = (struct ffisan_contract_term){
        .word = FFISAN_WORD_OWNED, .place = FFISAN_TERM_RESULT, .owner = FFISAN_TERM_LIBRARY, .first = 0, .count = 2};
    file.numbers[0] = file.functions[0].name;
    const uint8_t code[] = {FFISAN_CODE_END, FFISAN_CODE_ARGUMENT, 200, FFISAN_CODE_END};
    memcpy(file.code, code, sizeof code);
    size_t types_size = type_writer_finish(&writer, (void *)file.types, sizeof file.types);
    assert_true(types_size > 0);
    file.head = (struct ffisan_contracts){.magic = FFISAN_CONTRACTS_MAGIC,
                                          .version = FFISAN_CONTRACTS_VERSION,
                                          .size = (uint32_t)(AT(types) + types_size),
                                          .library_count = 1,
                                          .libraries = AT(libraries),
                                          .function_count = 2,
                                          .functions = AT(functions),
                                          .symbol_count = 1,
                                          .symbols = AT(symbols),
                                          .term_count = 2,
                                          .terms = AT(terms),
                                          .number_count = 4,
                                          .numbers = AT(numbers),
                                          .code_size = sizeof file.code,
                                          .code = AT(code),
                                          .types = AT(types)};
    return 0;
}

static bool opens(void) {
    struct contract_table table;
    return contract_table_open(&table, &file, sizeof file);
}

static void a_sound_table_opens(void **state) {
    (void)state;
    struct contract_table table;
    assert_true(contract_table_open(&table, &file, file.head.size));
    assert_int_equal(table.term_count, 2);
    assert_ptr_equal(contract_table_function(&table, &table.libraries[0], "doc_read"), &file.functions[1]);
    assert_ptr_equal(contract_table_function(&table, &table.libraries[0], "doc_close"), &file.functions[0]);
    assert_null(contract_table_function(&table, &table.libraries[0], "doc_open"));
}

/* One number of the file is wrong; it was right before. */
static void number_refused(uint32_t *number, uint32_t wrong) {
    uint32_t before = *number;
    assert_true(opens());
    *number = wrong;
    assert_false(opens());
    *number = before;
}

static void what_leads_outside_is_refused(void **state) {
    (void)state;
    number_refused(&file.head.version, FFISAN_CONTRACTS_VERSION + 1);
    number_refused(&file.head.size, sizeof file + 1);
    number_refused(&file.head.library_count, 1u << 28);
    number_refused(&file.head.functions, AT(functions) + 4);
    number_refused(&file.head.types, file.head.size);
    number_refused(&file.head.code_size, 0);
    number_refused(&file.libraries[0].soname, sizeof file.types);
    number_refused(&file.libraries[0].count, 3);
    number_refused(&file.libraries[0].symbol_count, 2);
    number_refused(&file.functions[0].name, UINT32_MAX);
    number_refused(&file.functions[0].type, 0);
    number_refused(&file.functions[1].count, 3);
    number_refused(&file.functions[1].family, sizeof file.types);
    number_refused(&file.symbols[0].type, 2);
    number_refused(&file.symbols[0].family, sizeof file.types);
}

static void terms_are_checked(void **state) {
    (void)state;
    number_refused(&file.terms[0].place, 256);
    number_refused(&file.terms[0].owner, 256);
    number_refused(&file.terms[0].name, sizeof file.types);
    number_refused(&file.terms[0].kind, sizeof file.types);
    number_refused(&file.terms[0].type, 2);
    number_refused(&file.terms[0].size, sizeof file.code);
    number_refused(&file.terms[0].when, 2); /* leads into the operand */
    number_refused(&file.terms[1].first, 3);
    number_refused(&file.terms[1].count, 1);
    number_refused(&file.numbers[0], sizeof file.types);
    number_refused(&file.numbers[1], 2);
    file.terms[0].word = FFISAN_WORDS;
    assert_false(opens());
}

/* Codes as numbers: each is an expression. */
static void codes_among_numbers_are_checked(void **state) {
    (void)state;
    file.terms[1].word = FFISAN_WORD_SIZED_BY;
    file.numbers[0] = file.numbers[1] = 1;
    number_refused(&file.numbers[1], 0);
    number_refused(&file.numbers[1], 2);
}

static void code_is(const uint8_t *code, size_t size, bool sound) {
    memset(file.code, 0xff, sizeof file.code);
    file.code[0] = FFISAN_CODE_END;
    memcpy(file.code + 1, code, size);
    file.head.code_size = (uint32_t)size + 1;
    if (opens() != sound)
        fail_msg("code of %zu bytes that begins with %u", size, code[0]);
}
#define CODE(sound, ...) code_is((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}), sound)
#define ONE              FFISAN_CODE_ARGUMENT, 0

static void code_is_gone_through(void **state) {
    (void)state;
    CODE(true, ONE, FFISAN_CODE_END);
    CODE(true, ONE, ONE, FFISAN_CODE_ADD, FFISAN_CODE_END);
    CODE(true, FFISAN_CODE_NUMBER, 0, 0, 0, 0, 0, 0, 0, 0, FFISAN_CODE_LOAD, 8, FFISAN_CODE_END);
    CODE(false, FFISAN_CODE_END);
    CODE(false, ONE);
    CODE(false, ONE, ONE, FFISAN_CODE_END);
    CODE(false, ONE, FFISAN_CODE_ADD, FFISAN_CODE_END);
    CODE(false, ONE, FFISAN_CODE_LOAD, 3, FFISAN_CODE_END);
    CODE(false, ONE, FFISAN_CODE_EXTEND_SIGNED, 0, FFISAN_CODE_END);
    CODE(false, ONE, FFISAN_CODES, FFISAN_CODE_END);
    CODE(false, FFISAN_CODE_NUMBER, 0, 0, FFISAN_CODE_END);
    CODE(false, FFISAN_CODE_SWAP, ONE, FFISAN_CODE_END);
}

static void jumps_land_on_instructions_of_one_depth(void **state) {
    (void)state;
    CODE(true, ONE, FFISAN_CODE_JUMP_IF_ZERO, 5, 0, ONE, FFISAN_CODE_JUMP, 2, 0, ONE, FFISAN_CODE_END);
    CODE(true, ONE, FFISAN_CODE_JUMP, 0, 0, FFISAN_CODE_END);
    CODE(false, ONE, FFISAN_CODE_JUMP_IF_ZERO, 6, 0, ONE, FFISAN_CODE_JUMP, 2, 0, ONE, FFISAN_CODE_END); /* into an operand */
    CODE(false, ONE, FFISAN_CODE_JUMP_IF_ZERO, 2, 0, ONE, FFISAN_CODE_END); /* nothing on the other way */
    CODE(false, ONE, FFISAN_CODE_JUMP_IF_ZERO, 5, 0, ONE, FFISAN_CODE_JUMP, 9, 0, ONE, FFISAN_CODE_END);
    CODE(false, ONE, FFISAN_CODE_JUMP, 1, 0, FFISAN_CODE_NOT, FFISAN_CODE_END); /* nobody gets there */
    CODE(false, ONE, FFISAN_CODE_JUMP_IF_ZERO, 0xff, 0xff, ONE, FFISAN_CODE_END);
}

static void the_stack_has_a_limit(void **state) {
    (void)state;
    uint8_t code[2 * FFISAN_CODE_DEPTH + 2 + FFISAN_CODE_DEPTH + 1];
    for (size_t deep = FFISAN_CODE_DEPTH; deep <= FFISAN_CODE_DEPTH + 1; deep++) {
        size_t size = 0;
        for (size_t i = 0; i < deep; i++) {
            code[size++] = FFISAN_CODE_ARGUMENT;
            code[size++] = 0;
        }
        for (size_t i = 1; i < deep; i++)
            code[size++] = FFISAN_CODE_ADD;
        code[size++] = FFISAN_CODE_END;
        static struct {
            _Alignas(8) __typeof__(file) whole;
            uint8_t code[256];
        } larger;
        larger.whole = file;
        larger.code[0] = FFISAN_CODE_END;
        memcpy(larger.code + 1, code, size);
        larger.whole.head.size = sizeof larger;
        larger.whole.head.code = offsetof(__typeof__(larger), code);
        larger.whole.head.code_size = (uint32_t)size + 1;
        struct contract_table table;
        assert_int_equal(contract_table_open(&table, &larger, sizeof larger), deep <= FFISAN_CODE_DEPTH);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_sound_table_opens, setup),
        cmocka_unit_test_setup(what_leads_outside_is_refused, setup),
        cmocka_unit_test_setup(terms_are_checked, setup),
        cmocka_unit_test_setup(codes_among_numbers_are_checked, setup),
        cmocka_unit_test_setup(code_is_gone_through, setup),
        cmocka_unit_test_setup(jumps_land_on_instructions_of_one_depth, setup),
        cmocka_unit_test_setup(the_stack_has_a_limit, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
