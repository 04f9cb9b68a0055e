/* SPDX-License-Identifier: Apache-2.0 */
#include "rules.h"

#include <stdio.h>
#include <string.h>

#include "trouble.h"

#define ERROR   SEVERITY_ERROR
#define WARNING SEVERITY_WARNING
const struct rule rules[FFISAN_RULES] = {
#define RULE(id, name, severity, headline, why, fix, reference)                                                                  \
    [FFISAN_RULE_##id] = {name, severity, headline, why, fix, reference},
#include "ffisan/rules.def"
#undef RULE
};
#undef ERROR
#undef WARNING

/* Public names whose checks do not exist yet. A name that gets its row in rules.def stops being planned by itself. */
static const char *const planned[] = {
    "jni-pending-exception", "jni-wrong-env",       "jni-stale-reference",  "jni-local-ref-growth",
    "jni-global-ref-leak",   "jni-critical-region", "jni-unreleased-array", "jni-thread-not-detached",
    "jni-modified-utf8",     "napi-foreign-thread", "napi-reference-leak",  "napi-stale-value",
    "gil-lock-inversion",    "leak-growth",         "go-pointer-retained",  "go-pointer-in-c-memory",
};
#define PLANNED (sizeof(planned) / sizeof(planned[0]))

enum ffisan_rule rule_by_name(const char *name) {
    unsigned rule = 0;
    while (rule < FFISAN_RULES && strcmp(rules[rule].name, name) != 0)
        rule++;
    return (enum ffisan_rule)rule;
}

bool rule_is_planned(const char *name) {
    if (rule_by_name(name) != FFISAN_RULES)
        return false;
    for (size_t i = 0; i < PLANNED; i++)
        if (strcmp(planned[i], name) == 0)
            return true;
    return false;
}

/* Levenshtein's distance, of names of at most LONGEST bytes; longer ones are far from everything. */
#define LONGEST 40
static size_t distance(const char *a, const char *b) {
    size_t length = strlen(b), row[LONGEST + 1];
    if (strlen(a) > LONGEST || length > LONGEST)
        return LONGEST;
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < length; j++) {
            size_t best = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            best = best <= row[j] + 1 ? best : row[j] + 1;
            row[j + 1] = best <= diagonal + 1 ? best : diagonal + 1;
        }
    }
    return row[length];
}

static bool looks_like(const char *known, const char *name) {
    return distance(known, name) <= 3 || (strlen(name) >= 4 && strstr(known, name)) || strstr(name, known);
}

static void add_name(char *text, size_t size, const char *name) {
    size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%s", used ? ", " : "", name);
}

void rule_near(const char *name, char *text, size_t size) {
    text[0] = 0;
    for (size_t i = 0; i < FFISAN_RULES; i++)
        if (looks_like(rules[i].name, name))
            add_name(text, size, rules[i].name);
    for (size_t i = 0; i < PLANNED; i++)
        if (looks_like(planned[i], name) && rule_is_planned(planned[i]))
            add_name(text, size, planned[i]);
}

static struct trouble *unknown_rule(const char *name) {
    char near[512];
    rule_near(name, near, sizeof(near));
    if (rule_is_planned(name))
        return trouble_new("the rule '%s' is planned and not checked by this version; '--rules list' prints those that are",
                           name);
    if (near[0])
        return trouble_new("there is no rule '%s'; near it: %s", name, near);
    return trouble_new("there is no rule '%s'; '--rules list' prints them", name);
}

static void set_all(struct rule_set *set, bool on) {
    for (size_t i = 0; i < FFISAN_RULES; i++)
        set->on[i] = on;
}

/* One entry of the list, sign included, NUL-terminated. */
static struct trouble *set_entry(struct rule_set *set, const char *entry) {
    bool on = entry[0] != '-';
    const char *name = entry + (entry[0] == '-' || entry[0] == '+');
    if (strcmp(name, "all") == 0 || strcmp(name, "none") == 0) {
        set_all(set, on == (name[0] == 'a'));
        return NULL;
    }
    enum ffisan_rule rule = rule_by_name(name);
    if (rule == FFISAN_RULES)
        return unknown_rule(name);
    set->on[rule] = on;
    return NULL;
}

struct trouble *rule_set_parse(struct rule_set *set, const char *list) {
    list = list ? list + strspn(list, ",") : "";
    set_all(set, !list[0] || list[0] == '+' || list[0] == '-');
    while (list[0]) {
        char entry[LONGEST * 2];
        size_t length = strcspn(list, ",");
        snprintf(entry, sizeof(entry), "%.*s", length < sizeof(entry) ? (int)length : (int)sizeof(entry) - 1, list);
        struct trouble *trouble = length ? set_entry(set, entry) : NULL;
        if (trouble)
            return trouble;
        list += length + (list[length] == ',');
    }
    return NULL;
}
