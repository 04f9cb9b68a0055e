/* SPDX-License-Identifier: Apache-2.0
 * The choke point: one record a defect, occurrences counted, rules that are off stay silent, errno kept.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/crossings.h"
#include "core/findings.h"
#include "core/names.h"
#include "core/options.h"
#include "core/records.h"
#include "core/sites.h"
#include "unit.h"

static char folder[64];

static int start(void **state) {
    (void)state;
    static bool before;
    options_parse(&options, "", NULL, NULL);
    finding_set_sink(NULL);
    if (before)
        return 0;
    before = true;
    strcpy(folder, "/tmp/ffisan-findings-XXXXXX");
    return mkdtemp(folder) && records_open(folder, 0, NULL, false) ? 0 : -1;
}

static int stop(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static const struct ffisan_record_finding *last_finding(unsigned *count) {
    const struct ffisan_record_header *header = records_header();
    const struct ffisan_record_finding *last = NULL;
    *count = 0;
    for (uint64_t at = header->header_size; at < header->used;) {
        const struct ffisan_record *record = (const void *)((const char *)header + at);
        if (record->type == FFISAN_RECORD_FINDING && ++*count)
            last = (const void *)record;
        at += record->size;
    }
    return last;
}

static struct block block_from(site_id allocated, site_id freed) {
    return (struct block){.start = 0x1000,
                          .size = 24,
                          .state = BLOCK_FREED,
                          .family = FFISAN_FAMILY_MALLOC,
                          .allocated = allocated,
                          .freed = freed};
}

static void the_same_defect_is_one_record(void **state) {
    (void)state;
    uintptr_t frames[] = {0x1111, 0x2222};
    site_id allocated = site_intern(0, 1, 0, frames, 2, true), freed = site_intern(0, 1, 0, frames, 1, false);
    struct block block = block_from(allocated, freed);
    unsigned before, after;
    last_finding(&before);
    for (int i = 0; i < 5; i++)
        finding_report(
            &(struct finding){.rule = FFISAN_RULE_DOUBLE_FREE, .function = "free", .address = 0x1000, .block = &block});
    const struct ffisan_record_finding *record = last_finding(&after);
    assert_int_equal(after, before + 1);
    assert_int_equal(record->count, 5);
    assert_string_equal(record->function, "free");
    assert_int_equal(record->size, 24);
    const struct ffisan_record_stack *stack = (const void *)(record + 1);
    assert_int_equal(stack->role, FFISAN_ROLE_ALLOCATED);
    assert_int_equal(stack->depth, 2);
    assert_int_equal(stack->frames[1], 0x2222);
    stack = (const void *)((const char *)stack + stack->item.size);
    assert_int_equal(stack->role, FFISAN_ROLE_FREED);
    assert_int_equal(stack->complete, 0);
}

static void other_stacks_are_another_defect(void **state) {
    (void)state;
    uintptr_t frames[] = {0x3333};
    unsigned before, after;
    struct block one = block_from(site_intern(0, 1, 0, frames, 1, true), 0);
    frames[0]++;
    struct block two = block_from(site_intern(0, 1, 0, frames, 1, true), 0);
    last_finding(&before);
    finding_report(&(struct finding){.rule = FFISAN_RULE_DOUBLE_FREE, .block = &one});
    finding_report(&(struct finding){.rule = FFISAN_RULE_DOUBLE_FREE, .block = &two});
    finding_report(&(struct finding){.rule = FFISAN_RULE_INVALID_FREE, .block = &two});
    last_finding(&after);
    assert_int_equal(after, before + 3);
}

static void a_rule_that_is_off_is_silent(void **state) {
    (void)state;
    unsigned before, after;
    last_finding(&before);
    options_parse(&options, "rules=-invalid-free", NULL, NULL);
    assert_false(rule_on(FFISAN_RULE_INVALID_FREE));
    assert_true(rule_on(FFISAN_RULE_DOUBLE_FREE));
    finding_report(&(struct finding){.rule = FFISAN_RULE_INVALID_FREE, .signal = 1});
    last_finding(&after);
    assert_int_equal(after, before);
}

static void the_test_is_named(void **state) {
    (void)state;
    unsigned count;
    setenv("PYTEST_CURRENT_TEST", "tests/test_a.py::test_b (call)", 1);
    finding_report(&(struct finding){.rule = FFISAN_RULE_INVALID_FREE, .signal = 2});
    unsetenv("PYTEST_CURRENT_TEST");
    const struct ffisan_record_finding *record = last_finding(&count);
    assert_string_equal(record->test, "tests/test_a.py::test_b (call)");
    assert_string_equal(record->thread, "MainThread");
}

static unsigned halts;

static void halt(void) {
    halts++;
}

static void halt_is_for_errors_only(void **state) {
    (void)state;
    finding_set_halt(halt);
    options_parse(&options, "halt=1", NULL, NULL);
    finding_report(&(struct finding){.rule = FFISAN_RULE_LEAK, .signal = 3});
    assert_int_equal(halts, 0);
    finding_report(&(struct finding){.rule = FFISAN_RULE_INVALID_FREE, .signal = 3});
    assert_int_equal(halts, 1);
}

static void errno_is_kept(void **state) {
    (void)state;
    errno = 12345;
    finding_report(&(struct finding){.rule = FFISAN_RULE_INVALID_FREE, .signal = 4});
    assert_int_equal(errno, 12345);
}

static size_t python(struct ffisan_record_python *item, size_t size) {
    assert_true(size >= 4096);
    memset(item, 0, sizeof *item + sizeof *item->frames + 16);
    item->item.kind = FFISAN_ITEM_PYTHON;
    item->item.size = sizeof *item + sizeof *item->frames + 16;
    item->depth = 1;
    item->frames[0].line = 42;
    return item->item.size;
}

/* The item of that kind and role; every item but CROSSING has its role in the same place. NULL: there is none. */
static const void *item_of(const struct ffisan_record_finding *record, enum ffisan_item kind, enum ffisan_role role) {
    for (const char *at = (const char *)(record + 1), *end = (const char *)record + record->record.size; at < end;) {
        const struct ffisan_record_item *item = (const void *)at;
        if (item->kind == kind && ((const struct ffisan_record_stack *)at)->role == role)
            return at;
        at += item->size;
    }
    return NULL;
}

