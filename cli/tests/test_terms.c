/* SPDX-License-Identifier: Apache-2.0
 *
 * Headlines of broken contracts, rule by rule, and who is to blame.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pool.h"
#include "terms.h"

#define DETECTED  .role = FFISAN_ROLE_DETECTED
#define CREATED   .role = FFISAN_ROLE_CREATED
#define FREED     .role = FFISAN_ROLE_FREED
#define LENT      .role = FFISAN_ROLE_LENT
#define LAST_USED .role = FFISAN_ROLE_LAST_USED
#define RESULT    .argument = FFISAN_TERM_RESULT

static const struct {
    enum ffisan_rule rule;
    struct term terms[3];
    struct facts facts;
    const char *says, *fix; /* parts of the headline and of the fix */
} rows[] = {
    {FFISAN_RULE_NULL_ARGUMENT,
     {{DETECTED, .function = "fread", .argument = 3, .place = "stream"}},
     {.called = ""},
     "NULL was handed to fread() as argument 4 (stream), where it takes none",
     "before fread() is called"},
    {FFISAN_RULE_BUFFER_TOO_SMALL,
     {{DETECTED, .word = FFISAN_WORD_OUT, .function = "read", .argument = 1, .place = "buf", .wanted = 16, .given = 1}},
     {.called = ""},
     "read() writes 16 bytes at argument 2 (buf), and there is only 1",
     "a buffer of at least 16 bytes"},
    {FFISAN_RULE_BUFFER_TOO_SMALL,
     {{DETECTED, .word = FFISAN_WORD_IN, .function = "inflate", .argument = 0, .place = "strm->next_in", .wanted = 1,
       .given = 0}},
     {.called = ""},
     "inflate() reads 1 byte at strm->next_in of argument 1, and there are only 0",
     "at least 1 byte,"},
    {FFISAN_RULE_UNTERMINATED_STRING,
     {{DETECTED, .function = "strlen", .argument = 0, .place = "s", .given = 4}},
     {.called = ""},
     "strlen() was handed text without a NUL as argument 1 (s): the memory there ends after 4 bytes",
     "NUL"},
    {FFISAN_RULE_EMBEDDED_NUL,
     {{DETECTED, .function = "open", .argument = 0, .place = "path", .wanted = 9, .given = 4}},
     {.called = ""},
     "open() was handed a text of 9 bytes as argument 1 (path), and sees 4 of them",
     "Refuse"},
    {FFISAN_RULE_INVALID_UTF8,
     {{DETECTED, .function = "f", .argument = 0, .place = "s", .wanted = FFISAN_UTF8_NUL, .given = 3}},
     {.called = "", .byte = 0xc0},
     "no UTF-8 as argument 1 (s): byte 0xc0 at offset 3: a NUL as Java's modified UTF-8 writes it",
     "UTF-8"},
    {FFISAN_RULE_INVALID_UTF8,
     {{DETECTED, .function = "f", .argument = 0, .wanted = FFISAN_UTF8_STRAY, .given = 3}},
     {.called = "", .byte = 0xe9},
     "byte 0xe9 at offset 3: Latin-1",
     "UTF-8"},
    {FFISAN_RULE_UNCHECKED_ERROR,
     {{DETECTED, .function = "fread", .argument = 3, .place = "stream"}, {CREATED, .function = "fopen", RESULT}},
     {.called = ""},
     "fopen() had failed, and its result was handed to fread() as argument 4 (stream)",
     "Check what fopen() returns"},
    {FFISAN_RULE_UNCHECKED_ERROR,
     {{DETECTED, .function = "step", .argument = 0}, {CREATED, .function = "prepare", .argument = 2, .place = "out"}},
     {.called = ""},
     "prepare() had failed, and what it left in out was handed to step() as argument 1",
     "prepare()"},
    {FFISAN_RULE_USE_AFTER_CLOSE,
     {{DETECTED, .function = "exec", .argument = 0, .place = "db", .kind = "sqlite3"},
      {FREED, .function = "close"},
      {CREATED, .word = FFISAN_WORD_OUT_OWNED, .function = "open"}},
     {.called = ""},
     "the sqlite3 handle that open() had made was handed to exec() as argument 1 (db) after close() had closed it",
     "where close() closes it"},
    {FFISAN_RULE_USE_AFTER_CLOSE,
     {{DETECTED, .function = "close", .argument = 0, .place = "db", .kind = "sqlite3"}, {FREED, .function = "close"}},
     {.called = ""},
     "the sqlite3 handle was closed by close(), and handed to it once more as argument 1 (db)",
     "close it once"},
    {FFISAN_RULE_USE_AFTER_CLOSE,
     {{DETECTED, .function = "puts", .argument = 0},
      {FREED, .function = "step"},
      {CREATED, .word = FFISAN_WORD_BORROWED, .function = "column_text", .owner = "stmt"}},
     {.called = ""},
     "what column_text() had lent was handed to puts() as argument 1 after step() had ended it",
     "longer than stmt stays as it is"},
    {FFISAN_RULE_FREE_OF_BORROWED,
     {{CREATED, .word = FFISAN_WORD_BORROWED, .function = "doc_title", .owner = "d"}},
     {.called = "free"},
     "free() of what doc_title() had lent: it is a part of d",
     "Do not free what doc_title() returns"},
    {FFISAN_RULE_FREE_OF_BORROWED,
     {{DETECTED, .function = "xmlFree"}, {CREATED, .word = FFISAN_WORD_STATIC, .function = "version"}},
     {.called = "xmlFree"},
     "xmlFree() of what version() had lent: it is the library's own, for ever",
     "version()"},
    {FFISAN_RULE_MISMATCHED_DEALLOCATOR,
     {{CREATED, .word = FFISAN_WORD_OWNED, .function = "mprintf", .expected = "sqlite3_free"}},
     {.called = "free"},
     "free() of memory that mprintf() had given out: only sqlite3_free() may take it back",
     "Give it back with sqlite3_free()."},
    {FFISAN_RULE_WRONG_SIZE_DEALLOC,
     {{DETECTED, .function = "drop", .argument = 1, .place = "size", .wanted = 40, .given = 16}, {CREATED, .function = "make"}},
     {.called = ""},
     "drop() was told 16 as argument 2 (size) of something that make() had given out with 40",
     ""},
    {FFISAN_RULE_LEAK,
     {{CREATED, .word = FFISAN_WORD_OWNED, .function = "fopen", RESULT, .kind = "FILE", .expected = "fclose, pclose, freopen"}},
     {.called = ""},
     "3 FILE handles from fopen() were never given back to fclose(), pclose() or freopen()",
     "Give it back to fclose()"},
    {FFISAN_RULE_FREED_WHILE_RETAINED,
     {{LENT, .word = FFISAN_WORD_RETAINED, .function = "attach", .argument = 1, .place = "mem", .owner = "d",
       .expected = "detach", .given = 1}},
     {.called = "realloc"},
     "memory that attach() had been handed as argument 2 (mem) was moved by realloc(), and C keeps it until detach() "
     "is "
     "called on d",
     "alive, at its place, until detach() is called on d"},
    {FFISAN_RULE_FREED_WHILE_RETAINED,
     {{LENT, .word = FFISAN_WORD_RETAINED_FOREVER, .function = "putenv", .argument = 0}},
     {.called = ""},
     "was freed, and C keeps it for ever",
     "for ever"},
    {FFISAN_RULE_FREED_DURING_CALL,
     {{LAST_USED, .function = "read", .argument = 1, .place = "buf"}},
     {.called = "free"},
     "free() of memory that read() was still working with, as argument 2 (buf)",
     "until read() has returned"},
    {FFISAN_RULE_RETAINED_POINTER,
     {{LENT, .function = "push", .argument = 1}},
     {.called = ""},
     "C used what push() had been handed as argument 2 after that call",
     "inside push()"},
    {FFISAN_RULE_COLLECTED_CALLBACK,
     {{LENT, .word = FFISAN_WORD_RETAINED, .function = "on_change", .argument = 1, .place = "fn", .owner = "d"}},
     {.called = ""},
     "ctypes freed a callback that on_change() has been handed as argument 2 (fn): C may call it until d is closed",
     "on_change()"},
    {FFISAN_RULE_COLLECTED_CALLBACK,
     {{LENT, .function = "on_change", .argument = 1}},
     {.called = "", .called_up = true, .callback = "on_busy"},
     "called on_busy() through a callback that ctypes had already freed",
     ""},
    {FFISAN_RULE_WRONG_THREAD,
     {{DETECTED, .function = "step", .argument = 0, .kind = "VM"}, {CREATED, .function = "open"}},
     {.called = ""},
     "step() was called with the VM handle of another thread, as argument 1; open() had made it there",
     ""},
    {FFISAN_RULE_CONCURRENT_USE,
     {{DETECTED, .function = "perform", .argument = 0, .kind = "CURL"}, {LAST_USED, .function = "setopt"}},
     {.called = ""},
     "perform() was called with the CURL handle as argument 1 while another thread was inside setopt() with it",
     ""},
    {FFISAN_RULE_REENTRANT_CALL,
     {{DETECTED, .function = "parse", .argument = 0}, {LAST_USED, .function = "parse", .kind = "XML_Parser"}},
     {.called = ""},
     "parse() was called with the XML_Parser handle from inside a callback of parse()",
     ""},
};

