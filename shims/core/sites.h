/* SPDX-License-Identifier: Apache-2.0
 *
 * Sites: interned stacks. A site is written once and never changes or goes away; readers need no lock. Interning is lock-free (a
 * complete entry is published by one compare-and-swap), so that a fork in the middle of it leaves the child sound.
 */
#ifndef FFISAN_CORE_SITES_H
#define FFISAN_CORE_SITES_H

#include "core/types.h"

struct site {
    row_id row;
    uint32_t generation; /* of the modules, when the stack was first seen */
    uint16_t depth;
    bool complete;
    uintptr_t frames[]; /* return addresses, innermost first */
};

/* The number of this stack, the same each time; 0 when there is no room. `generation` is what a new site is marked with. An equal
 * stack that was first seen in a generation before `since` is another site: modules have gone since then, so its addresses may
 * mean other code. */
site_id site_intern(row_id row, uint32_t generation, uint32_t since, const uintptr_t *frames, unsigned depth, bool complete);
/* NULL for 0 and for numbers never given out. A number that was given out in a race may stand for the same stack as another one.
 */
const struct site *site_get(site_id id);
/* The highest number given out. */
uint32_t sites_count(void);

#endif
