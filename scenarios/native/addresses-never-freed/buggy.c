/* SPDX-License-Identifier: Apache-2.0 */
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static int family_of(const char *host) {
    struct addrinfo hints, *found;
    memset(&hints, 0, sizeof(hints));
    hints.ai_flags = AI_NUMERICHOST;
    if (getaddrinfo(host, NULL, &hints, &found) != 0)
        return -1;
    return found->ai_family;
}

/* Overwrites what earlier calls left on the stack: a stale copy of a pointer still counts as a way to the block. */
static void sweep_stack(void) {
    volatile char rubbish[16384];
    for (size_t i = 0; i < sizeof(rubbish); i++)
        rubbish[i] = 1;
}

int main(void) {
    for (int i = 0; i < 4; i++)
        printf("%d\n", family_of("127.0.0.1"));
    sweep_stack();
    return 0;
}
