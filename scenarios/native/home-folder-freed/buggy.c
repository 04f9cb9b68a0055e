/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

static void load_settings(void) {
    char *folder = getenv("CHAT_SETTINGS");
    if (folder != NULL)
        printf("settings in %s\n", folder);
    free(folder);
}

int main(void) {
    setenv("CHAT_SETTINGS", "/tmp/settings-of-the-chat-program", 1);
    load_settings();
    return 0;
}
