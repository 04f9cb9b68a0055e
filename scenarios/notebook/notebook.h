/* SPDX-License-Identifier: Apache-2.0
 *
 * A small C library that says in its own header what belongs to whom: the header is its contract.
 */
#ifndef NOTEBOOK_H
#define NOTEBOOK_H

#include <errno.h>
#include <stddef.h>

#include <ffisan/contract.h>

#ifdef __cplusplus
extern "C" {
#endif

FFISAN_LIBRARY("libnotebook.so")

typedef struct notebook notebook;

notebook *notebook_open(const char *title FFISAN_UTF8) FFISAN_OWNED(notebook_close) FFISAN_FAILS(ret == NULL, NULL, ENOMEM);
/* -1: it is being read (notebook_each). */
int notebook_close(notebook *book FFISAN_CONSUMED) FFISAN_FAILS(ret != 0, -1, EBUSY);
/* One that comes with the library. */
notebook *notebook_samples(void) FFISAN_STATIC;

const char *notebook_title(notebook *book) FFISAN_BORROWED(book, notebook_rename);
int notebook_rename(notebook *book, const char *title FFISAN_UTF8) FFISAN_FAILS(ret != 0, -1, ENOMEM);

/* A line more. Answers how many there are; only on the thread that opened it. */
int notebook_write(notebook *book, const char *line FFISAN_UTF8) FFISAN_CREATOR_THREAD(book) FFISAN_FAILS(ret < 0, -1, ENOMEM);
int notebook_lines(notebook *book);
/* Calls `line` for each, until it answers other than 0. */
int notebook_each(notebook *book, int (*line)(const char *text, void *user), void *user) FFISAN_SERIAL(book);
/* The number of the first line with this text in it, and of the next one; -1: there is none. */
int notebook_find(notebook *book, const char *text FFISAN_UTF8);
int notebook_find_next(notebook *book);
/* All lines go. */
void notebook_clear(notebook *book) FFISAN_SERIAL(book) FFISAN_NO_REENTRY;

/* All lines in one text. */
char *notebook_text(notebook *book) FFISAN_OWNED(notebook_text_free) FFISAN_FAILS(ret == NULL, NULL, ENOMEM);
void notebook_text_free(char *text FFISAN_CONSUMED FFISAN_NULLABLE);
/* How long a text is, drawn. */
int notebook_measure(const char *text FFISAN_UTF8);

/* Paper: memory that wants its size back. */
void *notebook_paper(size_t size) FFISAN_OWNED(notebook_paper_free) FFISAN_FAILS(ret == NULL, NULL, ENOMEM);
void notebook_paper_free(void *paper FFISAN_CONSUMED, size_t size) FFISAN_SIZED_BY(size);

#ifdef __cplusplus
}
#endif
#endif
