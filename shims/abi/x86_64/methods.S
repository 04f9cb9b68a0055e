/* SPDX-License-Identifier: Apache-2.0
 *
 * The stubs that stand for extensions' functions (checkers/cpython/methods.h). Whatever the interpreter calls in an extension by way of
 * a table takes at most five integer arguments, and returns in rax: stub n makes n the sixth and goes on to method_called, which is C.
 */
#include "abi/x86_64/methods.h"

        .text
        .p2align 4
        .globl  method_table
        .hidden method_table
        .type   method_table, @function
method_table:
        .cfi_startproc
        .set    method, 0
        .rept   METHODS
        endbr64
        movl    $method, %r9d
        jmp     method_called
        .p2align 4
        .set    method, method + 1
        .endr
        .cfi_endproc
        .size   method_table, . - method_table

        .section .note.GNU-stack, "", @progbits
