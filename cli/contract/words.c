/* SPDX-License-Identifier: Apache-2.0 */
#include "words.h"

#include <ctype.h>
#include <string.h>

enum {
    F = WORD_OF_FUNCTION,
    R = WORD_OF_RESULT,
    P = WORD_OF_PARAMETER,
    S = WORD_OF_FIELD,
    D = WORD_OF_SYMBOL,
    V = WORD_OF_FILE,
};
const struct word_row word_rows[FFISAN_WORDS] = {
#define WORD(id, name, places, takes, help) [FFISAN_WORD_##id] = {name, "FFISAN_" #id, places, takes, help},
#include "ffisan/words.def"
#undef WORD
    [FFISAN_WORD_NONE] = {"", NULL, 0, "", ""},
    [FFISAN_WORD_GIVES_SIZES] = {"gives_sizes", NULL, 0, "", ""},
};

/* ---- arguments ---- */

static size_t letters(const char *takes) {
    return strcspn(takes, "*");
}

char words_takes(enum ffisan_word id, size_t argument) {
    const char *takes = word_rows[id].takes;
    size_t count = letters(takes);
    if (argument < count)
        return takes[argument];
    return takes[count] == '*' ? takes[count - 1] : 0;
}

bool word_takes_size(enum ffisan_word id) {
    return id >= FFISAN_WORD_IN && id <= FFISAN_WORD_INOUT_N;
}

/* Of "ff*" the second may be missing; of "f*" one has to be there. */
static size_t least(const char *takes) {
    size_t count = letters(takes);
    return takes[count] == '*' && count > 1 ? count - 1 : count;
}

static const char *part_of(struct pool *pool, const char *from, const char *to) {
    while (from < to && isspace((unsigned char)*from))
        from++;
    while (to > from && isspace((unsigned char)to[-1]))
        to--;
    char *part = pool_get(pool, (size_t)(to - from) + 1);
    memcpy(part, from, (size_t)(to - from));
    return part;
}

static const char *literal_end(const char *at, const char *end) {
    char quote = *at++;
    while (at < end && *at != quote)
        at += *at == '\\' ? 2 : 1;
    return at < end ? at : end - 1;
}

static void part_add(struct pool *pool, const char ***parts, size_t *count, const char *from, const char *to) {
    *(const char **)pool_append(pool, parts, count, sizeof(**parts)) = part_of(pool, from, to);
}

#define NESTING_MAX 64

bool words_split(struct pool *pool, const char *text, size_t length, const char ***parts, size_t *count) {
    static const char open[] = "([{", close[] = ")]}";
    char waiting[NESTING_MAX];
    size_t depth = 0;
    const char *from = text, *end = text + length;
    for (const char *at = text; at < end; at++) {
        const char *opens = strchr(open, *at), *closes = strchr(close, *at);
        if (*at == '\0' || (opens && depth == NESTING_MAX) || (closes && (depth == 0 || waiting[--depth] != *at)))
            return false;
        if (opens)
            waiting[depth++] = close[opens - open];
        if (*at == '"' || *at == '\'')
            at = literal_end(at, end);
        if (*at == ',' && depth == 0) {
            part_add(pool, parts, count, from, at);
            from = at + 1;
        }
    }
    part_add(pool, parts, count, from, end);
    return depth == 0;
}

const char *words_unquoted(struct pool *pool, const char *text) {
    size_t length = strlen(text);
    if (length < 2 || text[0] != '"' || text[length - 1] != '"')
        return text;
    char *plain = pool_get(pool, length), *to = plain;
    for (const char *at = text + 1; at < text + length - 1; at++) {
        at += *at == '\\' && at + 1 < text + length - 1;
        *to++ = *at;
    }
    return plain;
}

/* ---- the word ---- */

static enum ffisan_word word_named(const char *name, size_t length) {
    for (unsigned id = FFISAN_WORD_NONE + 1; id < FFISAN_WORDS; id++)
        if (word_rows[id].spelling && strlen(word_rows[id].name) == length && memcmp(word_rows[id].name, name, length) == 0)
            return (enum ffisan_word)id;
    return FFISAN_WORD_NONE;
}

static bool is_name(const char *text) {
    size_t length = 0;
    if (isdigit((unsigned char)*text))
        return false;
    while (isalnum((unsigned char)text[length]) || text[length] == '_')
        length++;
    return length && !text[length];
}

static bool is_string(const char *text) {
    size_t length = strlen(text);
    return length > 2 && text[0] == '"' && text[length - 1] == '"';
}

/* "*out": what the call stores there. */
static bool is_argument(const char *text) {
    return is_name(text[0] == '*' ? text + 1 + strspn(text + 1, " ") : text);
}

static const char *argument_wrong(struct pool *pool, const struct word_row *row, char takes, const char *text) {
    if (!*text)
        return pool_text(pool, "an argument of %s is empty", row->spelling);
    if (takes == 'f' && !is_name(text))
        return pool_text(pool, "%s takes the name of a function here, not '%s'", row->spelling, text);
    if (takes == 'a' && !is_argument(text))
        return pool_text(pool, "%s takes the name of an argument here, not '%s'", row->spelling, text);
    if (takes == 's' && !is_string(text))
        return pool_text(pool, "%s takes a text in quotes here, not '%s'", row->spelling, text);
    return NULL;
}

static const char *arguments_wrong(struct pool *pool, const struct spelled *spelled) {
    const struct word_row *row = &word_rows[spelled->id];
    size_t needed = least(row->takes);
    if (spelled->count < needed || (spelled->count == 1 && needed == 1 && !*spelled->arguments[0]))
        return pool_text(pool, "%s takes %s%zu argument%s", row->spelling, strchr(row->takes, '*') ? "at least " : "", needed,
                         needed == 1 ? "" : "s");
    for (size_t i = 0; i < spelled->count; i++) {
        char takes = words_takes(spelled->id, i);
        if (!takes)
            return pool_text(pool, "%s takes %zu argument%s, and here are %zu", row->spelling, needed, needed == 1 ? "" : "s",
                             spelled->count);
        const char *wrong = argument_wrong(pool, row, takes, spelled->arguments[i]);
        if (wrong)
            return wrong;
    }
    return NULL;
}

bool words_spell(struct pool *pool, const char *text, struct spelled *spelled, const char **wrong) {
    size_t length = strlen(text), name = strcspn(text, "(");
    *spelled = (struct spelled){.id = FFISAN_WORD_NONE};
    if (strcmp(text, "end") == 0)
        return true;
    spelled->id = word_named(text, name);
    if (!spelled->id) {
        *wrong = pool_text(pool, "this version of FFISan knows no word '%.*s'", (int)(name < 64 ? name : 64), text);
        return false;
    }
    const char *spelling = word_rows[spelled->id].spelling;
    bool takes_some = *word_rows[spelled->id].takes;
    if (name < length && (text[length - 1] != ')' ||
                          !words_split(pool, text + name + 1, length - name - 2, &spelled->arguments, &spelled->count))) {
        *wrong = pool_text(pool, "the brackets in %s do not match, or are too many", spelling);
        return false;
    }
    if ((name < length) != takes_some)
        *wrong =
            takes_some ? pool_text(pool, "%s takes arguments", spelling) : pool_text(pool, "%s takes no arguments", spelling);
    else
        *wrong = takes_some ? arguments_wrong(pool, spelled) : NULL;
    return !*wrong;
}
