/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *render(const char *name) {
    char *text = malloc(strlen(name) + sizeof("hello, "));
    sprintf(text, "hello, %s", name);
    return text;
}

static void greet(const char *name) {
    char *text = render(name);
    if (strchr(name, ' ') != NULL)
        return;
    puts(text);
    free(text);
}

/* Overwrites what earlier calls left on the stack: a stale copy of a pointer still counts as a way to the block. */
static void sweep_stack(void) {
    volatile char rubbish[4096];
    for (size_t i = 0; i < sizeof(rubbish); i++)
        rubbish[i] = 1;
}

int main(void) {
    for (int i = 0; i < 4; i++)
        greet("wide world");
    greet("world");
    sweep_stack();
    return 0;
}
