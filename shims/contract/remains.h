/* SPDX-License-Identifier: Apache-2.0
 *
 * What there is in memory of an object that is known by its address: whether it is still the same one, or something else has
 * its address by now.
 *
 * The block books say so where the object stands in a heap block of its own, or near the start of one (sqlite3_malloc and
 * others keep a size in front). The block is marked as crossed when the object comes; one that was given out anew is not, or
 * was allocated elsewhere. Of what stands in a library's pool nobody can tell.
 */
#ifndef FFISAN_CONTRACT_REMAINS_H
#define FFISAN_CONTRACT_REMAINS_H

#include "contract/book.h"
#include "core/blocks.h"

enum remains {
    REMAINS_UNKNOWN, /* a number, or in a pool */
    REMAINS_ALIVE,   /* its block is the one that it was, and alive */
    REMAINS_DEAD,    /* the same, and freed */
    REMAINS_OTHER,   /* something else stands there */
};

/* The object is new: in which block does it stand? */
void remains_note(struct object *object);
/* Two cached loads. A dead one's tombstone may be stale. */
enum remains remains_of(const struct object *object);
/* Looks whether another block lies over the dead one's place by now: far back, for who is about to report something. */
enum remains remains_for_certain(const struct object *object);
/* For a block that is just dying. */
bool remains_in(const struct object *object, const struct block *block);

#endif
