/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocks of a module that was closed before they are freed, and freed by a module that was opened after they were made.
 */
#include "giver.h"

int main(int argc, char **argv) {
    MUST(argc > 1);
    for (unsigned i = 0; i < 50; i++) {
        struct giver giver = giver_open(argv[1], i % 2 ? RTLD_NOW : RTLD_LAZY);
        char *first = giver.give(100), *second = giver.grow(giver.give(10), 1000), *built = giver.give_built();
        char *mine = malloc(77);
        giver.take(mine);
        MUST(strcmp(built, "built by the constructor") == 0);
        MUST(dlclose(giver.handle) == 0);
        free(first);
        free(built);
        giver = giver_open(argv[1], RTLD_NOW);
        giver.take(second);
        MUST(dlclose(giver.handle) == 0);
    }
    char *volatile block = malloc(10);
    free(block);
    if (strcmp(argv[argc - 1], "bug") == 0)
        free(block);
    puts("closed and freed");
    return 0;
}
