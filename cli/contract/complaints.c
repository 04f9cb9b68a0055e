/* SPDX-License-Identifier: Apache-2.0 */
#include "complaints.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sources.h"

#define COMPLAINTS_MAX 50u /* printed */

struct complaint {
    enum severity severity;
    struct position at;
    const char *text;
    size_t chief; /* itself, or what it is a note to */
};

static struct pool *memory;
static struct complaint *complaints;
static size_t complaint_count, errors;

void complaints_start(struct pool *pool) {
    memory = pool;
    complaints = NULL;
    complaint_count = errors = 0;
}

static bool is_known(enum severity severity, struct position at, const char *text) {
    for (size_t i = 0; i < complaint_count; i++)
        if (complaints[i].severity == severity && complaints[i].at.line == at.line && complaints[i].at.column == at.column &&
            strcmp(complaints[i].text, text) == 0)
            return true;
    return false;
}

void complain(enum severity severity, struct position at, const char *format, ...) {
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        pool_exhausted();
    va_end(arguments);
    if (!is_known(severity, at, text)) {
        size_t index = complaint_count;
        struct complaint *complaint = pool_append(memory, &complaints, &complaint_count, sizeof(*complaint));
        bool leads = severity != SAYS_NOTE || index == 0;
        *complaint = (struct complaint){severity, at, pool_copy(memory, text), leads ? index : complaints[index - 1].chief};
        errors += severity == SAYS_ERROR;
    }
    free(text);
}

size_t complaints_errors(void) {
    return errors;
}

static int position_compare(const struct position *one, const struct position *other) {
    int order = strcmp(one->file ? one->file : "", other->file ? other->file : "");
    if (order)
        return order;
    if (one->line != other->line)
        return one->line < other->line ? -1 : 1;
    return one->column < other->column ? -1 : one->column > other->column;
}

/* By the chiefs' positions; what belongs together stays together. */
static int complaint_compare(const void *left, const void *right) {
    const struct complaint *const *a = left, *const *b = right;
    const struct complaint *one = &complaints[(*a)->chief], *other = &complaints[(*b)->chief];
    int order = position_compare(&one->at, &other->at);
    if (order == 0 && one != other)
        order = one < other ? -1 : 1;
    return order ? order : (*a < *b ? -1 : *a > *b);
}

/* The line and the caret below it; tabs stay tabs, so that the caret stands right. */
static void line_print(FILE *stream, const struct position *at) {
    size_t length;
    const char *line = sources_line(at->file, at->line, &length);
    if (!line)
        return;
    for (size_t at_byte = 0, tab; at_byte <= length; at_byte = tab + 1) {
        const char *found = memchr(line + at_byte, '\t', length - at_byte);
        tab = found ? (size_t)(found - line) : length;
        fprintf(stream, "%s%s", pool_clean(memory, line + at_byte, tab - at_byte), found ? "\t" : "\n");
    }
    for (unsigned column = 1; column < at->column && column <= length; column++)
        fputc(line[column - 1] == '\t' ? '\t' : ' ', stream);
    fputs("^\n", stream);
}

void complaints_print(FILE *stream) {
    static const char *const names[] = {"note", "warning", "error"};
    const struct complaint **sorted = pool_get(memory, (complaint_count + 1) * sizeof(struct complaint *));
    for (size_t i = 0; i < complaint_count; i++)
        sorted[i] = &complaints[i];
    qsort(sorted, complaint_count, sizeof(struct complaint *), complaint_compare);
    for (size_t i = 0; i < complaint_count && i < COMPLAINTS_MAX; i++) {
        const struct complaint *complaint = sorted[i];
        if (complaint->at.file)
            fprintf(stream, "%s:%u:%u: ", pool_clean(memory, complaint->at.file, POOL_CLEAN_ALL), complaint->at.line,
                    complaint->at.column);
        fprintf(stream, "%s: %s\n", names[complaint->severity], pool_clean(memory, complaint->text, POOL_CLEAN_ALL));
        if (complaint->at.file)
            line_print(stream, &complaint->at);
    }
    if (complaint_count > COMPLAINTS_MAX)
        fprintf(stream, "... and %zu more\n", complaint_count - COMPLAINTS_MAX);
}
