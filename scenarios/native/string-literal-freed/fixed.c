/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *greeting_for(const char *name) {
    if (name == NULL)
        return strdup("hello, whoever you are");
    char *text = malloc(strlen(name) + sizeof("hello, "));
    sprintf(text, "hello, %s", name);
    return text;
}

int main(void) {
    char *texts[] = {greeting_for("world"), greeting_for(NULL)};
    for (int i = 0; i < 2; i++) {
        puts(texts[i]);
        free(texts[i]);
    }
    return 0;
}
