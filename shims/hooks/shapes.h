/* SPDX-License-Identifier: Apache-2.0
 *
 * Shapes: types of callbacks, each once, copied to the last element and kept for ever. A runtime may free its types with the
 * callback, but a late call has to know them: libffi reads the cif before anybody else has a say.
 */
#ifndef FFISAN_HOOKS_SHAPES_H
#define FFISAN_HOOKS_SHAPES_H

#include "hooks/libffi.h"

struct shape {
    struct shape *next;
    uint64_t key;
    struct libffi_cif cif;            /* every pointer in it leads into the shape */
    const struct ffisan_types *types; /* what callback.types is; NULL: they could not be described */
};

/* The shape that is equal to this cif. NULL: no room, or a cif that libffi would not take. Lock-free. */
const struct shape *shape_of(const struct libffi_cif *cif);
void shapes_forked(void);

#endif
