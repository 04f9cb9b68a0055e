/* SPDX-License-Identifier: Apache-2.0
 *
 * Two findings are about one registration when the callback was made in the same place and handed to the same function. Their
 * addresses may differ: the shim writes down the first of many.
 */
#include "outdone.h"

#include <string.h>

#include "ffisan/record.h"
#include "reader.h"

static bool is_collected(const struct record *record) {
    return record->type == FFISAN_RECORD_FINDING && record->as.finding->rule == FFISAN_RULE_COLLECTED_CALLBACK;
}

/* The next item about how the callback was made; `bytes`: its size. NULL: no more. */
static const void *next_created(const struct record *record, struct record_item *item, uint32_t *bytes) {
    while (record_item_next(record, item)) {
        if (item->stack && item->stack->role == FFISAN_ROLE_CREATED) {
            *bytes = item->stack->item.size;
            return item->stack;
        }
        if (item->python && item->python->role == FFISAN_ROLE_CREATED) {
            *bytes = item->python->item.size;
            return item->python;
        }
    }
    return NULL;
}

static bool created_alike(const struct record *a, const struct record *b) {
    struct record_item of_a = {0}, of_b = {0};
    const void *from_a, *from_b;
    bool any = false;
    do {
        uint32_t size_a = 0, size_b = 0;
        from_a = next_created(a, &of_a, &size_a);
        from_b = next_created(b, &of_b, &size_b);
        if (size_a != size_b || (from_a && from_b && memcmp(from_a, from_b, size_a) != 0))
            return false;
        any |= from_a != NULL;
    } while (from_a && from_b);
    return any;
}

/* The registration's own part; and whether C called the callback. */
static const struct ffisan_record_term *registration_of(const struct record *record, bool *called) {
    const struct ffisan_record_term *term = NULL;
    *called = false;
    for (struct record_item item = {0}; record_item_next(record, &item);) {
        if (item.term && item.term->role == FFISAN_ROLE_LENT)
            term = item.term;
        if (item.call && item.call->flags & FFISAN_CALL_UP)
            *called = true;
    }
    return term;
}

static bool is_outdone_by(const struct record *record, const struct ffisan_record_term *term, const struct record *other) {
    bool called;
    const struct ffisan_record_term *others = is_collected(other) ? registration_of(other, &called) : NULL;
    return others && called && others->function == term->function && others->argument == term->argument &&
           created_alike(record, other);
}

bool record_outdone(const struct record_file *file, const struct record *record, struct record *by) {
    bool called = true;
    const struct ffisan_record_term *term = is_collected(record) ? registration_of(record, &called) : NULL;
    if (!term || called)
        return false;
    for (*by = (struct record){0}; record_next(file, by);)
        if (is_outdone_by(record, term, by))
            return true;
    return false;
}
