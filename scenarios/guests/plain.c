/* SPDX-License-Identifier: Apache-2.0
 *
 * Uses libc alone, so that it can also be built statically, with another libc, and with a set-uid bit: nothing is watched then,
 * and nothing is otherwise than without the shim. Linked with another allocator, its blocks come from there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
    void *blocks[500];
    for (int round = 0; round < 20; round++) {
        for (size_t i = 0; i < 500; i++)
            blocks[i] = i % 3 ? malloc(i * 50 + 1) : calloc(i + 1, 7);
        for (size_t i = 0; i < 500; i += 2)
            blocks[i] = realloc(blocks[i], i * 90 + 3);
        for (size_t i = 0; i < 500; i++)
            free(blocks[i]);
    }
    void *aligned = NULL;
    if (posix_memalign(&aligned, 256, 1000) != 0 || (size_t)aligned % 256)
        return 70;
    free(aligned);
    char *volatile block = strdup("text"), *volatile path = realpath("/", NULL);
    free(block);
    free(path);
    if (argc > 1 && strcmp(argv[argc - 1], "bug") == 0)
        free(block);
    puts(geteuid() == getuid() ? "own rights" : "other rights");
    return 12;
}