static void stacks_of_other_roles_are_told(void **state) {
    (void)state;
    uintptr_t frames[] = {0x4444, 0x5555};
    site_id created = site_intern(0, 1, 0, frames, 2, true);
    unsigned before, after;
    last_finding(&before);
    struct finding finding = {.rule = FFISAN_RULE_FOREIGN_CRASH, .signal = 6, .sites[FFISAN_ROLE_CREATED] = created};
    finding_report(&finding);
    const struct ffisan_record_finding *record = last_finding(&after);
    const struct ffisan_record_stack *stack = item_of(record, FFISAN_ITEM_STACK, FFISAN_ROLE_CREATED);
    assert_non_null(stack);
    assert_int_equal(stack->depth, 2);
    assert_int_equal(stack->frames[0], 0x4444);
    finding.sites[FFISAN_ROLE_FREED] = site_intern(0, 1, 0, frames, 1, true);
    finding_report(&finding);
    finding_report(&finding);
    assert_int_equal(last_finding(&after)->count, 2);
    assert_int_equal(after, before + 2);
}

static size_t describe_line(uint32_t line, struct ffisan_record_python *item, size_t size) {
    python(item, size);
    item->frames[0].line = line;
    return item->item.size;
}

static void managed_lines_of_other_roles_are_told(void **state) {
    (void)state;
    unsigned count;
    managed_places.line_describe = describe_line;
    finding_report(&(struct finding){
        .rule = FFISAN_RULE_FOREIGN_CRASH, .signal = 7, .lines = {[FFISAN_ROLE_CREATED] = 11, [FFISAN_ROLE_FREED] = 12}});
    const struct ffisan_record_finding *record = last_finding(&count);
    const struct ffisan_record_python *created = item_of(record, FFISAN_ITEM_PYTHON, FFISAN_ROLE_CREATED);
    const struct ffisan_record_python *freed = item_of(record, FFISAN_ITEM_PYTHON, FFISAN_ROLE_FREED);
    assert_non_null(created);
    assert_non_null(freed);
    assert_int_equal(created->frames[0].line, 11);
    assert_int_equal(freed->frames[0].line, 12);
    const uint32_t outer[] = {13, 14, 0};
    finding_report(&(struct finding){.rule = FFISAN_RULE_FOREIGN_CRASH,
                                     .signal = 7,
                                     .lines = {[FFISAN_ROLE_CREATED] = 11},
                                     .outer_lines = {[FFISAN_ROLE_CREATED] = outer}});
    managed_places.line_describe = NULL;
    created = item_of(last_finding(&count), FFISAN_ITEM_PYTHON, FFISAN_ROLE_CREATED);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(created->item.kind, FFISAN_ITEM_PYTHON);
        assert_int_equal(created->frames[0].line, i ? outer[i - 1] : 11);
        created = (const void *)((const char *)created + created->item.size);
    }
}

