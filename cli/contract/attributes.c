/* SPDX-License-Identifier: Apache-2.0
 *
 * GCC's manual, "Common Function Attributes". Clang 14 knows nonnull and returns_nonnull, and hides what they say; malloc(f,
 * n) is an error for it, access and later ones are dropped. So __attribute__ is a macro here, which looks at each of the
 * attributes in its brackets by name, makes annotations of those below, and leaves the others as they are. (Names cannot be
 * macros of their own: malloc and access are functions as well.) __attribute, which is the same to clang, has no macro.
 */
#include "attributes.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cursors.h"
#include "words.h"

/* Of an attribute that is known the second argument of FFISAN_PICK_ is FFISAN_SAY_; of others it is FFISAN_KEEP_. */
#define KNOWN(name)        "-DFFISAN_IS_" name "=,FFISAN_SAY_,", "-DFFISAN_IS___" name "__=,FFISAN_SAY_,"
#define EACH(number, next) "-DFFISAN_EACH_" number "(item,...)=FFISAN_ITEM_(item)__VA_OPT__(,FFISAN_EACH_" next "(__VA_ARGS__))"

const char *const attribute_flags[] = {
    "-fgnuc-version=12.0.0",
    /* glibc takes these for the compiler's own from GCC 7 on */
    "-D_Float32=float",
    "-D_Float64=double",
    "-D_Float32x=double",
    "-D_Float64x=long double",
    "-D_Float128=__float128",
    "-D__attribute__(x)=__attribute((FFISAN_EACH_1 x))",
    "-DFFISAN_ITEM_(...)=FFISAN_PICK_(FFISAN_IS_##__VA_ARGS__,FFISAN_KEEP_,)(__VA_ARGS__)",
    "-DFFISAN_PICK_(...)=FFISAN_PICKED_(__VA_ARGS__)",
    "-DFFISAN_PICKED_(first,second,...)=second",
    "-DFFISAN_KEEP_(...)=__VA_ARGS__",
    "-DFFISAN_SAY_(...)=annotate(\"gcc:\" #__VA_ARGS__)",
    EACH("1", "2"),
    EACH("2", "3"),
    EACH("3", "4"),
    EACH("4", "5"),
    EACH("5", "6"),
    EACH("6", "7"),
    EACH("7", "8"),
    EACH("8", "9"),
    "-DFFISAN_EACH_9(...)=__VA_ARGS__", /* so many in one are left as they are */
    KNOWN("nonnull"),
    KNOWN("malloc"),
    KNOWN("access"),
    KNOWN("null_terminated_string_arg"),
    KNOWN("fd_arg"),
    KNOWN("fd_arg_read"),
    KNOWN("fd_arg_write"),
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

static struct word *imply(struct pool *pool, const struct function *function, struct words *words, enum ffisan_word id,
                          const char *argument) {
    struct word *word = pool_get(pool, sizeof(*word));
    *word = (struct word){.id = id, .at = function->at, .implied = true, .count = argument != NULL};
    word->arguments = pool_get(pool, 2 * sizeof(*word->arguments));
    word->expressions = pool_get(pool, 2 * sizeof(struct expression *));
    word->arguments[0] = argument;
    *(struct word **)pool_append(pool, &words->items, &words->count, sizeof(struct word *)) = word;
    return word;
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
    if (!pointer || !size || !is_integer(size->type) || has_size(&pointer->words) || !is_pointer(pointer->type))
        return;
    const char *mode = parts[0] + strspn(parts[0], "_");
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
        if (strncmp(mode, modes[i].mode, strlen(modes[i].mode)) == 0)
            imply(pool, function, &pointer->words, modes[i].word, NULL)->counted_by = (size_t)(size - function->parameters) + 1;
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
    {"nonnull", take_nonnull}, {"malloc", take_malloc},  {"access", take_access},   {"null_terminated_string_arg", take_text},
    {"fd_arg", take_fd},       {"fd_arg_read", take_fd}, {"fd_arg_write", take_fd},
};

/* With the underscores around it, or without. */
static bool is_called(const char *text, size_t length, const char *name) {
    bool around = length > 4 && strncmp(text, "__", 2) == 0 && strncmp(text + length - 2, "__", 2) == 0;
    size_t margin = around ? 2 : 0;
    return strlen(name) == length - 2 * margin && strncmp(text + margin, name, strlen(name)) == 0;
}

void attribute_take(struct pool *pool, struct function *function, const char *text) {
    size_t length = 0;
    while (isalnum((unsigned char)text[length]) || text[length] == '_')
        length++;
    const char *open = strchr(text, '('), *close = strrchr(text, ')');
    const char **parts = NULL;
    size_t count = 0;
    bool split = words_split(pool, open ? open + 1 : "", open && close > open ? (size_t)(close - open) - 1 : 0, &parts, &count);
    for (size_t i = 0; split && i < sizeof(attributes) / sizeof(attributes[0]); i++)
        if (is_called(text, length, attributes[i].name))
            attributes[i].take(pool, function, parts, count);
}
