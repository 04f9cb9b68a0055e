/* SPDX-License-Identifier: Apache-2.0
 *
 * Allocates before any constructor: in an IFUNC resolver (while the loader relocates this program), in .preinit_array, and in
 * constructors; all of it is freed by main.
 */
#include "guest.h"

static void *from_resolver, *from_preinit, *from_constructor;

static int answer(void) {
    return 42;
}

static int (*choose(void))(void) {
    from_resolver = malloc(40);
    free(malloc(400));
    return answer;
}
int chosen(void) __attribute__((ifunc("choose")));

static void preinit(int argc, char **argv, char **environment) {
    (void)argc, (void)argv, (void)environment;
    from_preinit = realloc(malloc(10), 5000);
}
__attribute__((section(".preinit_array"), used)) static void (*entry)(int, char **, char **) = preinit;

__attribute__((constructor(101))) static void construct(void) {
    from_constructor = calloc(10, 10);
}

int main(void) {
    MUST(chosen() == 42 && from_resolver && from_preinit && from_constructor);
    free(from_resolver);
    from_preinit = realloc(from_preinit, 20);
    free(from_preinit);
    free(from_constructor);
    puts("freed what was allocated before main");
    return 0;
}
