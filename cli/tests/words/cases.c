/* SPDX-License-Identifier: Apache-2.0
 *
 * One right and one wrong use for each word of contracts, in C: cases CASE|all right|wrong. The same as in cases.py, but for what has to be
 * a managed language's. "ends" is printed when it got through.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "streams.h"
#include "words.h"

static void owned(bool wrong) {
    doc *d = doc_open("title");
    char *text = doc_text(d);
    (wrong ? free : (void (*)(void *))doc_text_free)(text);
    doc_close(d);
}

static void out_owned(bool wrong) {
    doc *d;
    doc_open_at("title", &d);
    doc_close(d);
    if (wrong)
        doc_size(d);
}

static void consumed(bool wrong) {
    doc *d = doc_open("title");
    doc_close(d);
    if (wrong)
        doc_close(d);
}

static void fails(bool wrong) {
    doc *d = doc_open(wrong ? "" : "title");
    doc_size(d);
    doc_close(d);
}

static void borrowed(bool wrong) {
    doc *d = doc_open("title");
    const char *title = doc_title(d);
    doc_rename(d, "another title");
    doc_measure(wrong ? title : doc_title(d));
    doc_close(d);
}

static void borrowed_freed(bool wrong) {
    doc *d = doc_open("title");
    const char *title = doc_title(d);
    doc_measure(title);
    if (wrong)
        free((char *)title); /* FFISan does not do it */
    doc_close(d);
}

static void invalidates(bool wrong) {
    doc *d = doc_open("title");
    const char *title = doc_title(d);
    doc_reload(d);
    doc_measure(wrong ? title : doc_title(d));
    doc_close(d);
}

static void is_static(bool wrong) {
    const char *version = doc_version();
    doc_measure(version);
    if (wrong)
        free((char *)version);
}

static void unref(bool wrong) {
    doc *d = doc_ref(doc_new());
    doc_unref(d);
    doc_size(d);
    doc_unref(d);
    if (wrong)
        doc_size(d);
}

static void retained(bool wrong) {
    doc *d = doc_open("title");
    void *memory = calloc(1, 400);
    doc_attach(d, memory, 400);
    if (!wrong)
        doc_detach(d);
    free(memory);
    doc_size(d);
    doc_close(d);
}

static void keyed_by(bool wrong) {
    doc *d = doc_open("title");
    char *one = strdup("one"), *other = strdup("other");
    doc_bind(d, 0, one);
    doc_bind(d, wrong, other);
    free(one);
    doc_size(d);
    doc_close(d);
    free(other);
}

static void retained_forever(bool wrong) {
    char *text = strdup("name");
    doc_name(text);
    if (wrong)
        free(text);
    doc_version();
}

static void in(bool wrong) {
    void *memory = calloc(1, 100);
    doc_put(NULL, memory, wrong ? 101 : 100);
    free(memory);
}

static void out_n(bool wrong) {
    doc *d = doc_open("title");
    int *lengths = calloc(100, sizeof *lengths);
    doc_lines(d, lengths, wrong ? 101 : 100);
    free(lengths);
    doc_close(d);
}

static void inout(bool wrong) {
    doc *d = doc_open("title");
    char *size = calloc(1, 12);
    doc_format(d, NULL, (size_t *)(void *)(size + (wrong ? 8 : 0)));
    free(size);
    doc_close(d);
}

static void cstring(bool wrong) {
    char *text = malloc(64);
    memset(text, 'x', 64);
    if (!wrong)
        text[63] = '\0';
    doc_measure(text);
    free(text);
}

static void utf8(bool wrong) {
    doc *d = doc_open("title");
    doc_rename(d, wrong ? "caf\xe9 au lait" : "caf\xc3\xa9 au lait");
    doc_close(d);
}

static void nonnull(bool wrong) {
    doc *d = doc_open("title");
    doc_size(wrong ? NULL : d);
    doc_close(d);
}

static void handle(bool wrong) {
    int stream = stream_open(1);
    stream_read(stream);
    stream_close(stream);
    if (wrong)
        stream_read(stream);
}

