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
/* Whether free() may take what the term gives out: it names nobody and its function has no family, or "malloc"; or a variable
 * that holds an allocator's function (xmlFree), named by the term or of the same family, leads out of the library. */
bool family_allows_free(const struct registered *made, const struct ffisan_contract_term *term);

#endif
