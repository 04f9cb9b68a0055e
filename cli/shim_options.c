/* SPDX-License-Identifier: Apache-2.0 */
#include "shim_options.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ffisan/record.h"
#include "pool.h"
#include "trouble.h"

enum shim_type { SHIM_TEXT, SHIM_NUMBER, SHIM_CHOICE, SHIM_FLAG };

struct shim_row {
    const char *key;
    enum shim_type type;
    const char *default_text;
    long default_number, minimum, maximum; /* a TEXT: of its length */
    const char *help;
    const char *const *choices; /* up to a NULL */
};

#define DEFAULT_TEXT(value)   value, 0
#define DEFAULT_NUMBER(value) NULL, value
#define DEFAULT_CHOICE(value) NULL, value
#define DEFAULT_FLAG(value)   NULL, value
#define CHOICES_TEXT(field)   NULL
#define CHOICES_NUMBER(field) NULL
#define CHOICES_FLAG(field)   NULL
#define CHOICES_CHOICE(field)                                                                                                    \
    (const char *const[]) {                                                                                                      \
        CHOICES_##field, NULL                                                                                                    \
    }
static const struct shim_row rows[SHIM_OPTIONS] = {
#define OPTION(field, key, type, standard, minimum, maximum, help)                                                               \
    {key, SHIM_##type, DEFAULT_##type(standard), minimum, maximum, help, CHOICES_##type(field)},
#include "ffisan/options.def"
#undef OPTION
};

static struct trouble *check_text(const struct shim_row *row, const char *name, const char *value) {
    if (strlen(value) > (size_t)row->maximum)
        return trouble_new("the value of %s is longer than %ld bytes", name, row->maximum);
    /* A quoted value ends at its second quote, and there is no way to write one inside. */
    if (strchr(value, '"'))
        return trouble_new("the value of %s has a '\"' in it, which FFISAN_OPTIONS cannot carry: %s", name, value);
    return NULL;
}

static struct trouble *check_number(const struct shim_row *row, const char *name, const char *value) {
    char *end;
    errno = 0;
    long number = strtol(value, &end, 10);
    if (errno || end == value || *end || number < row->minimum || number > row->maximum)
        return trouble_new("%s takes a number from %ld to %ld, not '%s'", name, row->minimum, row->maximum, value);
    return NULL;
}

static void list_choices(const struct shim_row *row, const char *between, char *text, size_t size) {
    size_t used = 0;
    for (size_t i = 0; row->choices[i] && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? between : "", row->choices[i]);
}

static struct trouble *check_choice(const struct shim_row *row, const char *name, const char *value) {
    for (size_t i = 0; row->choices[i]; i++)
        if (strcmp(row->choices[i], value) == 0)
            return NULL;
    char names[256];
    list_choices(row, ", ", names, sizeof(names));
    return trouble_new("%s is one of %s, not '%s'", name, names, value);
}

static struct trouble *check(const struct shim_row *row, const char *name, const char *value) {
    switch (row->type) {
    case SHIM_TEXT:
        return check_text(row, name, value);
    case SHIM_CHOICE:
        return check_choice(row, name, value);
    case SHIM_NUMBER:
    case SHIM_FLAG:
    default:
        return check_number(row, name, value);
    }
}

struct trouble *shim_setting(struct shim_settings *settings, enum shim_option option, const char *name, const char *value) {
    struct trouble *trouble = check(&rows[option], name, value);
    if (!trouble)
        settings->values[option] = pool_copy(settings->pool, value);
    return trouble;
}

/* --- FFISAN_OPTIONS --- */

static struct trouble *read_one(struct shim_settings *settings, const char *key, const char *value) {
    char *name = pool_text(settings->pool, "%s in FFISAN_OPTIONS", key);
    for (unsigned option = 0; option < SHIM_OPTIONS; option++)
        if (strcmp(rows[option].key, key) == 0)
            return shim_setting(settings, (enum shim_option)option, name, value);
    return trouble_new("FFISAN_OPTIONS has an unknown key '%s'; 'ffisan run --help' has those that exist", key);
}

/* The value at *text, without its quotes; *text moves behind it. NULL: a quote that does not end, or more behind its end. */
static char *cut_value(struct pool *pool, const char **text) {
    bool quoted = **text == '"';
    const char *start = *text + quoted, *end = strchrnul(start, quoted ? '"' : ':');
    if (quoted && (*end != '"' || (end[1] && end[1] != ':')))
        return NULL;
    *text = end + quoted;
    return pool_text(pool, "%.*s", (int)(end - start), start);
}

struct trouble *shim_settings_read(struct shim_settings *settings, const char *text) {
    while (*text) {
        if (*text == ':') {
            text++;
            continue;
        }
        size_t length = strcspn(text, "=:");
        if (text[length] != '=')
            return trouble_new("FFISAN_OPTIONS has '%.*s', which is not key=value", (int)length, text);
        const char *key = pool_text(settings->pool, "%.*s", (int)length, text);
        text += length + 1;
        const char *value = cut_value(settings->pool, &text);
        if (!value)
            return trouble_new("FFISAN_OPTIONS has a value of '%s' whose quotes do not end where the value does", key);
        struct trouble *trouble = read_one(settings, key, value);
        if (trouble)
            return trouble;
    }
    return NULL;
}

const char *shim_settings_text(const struct shim_settings *settings) {
    const char *text = "";
    for (unsigned option = 0; option < SHIM_OPTIONS; option++) {
        const char *value = settings->values[option];
        if (!value)
            continue;
        const char *quote = strchr(value, ':') ? "\"" : "";
        text = pool_text(settings->pool, "%s%s%s=%s%s%s", text, *text ? ":" : "", rows[option].key, quote, value, quote);
    }
    return text;
}

/* --- Flags --- */

/* These reach the shim too, but the launcher itself, or the judge's command line, says what they are. */
static bool is_filled_in(unsigned option) {
    return option == SHIM_OPTION_records || option == SHIM_OPTION_rules || option == SHIM_OPTION_only_library ||
           option == SHIM_OPTION_command || option == SHIM_OPTION_prototypes || option == SHIM_OPTION_contracts;
}

static bool is_negated(const struct shim_row *row) {
    return row->type == SHIM_FLAG && row->default_number != 0;
}

/* Kept for the life of the process, as argp wants it. */
struct shim_flag {
    char name[40], placeholder[80], help[300];
};

static void describe_flag(struct shim_flag *flag, const struct shim_row *row) {
    snprintf(flag->name, sizeof(flag->name), "%s%s", is_negated(row) ? "no-" : "", row->key);
    switch (row->type) {
    case SHIM_FLAG:
        snprintf(flag->help, sizeof(flag->help), "%s%s", is_negated(row) ? "do not " : "", row->help);
        break;
    case SHIM_NUMBER:
        snprintf(flag->placeholder, sizeof(flag->placeholder), "N");
        snprintf(flag->help, sizeof(flag->help), "%s; %ld to %ld, default %ld", row->help, row->minimum, row->maximum,
                 row->default_number);
        break;
    case SHIM_CHOICE:
        list_choices(row, "|", flag->placeholder, sizeof(flag->placeholder));
        snprintf(flag->help, sizeof(flag->help), "%s; default %s", row->help, row->choices[row->default_number]);
        break;
    case SHIM_TEXT:
    default:
        snprintf(flag->placeholder, sizeof(flag->placeholder), "TEXT");
        snprintf(flag->help, sizeof(flag->help), "%s; default %s", row->help, *row->default_text ? row->default_text : "empty");
    }
}

#define FIRST_KEY 0x1000 /* beyond all letters: no short options */

/* NOLINTNEXTLINE(readability-non-const-parameter): argp's type */
static error_t parse_flag(int key, char *argument, struct argp_state *state) {
    if (key < FIRST_KEY || key >= FIRST_KEY + SHIM_OPTIONS)
        return ARGP_ERR_UNKNOWN;
    enum shim_option option = (enum shim_option)(key - FIRST_KEY);
    const char *value = argument ? argument : is_negated(&rows[option]) ? "0" : "1";
    char name[64];
    snprintf(name, sizeof(name), "--%s", rows[option].key);
    struct trouble *trouble = shim_setting(state->input, option, name, value);
    if (trouble)
        argp_error(state, "%s", trouble_text(trouble));
    trouble_free(trouble);
    return 0;
}

const struct argp *shim_settings_argp(void) {
    static struct shim_flag flags[SHIM_OPTIONS];
    static struct argp_option options[SHIM_OPTIONS + 1];
    static const struct argp argp = {.options = options, .parser = parse_flag};
    size_t used = 0;
    for (unsigned option = 0; option < SHIM_OPTIONS; option++) {
        if (is_filled_in(option))
            continue;
        struct shim_flag *flag = &flags[option];
        describe_flag(flag, &rows[option]);
        options[used++] = (struct argp_option){.name = flag->name,
                                               .key = FIRST_KEY + (int)option,
                                               .doc = flag->help,
                                               .arg = flag->placeholder[0] ? flag->placeholder : NULL};
    }
    options[used] = (struct argp_option){0};
    return &argp;
}
