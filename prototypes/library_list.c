/* SPDX-License-Identifier: Apache-2.0 */
#include "library_list.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"

#define TEXT_MAX 4096

struct list {
    struct pool *pool;
    const char *path;
    unsigned line;
    struct library_wanted **libraries;
    size_t *count;
    struct words flags;    /* as they stand now */
    size_t together_since; /* line of the last `together`: the next line goes on with it */
};

_Noreturn static void list_wrong(const struct list *list, const char *what) {
    fprintf(stderr, "%s:%u: %s\n", list->path, list->line, what);
    exit(EXIT_FAILURE);
}

static void word_add(struct pool *pool, struct words *words, const char *word) {
    *(const char **)pool_append(pool, &words->items, &words->count, sizeof(*words->items)) = pool_copy(pool, word);
}

static void words_add(struct pool *pool, struct words *words, char *rest) {
    char *state;
    for (char *word = strtok_r(rest, " \n", &state); word; word = strtok_r(NULL, " \n", &state))
        word_add(pool, words, word);
}

const char *output_of(struct pool *pool, const char *command) {
    char line[TEXT_MAX] = "";
    FILE *stream = popen(command, "r"); // NOLINT(cert-env33-c): the words come from our own list
    if (!stream)
        return "";
    if (!fgets(line, sizeof(line), stream))
        line[0] = '\0';
    pclose(stream);
    line[strcspn(line, "\n")] = '\0';
    return pool_copy(pool, line);
}

static struct library_wanted *library_last(const struct list *list) {
    if (!*list->count)
        list_wrong(list, "there is no library yet");
    return &(*list->libraries)[*list->count - 1];
}

static void library_begin(struct list *list, char *rest) {
    struct words words = {0};
    words_add(list->pool, &words, rest);
    if (words.count < 2)
        list_wrong(list, "a library is a package and at least one soname");
    struct library_wanted *library = pool_append(list->pool, list->libraries, list->count, sizeof(*library));
    library->package = words.items[0];
    library->sonames = (struct words){.items = words.items + 1, .count = words.count - 1};
    list->flags = (struct words){0};
}

static struct unit_wanted *unit_add(struct list *list) {
    struct library_wanted *library = library_last(list);
    struct unit_wanted *unit = pool_append(list->pool, &library->units, &library->unit_count, sizeof(*unit));
    unit->flags = list->flags;
    return unit;
}

static void units_add(struct list *list, char *rest) {
    struct words words = {0};
    words_add(list->pool, &words, rest);
    for (size_t i = 0; i < words.count; i++)
        word_add(list->pool, &unit_add(list)->headers, words.items[i]);
}

/* Lines in a row are one. */
static void unit_extend(struct list *list, char *rest) {
    struct library_wanted *library = library_last(list);
    bool goes_on = library->unit_count && list->together_since && list->together_since + 1 == list->line;
    struct unit_wanted *unit = goes_on ? &library->units[library->unit_count - 1] : unit_add(list);
    words_add(list->pool, &unit->headers, rest);
    list->together_since = list->line;
}

static void flags_set(struct list *list, char *rest) {
    list->flags = (struct words){0};
    words_add(list->pool, &list->flags, rest);
}

static void flags_ask(struct list *list, char *rest) {
    const char *command = pool_text(list->pool, "pkg-config --cflags %s", rest);
    char *flags = pool_copy(list->pool, output_of(list->pool, command));
    if (!*flags)
        list_wrong(list, "pkg-config knows no such package; ci/setup installs it");
    words_add(list->pool, &list->flags, flags);
}

static const struct {
    const char *word;
    void (*take)(struct list *list, char *rest);
} lines[] = {
    {"library ", library_begin}, {"each ", units_add}, {"together ", unit_extend}, {"flags ", flags_set}, {"pkgconf ", flags_ask},
};

static void line_take(struct list *list, char *line) {
    line[strcspn(line, "\n")] = '\0';
    if (!*line || *line == '#')
        return;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        if (strncmp(line, lines[i].word, strlen(lines[i].word)) == 0) {
            lines[i].take(list, line + strlen(lines[i].word));
            return;
        }
    list_wrong(list, "a line begins with library, flags, pkgconf, each or together");
}

void library_list_read(struct pool *pool, const char *path, struct library_wanted **libraries, size_t *count) {
    struct list list = {.pool = pool, .path = path, .libraries = libraries, .count = count};
    char line[TEXT_MAX];
    FILE *file = fopen(path, "re");
    if (!file) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    while (fgets(line, sizeof(line), file)) {
        list.line++;
        line_take(&list, line);
    }
    fclose(file);
}
