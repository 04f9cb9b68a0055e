/* SPDX-License-Identifier: Apache-2.0
 *
 * What a managed runtime has to do with a finding: the extension's functions that were at work, the objects in question, who refers to
 * them, the calls of the runtime's API that played a part (struct ffisan_record_subject); who is to blame by them, and the headline
 * that they make. Which of them each rule brings is written down in checkers/cpython/subjects.h.
 */
#ifndef FFISAN_CLI_SUBJECTS_H
#define FFISAN_CLI_SUBJECTS_H

#include "findings.h"

struct record;

/* One part. Texts are clean; NULL: not known. */
struct subject {
    enum ffisan_subject what;
    enum ffisan_role role;
    uint32_t argument; /* index, or FFISAN_SUBJECT_NO_ARGUMENT, _SELF, _RESULT */
    bool died, failed;
    uint64_t count, wanted, given;
    const char *name, *detail;
};

void subjects_read(struct facts *facts, struct pool *pool, const struct record *record);
/* The first of that kind, and of that kind and role; NULL: none. */
const struct subject *subject_of(const struct finding *finding, enum ffisan_subject what);
const struct subject *subject_of_role(const struct finding *finding, enum ffisan_subject what, enum ffisan_role role);

/* "spam.take()", "spam.Sample.size (getter)": the extension's function; "() " only where it is a plain name. */
const char *subject_function(struct pool *pool, const struct subject *inside);
/* "item 0 of a tuple", "local variable 'x' of main()", "a dict" */
const char *subject_holder(struct pool *pool, const struct subject *holder);

/* The rule is one of the managed runtime's: its findings are about the extension's function, whatever stands on the stack. */
bool rule_is_managed(enum ffisan_rule rule);
/* Runtime, library, function and argument. False: the stacks say it better. */
bool subjects_attribute(struct finding *finding);
/* Headline and fix. False: the rule's own words say all that is known. */
bool subjects_explain(struct finding *finding, struct pool *pool);

#endif
