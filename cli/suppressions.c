/* SPDX-License-Identifier: Apache-2.0 */
#include "suppressions.h"

#include <fnmatch.h>
#include <string.h>

#include "findings.h"
#include "pool.h"
#include "text_file.h"
#include "trouble.h"

static const char *trimmed(struct pool *pool, const char *text, size_t length) {
    while (length && strchr(" \t\r", text[0]) && text[0])
        text++, length--;
    while (length && text[length - 1] && strchr(" \t\r", text[length - 1]))
        length--;
    return pool_clean(pool, text, length);
}

static struct trouble *line_parse(struct suppressions *suppressions, struct pool *pool, const char *line, const char *name,
                                  unsigned number) {
    if (line[0] == 0 || line[0] == '#')
        return NULL;
    const char *colon = strchr(line, ':');
    if (!colon || colon == line || colon[1] == 0)
        return trouble_new("%s:%u: '%s' is not of the form rule:pattern", name, number, line);
    const char *rule = trimmed(pool, line, (size_t)(colon - line));
    if (strcmp(rule, "*") != 0 && rule_by_name(rule) == FFISAN_RULES && !rule_is_planned(rule)) {
        char near[256];
        rule_near(rule, near, sizeof(near));
        return trouble_new("%s:%u: there is no rule '%s'%s%s", name, number, rule, near[0] ? "; near it: " : "", near);
    }
    struct suppression *item = pool_append(pool, &suppressions->items, &suppressions->count, sizeof(*item));
    *item = (struct suppression){.rule = rule,
                                 .pattern = trimmed(pool, colon + 1, strlen(colon + 1)),
                                 .file = pool_clean(pool, name, POOL_CLEAN_ALL),
                                 .line = number};
    return NULL;
}

struct trouble *suppressions_parse(struct suppressions *suppressions, struct pool *pool, const char *text, size_t size,
                                   const char *name) {
    *suppressions = (struct suppressions){0};
    unsigned number = 1;
    for (const char *end = text + size; text < end; number++) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t length = (size_t)((newline ? newline : end) - text);
        struct trouble *trouble = line_parse(suppressions, pool, trimmed(pool, text, length), name, number);
        if (trouble)
            return trouble;
        text += length + 1;
    }
    return NULL;
}

struct trouble *suppressions_read(struct suppressions *suppressions, struct pool *pool, const char *path) {
    size_t size;
    char *text;
    struct trouble *trouble = text_file_read(pool, path, &text, &size);
    return trouble ? trouble : suppressions_parse(suppressions, pool, text, size, path);
}

static bool matches(const char *pattern, const char *text) {
    return text && fnmatch(pattern, text, 0) == 0;
}

static bool matches_finding(const char *pattern, const struct finding *finding) {
    if (matches(pattern, finding->function) || matches(pattern, finding->library))
        return true;
    for (size_t i = 0; i < finding->stack_count; i++) {
        const struct stack *stack = &finding->stacks[i];
        for (size_t j = 0; j < stack->frame_count; j++) {
            const struct frame *frame = &stack->frames[j];
            if (matches(pattern, frame->function) || matches(pattern, frame->module) || matches(pattern, frame->file))
                return true;
        }
    }
    return false;
}

bool suppressions_match(struct suppressions *suppressions, const struct finding *finding) {
    bool any = false;
    for (size_t i = 0; i < suppressions->count; i++) {
        struct suppression *item = &suppressions->items[i];
        bool of_rule = strcmp(item->rule, "*") == 0 || strcmp(item->rule, rules[finding->rule].name) == 0;
        if (of_rule && matches_finding(item->pattern, finding))
            item->used = any = true;
    }
    return any;
}
