/* SPDX-License-Identifier: Apache-2.0
 *
 * The parser of FFISAN_OPTIONS. It runs before the program's first instruction, inside it: no allocation, no locale, no errno, no
 * message. What is wrong is handed to the caller piece by piece.
 */
#include "core/options.h"

#include <string.h>

struct options options;

enum kind { KIND_TEXT, KIND_NUMBER, KIND_CHOICE, KIND_FLAG };

struct row {
    const char *key;
    const char *text;                  /* default of a TEXT */
    const char *const *choices;        /* of a CHOICE, NULL behind the last */
    size_t offset;                     /* of the field in struct options */
    unsigned number, minimum, maximum; /* default and limits of the others */
    enum kind kind;
};

#define ROW_TEXT(field, key_, default_, minimum_, maximum_)                                                                      \
    {.key = (key_), .offset = offsetof(struct options, field), .kind = KIND_TEXT, .text = (default_)},
#define ROW_NUMBER(field, key_, default_, minimum_, maximum_)                                                                    \
    {.key = (key_),                                                                                                              \
     .offset = offsetof(struct options, field),                                                                                  \
     .kind = KIND_NUMBER,                                                                                                        \
     .number = (default_),                                                                                                       \
     .minimum = (minimum_),                                                                                                      \
     .maximum = (maximum_)},
#define ROW_FLAG(field, key_, default_, minimum_, maximum_)                                                                      \
    {.key = (key_), .offset = offsetof(struct options, field), .kind = KIND_FLAG, .number = (default_), .maximum = 1},
