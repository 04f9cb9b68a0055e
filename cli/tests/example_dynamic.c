/* SPDX-License-Identifier: Apache-2.0
 * A program to be looked at; built in several ways. */
#include <stdlib.h>

int main(void) {
    free(malloc(1));
    return 0;
}
