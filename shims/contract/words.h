/* SPDX-License-Identifier: Apache-2.0
 *
 * What each word does at a call: a table by word, whose rows the files of this folder fill.
 *
 *   file          words                                                         rules
 *   sizes         IN OUT INOUT                                                  buffer-too-small
 *   texts         CSTRING UTF8                                                  unterminated-string embedded-nul invalid-utf8
 *   nulls         NONNULL (NULLABLE)                                            null-argument
 *   errors        FAILS                                                         unchecked-error
 *   objects       OWNED OUT_OWNED BORROWED STATIC CONSUMED REF UNREF HANDLE     use-after-close free-of-borrowed mismatched-deallocator
 *                 INVALIDATES SIZED_BY GIVES_SIZES FAMILY                       wrong-size-dealloc leak
 *   threads       SERIAL CREATOR_THREAD NO_REENTRY                              concurrent-use wrong-thread reentrant-call
 *   retained      RETAINED RETAINED_FOREVER KEYED_BY ONCE NOTIFIED UNTIL_DONE   freed-while-retained freed-during-call collected-callback
 *                 USER_DATA
 *   revoke        what is lent for the call only                                retained-pointer
 *
 * LIBRARY_THREAD and BLOCKS do nothing at a call yet; they are for the checker of a runtime. WHEN and VARIANT are part of the terms themselves.
 */
#ifndef FFISAN_CONTRACT_WORDS_H
#define FFISAN_CONTRACT_WORDS_H

#include "contract/registered.h"
#include "ffisan/record.h"

typedef void word_step(struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value);

struct word_work {
    /* Steps with a lower order come first, on the way in and on the way out: uses before ends, ends before births. */
    uint8_t order;
    word_step *enter; /* before the function runs; terms that are AFTER have none */
    /* On the way out, in the place of `enter`, for terms that can only be worked out then (AFTER); whether it failed or not. */
    word_step *after;
    word_step *leave;  /* it has returned and did not fail, or the term's own condition looks at the outcome */
    word_step *failed; /* it has returned and failed: what `enter` did is to be taken back */
    uint64_t rules;    /* RULE_BIT(...) of all that it is for: when none of them is on, nothing is done; 0: always */
};
#define RULE_BIT(id) ((uint64_t)1 << FFISAN_RULE_##id)
_Static_assert(FFISAN_RULES <= 64, "a bit for each rule");

extern const struct word_work word_work[FFISAN_WORDS];

#endif
