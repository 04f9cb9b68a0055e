/* SPDX-License-Identifier: Apache-2.0
 *
 * From a broken contract to a finding: the TERM items (record.h) of the calls that played a part in it.
 */
#ifndef FFISAN_CONTRACT_REPORT_H
#define FFISAN_CONTRACT_REPORT_H

#include "contract/registered.h"
#include "core/findings.h"

#define CONTRACT_PARTS 4u

/* Which parts each rule brings, for the judge's headlines (cli/terms.c). `made`: the call that gave the thing out, with its OWNED, BORROWED or
 * STATIC term; `kept`: the call that handed it over, with its RETAINED term or the like. What is in brackets may be missing; without a DETECTED
 * part it was no registered call that did it, and finding.function names it ("free").
 *
 *   rule                    DETECTED    others                      wanted, given
 *   null-argument           the call
 *   buffer-too-small        the call                                bytes that it needs, that there are
 *   unterminated-string     the call                                given: bytes up to where the memory ends
 *   embedded-nul            the call                                bytes of the host's text, in front of the NUL
 *   invalid-utf8            the call                                enum ffisan_utf8_trouble, offset; finding.byte: the byte
 *   unchecked-error         the use     CREATED: what had failed
 *   use-after-close         the use     (FREED: the end) (CREATED: made)
 *   free-of-borrowed        (release)   CREATED: made
 *   mismatched-deallocator  (release)   CREATED: made
 *   wrong-size-dealloc      release     (CREATED: made)             on DETECTED: what was given out, what it was told
 *   leak                                CREATED: made
 *   freed-while-retained    (release)   LENT: kept                  on LENT: given: enum memory_end
 *   freed-during-call       (release)   LAST_USED or LENT: the call that uses it
 *   retained-pointer        (the use)   LENT: the call that it was lent to
 *   collected-callback                  LENT: kept
 *   wrong-thread            the use     (CREATED: made)             thread ids: the maker's, this one's
 *   concurrent-use          the use     (LAST_USED: the other one)  given: the other thread's id
 *   reentrant-call          the use     (LAST_USED: the outer one)
 */

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

/* The same without the report: for a finding that goes another way. The items stay in `room`. */
#define CONTRACT_ROOM (CONTRACT_PARTS * 768u)
void contract_tell(struct finding *finding, const struct contract_part *parts, unsigned count, void *room);

/* A moment in both languages, to be kept in a book: interned, two words. */
struct moment {
    site_id site;
    uint32_t line; /* managed_places.line; 0: not known */
};
struct moment moment_here(const struct origin *origin, row_id row);
/* Where managed code is in this moment; without code: not known. */
struct managed_place moment_place(void);
#define MOMENT_LINES 4u /* that are shown of a moment, where the lines around it are kept too */
/* Puts it into the finding as the stack of that role. */
void moment_tell(struct finding *finding, enum ffisan_role role, struct moment moment);

#endif
