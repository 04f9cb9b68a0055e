/* SPDX-License-Identifier: Apache-2.0
 * A program that brings its own malloc, as those do that link an allocator in. */
#include <stddef.h>

void *malloc(size_t size);

__attribute__((visibility("default"))) void *malloc(size_t size) {
    static char memory[1 << 16];
    static size_t used;
    size_t start = used;
    used += (size + 15) & ~(size_t)15;
    return used <= sizeof(memory) ? memory + start : NULL;
}

int main(void) {
    return 0;
}
