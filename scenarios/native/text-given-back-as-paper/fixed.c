/* SPDX-License-Identifier: Apache-2.0 */
#include <notebook.h>
#include <stdio.h>
#include <string.h>

static void show(notebook *book) {
    char *text = notebook_text(book);
    printf("%s", text);
    notebook_text_free(text);
}

int main(void) {
    notebook *book = notebook_open("monday");
    notebook_write(book, "milk");
    show(book);
    notebook_close(book);
    return 0;
}
