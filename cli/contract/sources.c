/* SPDX-License-Identifier: Apache-2.0 */
#include "sources.h"

#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (32u << 20)

struct source {
    const char *path, *text; /* text NULL: it cannot be read */
    size_t size;
};

static struct pool *memory;
static struct source *sources;
static size_t source_count;

void sources_start(struct pool *pool) {
    memory = pool;
    sources = NULL;
    source_count = 0;
}

size_t sources_count(void) {
    return source_count;
}

const char *sources_path(size_t index) {
    return sources[index].path;
}

/* ---- reading ---- */

static bool fill(int fd, char *text, size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t got = read(fd, text + done, size - done);
        if (got <= 0)
            return false;
        done += (size_t)got;
    }
    return true;
}

static void source_read(struct source *source) {
    struct stat status;
    int fd = open(source->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size <= FILE_MAX) {
        size_t size = (size_t)status.st_size;
        char *text = pool_get(memory, size + 1);
        if (fill(fd, text, size)) {
            source->text = text;
            source->size = size;
        }
    }
    close(fd);
}

const char *sources_text(const char *path, size_t *size) {
    struct source *source = NULL;
    for (size_t i = 0; i < source_count && !source; i++)
        if (strcmp(sources[i].path, path) == 0)
            source = &sources[i];
    if (!source) {
        source = pool_append(memory, &sources, &source_count, sizeof(*source));
        *source = (struct source){.path = pool_copy(memory, path)};
        source_read(source);
    }
    *size = source->size;
    return source->text;
}

const char *sources_line(const char *path, unsigned line, size_t *length) {
    size_t size = 0;
    const char *text = path ? sources_text(path, &size) : NULL, *end = text + size;
    for (unsigned at = 1; text && at < line; at++) {
        text = memchr(text, '\n', (size_t)(end - text));
        text = text ? text + 1 : NULL;
    }
    if (!text)
        return NULL;
    const char *newline = memchr(text, '\n', (size_t)(end - text));
    *length = (size_t)((newline ? newline : end) - text);
    if (*length && text[*length - 1] == '\r')
        (*length)--;
    return text;
}

/* ---- positions ---- */

struct scan {
    const char *text;
    size_t size;
    struct position at;
};

static bool scan_start(struct scan *scan, struct position at) {
    *scan = (struct scan){.at = at};
    scan->text = at.file ? sources_text(at.file, &scan->size) : NULL;
    return scan->text && at.offset < scan->size;
}

static char scan_now(const struct scan *scan) {
    return scan->at.offset < scan->size ? scan->text[scan->at.offset] : '\0';
}

static void scan_step(struct scan *scan) {
    if (scan_now(scan) == '\n') {
        scan->at.line++;
        scan->at.column = 0;
    }
    scan->at.offset++;
    scan->at.column++;
}

/* Over spaces, ends of lines that are spliced, and comments. */
static void scan_blank(struct scan *scan) {
    for (;;) {
        const char *at = scan->text + scan->at.offset;
        size_t rest = scan->size - scan->at.offset;
        const char *end = rest > 1 && at[0] == '/' && at[1] == '*' ? memmem(at + 2, rest - 2, "*/", 2) : NULL;
        if (rest == 0 || (!isspace((unsigned char)*at) && !(*at == '\\' && rest > 1 && at[1] == '\n') && !end))
            return;
        for (size_t count = end ? (size_t)(end - at) + 2 : 1; count; count--)
            scan_step(scan);
    }
}

/* Over one character, or a whole literal. */
static void scan_over(struct scan *scan) {
    char quote = scan_now(scan);
    scan_step(scan);
    if (quote != '"' && quote != '\'')
        return;
    while (scan->at.offset < scan->size && scan_now(scan) != quote) {
        if (scan_now(scan) == '\\')
            scan_step(scan);
        scan_step(scan);
    }
    scan_step(scan);
}

/* To the next comma of this depth; false: the argument list ends. */
static bool scan_comma(struct scan *scan) {
    for (int depth = 0; scan->at.offset < scan->size; scan_over(scan)) {
        char now = scan_now(scan);
        depth += now == '(' || now == '[' || now == '{';
        if ((now == ')' || now == ']' || now == '}') && depth-- == 0)
            return false;
        if (now == ',' && depth == 0)
            return true;
    }
    return false;
}

struct position sources_argument(struct position word, size_t index) {
    struct scan scan;
    if (!scan_start(&scan, word) || scan.size - word.offset < 7 || strncmp(scan.text + word.offset, "FFISAN_", 7) != 0)
        return word;
    while (isalnum((unsigned char)scan_now(&scan)) || scan_now(&scan) == '_')
        scan_step(&scan);
    scan_blank(&scan);
    if (scan_now(&scan) != '(')
        return word;
    scan_step(&scan);
    for (size_t i = 0; i < index; i++) {
        if (!scan_comma(&scan))
            return word;
        scan_step(&scan);
    }
    scan_blank(&scan);
    return scan.at;
}

struct position sources_within(struct position start, const char *text, size_t offset) {
    struct scan scan;
    if (!scan_start(&scan, start))
        return start;
    scan_blank(&scan);
    for (size_t i = 0; i < offset && text[i]; i++) {
        if (isspace((unsigned char)text[i]))
            continue;
        if (scan_now(&scan) != text[i])
            return start; /* a macro stood there */
        scan_step(&scan);
        scan_blank(&scan);
    }
    return scan.at;
}
