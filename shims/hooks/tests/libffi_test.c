/* SPDX-License-Identifier: Apache-2.0
 * Calls through a real libffi, by way of our ffi_call: the program gets what it gets without us, to the last byte; what its binding
 * believes is on record once for each kind of call; and what can be seen of a call is seen. The gates are a double.
 */
#include <errno.h>
#include <ffi.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "contract/objects.h"
#include "core/blocks.h"
#include "core/findings.h"
#include "core/lends.h"
#include "core/modules.h"
#include "core/names.h"
#include "core/options.h"
#include "core/records.h"
#include "core/sites.h"
#include "core/tests/unit.h"
#include "core/thread.h"
#include "core/verdict.h"
#include "hooks/calls.h"
#include "hooks/gates.h"
#include "hooks/hooks.h"
#include "hooks/rows.h"

/* ---- doubles --------------------------------------------------------------------------------------------------------------- */

int hooks_off;
/* No object is known. */
void object_seen(uintptr_t address) {
    (void)address;
}

static const struct gate_plan *plan;
static uintptr_t behind;

void gates_register(const struct gate_plan *registered) {
    plan = registered;
}
bool registered_direct(struct ffi_call_seen *seen, const uint64_t *integer, unsigned integers, bool answers,
                       struct registered_call **call) {
    (void)seen, (void)integer, (void)integers, (void)answers;
    *call = NULL;
    return false;
}
void registered_direct_left(struct registered_call *call, uintptr_t cfa, uint64_t result) {
    (void)call, (void)cfa, (void)result;
}
uintptr_t gates_with_room(uintptr_t address, size_t bytes) {
    (void)bytes;
    return address;
}

uintptr_t gate_real(void) {
    return behind;
}
uintptr_t got_original(uintptr_t address) {
    return address;
}
void halt_on_call(const struct ffisan_record_call *call, const struct ffisan_types *types);
void halt_on_call(const struct ffisan_record_call *call, const struct ffisan_types *types) {
    (void)call;
    (void)types;
}

static uintptr_t replacement_of(const char *name) {
    for (unsigned i = 0; plan->names[i]; i++)
        if (strcmp(plan->names[i], name) == 0)
            return plan->replacements[i];
    abort();
}

static void watched_call(ffi_cif *cif, void (*function)(void), void *result, void **arguments) {
    behind = (uintptr_t)ffi_call;
    ((void (*)(ffi_cif *, void (*)(void), void *, void **))replacement_of("ffi_call"))(cif, function, result, arguments);
}

static ffi_status watched_prep_var(ffi_cif *cif, unsigned fixed, unsigned count, ffi_type *result, ffi_type **types) {
    behind = (uintptr_t)ffi_prep_cif_var;
    return ((ffi_status(*)(ffi_cif *, ffi_abi, unsigned, unsigned, ffi_type *, ffi_type **))replacement_of("ffi_prep_cif_var"))(
        cif, FFI_DEFAULT_ABI, fixed, count, result, types);
}

/* ---- what was recorded ----------------------------------------------------------------------------------------------------- */

static char folder[] = "/tmp/libffi_test.XXXXXX";
static char *command_line[] = {(char *)"libffi_test", NULL};
static size_t seen_up_to;

struct recorded {
    const struct ffisan_record_finding *finding;
    const struct ffisan_record_call *call;
    struct type_table types;
};

/* The next CALL record; false: there is none. */
static bool next_call(struct recorded *recorded) {
    const char *start = (const char *)records_header();
    while (seen_up_to < records_header()->used) {
        const struct ffisan_record_finding *record = (const void *)(start + seen_up_to);
        const char *at = (const char *)(record + 1), *end = (const char *)record + record->record.size;
        seen_up_to += record->record.size;
        if (record->record.type != FFISAN_RECORD_CALL)
            continue;
        *recorded = (struct recorded){.finding = record};
        for (; at < end; at += ((const struct ffisan_record_item *)at)->size) {
            const struct ffisan_record_types *types = (const void *)at;
            if (types->item.kind == FFISAN_ITEM_CALL)
                recorded->call = (const void *)at;
            else if (types->item.kind == FFISAN_ITEM_TYPES)
                assert_true(type_table_open(&recorded->types, &types->types, types->types.size));
        }
        if (!recorded->call || recorded->types.type_count < 2)
            abort();
        return true;
    }
    return false;
}