static struct finding finding_of(size_t row, struct term *terms) {
    struct finding finding = {.rule = rows[row].rule, .facts = rows[row].facts, .runtime = "ctypes", .count = 3};
    memcpy(terms, rows[row].terms, sizeof(rows[row].terms));
    finding.facts.terms = terms;
    while (finding.facts.term_count < 3 && terms[finding.facts.term_count].function)
        finding.facts.term_count++;
    return finding;
}

static void headlines_name_both_sides(void **state) {
    (void)state;
    struct pool *pool = pool_new();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct term terms[3];
        struct finding finding = finding_of(i, terms);
        finding_explain(&finding, pool);
        if (!strstr(finding.message, rows[i].says))
            fail_msg("'%s' does not say '%s'", finding.message, rows[i].says);
        if (!strstr(finding.fix, rows[i].fix))
            fail_msg("'%s' does not advise '%s'", finding.fix, rows[i].fix);
    }
    pool_free(pool);
}

static void parts_that_are_missing_are_done_without(void **state) {
    (void)state;
    struct pool *pool = pool_new();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (unsigned role = 0; role < FFISAN_ROLES; role++) {
            struct term alone = {.role = (enum ffisan_role)role, .function = "f"};
            struct finding finding = {.rule = rows[i].rule, .runtime = "native", .count = 1};
            finding.facts.called = "";
            finding.facts.terms = &alone;
            finding.facts.term_count = 1;
            finding_explain(&finding, pool);
            assert_true(finding.message[0] && finding.fix[0]);
        }
    pool_free(pool);
}

static void blame_is_the_detected_calls_before_others(void **state) {
    (void)state;
    struct term terms[] = {{CREATED, .function = "fopen", .library = "libc.so.6", RESULT},
                           {DETECTED, .function = "fread", .library = "libc.so.6", .argument = 3, .place = "stream"}};
    struct finding finding = {.facts = {.terms = terms, .term_count = 2}};
    assert_true(terms_attribute(&finding));
    assert_string_equal(finding.function, "fread");
    assert_true(finding.has_argument);
    assert_int_equal(finding.argument_index, 3);
    assert_string_equal(finding.argument_name, "stream");
    finding.facts.term_count = 1;
    assert_true(terms_attribute(&finding));
    assert_string_equal(finding.function, "fopen");
    assert_false(finding.has_argument);
    finding.facts.term_count = 0;
    assert_false(terms_attribute(&finding));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(headlines_name_both_sides),
                                       cmocka_unit_test(parts_that_are_missing_are_done_without),
                                       cmocka_unit_test(blame_is_the_detected_calls_before_others)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
