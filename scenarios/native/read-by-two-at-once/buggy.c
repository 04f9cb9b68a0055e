/* SPDX-License-Identifier: Apache-2.0 */
#include <notebook.h>
#include <pthread.h>
#include <stdio.h>

static notebook *book;

static int skip(const char *text, void *user) {
    return 0;
}

static void *read_again(void *none) {
    notebook_each(book, skip, NULL);
    return none;
}

/* Waits for the other one, which is in the same notebook meanwhile. */
static int read_beside(const char *text, void *user) {
    pthread_t thread;
    pthread_create(&thread, NULL, read_again, NULL);
    return pthread_join(thread, NULL);
}

int main(void) {
    book = notebook_open("monday");
    notebook_write(book, "milk");
    notebook_each(book, read_beside, NULL);
    printf("read twice\n");
    notebook_close(book);
    return 0;
}
