/* SPDX-License-Identifier: Apache-2.0 */
#include <notebook.h>
#include <pthread.h>
#include <stdio.h>

static void *note(void *book) {
    notebook_write(book, "milk");
    return NULL;
}

int main(void) {
    notebook *book = notebook_open("monday");
    note(book);
    printf("%d\n", notebook_lines(book));
    notebook_close(book);
    return 0;
}
