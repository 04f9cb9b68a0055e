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

/* The number of this stack, the same each time; 0 when there is no room. Two equal stacks from different generations are different sites. */
site_id site_intern(row_id row, uint32_t generation, const uintptr_t *frames, unsigned depth, bool complete);
/* NULL for 0 and for numbers never given out. */
const struct site *site_get(site_id id);
uint32_t sites_count(void);

#endif
