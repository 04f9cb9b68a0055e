/* SPDX-License-Identifier: Apache-2.0
 *
 * Names by which functions were looked up (dlsym). An address alone may have several names, or none that anybody can find again:
 * what an IFUNC resolves to is in no symbol table.
 */
#ifndef FFISAN_CORE_NAMES_H
#define FFISAN_CORE_NAMES_H

#include "core/types.h"

/* The newest name of an address is the one that counts. Names that are too long, or too many, are not kept. Signal-safe, lock-free. */
void name_note(uintptr_t address, const char *name);
/* NULL: not known. For ever valid. */
const char *name_of(uintptr_t address);

#endif
