/* SPDX-License-Identifier: Apache-2.0 */
#include "notebook.h"

#include <stdlib.h>
#include <string.h>

struct notebook {
    struct notebook *next; /* of all that are open */
    char *title;
    char **lines;
    int count, readers;
    const char *sought; /* by notebook_find */
    int found;
};

static struct notebook *all;
static struct notebook *samples;

notebook *notebook_open(const char *title) {
    struct notebook *book = calloc(1, sizeof(*book));
    if (book != NULL && notebook_rename(book, title) == 0) {
        book->next = all;
        all = book;
        return book;
    }
    free(book);
    return NULL;
}

static void forget(struct notebook *book) {
    struct notebook **link = &all;
    while (*link != NULL && *link != book)
        link = &(*link)->next;
    if (*link != NULL)
        *link = book->next;
}

int notebook_close(notebook *book) {
    if (book->readers > 0) {
        errno = EBUSY;
        return -1;
    }
    forget(book);
    notebook_clear(book);
    free(book->title);
    free(book);
    return 0;
}

notebook *notebook_samples(void) {
    if (samples == NULL) {
        samples = notebook_open("samples");
        forget(samples);
    }
    return samples;
}

const char *notebook_title(notebook *book) {
    return book->title;
}

int notebook_rename(notebook *book, const char *title) {
    char *copy = strdup(title);
    if (copy == NULL)
        return -1;
    free(book->title);
    book->title = copy;
    return 0;
}

int notebook_write(notebook *book, const char *line) {
    char **lines = realloc(book->lines, sizeof(*lines) * (size_t)(book->count + 1));
    if (lines == NULL)
        return -1;
    book->lines = lines;
    lines[book->count++] = strdup(line);
    return book->count;
}

int notebook_lines(notebook *book) {
    return book->count;
}

int notebook_each(notebook *book, int (*line)(const char *text, void *user), void *user) {
    int answer = 0;
    book->readers++;
    for (int i = 0; i < book->count && answer == 0; i++)
        answer = line(book->lines[i], user);
    book->readers--;
    return answer;
}

int notebook_find(notebook *book, const char *text) {
    book->sought = text;
    book->found = -1;
    return notebook_find_next(book);
}

/* Looks at text that was lent to notebook_find. */
int notebook_find_next(notebook *book) {
    for (int i = book->found + 1; book->sought != NULL && i < book->count; i++)
        if (strstr(book->lines[i], book->sought) != NULL)
            return book->found = i;
    return -1;
}

void notebook_clear(notebook *book) {
    while (book->count > 0)
        free(book->lines[--book->count]);
    free(book->lines);
    book->lines = NULL;
}

char *notebook_text(notebook *book) {
    size_t size = 1;
    for (int i = 0; i < book->count; i++)
        size += strlen(book->lines[i]) + 1;
    char *text = calloc(1, size);
    for (int i = 0; i < book->count && text != NULL; i++)
        strcat(strcat(text, book->lines[i]), "\n");
    return text;
}

void notebook_text_free(char *text) {
    free(text);
}

int notebook_measure(const char *text) {
    return (int)strlen(text) * 8;
}

void *notebook_paper(size_t size) {
    return calloc(1, size);
}

void notebook_paper_free(void *paper, size_t size) {
    memset(paper, 0, size);
    free(paper);
}
