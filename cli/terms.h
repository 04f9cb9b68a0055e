/* SPDX-License-Identifier: Apache-2.0
 *
 * What a contract has to do with a finding: the calls of registered functions that played a part in it (struct ffisan_record_term), who is to
 * blame by them, and the headline and fix that they make. Which parts each rule brings is written down in shims/contract/report.h.
 */
#ifndef FFISAN_CLI_TERMS_H
#define FFISAN_CLI_TERMS_H

#include "findings.h"

struct record;

/* One call that played a part. Texts are clean; NULL: not known. */
struct term {
    enum ffisan_role role;
    enum ffisan_word word;
    uint32_t argument;              /* index, FFISAN_TERM_RESULT, FFISAN_TERM_FUNCTION */
    const char *function, *library; /* function is always there */
    const char *place;              /* the argument's name, or the way to a field */
    const char *kind;               /* of the handle */
    const char *expected;           /* functions that would have been right */
    const char *owner;              /* the argument that keeps or owns it; "library" */
    const char *source;             /* "sqlite3.h:312" */
    uint64_t wanted, given;
};

void terms_read(struct facts *facts, const struct workshop *workshop, const struct process *process, const struct record *record);
/* The part of that role; NULL: none. */
const struct term *term_of_role(const struct finding *finding, enum ffisan_role role);
/* The part that the finding is a matter of; NULL: it is not about a contract. */
const struct term *term_to_blame(const struct finding *finding);
/* What a word is written as: "FFISAN_NONNULL"; NULL: nobody writes it. */
const char *term_word(enum ffisan_word word);

/* Library, function and argument. False: the finding is not about a contract. */
bool terms_attribute(struct finding *finding);
/* Headline and fix. False: what the rule says without a contract says it better. */
bool terms_explain(struct finding *finding, struct pool *pool);

#endif