static unsigned calls_recorded(void) {
    struct recorded recorded;
    unsigned count = 0;
    while (next_call(&recorded))
        count++;
    return count;
}

static struct finding found;
static struct ffisan_record_argument found_argument;
static unsigned found_count;

static void sink(const struct finding *finding) {
    found = *finding;
    found_count++;
    if (finding->call_count)
        found_argument = finding->calls[0].call->arguments[0];
}

static void patch(struct module *module) {
    (void)module;
}
static void changed(bool unloaded) {
    (void)unloaded;
}

static int start(void **state) {
    (void)state;
    options.rules_on = ~0ull;
    if (!mkdtemp(folder) || chmod(folder, 0700) != 0 || !records_open(folder, 1, command_line, false) || !blocks_open())
        return -1;
    modules_refresh(true, patch, changed);
    libffi_start();
    finding_set_sink(sink);
    seen_up_to = sizeof(struct ffisan_record_header);
    return 0;
}

static int stop(void **state) {
    (void)state;
    char command[sizeof folder + 16];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static int each(void **state) {
    (void)state;
    calls_recorded();
    found_count = 0;
    return 0;
}

/* ---- results --------------------------------------------------------------------------------------------------------------- */

static uint64_t whole = 0x123456789abcdef0u;
static uint64_t answer(void) {
    return whole;
}

static ffi_type *const narrow[] = {&ffi_type_uint8,  &ffi_type_sint8,  &ffi_type_uint16, &ffi_type_sint16,  &ffi_type_uint32,
                                   &ffi_type_sint32, &ffi_type_uint64, &ffi_type_sint64, &ffi_type_pointer, NULL};

/* Every byte of the result's place is as libffi would have left it. */
static void results_are_what_libffi_delivers(void **state) {
    (void)state;
    static const uint64_t wholes[] = {0,           1,
                                      0x7f,        0x80,
                                      0xff,        0x7fff,
                                      0x8000,      0x7fffffff,
                                      0x80000000,  0xffffffff,
                                      0x1ffffffff, 0xffffffff80000000,
                                      UINT64_MAX,  0x123456789abcdef0};
    for (unsigned type = 0; narrow[type]; type++)
        for (unsigned i = 0; i < sizeof wholes / sizeof *wholes; i++) {
            ffi_cif cif;
            uint64_t plain[2], watched[2];
            whole = wholes[i];
            memset(plain, 0xa5, sizeof plain);
            memset(watched, 0xa5, sizeof watched);
            assert_int_equal(ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 0, narrow[type], NULL), FFI_OK);
            ffi_call(&cif, (void (*)(void))answer, plain, NULL);
            watched_call(&cif, (void (*)(void))answer, watched, NULL);
            assert_memory_equal(plain, watched, sizeof plain);
        }
}

static void a_result_that_nobody_wants_is_not_fetched(void **state) {
    (void)state;
    ffi_cif cif;
    ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 0, &ffi_type_sint32, NULL);
    watched_call(&cif, (void (*)(void))answer, NULL, NULL);
}

static double half(double value) {
    return value / 2;
}

static void floating_point_passes(void **state) {
    (void)state;
    ffi_cif cif;
    ffi_type *types[] = {&ffi_type_double};
    double value = 5, result = 0;
    void *values[] = {&value};
    ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 1, &ffi_type_double, types);
    watched_call(&cif, (void (*)(void))half, &result, values);
    assert_true(result == 2.5);
}

struct large {
    int64_t a, b, c;
};
static struct large make_large(struct large from) {
    return (struct large){from.c, from.b, from.a};
}

