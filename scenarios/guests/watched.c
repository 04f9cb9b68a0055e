/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions that are watched by name are the same functions: called through slots of every kind, from libraries that are opened in every
 * way, MODE; found by dlsym and dlvsym; and one address wherever it comes from. Prints how many calls it made of them.
 *
 *   local global deepbind   how USER, which needs LIBRARY, is opened
 *   reopened                again and again, and closed in between
 *   linked                  the program itself is linked to LIBRARY
 */
#include "watched.h"

#include <dlfcn.h>

#include "guest.h"

static int calls;
#define WATCHED(call) (calls++, (call))

static void use(const struct watched_user *user) {
    MUST(WATCHED(user->by_slot(1, 2)) == 103);
    MUST(WATCHED(user->by_slot(3, 2)) == 105);
    MUST(WATCHED(user->table[0](4, 5)) == 9);
    MUST(WATCHED(user->address()(4, 5)) == 9);
    MUST(WATCHED(user->pick()) == 107);
    MUST(WATCHED(user->version()) == 102);
    MUST(WATCHED(user->old_version()) == 101);
    MUST(WATCHED(user->length("four")) == 104);
    MUST(user->table[0] == user->address());
}

static void look_up(void *handle, const struct watched_user *user) {
    int (*add)(int, int) = (int (*)(int, int))dlsym(handle, "watched_add");
    MUST(add && WATCHED(add(20, 22)) == 42);
    MUST(add == user->address());
    int (*pick)(void) = (int (*)(void))dlsym(handle, "watched_pick");
    MUST(pick && WATCHED(pick()) == 7);
    int (*version)(void) = (int (*)(void))dlvsym(handle, "watched_version", "OLD");
    MUST(version && WATCHED(version()) == 1);
    version = (int (*)(void))dlsym(handle, "watched_version");
    MUST(version && WATCHED(version()) == 2);
    MUST(dlsym(handle, "watched_nothing") == NULL && dlerror());
    MUST(dlsym(handle, "watched_add") && !dlerror());
}

/* As the program itself finds it: not at all when it is nobody's but the user's. */
static void look_up_default(bool there, const struct watched_user *user) {
    int (*add)(int, int) = (int (*)(int, int))dlsym(RTLD_DEFAULT, "watched_add");
    MUST((add != NULL) == there);
    MUST(there ? !dlerror() : dlerror() != NULL);
    MUST(!there || (WATCHED(add(1, 1)) == 2 && add == user->address()));
    int (*version)(void) = (int (*)(void))dlvsym(RTLD_DEFAULT, "watched_version", "OLD");
    MUST((version != NULL) == there);
    MUST(!there || WATCHED(version()) == 1);
    size_t (*length)(const char *) = (size_t(*)(const char *))dlsym(RTLD_DEFAULT, "strlen");
    MUST(length && WATCHED(length("abc")) == 3);
    MUST(dlsym(RTLD_NEXT, "strlen"));
}

static void *open_user(const char *path, int mode, const struct watched_user **user) {
    void *handle = dlopen(path, mode);
    MUST(handle);
    *user = dlsym(handle, "watched_user");
    MUST(*user);
    return handle;
}

#ifdef LINKED
static void linked(const struct watched_user *user) {
    MUST(WATCHED(watched_add(1, 2)) == 3);
    int (*volatile add)(int, int) = watched_add;
    MUST(WATCHED(add(1, 2)) == 3);
    MUST(add == user->address() && add == user->table[0]);
    MUST((int (*)(int, int))dlsym(RTLD_DEFAULT, "watched_add") == add);
}
#endif

static int mode_of(const char *mode) {
    return strcmp(mode, "global") == 0 ? RTLD_GLOBAL : strcmp(mode, "deepbind") == 0 ? RTLD_DEEPBIND : RTLD_LOCAL;
}

int main(int argc, char **argv) {
    MUST(argc > 2);
    const char *mode = argv[1];
    const struct watched_user *user;
    for (int i = 0; strcmp(mode, "reopened") == 0 && i < 20; i++) {
        void *handle = open_user(argv[2], RTLD_LAZY, &user);
        use(user);
        look_up(handle, user);
        MUST(dlclose(handle) == 0);
    }
    void *handle = open_user(argv[2], RTLD_LAZY | mode_of(mode), &user);
    use(user);
#ifdef LINKED
    linked(user);
    look_up_default(true, user);
#else
    look_up(handle, user);
    look_up_default(strcmp(mode, "global") == 0, user);
#endif
    MUST(dlclose(handle) == 0);
    printf("%d calls\n", calls);
    return 0;
}
