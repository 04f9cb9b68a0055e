/* SPDX-License-Identifier: Apache-2.0
 *
 * Entry points in machine code: what C cannot say is that a call goes on with the caller's own return address and arguments.
 *
 *  - A table of thunks, one row a module, one column an allocation function. A module's slots lead into its row; the thunk puts the row's
 *    number into the argument register behind the last one in use and jumps to <name>_by_row. Row 0 are the exported symbols themselves.
 *  - C++ allocation operators: what is noted, then on to the operator that the module would have called (hooks/operators.c).
 *  - dlopen and its family, which look at their return address to know who asks (hooks/dl.c).
 *
 * Nothing here pushes a frame that outlives its jump: exceptions, cancellation and unwinders see the caller and the real function.
 */
#include "abi/x86_64/rows.h"

        .text

/* The register that carries the row, by function: the one behind its last argument. */
#define ROW_IN_MALLOC             esi
#define ROW_IN_FREE               esi
#define ROW_IN_CALLOC             edx
#define ROW_IN_REALLOC            edx
#define ROW_IN_REALLOCARRAY       ecx
#define ROW_IN_MEMALIGN           edx
#define ROW_IN_ALIGNED_ALLOC      edx
#define ROW_IN_POSIX_MEMALIGN     ecx
#define ROW_IN_VALLOC             esi
#define ROW_IN_PVALLOC            esi
#define ROW_IN_MALLOC_USABLE_SIZE esi

#define ALLOCATOR(id, name)         .p2align 4; movl $row, %ROW_IN_##id; jmp name##_by_row;
#define OPERATOR(id, symbol, text)  .p2align 4; movl $(row << 8) + column, %r11d; .set column, column + 1; jmp operator_enter;

        .p2align 4
        .globl  thunk_table
        .hidden thunk_table
        .type   thunk_table, @function
thunk_table:
        .cfi_startproc
        .set row, 0
        .rept ROWS
        .set column, 0
#include "hooks/hooks.def"
        .set row, row + 1
        .endr
        .p2align 4
        .cfi_endproc
        .size   thunk_table, . - thunk_table

/* The exported allocation functions are the thunks of row 0. */
        .set    place, 0
        .macro  exported name
        .globl  \name
        .type   \name, @function
        .set    \name, thunk_table + place * THUNK_SIZE
        .size   \name, THUNK_SIZE
        .set    place, place + 1
        .endm
#undef ALLOCATOR
#undef OPERATOR
#define ALLOCATOR(id, name) exported name;
#include "hooks/hooks.def"

/* Calls `note`(cfa, ra, rbp, r11d, rsi, rdi) with every argument register kept, then jumps to the address that it answers; r11 is the
 * second word of the answer. */
        .macro  pass_on note
        .cfi_startproc
        endbr64
        pushq   %rdi
        .cfi_adjust_cfa_offset 8
        pushq   %rsi
        .cfi_adjust_cfa_offset 8
        pushq   %rdx
        .cfi_adjust_cfa_offset 8
        pushq   %rcx
        .cfi_adjust_cfa_offset 8
        pushq   %r8
        .cfi_adjust_cfa_offset 8
        movq    %rdi, %r9
        leaq    48(%rsp), %rdi
        movq    %rsi, %r8
        movq    40(%rsp), %rsi
        movq    %rbp, %rdx
        movl    %r11d, %ecx
        call    \note
        movq    %rdx, %r11
        popq    %r8
        .cfi_adjust_cfa_offset -8
        popq    %rcx
        .cfi_adjust_cfa_offset -8
        popq    %rdx
        .cfi_adjust_cfa_offset -8
        popq    %rsi
        .cfi_adjust_cfa_offset -8
        popq    %rdi
        .cfi_adjust_cfa_offset -8
        jmp     *%rax
        .cfi_endproc
        .endm

        .p2align 4
        .type   operator_enter, @function
operator_enter:
        pass_on operator_noted
        .size   operator_enter, . - operator_enter

        .p2align 4
        .type   loader_enter, @function
loader_enter:
        pass_on loader_noted
        .size   loader_enter, . - loader_enter

        .macro  loader_function name, number
        .p2align 4
        .globl  \name
        .type   \name, @function
\name:
        .cfi_startproc
        endbr64
        movl    $\number, %r11d
        jmp     loader_enter
        .cfi_endproc
        .size   \name, . - \name
        .endm

        loader_function dlopen, LOADER_DLOPEN
        loader_function dlmopen, LOADER_DLMOPEN
        loader_function dlclose, LOADER_DLCLOSE

/* Where loader_noted sends a lookup that it has answered itself. */
        .p2align 4
        .globl  loader_answered
        .hidden loader_answered
        .type   loader_answered, @function
loader_answered:
        .cfi_startproc
        endbr64
        movq    %r11, %rax
        ret
        .cfi_endproc
        .size   loader_answered, . - loader_answered

/* dlsym(RTLD_NEXT or RTLD_DEFAULT, ...) depends on who asks, so it goes on as it is, unless loader_noted knows better; what a handle
 * leads to may be replaced. */
        .macro  lookup_function name, number, by_handle
        .p2align 4
        .globl  \name
        .type   \name, @function
\name:
        .cfi_startproc
        endbr64
        leaq    1(%rdi), %rax
        cmpq    $1, %rax
        ja      \by_handle
        movl    $\number, %r11d
        jmp     loader_enter
        .cfi_endproc
        .size   \name, . - \name
        .endm

        lookup_function dlsym, LOADER_DLSYM, dlsym_by_handle
        lookup_function dlvsym, LOADER_DLVSYM, dlvsym_by_handle

/* The addresses of the exported functions, in the order of hooks.def: allocators, then the interposed. */
        .section .data.rel.ro, "aw", @progbits
        .p2align 3
        .globl  exported_addresses
        .hidden exported_addresses
        .type   exported_addresses, @object
exported_addresses:
#undef ALLOCATOR
#define ALLOCATOR(id, name) .quad name;
#include "hooks/hooks.def"
#define INTERPOSED(name) .quad name;
#include "hooks/hooks.def"
        .size   exported_addresses, . - exported_addresses

        .section .note.GNU-stack, "", @progbits