static void structs_pass(void **state) {
    (void)state;
    ffi_cif cif;
    ffi_type *elements[] = {&ffi_type_sint64, &ffi_type_sint64, &ffi_type_sint64, NULL};
    ffi_type type = {.type = FFI_TYPE_STRUCT, .elements = elements}, *types[] = {&type};
    struct large value = {1, 2, 3}, result = {0, 0, 0};
    void *values[] = {&value};
    struct recorded recorded;
    assert_int_equal(ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 1, &type, types), FFI_OK);
    watched_call(&cif, (void (*)(void))make_large, &result, values);
    assert_int_equal(result.a, 3);
    assert_int_equal(result.c, 1);
    assert_true(next_call(&recorded));
    const struct ffisan_type *function = &recorded.types.types[1];
    const struct ffisan_type *structure = &recorded.types.types[recorded.types.fields[function->first].type];
    assert_int_equal(structure->kind, FFISAN_TYPE_STRUCT);
    assert_int_equal(structure->size, 24);
    assert_int_equal(structure->count, 3);
    assert_int_equal(recorded.types.fields[structure->first + 2].offset, 16);
}

static int set_errno(int to) {
    errno = to;
    return 0;
}

static void errno_passes(void **state) {
    (void)state;
    ffi_cif cif;
    ffi_type *types[] = {&ffi_type_sint};
    int value = 42;
    void *values[] = {&value};
    ffi_arg result;
    ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 1, &ffi_type_sint, types);
    errno = 7;
    watched_call(&cif, (void (*)(void))set_errno, &result, values);
    assert_int_equal(errno, 42);
}

/* ---- on record ------------------------------------------------------------------------------------------------------------- */

static size_t length(const char *text) {
    return strlen(text);
}

static void call_length(const char *text, ffi_type *result_type) {
    ffi_cif cif;
    ffi_type *types[] = {&ffi_type_pointer};
    void *values[] = {&text};
    ffi_arg result;
    ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 1, result_type, types);
    watched_call(&cif, (void (*)(void))length, &result, values);
    assert_int_equal(result, strlen(text));
}

static void a_call_is_written_down_once(void **state) {
    (void)state;
    struct recorded recorded;
    name_note((uintptr_t)length, "length");
    for (unsigned i = 0; i < 5; i++)
        call_length("hello", &ffi_type_sint);
    assert_true(next_call(&recorded));
    assert_int_equal(recorded.finding->count, 5);
    assert_int_equal(recorded.call->function, (uintptr_t)length);
    assert_string_equal((const char *)&recorded.call->arguments[recorded.call->argument_count] + recorded.call->name, "length");
    assert_int_equal(recorded.call->argument_count, 1);
    const struct ffisan_type *function = &recorded.types.types[1];
    assert_int_equal(function->kind, FFISAN_TYPE_FUNCTION);
    assert_int_equal(recorded.types.types[function->to].kind, FFISAN_TYPE_INTEGER);
    assert_int_equal(recorded.types.types[function->to].size, 4);
    assert_int_equal(recorded.types.types[recorded.types.fields[function->first].type].kind, FFISAN_TYPE_POINTER);
    assert_false(next_call(&recorded));
}

static void another_type_is_another_call(void **state) {
    (void)state;
    call_length("hello", &ffi_type_sint);
    calls_recorded();
    call_length("hello", &ffi_type_uint64);
    call_length("hello", &ffi_type_uint64);
    assert_int_equal(calls_recorded(), 1);
}

static uint64_t narrowed(void) {
    return whole;
}

static void a_cut_result_is_told_with_the_whole_register(void **state) {
    (void)state;
    ffi_cif cif;
    ffi_arg result;
    struct recorded recorded;
    ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 0, &ffi_type_sint, NULL);
    whole = 5;
    watched_call(&cif, (void (*)(void))narrowed, &result, NULL);
    assert_true(next_call(&recorded));
    assert_int_equal(recorded.call->flags & FFISAN_CALL_RESULT_CUT, 0);
    whole = 0xffffffff80000000u; /* a negative int */
    watched_call(&cif, (void (*)(void))narrowed, &result, NULL);
    whole = 0x80000000u; /* the upper half zero, as after any 32-bit instruction */
    watched_call(&cif, (void (*)(void))narrowed, &result, NULL);
    assert_false(next_call(&recorded));
    whole = 0x7f00deadbeef;
    watched_call(&cif, (void (*)(void))narrowed, &result, NULL);
    watched_call(&cif, (void (*)(void))narrowed, &result, NULL);
    assert_true(next_call(&recorded));
    assert_int_not_equal(recorded.call->flags & FFISAN_CALL_RESULT_CUT, 0);
    assert_int_equal(recorded.call->result, 0x7f00deadbeef);
    assert_false(next_call(&recorded));
}

