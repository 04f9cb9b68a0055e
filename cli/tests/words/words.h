/* SPDX-License-Identifier: Apache-2.0
 *
 * A library with a function for every word of ffisan/contract.h, which is its own contract.
 */
#ifndef WORDS_H
#define WORDS_H

#include <errno.h>
#include <stddef.h>

#include <ffisan/contract.h>

FFISAN_LIBRARY("libwords.so.1")
FFISAN_VERSIONS("1.0", "2.0")

typedef struct doc doc;
typedef void doc_change(void *user);

/* OWNED, CONSUMED, NULLABLE, FAILS */
doc *doc_open(const char *title FFISAN_CSTRING) FFISAN_OWNED(doc_close) FFISAN_FAILS(ret == NULL, NULL, ENOMEM);
void doc_close(doc *d FFISAN_CONSUMED FFISAN_NULLABLE);
char *doc_text(doc *d) FFISAN_OWNED(doc_text_free);
void doc_text_free(char *text FFISAN_CONSUMED FFISAN_NULLABLE);
/* OUT_OWNED */
int doc_open_at(const char *title FFISAN_CSTRING, doc **out FFISAN_OUT_OWNED(doc_close)) FFISAN_FAILS(ret != 0, 1, ENOMEM);
/* BORROWED, INVALIDATES, STATIC */
const char *doc_title(doc *d) FFISAN_BORROWED(d, doc_rename);
void doc_rename(doc *d, const char *title FFISAN_UTF8);
void doc_reload(doc *d) FFISAN_INVALIDATES(d);
int doc_title_at(doc *d, const char **out FFISAN_BORROWED(d, doc_rename));
int doc_measure(const char *text FFISAN_CSTRING);
const char *doc_version(void) FFISAN_STATIC;
/* REF, UNREF */
doc *doc_ref(doc *d FFISAN_REF);
void doc_unref(doc *d FFISAN_UNREF);
doc *doc_new(void) FFISAN_OWNED(doc_unref);
/* RETAINED, KEYED_BY, RETAINED_FOREVER, USER_DATA */
void doc_attach(doc *d, const void *memory FFISAN_RETAINED(d, doc_detach) FFISAN_IN(size), size_t size);
void doc_detach(doc *d);
void doc_bind(doc *d, int index, const char *text FFISAN_RETAINED(d, doc_bind) FFISAN_NULLABLE) FFISAN_KEYED_BY(index);
void doc_name(const char *name FFISAN_RETAINED_FOREVER FFISAN_CSTRING);
void doc_on_change(doc *d, doc_change *changed FFISAN_RETAINED(d, doc_on_change) FFISAN_NULLABLE,
                   void *user FFISAN_USER_DATA(changed));
/* ONCE, NOTIFIED, UNTIL_DONE, LIBRARY_THREAD */
void doc_load(doc *d, doc_change *loaded FFISAN_ONCE, void *user FFISAN_USER_DATA(loaded));
void doc_hook(doc *d, doc_change *hook FFISAN_NOTIFIED(notify), void *user FFISAN_NOTIFIED(notify),
              doc_change *notify FFISAN_ONCE FFISAN_NULLABLE);
void doc_walk(doc *d, doc_change *step FFISAN_UNTIL_DONE(done), doc_change *done FFISAN_ONCE, void *user FFISAN_USER_DATA(done));
void doc_log(doc_change *write FFISAN_RETAINED(library, doc_log) FFISAN_LIBRARY_THREAD FFISAN_NULLABLE);
void doc_tick(doc *d, int what); /* calls: 1 changed, 2 loaded, 3 hook, 4 notify, 5 step, 6 done, 7 log */
/* IN, OUT, INOUT and their _N; NONNULL, UTF8 */
int doc_put(doc *d, const void *from FFISAN_IN(size), size_t size);
int doc_get(doc *d, void *to FFISAN_OUT(size), size_t size);
int doc_format(doc *d, char *to FFISAN_OUT(*size), size_t *size FFISAN_INOUT(sizeof *size));
double doc_mean(const double *values FFISAN_IN_N(count), int count);
int doc_lines(doc *d, int *lengths FFISAN_OUT_N(most), int most);
void doc_sort(int *numbers FFISAN_INOUT_N(count), int count);
int doc_size(doc *d FFISAN_NONNULL);
/* SERIAL, CREATOR_THREAD, NO_REENTRY, BLOCKS */
int doc_step(doc *d, unsigned milliseconds) FFISAN_SERIAL(d) FFISAN_BLOCKS;
void doc_paint(doc *d) FFISAN_CREATOR_THREAD(d);
void doc_each(doc *d, doc_change *visit, void *user FFISAN_USER_DATA(visit));
void doc_clear(doc *d) FFISAN_NO_REENTRY;
/* WHEN, VARIANT */
void doc_take(doc *d, const char *text FFISAN_WHEN(copy == 0, FFISAN_RETAINED(d)) FFISAN_CSTRING, int copy);
enum { DOC_BUFFER = 1, DOC_DEPTH };
int doc_set(doc *d, int option, ...) FFISAN_VARIANT(option == DOC_BUFFER, char *, FFISAN_RETAINED(d) FFISAN_OUT(64))
    FFISAN_VARIANT(option == DOC_DEPTH, long, );
/* SIZED_BY, FAMILY */
void *doc_map(size_t size) FFISAN_OWNED(doc_unmap);
void doc_unmap(void *map FFISAN_CONSUMED, size_t size) FFISAN_SIZED_BY(size);
void *doc_malloc(size_t size) FFISAN_FAMILY("doc");
void doc_free(void *block FFISAN_NULLABLE) FFISAN_FAMILY("doc");
extern void (*doc_release)(void *) FFISAN_FAMILY("doc");

/* Words on fields: of what a pointer leads to, and of what is passed by value; callbacks in a struct */
struct doc_span {
    const char *text FFISAN_IN(length);
    size_t length;
};
struct doc_large { /* too large for registers */
    long before[3];
    const char *text FFISAN_IN(length);
    size_t length;
};
struct doc_events {
    doc_change *opened FFISAN_RETAINED(library, doc_listen);
    doc_change *closed FFISAN_RETAINED(library, doc_listen) FFISAN_NULLABLE;
    void *user FFISAN_USER_DATA(opened);
};
int doc_write_span(doc *d, const struct doc_span *span);
int doc_write_value(struct doc_span span);
int doc_write_large(struct doc_large large);
void doc_listen(const struct doc_events *events FFISAN_NULLABLE);
void doc_open_event(void);

#endif
