/* SPDX-License-Identifier: Apache-2.0
 *
 * Right and wrong uses of a library, one test each: a program of many small ones, of which it runs the one that it is told.
 *
 *     RIGHT(name) { … }                       FFISan has nothing to say
 *     WRONG(name, "rule", "function") { … }   it has exactly this to say; "": whatever the function is
 *
 * CMakeLists.txt reads these lines, so each stands on one line from its beginning. No wrong use may end in a crash: what is wrong is
 * the contract only, or what follows from it is harmless. A function that is looked at only when a binding calls it is called as
 * bindings do: CALLED(strncpy)(…).
 */
#ifndef FFISAN_CONTRACTS_TESTS_CASES_H
#define FFISAN_CONTRACTS_TESTS_CASES_H

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct test_case {
    const char *name;
    void (*run)(void);
} __attribute__((aligned(16)));
extern const struct test_case __start_cases[], __stop_cases[];

#define RIGHT(name)                                                                                                              \
    static void name(void);                                                                                                      \
    __attribute__((section("cases"), used)) static const struct test_case case_##name = {#name, name};                           \
    static void name(void)
#define WRONG(name, rule, function) RIGHT(name)

#define CALLED(function) ((__typeof__(&(function)))dlsym(RTLD_DEFAULT, #function))

/* A block that is exactly so long, on the heap, where its size is known. */
static inline void *block_of(size_t size, int filled) {
    return memset(malloc(size), filled, size);
}

int main(int count, char **arguments) {
    for (const struct test_case *test = __start_cases; count == 2 && test < __stop_cases; test++)
        if (strcmp(test->name, arguments[1]) == 0) {
            test->run();
            return EXIT_SUCCESS;
        }
    fprintf(stderr, "usage: %s CASE\n", arguments[0]);
    return EXIT_FAILURE;
}

#endif
