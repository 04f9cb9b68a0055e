/* SPDX-License-Identifier: Apache-2.0
 *
 * One row a word, in the order of words.def. Lower orders come first:
 *
 *   1  what was said before is held against this call: an error that was not looked at
 *   2  uses: handles, threads, sizes, texts
 *   4  ends: closes, replacements
 *   6  births: what comes back, what is kept from now on
 */
#include "contract/words.h"

#include "contract/nulls.h"

const struct word_work word_work[FFISAN_WORDS] = {
    [FFISAN_WORD_NONNULL] = {.order = 2, .enter = null_check, .rules = RULE_BIT(NULL_ARGUMENT)},
};
