/* SPDX-License-Identifier: Apache-2.0
 *
 * Compares and hands on allocation functions, as programs do that keep a table of them: whatever was equal stays equal, whatever
 * was handed on works, also for blocks of the other side.
 */
#include "giver.h"

static void (*volatile own)(void *) = free;
static void (*const volatile fixed)(void *) = free;

static void compare(const char *what, bool equal) {
    printf("%s: %s\n", what, equal ? "equal" : "different");
}

static void hand_on(const struct allocators *table) {
    char *block = table->allocate(10);
    block = realloc(block, 100);
    table->release(block);
    block = malloc(10);
    block = table->resize(block, 1000);
    free(block);
}

int main(int argc, char **argv) {
    MUST(argc > 1);
    struct giver giver = giver_open(argv[1], RTLD_NOW);
    struct giver deep = giver_open(argv[2], RTLD_NOW | RTLD_DEEPBIND);
    void *libc = dlopen("libc.so.6", RTLD_NOW), *everything = dlopen(NULL, RTLD_NOW);
    void (*local)(void *) = free;
    MUST(libc && everything);
    compare("two variables", own == fixed && own == local);
    compare("library's result", giver.address_of_free() == own);
    compare("library's table", giver.table()->release == own && giver.table()->allocate == malloc);
    compare("deep library's result", deep.address_of_free() == own);
    compare("deep library's table", deep.table()->release == own);
    compare("dlsym default", dlsym(RTLD_DEFAULT, "free") == (void *)own);
    compare("dlsym next", dlsym(RTLD_NEXT, "free") == (void *)own);
    compare("dlsym program", dlsym(everything, "free") == (void *)own);
    compare("dlsym libc", dlsym(libc, "free") == (void *)own);
    compare("dlsym library", dlsym(giver.handle, "free") == (void *)own);
    compare("dlvsym libc", dlvsym(libc, "free", "GLIBC_2.2.5") == (void *)own);
    compare("dlsym of dlsym", dlsym(libc, "dlsym") == (void *)dlsym);
    compare("dlsym of exit", dlsym(libc, "exit") == (void *)exit);
    hand_on(giver.table());
    hand_on(deep.table());
    hand_on(&(struct allocators){malloc, realloc, free});
    hand_on(&(struct allocators){(void *(*)(size_t))dlsym(libc, "malloc"), (void *(*)(void *, size_t))dlsym(RTLD_NEXT, "realloc"),
                                 (void (*)(void *))dlsym(RTLD_DEFAULT, "free")});
    Dl_info information;
    MUST(dladdr((void *)own, &information));
    dlclose(giver.handle);
    dlclose(deep.handle);
    dlclose(libc);
    dlclose(everything);
    void (*volatile by_pointer)(void *) = own;
    char *volatile block = malloc(10);
    by_pointer(block);
    if (strcmp(argv[argc - 1], "bug") == 0)
        by_pointer(block);
    return 0;
}
