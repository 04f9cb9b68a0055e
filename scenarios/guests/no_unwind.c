/* SPDX-License-Identifier: Apache-2.0
 *
 * A program without unwind tables (they are cut out after linking), whose way to free leads through a function that keeps no
 * frame and moves the stack by hand. The planted bug lies there.
 */
#include "guest.h"

void release(void *block);
__asm__(".text\n"
        ".globl release\n"
        ".type release, @function\n"
        "release:\n"
        "    push %rbp\n"
        "    mov $0x1234, %rbp\n"
        "    sub $4096, %rsp\n"
        "    call free@PLT\n"
        "    add $4096, %rsp\n"
        "    pop %rbp\n"
        "    ret\n"
        ".size release, . - release\n"
        ".section .note.GNU-stack,\"\",@progbits\n"
        ".text\n");

int main(int argc, char **argv) {
    for (size_t i = 1; i < 1000; i++)
        release(malloc(i));
    churn(1, 1000);
    char *volatile block = malloc(10);
    release(block);
    if (argc > 1 && strcmp(argv[argc - 1], "bug") == 0)
        release(block);
    puts("released");
    return 0;
}