#define ROW_CHOICE(field, key_, default_, minimum_, maximum_)                                                                    \
    {.key = (key_),                                                                                                              \
     .offset = offsetof(struct options, field),                                                                                  \
     .kind = KIND_CHOICE,                                                                                                        \
     .number = (default_),                                                                                                       \
     .choices = (const char *const[]){CHOICES_##field, NULL}},

static const struct row rows[] = {
#define OPTION(field, key, type, default_, minimum, maximum, help) ROW_##type(field, key, default_, minimum, maximum)
#include "ffisan/options.def"
#undef OPTION
};

static const char *const rule_names[] = {
#define RULE(id, name, ...) [FFISAN_RULE_##id] = name,
#include "ffisan/rules.def"
#undef RULE
};

#define ROWS      (sizeof rows / sizeof *rows)
#define ALL_RULES (FFISAN_RULES == 64 ? ~UINT64_C(0) : (UINT64_C(1) << (FFISAN_RULES % 64)) - 1)
_Static_assert(FFISAN_RULES <= 64, "rules_on has a bit for each rule");

/* Text that is not terminated. */
struct span {
    const char *start;
    size_t length;
};

struct parse {
    struct options *into;
    void (*wrong)(const char *piece, size_t length, void *context);
    void *context;
};

static bool same(struct span span, const char *text) {
    return strlen(text) == span.length && memcmp(span.start, text, span.length) == 0;
}

static void complain(const struct parse *parse, struct span piece) {
    if (parse->wrong)
        parse->wrong(piece.start, piece.length, parse->context);
}

static bool rules_of(struct span name, uint64_t *bits) {
    if (same(name, "all")) {
        *bits = ALL_RULES;
        return true;
    }
    for (unsigned rule = 0; rule < FFISAN_RULES; rule++) {
        if (!same(name, rule_names[rule]))
            continue;
        *bits = UINT64_C(1) << rule;
        return true;
    }
    return false;
}

static void apply_rule(const struct parse *parse, struct span entry) {
    bool on = true;
    struct span name = entry;
    uint64_t bits = 0;
    if (name.length && (*name.start == '+' || *name.start == '-')) {
        on = *name.start == '+';
        name = (struct span){name.start + 1, name.length - 1};
    }
    if (name.length == entry.length && same(name, "none"))
        parse->into->rules_on = 0;
    else if (!rules_of(name, &bits))
        complain(parse, entry);
    else if (on)
        parse->into->rules_on |= bits;
    else
        parse->into->rules_on &= ~bits;
}

static void apply_rules(const struct parse *parse, struct span list) {
    parse->into->rules_on = ALL_RULES;
    const char *end = list.start + list.length;
    for (const char *at = list.start; at < end;) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *stop = comma ? comma : end;
        if (stop > at)
            apply_rule(parse, (struct span){at, (size_t)(stop - at)});
        at = stop + 1;
    }
}

static bool number_of(struct span value, const struct row *row, unsigned *number) {
    uint64_t sum = 0;
    for (size_t i = 0; i < value.length; i++) {
        char digit = value.start[i];
        if (digit < '0' || digit > '9')
            return false;
        sum = sum * 10 + (unsigned)(digit - '0');
        if (sum > row->maximum)
            return false;
    }
    *number = (unsigned)sum;
    return value.length && sum >= row->minimum;
}

static bool choice_of(struct span value, const struct row *row, unsigned *number) {
    for (unsigned i = 0; row->choices[i]; i++) {
        if (same(value, row->choices[i])) {
            *number = i;
            return true;
        }
    }
    return false;
}

static bool set_number(const struct row *row, struct span value, void *field) {
    unsigned number = 0;
    bool known = row->kind == KIND_CHOICE ? choice_of(value, row, &number) : number_of(value, row, &number);
    if (known)
        memcpy(field, &number, sizeof number);
    return known;
}

static bool set_text(struct span value, char *field) {
    if (value.length >= OPTION_TEXT_SIZE)
        return false;
    memcpy(field, value.start, value.length);
    field[value.length] = 0;
    return true;
}

static const struct row *row_of(struct span key) {
    for (size_t i = 0; i < ROWS; i++)
        if (same(key, rows[i].key))
            return &rows[i];
    return NULL;
}

static void apply(const struct parse *parse, struct span piece, struct span key, struct span value) {
    const struct row *row = row_of(key);
    void *field = row ? (char *)parse->into + row->offset : NULL;
    if (!row || !(row->kind == KIND_TEXT ? set_text(value, field) : set_number(row, value, field)))
        complain(parse, piece);
    else if (field == parse->into->rules)
        apply_rules(parse, (struct span){field, value.length});
}

/* A quoted value, whose opening quote stands at `at`: its text goes to `text`, cut there, and its length to *length. Answers what
 * is behind the closing quote; NULL: there is none. */
static const char *unquote(const char *at, char *text, size_t size, size_t *length) {
    size_t used = 0;
    for (at++; *at; at++) {
        if (*at == '"' && *++at != '"') {
            *length = used;
            return at;
        }
        if (used < size)
            text[used] = *at;
        used++;
    }
    return NULL;
}

static const char *piece_end(const char *at) {
    return at + strcspn(at, ":");
}

/* The piece at `at`, applied; answers where it ends. */
static const char *parse_piece(const struct parse *parse, const char *at) {
    char text[OPTION_TEXT_SIZE];
    const char *end = piece_end(at);
    const char *equals = memchr(at, '=', (size_t)(end - at));
    struct span key = {at, equals ? (size_t)(equals - at) : 0};
    struct span value = {equals ? equals + 1 : at, equals ? (size_t)(end - equals - 1) : 0};
    bool sound = equals != NULL;
    if (equals && equals[1] == '"') {
        const char *behind = unquote(equals + 1, text, sizeof text, &value.length);
        end = behind ? piece_end(behind) : at + strlen(at);
        sound = behind == end && value.length < sizeof text;
        value.start = text;
    }
    struct span piece = {at, (size_t)(end - at)};
    if (sound)
        apply(parse, piece, key, value);
    else if (piece.length)
        complain(parse, piece);
    return end;
}

static void set_defaults(struct options *into) {
    memset(into, 0, sizeof *into);
    for (size_t i = 0; i < ROWS; i++) {
        char *field = (char *)into + rows[i].offset;
        if (rows[i].kind == KIND_TEXT)
            memcpy(field, rows[i].text, strlen(rows[i].text) + 1);
        else
            memcpy(field, &rows[i].number, sizeof rows[i].number);
    }
    into->rules_on = ALL_RULES;
}

void options_parse(struct options *into, const char *text, void (*wrong)(const char *piece, size_t length, void *context),
                   void *context) {
    const struct parse parse = {into, wrong, context};
    set_defaults(into);
    while (text && *text) {
        text = parse_piece(&parse, text);
        text += *text == ':';
    }
}
