/* SPDX-License-Identifier: Apache-2.0
 *
 * Allocators that contracts speak of (FAMILY): what one gave out goes back to a function of the same.
 */
#ifndef FFISAN_CONTRACT_FAMILIES_H
#define FFISAN_CONTRACT_FAMILIES_H

#include "contract/registered.h"

/* Both have a family: whether it is one, and whether it is not. Neither: one has none. */
bool family_agrees(const struct registered *made, const struct registered *by);
bool family_differs(const struct registered *made, const struct registered *by);
/* The library's family is the program's own allocator for now: a variable that holds one of its functions (xmlFree) leads out of the library. */
bool family_is_malloc(const struct registered *made);

#endif
