/* SPDX-License-Identifier: Apache-2.0
 *
 * Lends: the last foreign call that each block took part in, as an argument or as what came back. Kept for the blocks that crossed
 * most lately; a block's entry is found by its address and believed only while the block is the one that was lent.
 */
#ifndef FFISAN_CORE_LENDS_H
#define FFISAN_CORE_LENDS_H

#include "core/blocks.h"
#include "core/crossing.h"
#include "core/types.h"

struct lend {
    uintptr_t start;
    uintptr_t function;
    uint32_t generation;        /* of the modules */
    uint32_t line;              /* managed_places.line, 0: not known */
    struct managed_place place; /* the same, raw */
    uint32_t argument;          /* from 0, or FFISAN_LENT_RESULT */
    site_id allocated;          /* the block's */
};

/* By the crossing that this thread is making. */
void lend_note(const struct block *block, uintptr_t function, uint32_t argument);
/* False: it never crossed, or that is forgotten. Signal-safe. */
bool lend_of(const struct block *block, struct lend *lend);

#endif
