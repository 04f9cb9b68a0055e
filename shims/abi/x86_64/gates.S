/* SPDX-License-Identifier: Apache-2.0
 *
 * The gates (hooks/gates.h): a table of stubs, and the three ways that they lead to. Stub n puts n into r11 and jumps to where its word in
 * gate_entry says.
 *
 * Free here are r11 and the red zone, nothing else: rax holds the number of vector registers of a variadic call, r10 the static chain.
 */
#include "abi/x86_64/frame.inc"

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

/* Replaced: a jump, to the replacement or, while the shim itself is at work on this thread or is off, to the function. */
        .p2align 4
        .globl  gate_replaced
        .hidden gate_replaced
        .type   gate_replaced, @function
gate_replaced:
        .cfi_startproc
        endbr64
        movq    %r10, -8(%rsp)
        movq    self@gottpoff(%rip), %r10
        cmpl    $0, %fs:THREAD_BUSY(%r10)
        jne     1f
        cmpl    $0, hooks_off(%rip)
        jne     1f
        movl    %r11d, %fs:THREAD_GATE(%r10)
        shlq    $GATE_SHIFT, %r11
        leaq    gates(%rip), %r10
        addq    %r10, %r11
        movq    -8(%rsp), %r10
        jmp     *GATE_ENTER(%r11)
1:      shlq    $GATE_SHIFT, %r11
        leaq    gates(%rip), %r10
        addq    %r10, %r11
        movq    -8(%rsp), %r10
        jmp     *GATE_FUNCTION(%r11)
        .cfi_endproc
        .size   gate_replaced, . - gate_replaced

/* From the gate's number in r11 to its address. On to the function at once when it is called from where its calls are nobody's affair. */
        .macro  find_gate
        movq    %r10, -8(%rsp)
        shlq    $GATE_SHIFT, %r11
        leaq    gates(%rip), %r10
        addq    %r10, %r11
        movq    (%rsp), %r10
        subq    GATE_OWN(%r11), %r10
        cmpq    GATE_OWN_SIZE(%r11), %r10
        movq    -8(%rsp), %r10
        jae     9f
        jmp     *GATE_FUNCTION(%r11)
9:
        .endm

/* Calls the hook at `member` of the gate in rdi, with `busy` held and errno kept; rcx: where the thread's own data is. */
        .macro  call_hook member
        movq    gate_errno(%rip), %rax
        movl    %fs:(%rax), %eax
        movl    %eax, FRAME_ERRNO(%rsp)
        movl    $1, %fs:THREAD_BUSY(%rcx)
        call    *\member(%rdi)
        movq    gate_errno(%rip), %rax
        movl    FRAME_ERRNO(%rsp), %ecx
        movl    %ecx, %fs:(%rax)
        movq    self@gottpoff(%rip), %rcx
        movl    $0, %fs:THREAD_BUSY(%rcx)
        .endm

        .macro  call_enter
        leaq    FRAME_CFA(%rsp), %rsi
        movq    %rsp, %rdx
        call_hook GATE_ENTER
        .endm

/* On to the function, as if nothing had been. */
        .macro  jump_on
        movq    %rsp, %r11
        load_registers
        leave
        .cfi_remember_state
        .cfi_def_cfa %rsp, 8
        .cfi_restore %rbp
        jmp     *GATE_FUNCTION(%r11)
        .cfi_restore_state
        .endm

/* Enter-only. */
        .p2align 4
        .globl  gate_entered
        .hidden gate_entered
        .type   gate_entered, @function
gate_entered:
        .cfi_startproc
        endbr64
        find_gate
        open_frame 1f
        note_origin
        call_enter
1:      jump_on
        .cfi_endproc
        .size   gate_entered, . - gate_entered

/* Call-through: the hook, the function on a copy of its caller's stack, the other hook. The gate's last caller is known to pass no more
 * than is copied here; and where the return address and what is copied lie in one page, all of it is there. Otherwise gate_room says how
 * much is to be copied, a multiple of 16; or -1 when nobody knows, and then the call goes on by a jump. The registers xmm8 to xmm15 carry no
 * arguments. */
        .p2align 4
        .globl  gate_called
        .hidden gate_called
        .type   gate_called, @function
gate_called:
        .cfi_startproc
        endbr64
        find_gate
        open_frame 4f
        note_origin
        cmpq    %rax, GATE_CALLER(%rdi)
        jne     2f
        leaq    8(%rbp), %rax
        andl    $PAGE_SIZE - 1, %eax
        cmpl    $PAGE_SIZE - STACK_COPIED - 8, %eax
        ja      2f
        call_enter
        movq    %rsp, %r11
        subq    $STACK_COPIED, %rsp
        .irp    n, 8, 9, 10, 11, 12, 13, 14, 15
        movups  16 + 16 * (\n - 8)(%rbp), %xmm\n
        .endr
        .irp    n, 8, 9, 10, 11, 12, 13, 14, 15
        movaps  %xmm\n, 16 * (\n - 8)(%rsp)
        .endr
1:      load_registers
        call    *GATE_FUNCTION(%r11)
        leaq    -FRAME_SIZE(%rbp), %rsp
        andq    $-16, %rsp
        movq    %rax, FRAME_RESULT(%rsp)
        movq    %rdx, FRAME_RESULT + 8(%rsp)
        movaps  %xmm0, FRAME_VECTOR(%rsp)
        movaps  %xmm1, FRAME_VECTOR + 16(%rsp)
        movq    FRAME_GATE(%rsp), %rdi
        leaq    16(%rbp), %rsi
        leaq    FRAME_RESULT(%rsp), %rdx
        movq    self@gottpoff(%rip), %rcx
        call_hook GATE_LEAVE
        movq    FRAME_RESULT(%rsp), %rax
        movq    FRAME_RESULT + 8(%rsp), %rdx
        movaps  FRAME_VECTOR(%rsp), %xmm0
        movaps  FRAME_VECTOR + 16(%rsp), %xmm1
        leave
        .cfi_remember_state
        .cfi_def_cfa %rsp, 8
        .cfi_restore %rbp
        ret
        .cfi_restore_state
2:      movq    %rsp, %rdi
        call    gate_room
        movq    FRAME_GATE(%rsp), %rdi
        testq   %rax, %rax
        js      4f
        movq    %rax, FRAME_RESULT(%rsp)
        movq    self@gottpoff(%rip), %rcx
        call_enter
        movq    %rsp, %r11
        movq    FRAME_RESULT(%rsp), %rcx
        subq    %rcx, %rsp
3:      subq    $64, %rcx
        js      5f
        .irp    n, 8, 9, 10, 11
        movups  16 + 16 * (\n - 8)(%rbp, %rcx), %xmm\n
        .endr
        .irp    n, 8, 9, 10, 11
        movaps  %xmm\n, 16 * (\n - 8)(%rsp, %rcx)
        .endr
        jmp     3b
5:      addq    $64, %rcx
6:      subq    $16, %rcx
        js      1b
        movups  16(%rbp, %rcx), %xmm8
        movaps  %xmm8, (%rsp, %rcx)
        jmp     6b
4:      jump_on
        .cfi_endproc
        .globl  gate_called_end
        .hidden gate_called_end
gate_called_end:
        .size   gate_called, . - gate_called

        .section .note.GNU-stack, "", @progbits
