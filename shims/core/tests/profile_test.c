/* SPDX-License-Identifier: Apache-2.0
 * What the boundary costs: sums by function and line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/profile.h"
#include "core/records.h"
#include "unit.h"

static char folder[] = "/tmp/profile_test.XXXXXX";
static char *arguments[] = {(char *)"profile_test", NULL};

static int start(void **state) {
    (void)state;
    options.profile = 1;
    if (!mkdtemp(folder) || chmod(folder, 0700) != 0 || !records_open(folder, 1, arguments, false))
        return -1;
    profile_start();
    return 0;
}

static int stop(void **state) {
    (void)state;
    char command[sizeof folder + 16];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

/* The record of that function and caller, or NULL. Records stand one behind the other. */
static const struct ffisan_record_profile *find(uint64_t function, uint64_t caller) {
    const char *at = (const char *)records_header() + sizeof(struct ffisan_record_header);
    const char *end = (const char *)records_header() + records_header()->used;
    while (at < end) {
        const struct ffisan_record_profile *record = (const void *)at;
        if (record->record.type == FFISAN_RECORD_PROFILE && record->function == function && record->caller == caller)
            return record;
        at += record->record.size;
    }
    return NULL;
}

static void calls_of_one_place_are_summed(void **state) {
    (void)state;
    for (unsigned i = 0; i < 5; i++)
        profile_add(&(struct profiled){.function = 1, .caller = 10, .started = profile_now() - 1000, .bytes = 7, .repeated = 1});
    profile_add(&(struct profiled){.function = 1, .caller = 11, .started = profile_now()});
    profile_add(&(struct profiled){.function = 2, .caller = 10, .started = profile_now(), .up = true});
    usleep(1000);
    profile_write();
    const struct ffisan_record_profile *record = find(1, 10);
    assert_non_null(record);
    assert_int_equal(record->calls, 5);
    assert_int_equal(record->bytes, 35);
    assert_int_equal(record->repeated, 5);
    assert_true(record->ns >= 5 * record->shortest);
    assert_true(record->shortest > 0);
    assert_int_equal(record->flags, 0);
    assert_int_equal(find(1, 11)->calls, 1);
    assert_int_equal(find(2, 10)->flags, FFISAN_CALL_UP);
    assert_null(find(2, 11));
}

static void too_many_places_are_a_loss_that_is_told(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 20000; i++)
        profile_add(&(struct profiled){.function = 100 + i, .caller = 1, .started = profile_now()});
    const char *at = (const char *)records_header() + sizeof(struct ffisan_record_header);
    const char *end = (const char *)records_header() + records_header()->used;
    unsigned notes = 0;
    for (; at < end; at += ((const struct ffisan_record *)at)->size) {
        const struct ffisan_record_note *note = (const void *)at;
        notes += note->record.type == FFISAN_RECORD_NOTE && note->note == FFISAN_NOTE_TRUNCATED;
    }
    assert_int_equal(notes, 1);
}

static void a_forked_child_begins_anew(void **state) {
    (void)state;
    profile_add(&(struct profiled){.function = 3, .caller = 10, .started = profile_now()});
    profile_forked();
    profile_write();
    assert_null(find(3, 10));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_of_one_place_are_summed),
        cmocka_unit_test(a_forked_child_begins_anew),
        cmocka_unit_test(too_many_places_are_a_loss_that_is_told),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
