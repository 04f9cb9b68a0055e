/* SPDX-License-Identifier: Apache-2.0
 *
 * The rule table (ffisan/rules.def) as the launcher uses it: texts, names, and which rules the user wants.
 */
#ifndef FFISAN_CLI_RULES_H
#define FFISAN_CLI_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "ffisan/record.h"

enum severity { SEVERITY_WARNING, SEVERITY_ERROR };

struct rule {
    const char *name;
    enum severity severity;
    const char *headline, *why, *fix, *reference;
};
extern const struct rule rules[FFISAN_RULES];

struct rule_set {
    bool on[FFISAN_RULES];
};

struct trouble;

/* The rule of that name; FFISAN_RULES: there is none. */
enum ffisan_rule rule_by_name(const char *name);
/* A name that a later version will check, and this one does not. */
bool rule_is_planned(const char *name);
/* Names that look like `name`, as "a, b or c", or "" when none does. Always terminated. */
void rule_near(const char *name, char *text, size_t size);

/* "+name,-name,name,...", also "all" and "none", left to right; a list starts from all rules, but from none when its first entry
 * is a name without sign. NULL: all rules. */
struct trouble *rule_set_parse(struct rule_set *set, const char *list);

#endif
