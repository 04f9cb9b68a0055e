/* SPDX-License-Identifier: Apache-2.0
 *
 * abi_call_on_stack(top in rdi, function in rsi, argument in rdx). The frame pointer keeps the old stack, and the unwind information goes by it,
 * so that unwinders and debuggers pass. Call and return stay paired: a shadow stack sees nothing unusual.
 */
    .text
    .globl abi_call_on_stack
    .hidden abi_call_on_stack
    .type abi_call_on_stack, @function
abi_call_on_stack:
    .cfi_startproc
    endbr64
    push %rbp
    .cfi_def_cfa_offset 16
    .cfi_offset %rbp, -16
    mov %rsp, %rbp
    .cfi_def_cfa_register %rbp
    mov %rdi, %rsp
    and $-16, %rsp
    mov %rdx, %rdi
    call *%rsi
    mov %rbp, %rsp
    pop %rbp
    .cfi_def_cfa %rsp, 8
    ret
    .cfi_endproc
    .size abi_call_on_stack, . - abi_call_on_stack

    .section .note.GNU-stack, "", @progbits
