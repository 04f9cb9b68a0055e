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

/* A frame of our own, with unwind information by rbp, and in it a struct gate_frame at rsp: all that a function may be given in
 * registers. Of vector registers the low 16 bytes: nothing that we call touches the rest. */
        .macro  open_frame
        pushq   %rbp
        .cfi_def_cfa_offset 16
        .cfi_offset %rbp, -16
        movq    %rsp, %rbp
        .cfi_def_cfa_register %rbp
        subq    $FRAME_SIZE, %rsp
        andq    $-16, %rsp
        movq    %rdi, FRAME_INTEGER(%rsp)
        movq    %rsi, FRAME_INTEGER + 8(%rsp)
        movq    %rdx, FRAME_INTEGER + 16(%rsp)
        movq    %rcx, FRAME_INTEGER + 24(%rsp)
        movq    %r8, FRAME_INTEGER + 32(%rsp)
        movq    %r9, FRAME_INTEGER + 40(%rsp)
        movq    %rax, FRAME_RAX(%rsp)
        movq    %r10, FRAME_R10(%rsp)
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7
        movaps  %xmm\n, FRAME_VECTOR + 16 * \n(%rsp)
        .endr
        leaq    16(%rbp), %rax
        movq    %rax, FRAME_STACK(%rsp)
        movq    %rax, FRAME_CFA(%rsp)
        movq    8(%rbp), %rax
        movq    %rax, FRAME_RA(%rsp)
        movq    (%rbp), %rax
        movq    %rax, FRAME_POINTER(%rsp)
        movq    %r11, FRAME_GATE(%rsp)
        .endm

        .macro  load_registers offset
        movq    \offset + FRAME_INTEGER(%rsp), %rdi
        movq    \offset + FRAME_INTEGER + 8(%rsp), %rsi
        movq    \offset + FRAME_INTEGER + 16(%rsp), %rdx
        movq    \offset + FRAME_INTEGER + 24(%rsp), %rcx
        movq    \offset + FRAME_INTEGER + 32(%rsp), %r8
        movq    \offset + FRAME_INTEGER + 40(%rsp), %r9
        movq    \offset + FRAME_RAX(%rsp), %rax
        movq    \offset + FRAME_R10(%rsp), %r10
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7
        movaps  \offset + FRAME_VECTOR + 16 * \n(%rsp), %xmm\n
        .endr
        .endm

/* Enter-only: the hook, then on by a jump, as if nothing had been. */
        .p2align 4
        .globl  gate_entered
        .hidden gate_entered
        .type   gate_entered, @function
gate_entered:
        .cfi_startproc
        endbr64
        stand_aside 1f
        movq    -8(%rsp), %r10
        open_frame
        movq    %rsp, %rdi
        call    gate_enter
        movq    %rax, %r11
        load_registers 0
        leave
        .cfi_def_cfa %rsp, 8
        .cfi_restore %rbp
        jmp     *%r11
1:      go_on   gate_behind
        .cfi_endproc
        .size   gate_entered, . - gate_entered

/* Call-through: the hook, the function on a copy of the caller's stack, the other hook. gate_enter answers the function in rax, and in
 * rdx how many bytes of that stack there are to copy; negative: nobody knows, so the call goes on by a jump, and no hook was called. The
 * registers xmm8 to xmm15 carry no arguments. */
        .p2align 4
        .globl  gate_called
        .hidden gate_called
        .type   gate_called, @function
gate_called:
        .cfi_startproc
        endbr64
        stand_aside 3f
        movq    -8(%rsp), %r10
        open_frame
        movq    %rsp, %rdi
        call    gate_enter
        movq    %rax, %r11
        subq    $STACK_COPIED, %rsp
        cmpq    $STACK_COPIED, %rdx
        jne     2f
        .irp    n, 8, 9, 10, 11, 12, 13, 14, 15
        movups  16 + 16 * (\n - 8)(%rbp), %xmm\n
        .endr
        .irp    n, 8, 9, 10, 11, 12, 13, 14, 15
        movaps  %xmm\n, 16 * (\n - 8)(%rsp)
        .endr
1:      load_registers STACK_COPIED
        call    *%r11
        addq    $STACK_COPIED, %rsp
        movq    %rax, FRAME_RESULT(%rsp)
        movq    %rdx, FRAME_RESULT + 8(%rsp)
        movaps  %xmm0, FRAME_VECTOR(%rsp)
        movaps  %xmm1, FRAME_VECTOR + 16(%rsp)
        movq    %rsp, %rdi
        call    gate_leave
        movq    FRAME_RESULT(%rsp), %rax
        movq    FRAME_RESULT + 8(%rsp), %rdx
        movaps  FRAME_VECTOR(%rsp), %xmm0
        movaps  FRAME_VECTOR + 16(%rsp), %xmm1
        .cfi_remember_state
        leave
        .cfi_def_cfa %rsp, 8
        .cfi_restore %rbp
        ret
        .cfi_restore_state
2:      testq   %rdx, %rdx
        js      4f
        leaq    16(%rbp), %rsi
        movq    %rsp, %rdi
        movq    %rdx, %rcx
        rep movsb
        jmp     1b
4:      load_registers STACK_COPIED
        leave
        .cfi_def_cfa %rsp, 8
        .cfi_restore %rbp
        jmp     *%r11
3:      go_on   gate_behind
        .cfi_endproc
        .size   gate_called, . - gate_called

        .section .note.GNU-stack, "", @progbits