static int variadic_sum(int count, ...) {
    __builtin_va_list list;
    __builtin_va_start(list, count);
    int sum = 0;
    while (count--)
        sum += __builtin_va_arg(list, int);
    __builtin_va_end(list);
    return sum;
}

static void a_variadic_call_says_where_it_begins(void **state) {
    (void)state;
    ffi_cif cif;
    ffi_type *types[] = {&ffi_type_sint, &ffi_type_sint, &ffi_type_sint};
    int count = 2, a = 3, b = 4;
    void *values[] = {&count, &a, &b};
    ffi_arg result;
    struct recorded recorded;
    assert_int_equal(watched_prep_var(&cif, 1, 3, &ffi_type_sint, types), FFI_OK);
    watched_call(&cif, (void (*)(void))variadic_sum, &result, values);
    assert_int_equal(result, 7);
    assert_true(next_call(&recorded));
    assert_int_not_equal(recorded.call->flags & FFISAN_CALL_VARIADIC, 0);
    assert_int_equal(recorded.call->fixed, 1);
    assert_int_equal(recorded.call->argument_count, 3);
    assert_int_equal(recorded.call->arguments[1].value, 3);
}

static void a_cif_that_was_prepared_anew_is_not_variadic_any_more(void **state) {
    (void)state;
    ffi_cif cif;
    ffi_type *types[] = {&ffi_type_sint, &ffi_type_sint};
    int count = 1, a = 3;
    void *values[] = {&count, &a};
    ffi_arg result;
    struct recorded recorded;
    watched_prep_var(&cif, 1, 2, &ffi_type_sint, types);
    ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 2, &ffi_type_sint32, types + 0);
    cif.arg_types = (ffi_type *[]){&ffi_type_sint, &ffi_type_sint};
    watched_call(&cif, (void (*)(void))variadic_sum, &result, values);
    assert_true(next_call(&recorded));
    assert_int_equal(recorded.call->flags & FFISAN_CALL_VARIADIC, 0);
}

/* ---- memory ---------------------------------------------------------------------------------------------------------------- */

static void *same(void *pointer) {
    return pointer;
}

static void call_same(void *pointer) {
    ffi_cif cif;
    ffi_type *types[] = {&ffi_type_pointer};
    void *values[] = {&pointer}, *result = NULL;
    ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 1, &ffi_type_pointer, types);
    watched_call(&cif, (void (*)(void))same, &result, values);
    assert_ptr_equal(result, pointer);
}

static _Alignas(16) char memory[4096];

static void a_block_that_is_handed_over_crosses(void **state) {
    (void)state;
    struct block block;
    struct lend lend;
    block_birth(memory, 100, FFISAN_FAMILY_MALLOC, 3);
    call_same(memory);
    assert_true(block_at((uintptr_t)memory, &block) && block.crossed);
    assert_true(lend_of(&block, &lend));
    assert_int_equal(lend.function, (uintptr_t)same);
    assert_int_equal(lend.argument, FFISAN_LENT_RESULT); /* it came back */
    assert_int_equal(found_count, 0);
}

static void the_memory_behind_an_argument_is_measured(void **state) {
    (void)state;
    struct recorded recorded;
    block_birth(memory + 1024, 100, FFISAN_FAMILY_MALLOC, 3);
    block_birth(memory + 2048, 40, FFISAN_FAMILY_MALLOC, 3);
    call_length(memcpy(memory + 1024, "long enough", sizeof "long enough"), &ffi_type_uint32);
    assert_true(next_call(&recorded));
    assert_int_not_equal(recorded.call->arguments[0].flags & FFISAN_ARGUMENT_SIZED, 0);
    assert_int_equal(recorded.call->arguments[0].size, 100);
    call_length(memory + 1024, &ffi_type_uint32);
    assert_false(next_call(&recorded));
    call_length(memcpy(memory + 2048, "less", sizeof "less"), &ffi_type_uint32);
    assert_true(next_call(&recorded)); /* less than ever before is worth another look */
    assert_int_equal(recorded.call->arguments[0].size, 40);
}

