/* SPDX-License-Identifier: Apache-2.0
 *
 * From a broken contract to a finding: the TERM items (record.h) of the calls that played a part in it.
 */
#ifndef FFISAN_CONTRACT_REPORT_H
#define FFISAN_CONTRACT_REPORT_H

#include "contract/registered.h"
#include "core/findings.h"

#define CONTRACT_PARTS 4u

/* One call that played a part. */
struct contract_part {
    enum ffisan_role role;
    const struct registered *registered;
    const struct ffisan_contract_term *term; /* NULL: no single word */
    uint32_t argument;                       /* index, FFISAN_TERM_RESULT, FFISAN_TERM_FUNCTION */
    uint32_t generation;                     /* of the modules, at that time; 0: now */
    uint64_t wanted, given;                  /* by rule */
};

/* Fills in what `finding` lacks of function and items, and reports it. Its origin, sites, lines, block are the caller's to fill. */
void contract_report(struct finding *finding, const struct contract_part *parts, unsigned count);

/* A moment in both languages, to be kept in a book: interned, two words. */
struct moment {
    site_id site;
    uint32_t line; /* managed_places.line; 0: not known */
};
struct moment moment_here(const struct origin *origin, row_id row);
/* Puts it into the finding as the stack of that role. */
void moment_tell(struct finding *finding, enum ffisan_role role, struct moment moment);

#endif
