/* SPDX-License-Identifier: Apache-2.0
 *
 * GCC's manual, "Common Function Attributes". Clang 14 knows nonnull and returns_nonnull, and hides what they say; malloc(f,
 * n) is an error for it, access and later ones are dropped. So their names are defined away, as macros that make annotations.
 * `malloc` and `access` without underscores are functions' names as well and stay what they are.
 */
#include "attributes.h"

#include <stdlib.h>
#include <string.h>

#include "cursors.h"
#include "words.h"

const char *const attribute_flags[] = {
    "-fgnuc-version=12.0.0",
    /* glibc takes these for the compiler's own from GCC 7 on */
    "-D_Float32=float",
    "-D_Float64=double",
    "-D_Float32x=double",
    "-D_Float64x=long double",
    "-D_Float128=__float128",
    "-D__nonnull__(...)=annotate(\"gcc:nonnull:\" #__VA_ARGS__)",
    "-Dnonnull(...)=annotate(\"gcc:nonnull:\" #__VA_ARGS__)",
    "-D__malloc__(...)=annotate(\"gcc:malloc:\" #__VA_ARGS__)",
    "-D__access__(...)=annotate(\"gcc:access:\" #__VA_ARGS__)",
    "-D__null_terminated_string_arg__(...)=annotate(\"gcc:text:\" #__VA_ARGS__)",
    "-Dnull_terminated_string_arg(...)=annotate(\"gcc:text:\" #__VA_ARGS__)",
    "-D__fd_arg__(...)=annotate(\"gcc:fd:\" #__VA_ARGS__)",
    "-D__fd_arg_read__(...)=annotate(\"gcc:fd:\" #__VA_ARGS__)",
    "-D__fd_arg_write__(...)=annotate(\"gcc:fd:\" #__VA_ARGS__)",
};
const size_t attribute_flag_count = sizeof(attribute_flags) / sizeof(attribute_flags[0]);

static bool has_word(const struct words *words, enum ffisan_word id) {
    for (size_t i = 0; i < words->count; i++)
        if (words->items[i]->id == id)
            return true;
    return false;
}

static bool has_size(const struct words *words) {
    return has_word(words, FFISAN_WORD_IN) || has_word(words, FFISAN_WORD_OUT) || has_word(words, FFISAN_WORD_INOUT) ||
           has_word(words, FFISAN_WORD_IN_N) || has_word(words, FFISAN_WORD_OUT_N) || has_word(words, FFISAN_WORD_INOUT_N);
}

static bool is_said(const struct words *words, enum ffisan_word id) {
    bool owns = id == FFISAN_WORD_OWNED && (has_word(words, FFISAN_WORD_BORROWED) || has_word(words, FFISAN_WORD_STATIC));
    bool text = id == FFISAN_WORD_CSTRING && has_word(words, FFISAN_WORD_UTF8);
    return has_word(words, id) || (word_takes_size(id) && has_size(words)) || owns || text;
}

void attributes_inherit(struct pool *pool, struct words *to, const struct words *from) {
    for (size_t i = 0; i < from->count; i++)
        if (from->items[i]->implied && !is_said(to, from->items[i]->id))
            *(struct word **)pool_append(pool, &to->items, &to->count, sizeof(struct word *)) = from->items[i];
}

static void imply(struct pool *pool, const struct function *function, struct words *words, enum ffisan_word id,
                  const char *argument) {
    struct word *word = pool_get(pool, sizeof(*word));
    *word = (struct word){.id = id, .at = function->at, .implied = true, .count = argument != NULL};
    word->arguments = pool_get(pool, 2 * sizeof(*word->arguments));
    word->expressions = pool_get(pool, 2 * sizeof(struct expression *));
    word->arguments[0] = argument;
    *(struct word **)pool_append(pool, &words->items, &words->count, sizeof(struct word *)) = word;
}

/* Positions count from 1. NULL: there is no such parameter. */
static struct parameter *parameter_at(const struct function *function, const char *text) {
    unsigned long position = strtoul(text, NULL, 10);
    return position > 0 && position <= function->parameter_count ? &function->parameters[position - 1] : NULL;
}

static void take_nonnull(struct pool *pool, struct function *function, const char **parts, size_t count) {
    bool all = count == 1 && !*parts[0];
    for (size_t i = 0; i < (all ? function->parameter_count : count); i++) {
        struct parameter *parameter = all ? &function->parameters[i] : parameter_at(function, parts[i]);
        if (parameter && is_pointer(parameter->type) && !is_said(&parameter->words, FFISAN_WORD_NONNULL))
            imply(pool, function, &parameter->words, FFISAN_WORD_NONNULL, NULL);
    }
}

/* malloc(deallocator, position): position is 1 unless it is said. Without arguments it says nothing about who frees. */
static void take_malloc(struct pool *pool, struct function *function, const char **parts, size_t count) {
    if (count && *parts[0] && !is_said(&function->words, FFISAN_WORD_OWNED) && strncmp(parts[0], "__builtin_", 10) != 0)
        imply(pool, function, &function->words, FFISAN_WORD_OWNED, parts[0]);
}

static void take_access(struct pool *pool, struct function *function, const char **parts, size_t count) {
    static const struct {
        const char *mode;
        enum ffisan_word word;
    } modes[] = {{"read_only", FFISAN_WORD_IN_N}, {"write_only", FFISAN_WORD_OUT_N}, {"read_write", FFISAN_WORD_INOUT_N}};
    if (count != 3) /* without a size it says that one element is looked at, or more */
        return;
    struct parameter *pointer = parameter_at(function, parts[1]), *size = parameter_at(function, parts[2]);
    if (!pointer || !size || !*size->name || has_size(&pointer->words) || !is_pointer(pointer->type))
        return;
    const char *mode = parts[0] + strspn(parts[0], "_");
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
        if (strncmp(mode, modes[i].mode, strlen(modes[i].mode)) == 0)
            imply(pool, function, &pointer->words, modes[i].word, size->name);
}

static void take_text(struct pool *pool, struct function *function, const char **parts, size_t count) {
    struct parameter *parameter = count ? parameter_at(function, parts[0]) : NULL;
    if (parameter && !is_said(&parameter->words, FFISAN_WORD_CSTRING))
        imply(pool, function, &parameter->words, FFISAN_WORD_CSTRING, NULL);
}

static void take_fd(struct pool *pool, struct function *function, const char **parts, size_t count) {
    struct parameter *parameter = count ? parameter_at(function, parts[0]) : NULL;
    if (parameter && !is_said(&parameter->words, FFISAN_WORD_HANDLE))
        imply(pool, function, &parameter->words, FFISAN_WORD_HANDLE, "fd");
}

static const struct {
    const char *name;
    void (*take)(struct pool *pool, struct function *function, const char **parts, size_t count);
} attributes[] = {
    {"nonnull:", take_nonnull}, {"malloc:", take_malloc}, {"access:", take_access}, {"text:", take_text}, {"fd:", take_fd},
};

void attribute_take(struct pool *pool, struct function *function, const char *text) {
    for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
        size_t length = strlen(attributes[i].name), count = 0;
        const char **parts = NULL;
        if (strncmp(text, attributes[i].name, length) == 0 &&
            words_split(pool, text + length, strlen(text + length), &parts, &count))
            attributes[i].take(pool, function, parts, count);
    }
}
