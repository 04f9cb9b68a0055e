/* SPDX-License-Identifier: Apache-2.0
 *
 * What the host owes at its end: which blocks hold something that it has to give back, for the search for lost blocks
 * (core/leaks.h).
 *
 * Of what the library itself still leads to, only handles count that nobody can mean to keep for the whole run without keeping
 * a pointer: made through a binding, or by compiled code more than once in the same place. A program that opens one file and
 * returns from main is no news.
 */
#include <string.h>

#include "contract/book.h"
#include "contract/objects.h"
#include "contract/remains.h"
#include "contract/roles.h"
#include "core/leaks.h"
#include "core/modules.h"
#include "core/owners.h"
#include "core/sites.h"

#define LISTED_MOST 4096u
#define HEAD_MOST   64u /* remains.h: how far from a block's start an object may stand */

/* Whoever asks an allocator for plain memory is said by the block. */
static bool is_owed(const struct object *object) {
    return (object->state == OBJECT_OWNED || object->state == OBJECT_COUNTED) && object->on_block && book_is_ours(object) &&
           role_gives(object->made.term) && object->made.term->word != FFISAN_WORD_FAMILY;
}

/* The object that stands in the block, at its start or close behind it. */
static const struct object *object_in(uintptr_t start) {
    for (unsigned inside = 0; inside <= HEAD_MOST; inside += 8) {
        const struct object *object = book_find(start + inside, 0);
        if (object && object->inside == inside && is_owed(object) && remains_of(object) == REMAINS_ALIVE)
            return object;
    }
    return NULL;
}

static bool block_is_owed(uintptr_t start) {
    return object_in(start) != NULL;
}

static void tell(struct finding *finding) {
    const struct object *object = object_in(finding->block->start);
    if (!object) {
        finding_report(finding);
        return;
    }
    struct contract_part made = {.role = FFISAN_ROLE_CREATED,
                                 .registered = object->made.by,
                                 .term = object->made.term,
                                 .argument = object->made.term->place,
                                 .generation = object->made.generation};
    moment_tell(finding, FFISAN_ROLE_CREATED, object->made.moment);
    contract_report(finding, &made, 1);
}

/* ---- what the library may still lead to ---- */

struct listing {
    struct leaks_held *to;
    const struct object *of[LISTED_MOST];
    size_t count, limit;
};

static bool is_wanted(const struct object *object) {
    const struct module *library = object->made.by->definer;
    return library && is_owed(object) && remains_of(object) == REMAINS_ALIVE && !library->gone &&
           !(library->kind & MODULE_EXECUTABLE) && site_claim(site_get(object->block)) != CLAIM_OTHERS;
}

static void list_one(struct object *object, void *listing_) {
    struct listing *listing = listing_;
    const struct registered *by = object->made.by;
    if (!by || listing->count == listing->limit || !is_wanted(object))
        return;
    const char *kind = term_text(by, object->made.term->kind);
    listing->of[listing->count] = object;
    listing->to[listing->count++] =
        (struct leaks_held){object->value - object->inside, by->definer, book_kind(*kind ? kind : by->name), false, false};
}

static bool is_repeated(const struct listing *listing, size_t index) {
    for (size_t i = 0; i < listing->count; i++)
        if (i != index && listing->of[i]->made.moment.site == listing->of[index]->made.moment.site)
            return true;
    return false;
}

/* By address; few, and mostly in order. */
static void sort(struct leaks_held *held, size_t count) {
    for (size_t i = 1; i < count; i++) {
        struct leaks_held one = held[i];
        size_t at = i;
        for (; at > 0 && held[at - 1].start > one.start; at--)
            held[at] = held[at - 1];
        held[at] = one;
    }
}

static size_t list(struct leaks_held *to, size_t limit) {
    static struct listing listing;
    listing = (struct listing){.to = to, .limit = limit < LISTED_MOST ? limit : LISTED_MOST};
    book_each(list_one, &listing);
    for (size_t i = 0; i < listing.count; i++)
        to[i].telling = listing.of[i]->managed || is_repeated(&listing, i);
    sort(to, listing.count);
    return listing.count;
}

static const struct leaks_objects objects = {block_is_owed, tell, list};

void objects_start(void) {
    leaks_on_objects(&objects);
}