/* The library knows what it made: it may be less than its header says. */
static void the_memory_that_a_library_made_is_not_measured(void **state) {
    (void)state;
    struct recorded recorded;
    const struct module *library = module_at((uintptr_t)&_cmocka_run_group_tests);
    const uintptr_t frame = (uintptr_t)&_cmocka_run_group_tests;
    assert_memory_equal(module_name(library), "libcmocka", strlen("libcmocka"));
    block_birth(memory + 1024, 100, FFISAN_FAMILY_MALLOC, site_intern(library->row, modules_generation(), 0, &frame, 1, true));
    call_length(memcpy(memory + 1024, "long enough", sizeof "long enough"), &ffi_type_uint16);
    if (!next_call(&recorded))
        fail_msg("there is no record of the call");
    else
        assert_int_equal(recorded.call->arguments[0].flags & FFISAN_ARGUMENT_SIZED, 0);
}

static void a_dead_block_that_is_handed_over_is_told(void **state) {
    (void)state;
    struct block block;
    block_birth(memory + 512, 100, FFISAN_FAMILY_MALLOC, 3);
    call_same(memory + 512);
    block_death(memory + 512, 4, &block);
    call_same(memory + 512);
    assert_int_equal(found_count, 1);
    assert_int_equal(found.rule, FFISAN_RULE_USE_AFTER_FREE);
    assert_int_equal(found.address, (uintptr_t)memory + 512);
    assert_int_not_equal(found_argument.flags & FFISAN_ARGUMENT_FREED, 0);
}

static void a_tombstone_under_a_living_block_is_not(void **state) {
    (void)state;
    struct block block;
    block_birth(memory + 3072 + 64, 100, FFISAN_FAMILY_MALLOC, 3);
    block_death(memory + 3072 + 64, 4, &block);
    block_birth(memory + 3072, 900, FFISAN_FAMILY_MALLOC, 3);
    call_same(memory + 3072 + 64);
    assert_int_equal(found_count, 0);
}

static void *frees_again(void *pointer) {
    self.told_dead = (uintptr_t)pointer; /* as the allocator's hook does when it reports a double free */
    return NULL;
}

static void a_double_free_inside_says_it_better(void **state) {
    (void)state;
    struct block block;
    void *pointer = memory + 256, *values[] = {&pointer}, *result;
    ffi_cif cif;
    ffi_type *types[] = {&ffi_type_pointer};
    block_birth(pointer, 100, FFISAN_FAMILY_MALLOC, 3);
    block_death(pointer, 4, &block);
    ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 1, &ffi_type_pointer, types);
    watched_call(&cif, (void (*)(void))frees_again, &result, values);
    assert_int_equal(found_count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(results_are_what_libffi_delivers, each),
        cmocka_unit_test_setup(a_result_that_nobody_wants_is_not_fetched, each),
        cmocka_unit_test_setup(floating_point_passes, each),
        cmocka_unit_test_setup(structs_pass, each),
        cmocka_unit_test_setup(errno_passes, each),
        cmocka_unit_test_setup(a_call_is_written_down_once, each),
        cmocka_unit_test_setup(another_type_is_another_call, each),
        cmocka_unit_test_setup(a_cut_result_is_told_with_the_whole_register, each),
        cmocka_unit_test_setup(a_variadic_call_says_where_it_begins, each),
        cmocka_unit_test_setup(a_cif_that_was_prepared_anew_is_not_variadic_any_more, each),
        cmocka_unit_test_setup(a_block_that_is_handed_over_crosses, each),
        cmocka_unit_test_setup(the_memory_behind_an_argument_is_measured, each),
        cmocka_unit_test_setup(the_memory_that_a_library_made_is_not_measured, each),
        cmocka_unit_test_setup(a_dead_block_that_is_handed_over_is_told, each),
        cmocka_unit_test_setup(a_tombstone_under_a_living_block_is_not, each),
        cmocka_unit_test_setup(a_double_free_inside_says_it_better, each),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