static void *steps(void *d) {
    doc_step(d, 400);
    return NULL;
}

static void *paints(void *d) {
    doc_paint(d);
    return NULL;
}

static void serial(bool wrong) {
    doc *docs[] = {doc_open("one"), doc_open("other")};
    pthread_t other;
    pthread_create(&other, NULL, steps, docs[0]);
    usleep(100000);
    doc_step(docs[!wrong], 1);
    pthread_join(other, NULL);
    doc_close(docs[0]);
    doc_close(docs[1]);
}

static void creator_thread(bool wrong) {
    doc *d = doc_open("title");
    pthread_t other;
    doc_paint(d);
    pthread_create(&other, NULL, wrong ? paints : steps, d);
    pthread_join(other, NULL);
    doc_close(d);
}

static void clears(void *d) {
    doc_clear(d);
}

static void measures(void *d) {
    doc_size(d);
}

static void no_reentry(bool wrong) {
    doc *d = doc_open("title");
    doc_each(d, wrong ? clears : measures, d);
    doc_clear(d);
    doc_close(d);
}

static void when(bool wrong) {
    doc *d = doc_open("title");
    char *text = strdup("text");
    doc_take(d, text, !wrong);
    free(text);
    doc_size(d);
    doc_close(d);
}

static void variant(bool wrong) {
    doc *d = doc_open("title");
    char *room = calloc(1, wrong ? 63 : 64);
    doc_set(d, DOC_BUFFER, room);
    doc_set(d, DOC_DEPTH, 3L);
    doc_close(d);
    free(room);
}

static void sized_by(bool wrong) {
    doc_unmap(doc_map(128), wrong ? 64 : 128);
}

static void family(bool wrong) {
    (wrong ? free : doc_release)(doc_malloc(100));
}

static void field(bool wrong) {
    doc *d = doc_open("title");
    char *text = calloc(1, 100);
    doc_write_span(d, &(struct doc_span){text, wrong ? 101 : 100});
    free(text);
    doc_close(d);
}

static void field_value(bool wrong) {
    char *text = calloc(1, 100);
    doc_write_value((struct doc_span){text, wrong ? 101 : 100});
    free(text);
}

static void field_large(bool wrong) {
    char *text = calloc(1, 100);
    doc_write_large((struct doc_large){{1, 2, 3}, text, wrong ? 101 : 100});
    free(text);
}

static const struct {
    const char *name;
    void (*body)(bool wrong);
} cases[] = {
    {"OWNED", owned},
    {"OUT_OWNED", out_owned},
    {"CONSUMED", consumed},
    {"FAILS", fails},
    {"BORROWED", borrowed},
    {"BORROWED.freed", borrowed_freed},
    {"INVALIDATES", invalidates},
    {"STATIC", is_static},
    {"UNREF", unref},
    {"RETAINED", retained},
    {"KEYED_BY", keyed_by},
    {"RETAINED_FOREVER", retained_forever},
    {"IN", in},
    {"OUT_N", out_n},
    {"INOUT", inout},
    {"CSTRING", cstring},
    {"UTF8", utf8},
    {"NONNULL", nonnull},
    {"HANDLE", handle},
    {"SERIAL", serial},
    {"CREATOR_THREAD", creator_thread},
    {"NO_REENTRY", no_reentry},
    {"WHEN", when},
    {"VARIANT", variant},
    {"SIZED_BY", sized_by},
    {"FAMILY", family},
    {"field", field},
    {"field.value", field_value},
    {"field.large", field_large},
};

int main(int count, char **arguments) {
    if (count == 1) /* which there are */
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
            puts(cases[i].name);
    for (size_t i = 0; count == 3 && i < sizeof cases / sizeof *cases; i++)
        if (strcmp(arguments[1], "all") == 0 || strcmp(arguments[1], cases[i].name) == 0)
            cases[i].body(strcmp(arguments[2], "wrong") == 0);
    return count == 3 && puts("ends") < 0;
}
