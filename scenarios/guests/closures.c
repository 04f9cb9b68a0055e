/* SPDX-License-Identifier: Apache-2.0
 * A small runtime over a libffi that it opens itself: callbacks that live, are made anew in the same place, die while others are
 * called, in children, and with the library that made them. closures WAY [bug]
 */
#include <dlfcn.h>
#include <ffi.h>
#include <sys/wait.h>

#include "guest.h"

#define ROUNDS  3000
#define THREADS 4
#define MANY    17000 /* more than are kept */

static struct {
    void *handle;
    __typeof__(&ffi_closure_alloc) alloc;
    __typeof__(&ffi_closure_free) release;
    __typeof__(&ffi_prep_cif) describe;
    __typeof__(&ffi_prep_closure_loc) prepare;
    ffi_type *integer;
    ffi_cif cif;
    ffi_type *types[2];
} libffi;

static void open_libffi(void) {
    libffi.handle = dlopen("libffi.so.8", RTLD_NOW | RTLD_LOCAL);
    MUST(libffi.handle);
    libffi.alloc = (__typeof__(libffi.alloc))dlsym(libffi.handle, "ffi_closure_alloc");
    libffi.release = (__typeof__(libffi.release))dlsym(libffi.handle, "ffi_closure_free");
    libffi.describe = (__typeof__(libffi.describe))dlsym(libffi.handle, "ffi_prep_cif");
    libffi.prepare = (__typeof__(libffi.prepare))dlsym(libffi.handle, "ffi_prep_closure_loc");
    libffi.integer = dlsym(libffi.handle, "ffi_type_sint32");
    libffi.types[0] = libffi.types[1] = libffi.integer;
    MUST(libffi.describe(&libffi.cif, FFI_DEFAULT_ABI, 2, libffi.integer, libffi.types) == FFI_OK);
}

typedef int operation(int, int);

struct callback {
    ffi_closure *closure;
    operation *code;
};

static void add(ffi_cif *cif, void *result, void **arguments, void *data) {
    MUST(cif == &libffi.cif);
    *(ffi_sarg *)result = *(int *)arguments[0] + *(int *)arguments[1] + (int)(long)data;
}

static void multiply(ffi_cif *cif, void *result, void **arguments, void *data) {
    (void)cif, (void)data;
    *(ffi_sarg *)result = *(int *)arguments[0] * *(int *)arguments[1];
}

static struct callback make(long data) {
    void *code;
    struct callback made = {.closure = libffi.alloc(sizeof(ffi_closure), &code)};
    MUST(made.closure && libffi.prepare(made.closure, &libffi.cif, add, (void *)data, code) == FFI_OK);
    made.code = (operation *)code;
    return made;
}

static void *come_and_go(void *argument) {
    for (long i = 0; i < ROUNDS; i++) {
        struct callback made = make(i);
        MUST(made.code(1, 2) == 3 + i);
        MUST(libffi.prepare(made.closure, &libffi.cif, multiply, NULL, (void *)made.code) == FFI_OK);
        MUST(made.code(3, 4) == 12);
        libffi.release(made.closure);
    }
    return argument;
}

static void in_threads(void) {
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        MUST(pthread_create(&threads[i], NULL, come_and_go, NULL) == 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void in_children(void) {
    pthread_t thread;
    struct callback before = make(7);
    pthread_create(&thread, NULL, come_and_go, NULL);
    for (int i = 0; i < 10; i++) {
        pid_t child = fork();
        if (child == 0) {
            /* libffi's own lock may be held by the thread that is not here. */
            _exit(before.code(1, 2) == 10 ? 0 : 1);
        }
        int status;
        MUST(waitpid(child, &status, 0) == child && status == 0);
    }
    pthread_join(thread, NULL);
}

static void forty_two(ffi_cif *cif, void *result, void **arguments, void *data) {
    (void)arguments;
    *(ffi_sarg *)result = *(int *)data + (int)cif->nargs;
}

/* Nothing but the closure leads to what it was made of. */
static operation *held_code;

static __attribute__((noinline)) void hold(void) {
    ffi_cif *cif = malloc(sizeof *cif);
    int *number = malloc(sizeof *number);
    void *code;
    ffi_closure *closure = libffi.alloc(sizeof *closure, &code);
    MUST(cif && number && closure);
    *cif = libffi.cif;
    *number = 40;
    MUST(libffi.prepare(closure, cif, forty_two, number, code) == FFI_OK);
    held_code = (operation *)code;
}

static void held(void) {
    hold();
    churn(1, 100);
    MUST(held_code(0, 0) == 42);
}

/* What is kept outlives the library that made it. */
static void unloaded(void) {
    for (int round = 0; round < 3; round++) {
        for (long i = 0; i < MANY; i++) {
            struct callback made = make(i);
            MUST(made.code(0, 0) == i);
            libffi.release(made.closure);
        }
        MUST(dlclose(libffi.handle) == 0 && !dlopen("libffi.so.8", RTLD_NOW | RTLD_NOLOAD));
        open_libffi();
    }
}

static struct callback dead;

static void late(void) {
    MUST(dead.code(1, 2) == 0);
}

static void *late_in_thread(void *argument) {
    late();
    return argument;
}

static void die(const char *way) {
    pthread_t thread;
    dead = make(1);
    MUST(dead.code(1, 2) == 4);
    libffi.release(dead.closure);
    if (strcmp(way, "late-at-exit") == 0) {
        atexit(late);
    } else if (strcmp(way, "late-in-thread") == 0) {
        pthread_create(&thread, NULL, late_in_thread, NULL);
        pthread_join(thread, NULL);
    } else if (strcmp(way, "late-in-child") == 0) {
        pid_t child = fork();
        if (child == 0) {
            late();
            exit(0);
        }
        int status;
        MUST(waitpid(child, &status, 0) == child && status == 0);
    } else {
        for (int i = 0; i < ROUNDS; i++)
            libffi.release(make(i).closure);
        late();
    }
}

int main(int argc, char **argv) {
    const char *way = argc > 1 ? argv[1] : "";
    open_libffi();
    if (strcmp(way, "threads") == 0)
        in_threads();
    else if (strcmp(way, "children") == 0)
        in_children();
    else if (strcmp(way, "unloaded") == 0)
        unloaded();
    else if (strcmp(way, "held") == 0)
        held();
    else if (argc > 2)
        die(way);
    puts(way);
    return 0;
}
