/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
    char *input = strdup("   hello");
    char *text = input;
    while (isspace((unsigned char)*text))
        text++;
    printf("[%s]\n", text);
    free(input);
    return 0;
}
