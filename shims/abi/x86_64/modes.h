/* SPDX-License-Identifier: Apache-2.0
 *
 * How this thread's floating point works: the control bits of MXCSR, which a function leaves as it finds them (System V ABI x86-64, 3.2.1).
 * What is only noted there (the exceptions that have occurred) does not belong to them. The x87 has a word of its own, which costs as much
 * again to read, and which nothing but long double depends on. Bits: Intel SDM volume 1, 10.2.3.
 */
#ifndef FFISAN_ABI_MODES_H
#define FFISAN_ABI_MODES_H

#include <stdint.h>

#define MODES_ZEROS    0x0040u /* denormal operands are taken for zeros (DAZ) */
#define MODES_MASKS    0x1f80u /* exceptions that stop nobody */
#define MODES_ROUNDING 0x6000u
#define MODES_FLUSH    0x8000u /* denormal results become zeros (FTZ) */

static inline uint32_t modes_now(void) {
    return __builtin_ia32_stmxcsr() & (MODES_ZEROS | MODES_MASKS | MODES_ROUNDING | MODES_FLUSH);
}

#endif
