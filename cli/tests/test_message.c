/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "findings.h"
#include "pool.h"

static struct module greeting = {.id = 1, .name = "libgreeting.so.1", .path = "/lib/libgreeting.so.1"};

/* Facts in, a part of the headline out. */
static const struct {
    enum ffisan_rule rule;
    struct facts facts;
    const char *says;
} rows[] = {
    {FFISAN_RULE_DOUBLE_FREE,
     {.called = "free", .size = 24, .free_owner = &greeting},
     "free() of a block of 24 bytes that libgreeting.so.1 had already freed"},
    {FFISAN_RULE_DOUBLE_FREE,
     {.called = "operator delete(void*)", .size = 1},
     "operator delete(void*) of a block of 1 byte that was already freed"},
    {FFISAN_RULE_INVALID_FREE,
     {.called = "free", .size = 24, .owner = &greeting, .place = FFISAN_PLACE_LIVE_BLOCK, .address = 0x1008, .block = 0x1000},
     "free() of an address 8 bytes into a block of 24 bytes that libgreeting.so.1 allocated: only the address of its start can "
     "be freed"},
    {FFISAN_RULE_INVALID_FREE,
     {.called = "free", .size = 24, .place = FFISAN_PLACE_BEHIND_BLOCK, .address = 0x101c, .block = 0x1000},
     "free() of an address 4 bytes behind the end of a block of 24 bytes"},
    {FFISAN_RULE_INVALID_FREE,
     {.called = "free", .place = FFISAN_PLACE_MODULE, .at_module = "libgreeting.so.1"},
     "free() of static memory of libgreeting.so.1, which is not from the heap"},
    {FFISAN_RULE_INVALID_FREE, {.called = "free", .place = FFISAN_PLACE_PYTHON_ARENA}, "free() of memory of a Python object"},
    {FFISAN_RULE_INVALID_FREE,
     {.called = "free", .place = FFISAN_PLACE_NULL, .address = 5},
     "free() of 0x5, which is a small number"},
    {FFISAN_RULE_INVALID_FREE, {.called = "realloc", .place = 999}, "realloc() of memory that no allocator gave out"},
    {FFISAN_RULE_USE_AFTER_FREE,
     {.called = "", .size = 24, .offset = 8, .byte = 0x41, .free_owner = &greeting},
     "a block of 24 bytes that libgreeting.so.1 had freed was written to afterwards (at offset 8, byte 0x41)"},
    {FFISAN_RULE_HEAP_OVERFLOW,
     {.called = "free", .size = 24, .offset = 24, .byte = 0, .owner = &greeting},
     "a block of 24 bytes that libgreeting.so.1 allocated was written just past its end (at offset 24, byte 0x00)"},
    {FFISAN_RULE_HEAP_OVERFLOW, {.called = "free", .size = 24, .offset = 27, .byte = 1}, "was written 4 bytes past its end"},
    {FFISAN_RULE_FOREIGN_CRASH,
     {.called = "", .signal = SIGSEGV, .signal_code = SEGV_MAPERR, .place = FFISAN_PLACE_NULL, .address = 8},
     "the process died of SIGSEGV (no memory there); it touched 0x8, a NULL pointer, or a field of one"},
    {FFISAN_RULE_FOREIGN_CRASH, {.called = "", .signal = SIGABRT}, "SIGABRT (abort() was called"},
    {FFISAN_RULE_FOREIGN_CRASH, {.called = "", .signal = SIGSEGV, .place = FFISAN_PLACE_STACK_GUARD}, "recursion without end"},
    {FFISAN_RULE_MISMATCHED_DEALLOCATOR,
     {.called = "free", .size = 40, .owner = &greeting, .family = FFISAN_FAMILY_NEW_ARRAY, .free_family = FFISAN_FAMILY_MALLOC},
     "free() of a block of 40 bytes that libgreeting.so.1 allocated with operator new[]: only delete[] may release it"},
    {FFISAN_RULE_MISMATCHED_DEALLOCATOR,
     {.called = "free", .size = 40, .family = FFISAN_FAMILY_PY_MEM},
     "that was allocated with PyMem_Malloc: only PyMem_Free() may release it"},
    {FFISAN_RULE_MISMATCHED_DEALLOCATOR,
     {.called = "free", .size = 4, .family = 77},
     "free() of a block of 4 bytes that was allocated"},
    {FFISAN_RULE_WRONG_SIZE_DEALLOC,
     {.called = "operator delete(void*, unsigned long)", .size = 40, .given_size = 16},
     "a block of 40 bytes was released by operator delete(void*, unsigned long) as one of 16 bytes"},
    {FFISAN_RULE_COLLECTED_CALLBACK,
     {.called = "", .lent = {.known = true, .function = "sqlite3_busy_handler", .has_argument = true, .argument = 1}},
     "C called a callback that ctypes had already freed, which was given to sqlite3_busy_handler() as argument 2"},
    {FFISAN_RULE_COLLECTED_CALLBACK,
     {.called = "", .lent = {.known = true, .library = "libx.so"}},
     "C called a callback that ctypes had already freed"},
    {FFISAN_RULE_COLLECTED_CALLBACK,
     {.called = "", .callback = "on_busy"},
     "C called on_busy() through a callback that ctypes had already freed"},
    {FFISAN_RULE_FOREIGN_UNWIND, {.called = "siglongjmp"}, "a longjmp left a foreign call through ctypes"},
    {FFISAN_RULE_FOREIGN_UNWIND,
     {.called = "_Unwind_RaiseException"},
     "an exception left a foreign call through ctypes, and nobody caught it"},
    {FFISAN_RULE_LEAK,
     {.called = "", .size = 24, .owner = &greeting},
     "1 block of 24 bytes that libgreeting.so.1 allocated was lost: no live pointer leads to it"},
    {FFISAN_RULE_LEAK,
     {.called = "", .size = 24, .indirect_blocks = 2, .indirect_bytes = 100},
     "1 block of 24 bytes was lost, and with them 2 more of 100 bytes: no live pointer leads to them"},
};

static void headlines_say_what_is_known(void **state) {
    (void)state;
    struct pool *pool = pool_new();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct finding finding = {.rule = rows[i].rule, .facts = rows[i].facts, .runtime = "ctypes", .count = 1};
        finding_explain(&finding, pool);
        if (!strstr(finding.message, rows[i].says))
            fail_msg("'%s' does not say '%s'", finding.message, rows[i].says);
        assert_true(finding.fix[0]);
    }
    pool_free(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(headlines_say_what_is_known)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
