/* SPDX-License-Identifier: Apache-2.0
 *
 * What an address is: inside a block, on a stack, in a module, nowhere. For findings and for deciding whether a free is certain
 * to be wrong. Rare paths only: may look back through the shadow and ask the kernel.
 */
#ifndef FFISAN_CORE_PLACES_H
#define FFISAN_CORE_PLACES_H

#include "core/blocks.h"
#include "core/types.h"
#include "ffisan/record.h"

/* *known: *block is the block that holds it or, for FFISAN_PLACE_BEHIND_BLOCK, that ends before it. */
enum ffisan_place place_of(uintptr_t address, struct block *block, bool *known);

/* A release of `address`, of which the books know nothing. True: no allocator can have given it out, and the real free would end
 * the process or ruin the heap. False: it may be memory from before the shim, or of an allocator that is not watched. */
bool place_cannot_be_freed(uintptr_t address, bool glibc, enum ffisan_place *place, struct block *block, bool *known);

/* A managed runtime answers whether an address is in memory that it hands out itself. */
void places_on_managed(bool (*owns)(uintptr_t address));
/* What it answers; false without one. */
bool place_is_managed(uintptr_t address);
/* And whether an object begins there, whose address may be meant as its name. */
void places_on_identity(bool (*is)(uintptr_t address));
bool place_is_identity(uintptr_t address);

#endif
