/* SPDX-License-Identifier: Apache-2.0
 *
 * A library that is opened in an unusual way, MODE: `deepbind` binds past everything preloaded; `namespace` brings a libc of its
 * own. Blocks pass between it and the program where that is allowed.
 */
#include "giver.h"

static void deepbind(const char *path) {
    for (unsigned i = 0; i < 20; i++) {
        struct giver giver = giver_open(path, RTLD_NOW | RTLD_DEEPBIND);
        char *theirs = giver.give(100), *built = giver.give_built(), *mine = malloc(50);
        theirs = realloc(theirs, 300);
        mine = giver.grow(mine, 700);
        free(built);
        giver.take(theirs);
        const struct allocators *table = giver.table();
        table->release(table->resize(mine, 10));
        void *by_table = table->allocate(5);
        MUST(dlclose(giver.handle) == 0);
        free(by_table);
    }
}

static void namespace(const char *path) {
    for (unsigned i = 0; i < 5; i++) {
        struct giver giver = giver_of(dlmopen(LM_ID_NEWLM, path, RTLD_NOW));
        for (unsigned size = 1; size < 3000; size += 100)
            giver.take(giver.grow(giver.give(size), size * 2));
        churn(i, 100);
        MUST(dlclose(giver.handle) == 0);
    }
}

int main(int argc, char **argv) {
    MUST(argc > 2);
    if (strcmp(argv[2], "deepbind") == 0)
        deepbind(argv[1]);
    else
    namespace(argv[1]);
    maybe_double_free(argc, argv);
    puts("opened");
    return 0;
}
