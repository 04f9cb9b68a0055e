/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions with a contract, called in every way; what is wrong is wrong in one argument. `registered LIBRARY WAY [bug]`.
 */
#include "registered.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text = "four";
static size_t sum;

static void by_slot(void) {
    sum += take(text);
}

static size_t (*volatile pointer)(const char *) = take;
static void by_pointer(void) {
    sum += pointer(text);
}

static const char *library;
static void by_name(void) {
    void *handle = dlopen(library, RTLD_NOW);
    size_t (*found)(const char *) = (size_t(*)(const char *))dlsym(handle, "take");
    sum += found(text) + (found == pointer);
}

/* What the library does with itself is its own affair. */
static void inside(void) {
    sum += take_inside() + take(text);
}

static void late(void) {
    sum += take_late(1.5, 2, (struct pair){3, 4}, 5.0f, 6, 7, 8, text);
}

static void variadic(void) {
    sum += take_any(2, 0L) + take_any(1, text);
}

static void *call(void *unused) {
    (void)unused;
    for (int i = 0; i < 1000; i++)
        by_slot();
    return NULL;
}
static void in_threads(void) {
    for (int i = 0; i < 20; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, call, NULL);
        pthread_join(thread, NULL);
    }
}

static long deeper(void *depth) {
    long *left = depth;
    return --*left > 0 ? take_callback(deeper, depth) : (by_slot(), 0);
}
static void nested(void) {
    long depth = 60;
    sum += (size_t)take_callback(deeper, &depth);
    by_slot();
}

/* Calls that never return leave nothing behind. */
static jmp_buf out;
static long leave(void *unused) {
    (void)unused;
    longjmp(out, 1);
}
static void jumped(void) {
    for (volatile int i = 0; i < 50; i++)
        if (setjmp(out) == 0)
            take_callback(leave, &sum);
    by_slot();
}

static void sized(void) {
    char *room = malloc(24);
    sum += (size_t)fill(room, text ? 24 : 25);
    free(room);
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*run)(void);
    } ways[] = {{"slot", by_slot},      {"pointer", by_pointer}, {"name", by_name},  {"inside", inside}, {"late", late},
                {"variadic", variadic}, {"threads", in_threads}, {"nested", nested}, {"jumped", jumped}, {"sized", sized}};
    if (argc < 3)
        return 2;
    library = argv[1];
    if (argc > 3 && strcmp(argv[3], "bug") == 0)
        text = NULL;
    errno = 5;
    for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
        if (strcmp(ways[i].name, argv[2]) == 0)
            ways[i].run();
    printf("%d %s\n", errno, text && !sum ? "nothing" : "done");
    return 0;
}
