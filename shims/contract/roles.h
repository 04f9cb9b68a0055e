/* SPDX-License-Identifier: Apache-2.0
 *
 * What other functions' terms make of a function: one that gives something back, or one that ends what was lent or kept.
 */
#ifndef FFISAN_CONTRACT_ROLES_H
#define FFISAN_CONTRACT_ROLES_H

#include "contract/registered.h"

enum role {
    ROLE_DESTRUCTOR = 1 << 0, /* an OWNED or OUT_OWNED names it */
    ROLE_ENDS = 1 << 1,       /* a BORROWED names it */
    ROLE_ENDS_KEPT = 1 << 2,  /* a RETAINED names it */
};

/* Or'ed. Its whole table is looked through the first time that one of its functions is asked about; about 5 ns after that. */
unsigned role_of(const struct registered *registered);
/* Whether the term names this function. */
bool role_named(const struct registered *registered, const struct ffisan_contract_term *term, const char *name);
/* The same for a function of a contract. About 2 ns for one of the term's own. */
bool role_names(const struct registered *registered, const struct ffisan_contract_term *term, const struct registered *by);
/* Whether the term makes its value the caller's, who has to give it back: OWNED, OUT_OWNED; FAMILY of an allocator. */
bool role_gives(const struct ffisan_contract_term *term);
/* Whether what the term gives out is counted: one of the functions that it names drops one count (UNREF). */
bool role_counted(const struct registered *registered, const struct ffisan_contract_term *term);

#endif