static void a_call_its_types_and_further_items_are_told(void **state) {
    (void)state;
    unsigned count;
    struct {
        struct ffisan_types head;
        struct ffisan_type types[2];
    } types = {{sizeof types, 2, 0, 0}, {{0}, {.kind = FFISAN_TYPE_FUNCTION}}};
    struct ffisan_record_call call = {.item = {FFISAN_ITEM_CALL, sizeof call}, .role = FFISAN_ROLE_LENT, .function = 0x777};
    struct ffisan_record_crossing crossing = {.item = {FFISAN_ITEM_CROSSING, sizeof crossing}, .function = 0x888};
    struct finding_call calls[] = {{&call, &types.head}};
    finding_report(&(struct finding){.rule = FFISAN_RULE_FOREIGN_CRASH,
                                     .signal = 8,
                                     .calls = calls,
                                     .call_count = 1,
                                     .items = &crossing.item,
                                     .items_size = sizeof crossing});
    const struct ffisan_record_finding *record = last_finding(&count);
    const struct ffisan_record_call *told = item_of(record, FFISAN_ITEM_CALL, FFISAN_ROLE_LENT);
    assert_non_null(told);
    assert_int_equal(told->function, 0x777);
    const struct ffisan_record_types *believed = (const void *)((const char *)told + told->item.size);
    assert_int_equal(believed->item.kind, FFISAN_ITEM_TYPES);
    assert_int_equal(believed->role, FFISAN_ROLE_LENT);
    assert_memory_equal(&believed->types, &types, sizeof types);
    const struct ffisan_record_crossing *last = (const void *)((const char *)believed + believed->item.size);
    assert_int_equal(last->function, 0x888);
    assert_ptr_equal((const char *)last + last->item.size, (const char *)record + record->record.size);
}

static void the_call_that_handed_it_over_is_told(void **state) {
    (void)state;
    unsigned count;
    name_note(0x9990, "sqlite3_busy_handler");
    finding_report(&(struct finding){
        .rule = FFISAN_RULE_FOREIGN_CRASH, .signal = 9, .lent = {.function = 0x9990, .generation = 3, .argument = 1}});
    const struct ffisan_record_call *lent = item_of(last_finding(&count), FFISAN_ITEM_CALL, FFISAN_ROLE_LENT);
    assert_non_null(lent);
    assert_int_equal(lent->function, 0x9990);
    assert_int_equal(lent->generation, 3);
    assert_int_equal(lent->fixed, 1);
    assert_int_equal(lent->argument_count, 0);
    assert_string_equal((const char *)(lent + 1) + lent->name, "sqlite3_busy_handler");
}

static void managed_frames_are_taken_along(void **state) {
    (void)state;
    struct origin origin = ORIGIN_HERE();
    unsigned count;
    finding_set_managed_stack(python);
    finding_report(&(struct finding){.rule = FFISAN_RULE_INVALID_FREE, .origin = &origin, .signal = 5});
    finding_set_managed_stack(NULL);
    const struct ffisan_record_finding *record = last_finding(&count);
    const struct ffisan_record_python *item = item_of(record, FFISAN_ITEM_PYTHON, FFISAN_ROLE_DETECTED);
    assert_non_null(item);
    assert_int_equal(item->frames[0].line, 42);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_same_defect_is_one_record, start),
        cmocka_unit_test_setup(other_stacks_are_another_defect, start),
        cmocka_unit_test_setup(a_rule_that_is_off_is_silent, start),
        cmocka_unit_test_setup(the_test_is_named, start),
        cmocka_unit_test_setup(halt_is_for_errors_only, start),
        cmocka_unit_test_setup(errno_is_kept, start),
        cmocka_unit_test_setup(stacks_of_other_roles_are_told, start),
        cmocka_unit_test_setup(managed_lines_of_other_roles_are_told, start),
        cmocka_unit_test_setup(a_call_its_types_and_further_items_are_told, start),
        cmocka_unit_test_setup(the_call_that_handed_it_over_is_told, start),
        cmocka_unit_test_setup(managed_frames_are_taken_along, start),
    };
    return cmocka_run_group_tests(tests, NULL, stop);
}
