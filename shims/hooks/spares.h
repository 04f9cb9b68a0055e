/* SPDX-License-Identifier: Apache-2.0
 *
 * Spares: memory for closures that may be written and executed, to be given to a runtime's own pool in exchange for the
 * closures that are kept. A closure that is kept no longer becomes a spare itself.
 */
#ifndef FFISAN_HOOKS_SPARES_H
#define FFISAN_HOOKS_SPARES_H

#include "core/types.h"

#define SPARE_SIZE 64u /* sizeof(ffi_closure) is 56 at most (x86-64) */

/* 0: the system refuses such memory (SELinux's execmem, a sandbox), which is noted once. Lock-free. */
uintptr_t spare_take(void);
void spare_add(uintptr_t memory);

#endif
