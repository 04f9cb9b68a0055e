/* SPDX-License-Identifier: Apache-2.0 */
#include "words.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct doc {
    char *title;
    unsigned count;
    const void *memory;
    size_t size;
    const char *bound[4];
    const char *taken;
    char *buffer;
    doc_change *changed, *loaded, *hook, *notify, *step, *done;
    void *changed_user, *loaded_user, *hook_user, *done_user;
};

static doc_change *writer;
static const char *volatile name; /* nobody reads it */
static struct doc_events listener;

doc *doc_open(const char *title) {
    doc *d = *title ? calloc(1, sizeof(*d)) : NULL;
    if (d) {
        d->count = 1;
        d->title = strdup(title);
    }
    return d;
}

void doc_close(doc *d) {
    if (d)
        free(d->title);
    free(d);
}

char *doc_text(doc *d) {
    return strdup(d->title);
}

void doc_text_free(char *text) {
    free(text);
}

int doc_open_at(const char *title, doc **out) {
    *out = doc_open(title);
    return !*out;
}

const char *doc_title(doc *d) {
    return d->title;
}

void doc_rename(doc *d, const char *title) {
    free(d->title);
    d->title = strdup(title);
}

void doc_reload(doc *d) {
    char *title = strdup(d->title);
    free(d->title);
    d->title = title;
}

int doc_title_at(doc *d, const char **out) {
    *out = d->title;
    return 0;
}

int doc_measure(const char *text) {
    return (int)strlen(text);
}

const char *doc_version(void) {
    static char *version;
    return version ? version : (version = strdup("1.2"));
}

doc *doc_ref(doc *d) {
    d->count++;
    return d;
}

void doc_unref(doc *d) {
    if (--d->count == 0)
        doc_close(d);
}

doc *doc_new(void) {
    return doc_open("new");
}

void doc_attach(doc *d, const void *memory, size_t size) {
    d->memory = memory;
    d->size = size;
}

void doc_detach(doc *d) {
    d->memory = NULL;
}

void doc_bind(doc *d, int index, const char *text) {
    d->bound[index] = text;
}

void doc_name(const char *text) {
    name = text;
}

void doc_on_change(doc *d, doc_change *changed, void *user) {
    d->changed = changed;
    d->changed_user = user;
}

void doc_load(doc *d, doc_change *loaded, void *user) {
    d->loaded = loaded;
    d->loaded_user = user;
}

void doc_hook(doc *d, doc_change *hook, void *user, doc_change *notify) {
    d->hook = hook;
    d->hook_user = user;
    d->notify = notify;
}

void doc_walk(doc *d, doc_change *step, doc_change *done, void *user) {
    d->step = step;
    d->done = done;
    d->done_user = user;
}

void doc_log(doc_change *write) {
    writer = write;
}

void doc_tick(doc *d, int what) {
    doc_change *calls[] = {NULL, d->changed, d->loaded, d->hook, d->notify, d->step, d->done, writer};
    void *users[] = {NULL, d->changed_user, d->loaded_user, d->hook_user, d->hook_user, NULL, d->done_user, NULL};
    calls[what](users[what]);
}

int doc_put(doc *d, const void *from, size_t size) {
    return d && from ? (int)size : 0;
}

int doc_get(doc *d, void *to, size_t size) {
    return d && to ? (int)size : 0;
}

int doc_format(doc *d, char *to, size_t *size) {
    return to && strlen(d->title) < *size;
}

double doc_mean(const double *values, int count) {
    return count ? values[0] : 0;
}

int doc_lines(doc *d, int *lengths, int most) {
    lengths[0] = (int)strlen(d->title);
    return most;
}

void doc_sort(int *numbers, int count) {
    numbers[0] += count;
}

int doc_size(doc *d) {
    return d ? (int)sizeof(*d) : 0;
}

int doc_step(doc *d, unsigned milliseconds) {
    usleep(milliseconds * 1000);
    return d != NULL;
}

void doc_paint(doc *d) {
    d->size++;
}

void doc_each(doc *d, doc_change *visit, void *user) {
    d->size++;
    visit(user);
}

void doc_clear(doc *d) {
    d->size = 0;
}

void doc_take(doc *d, const char *text, int copy) {
    d->taken = copy ? NULL : text;
}

int doc_set(doc *d, int option, ...) {
    __builtin_va_list rest;
    __builtin_va_start(rest, option);
    if (option == DOC_BUFFER)
        d->buffer = __builtin_va_arg(rest, char *);
    __builtin_va_end(rest);
    return 0;
}

void *doc_map(size_t size) {
    return calloc(1, size);
}

void doc_unmap(void *map, size_t size) {
    memset(map, 0, size & 1);
    free(map);
}

void *doc_malloc(size_t size) {
    return malloc(size);
}

void doc_free(void *block) {
    free(block);
}

void (*doc_release)(void *) = doc_free;

int doc_write_span(doc *d, const struct doc_span *span) {
    return d ? (int)span->length : 0;
}

int doc_write_value(struct doc_span span) {
    return (int)span.length;
}

int doc_write_large(struct doc_large large) {
    return (int)large.length;
}

void doc_listen(const struct doc_events *events) {
    listener = events ? *events : (struct doc_events){0};
}

void doc_open_event(void) {
    listener.opened(listener.user);
}
