/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int parse(char *line) {
    char *equals = strchr(line, '=');
    if (equals == NULL) {
        free(line);
        return -1;
    }
    *equals = '\0';
    printf("%s is %s\n", line, equals + 1);
    return 0;
}

int main(void) {
    const char *lines[] = {"name=world", "no equals sign here"};
    for (int i = 0; i < 2; i++) {
        char *line = strdup(lines[i]);
        if (parse(line) != 0)
            puts("bad line");
        free(line);
    }
    return 0;
}
