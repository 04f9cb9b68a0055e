/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

struct session {
    struct session *next, *previous;
    int requests;
    char user[40];
};

static void session_count(struct session *session) {
    session->requests++;
}

int main(void) {
    struct session *session = calloc(1, sizeof(*session));
    free(session);
    session_count(session);
    puts("done");
    return 0;
}
