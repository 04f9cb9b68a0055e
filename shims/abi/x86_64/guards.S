/* SPDX-License-Identifier: Apache-2.0
 *
 * The guards (hooks/guards.h): two tables of stubs with one test each, and the slow way that both lead to. Stub n jumps on through its word
 * in guard_next; where its test fails it puts n into r11 first, and goes the slow way.
 *
 * Free here are r10 and r11: no function that has a guard takes a static chain.
 */
#include "abi/x86_64/frame.inc"
#include "abi/x86_64/guards.h"

        .text
/* Is the state that is current the one that this thread was last known to run with? */
        .p2align 6
        .globl  guard_table
        .hidden guard_table
        .type   guard_table, @function
guard_table:
        .cfi_startproc
        .set    guard, 0
        .rept   GUARDS_STATE
        endbr64
        movq    self@gottpoff(%rip), %r11
        movq    %fs:THREAD_WORD(%r11), %r10
        movq    %fs:THREAD_STATE(%r11), %r11
        cmpq    (%r10), %r11
        jne     1f
        jmp     *guard_next + 8 * guard(%rip)
1:      movl    $guard, %r11d
        jmp     guard_slow
        .p2align 4
        .set    guard, guard + 1
        .endr
        .cfi_endproc
        .size   guard_table, . - guard_table

/* Is there memory that this thread must not use? */
        .globl  guard_watched_table
        .hidden guard_watched_table
        .type   guard_watched_table, @function
guard_watched_table:
        .cfi_startproc
        .rept   GUARDS_WATCHED
        endbr64
        movq    self@gottpoff(%rip), %r11
        cmpl    $0, %fs:THREAD_WATCHED(%r11)
        jne     1f
        jmp     *guard_next + 8 * guard(%rip)
1:      movl    $guard, %r11d
        jmp     guard_slow
        .p2align 4
        .set    guard, guard + 1
        .endr
        .cfi_endproc
        .size   guard_watched_table, . - guard_watched_table

/* Asks guard_judged(number, frame) where to go on, with `busy` held and errno kept; while the shim itself is at work on this thread, or is
 * off, on as if nothing had been. */
        .p2align 4
        .type   guard_slow, @function
guard_slow:
        .cfi_startproc
        endbr64
        open_frame 1f
        note_origin
        movq    gate_errno(%rip), %rax
        movl    %fs:(%rax), %eax
        movl    %eax, FRAME_ERRNO(%rsp)
        movl    $1, %fs:THREAD_BUSY(%rcx)
        movq    %rsp, %rsi
        call    guard_judged
        movq    %rax, FRAME_GATE(%rsp)
        movq    gate_errno(%rip), %rax
        movl    FRAME_ERRNO(%rsp), %ecx
        movl    %ecx, %fs:(%rax)
        movq    self@gottpoff(%rip), %rcx
        movl    $0, %fs:THREAD_BUSY(%rcx)
        jmp     2f
1:      leaq    guard_next(%rip), %rax
        movq    (%rax, %rdi, 8), %rax
        movq    %rax, FRAME_GATE(%rsp)
2:      movq    %rsp, %r11
        load_registers
        leave
        .cfi_def_cfa %rsp, 8
        .cfi_restore %rbp
        jmp     *%r11
        .cfi_endproc
        .size   guard_slow, . - guard_slow

        .section .note.GNU-stack, "", @progbits
