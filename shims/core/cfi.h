/* SPDX-License-Identifier: Apache-2.0
 *
 * Call frame information: from a program counter to the rule that finds the caller. Everything is read in place, from the
 * module's .eh_frame_hdr and .eh_frame; nothing is kept. A rule takes a fraction of a microsecond to find: unwind.c remembers
 * them.
 *
 * Of what DWARF can say, the rule keeps what x86-64 compilers, linkers and C libraries say: where the canonical frame address
 * (CFA, the caller's stack pointer behind the call) is, and where the caller's rbp went. The return address always stands at CFA
 * - 8.
 */
#ifndef FFISAN_CORE_CFI_H
#define FFISAN_CORE_CFI_H

#include "core/modules.h"
#include "core/types.h"

/* DWARF's register numbers (System V ABI, AMD64 supplement, figure 3.36). */
#define CFI_RBP 6
#define CFI_RSP 7
#define CFI_RIP 16

enum cfi_kind {
    CFI_NONE,      /* no information, or a kind that is not understood: the walk ends here */
    CFI_OUTERMOST, /* the return address is undefined: nobody called this */
    CFI_REGISTER,  /* CFA = base + offset */
    CFI_MEMORY,    /* CFA = *(base + offset) + add: functions that realign their stack */
    CFI_SIGNAL,    /* the kernel's signal frame: the interrupted rsp stands at base + offset, in the frame's ucontext_t */
};

enum cfi_frame_pointer {
    CFI_FP_UNCHANGED, /* the caller's rbp is still in rbp */
    CFI_FP_SAVED,     /* at CFA + fp_offset */
    CFI_FP_AT,        /* at fp_base + fp_offset */
    CFI_FP_UNKNOWN,
};

struct cfi_rule {
    uint8_t kind;    /* enum cfi_kind */
    uint8_t base;    /* register that the CFA starts from */
    uint8_t fp;      /* enum cfi_frame_pointer */
    uint8_t fp_base; /* CFI_FP_AT only */
    int32_t offset, add, fp_offset;
};
_Static_assert(sizeof(struct cfi_rule) == 16, "two words of the rule cache");

/* The rule that holds at `pc` in `module`. `exact`: pc is the next instruction to be executed (a signal's context); otherwise it
 * is a return address, and the rule is that of the call before it. Never faults, whatever stands in .eh_frame: reads stay inside
 * the module's readable segments. Signal-safe. */
struct cfi_rule cfi_find(const struct module *module, uintptr_t pc, bool exact);

/* The function that `pc` lies in: from its first byte to where the next one begins, as the search table has them; a cold part is a
 * function by itself. {0, 0}: none. Signal-safe. */
struct cfi_function {
    uintptr_t start, end;
};
struct cfi_function cfi_function(const struct module *module, uintptr_t pc);

#endif
