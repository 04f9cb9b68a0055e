/* SPDX-License-Identifier: Apache-2.0
 *
 * The gates (hooks/gates.h): a table of stubs, and the three ways that they lead to. Stub n puts n into r11 and jumps to where its word in
 * gate_entry says.
 *
 * Free here are r11 and the red zone, nothing else: rax holds the number of vector registers of a variadic call, r10 the static chain.
 */
#include "abi/x86_64/gates.h"

        .text
        .p2align 4
        .globl  gate_table
        .hidden gate_table
        .type   gate_table, @function
gate_table:
        .cfi_startproc
        .set    gate, 0
        .rept   GATES
        endbr64
        movl    $gate, %r11d
        jmp     *gate_entry + 8 * gate(%rip)
        .set    gate, gate + 1
        .endr
        .cfi_endproc
        .size   gate_table, . - gate_table

/* Jumps to the word of gate r11 in `table`; r10 has been put aside. */
        .macro  go_on table
        leaq    \table(%rip), %r10
        movq    (%r10, %r11, 8), %r11
        movq    -8(%rsp), %r10
        jmp     *%r11
        .endm

/* Goes straight to the real function while the shim itself is at work on this thread, or is off. r10 is put aside, and holds
 * where the thread's own data is. */
        .macro  stand_aside label
        movq    %r10, -8(%rsp)
        movq    self@gottpoff(%rip), %r10
        cmpl    $0, %fs:THREAD_BUSY(%r10)
        jne     \label
        cmpl    $0, hooks_off(%rip)
        jne     \label
        .endm

        .p2align 4
        .globl  gate_replaced
        .hidden gate_replaced
        .type   gate_replaced, @function
gate_replaced:
        .cfi_startproc
        endbr64
        stand_aside 1f
        movl    %r11d, %fs:THREAD_GATE(%r10)
        go_on   gate_replacement
1:      go_on   gate_behind
        .cfi_endproc
        .size   gate_replaced, . - gate_replaced

        .section .note.GNU-stack, "", @progbits
