/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_and_release(char *name) {
    printf("hello, %s\n", name);
    free(name);
}

int main(void) {
    char name[32];
    strcpy(name, "world");
    print_and_release(name);
    return 0;
}
