/* SPDX-License-Identifier: Apache-2.0
 *
 * One name, several functions. Which of them a slot leads to when it is first used depends on how the libraries were opened: WAY. In FOLDER,
 * twin_user1 and twin_user2 call what twin1 and twin2 define, and twin_root defines it anew above twin_user1.
 */
#include <dlfcn.h>

#include "guest.h"

static const char *folder;
static int calls;

static void *open_library(const char *name, int mode) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.so", folder, name);
    void *handle = dlopen(path, RTLD_LAZY | mode);
    MUST(handle);
    return handle;
}

static void use(void *handle, int answer) {
    int (*use)(void) = (int (*)(void))dlsym(handle, "use");
    for (int i = 0; i < 3; i++) {
        MUST(use() == answer);
        calls++;
    }
}

/* Each has its own. */
static void alone(void) {
    void *first = open_library("twin_user1", 0), *second = open_library("twin_user2", 0);
    use(first, 1);
    use(second, 2);
    MUST(dlclose(first) == 0);
    use(second, 2);
}

/* What is there for everybody comes first, except with RTLD_DEEPBIND. */
static void global(int mode, int answer) {
    open_library("twin2", RTLD_GLOBAL);
    use(open_library("twin_user1", mode), answer);
}

/* What is opened comes before what it needs, unless that was there before. */
static void above(bool before, int answer) {
    if (before)
        open_library("twin_user1", 0);
    open_library("twin_root", 0);
    use(open_library("twin_user1", 0), answer);
}

int main(int argc, char **argv) {
    MUST(argc > 2);
    const char *way = argv[1];
    folder = argv[2];
    if (strcmp(way, "alone") == 0)
        alone();
    else if (strcmp(way, "global") == 0)
        global(0, 2);
    else if (strcmp(way, "deepbind") == 0)
        global(RTLD_DEEPBIND, 1);
    else if (strcmp(way, "above") == 0)
        above(false, 3);
    else
        above(true, 1);
    printf("%d calls\n", calls);
    return 0;
}
