/* SPDX-License-Identifier: Apache-2.0
 *
 * How this thread's floating point works: the control bits of MXCSR and of the x87 control word, which a function leaves as it finds them
 * (System V ABI x86-64, 3.2.1). What is only noted there (the exceptions that have occurred) does not belong to them. Two instructions, about
 * 2 ns. Bits: Intel SDM volume 1, 8.1.5 and 10.2.3.
 */
#ifndef FFISAN_ABI_MODES_H
#define FFISAN_ABI_MODES_H

#include <stdint.h>

#define MODES_ZEROS     0x00000040u /* denormal operands are taken for zeros (DAZ) */
#define MODES_MASKS     0x00001f80u /* exceptions that stop nobody */
#define MODES_ROUNDING  0x00006000u
#define MODES_FLUSH     0x00008000u /* denormal results become zeros (FTZ) */
#define MODES_OLD       16          /* the x87 word begins here: */
#define MODES_OLD_MASKS 0x003f0000u
#define MODES_PRECISION 0x03000000u
#define MODES_OLD_ROUND 0x0c000000u

static inline uint32_t modes_now(void) {
    uint16_t word;
    __asm__ volatile("fnstcw %0" : "=m"(word));
    return (__builtin_ia32_stmxcsr() & 0xffc0u) | (uint32_t)(word & 0x0f3fu) << MODES_OLD;
}

#endif
