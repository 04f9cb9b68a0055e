/* SPDX-License-Identifier: Apache-2.0
 *
 * How much memory there is behind a pointer, and buffer-too-small: less than the call says that it reads or writes there.
 *
 * Known: what ctypes and cffi say of the object that was handed over, and blocks of the heap, from their inside too. What lies on a stack or in
 * a module's static memory has no end that could be seen.
 */
#ifndef FFISAN_CONTRACT_SIZES_H
#define FFISAN_CONTRACT_SIZES_H

#include "contract/words.h"
#include "core/blocks.h"

struct behind {
    size_t size;        /* from the pointer to the end */
    bool text;          /* a host's text of size - 1 bytes, with the NUL that the host put behind it */
    struct block block; /* start 0: none */
};

/* False: it is not known. */
bool memory_behind(const struct registered_call *call, const struct ffisan_contract_term *term, uintptr_t address,
                   struct behind *behind);

extern word_step size_check;

#endif
