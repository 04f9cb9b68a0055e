/* SPDX-License-Identifier: Apache-2.0 */
#include <notebook.h>
#include <stdio.h>

static void show(notebook *book) {
    printf("%s\n", notebook_title(book));
    notebook_close(book);
}

int main(void) {
    show(notebook_samples());
    return 0;
}
