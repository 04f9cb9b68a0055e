/* SPDX-License-Identifier: Apache-2.0
 *
 * One row a word, in the order of words.def. Lower orders come first:
 *
 *   1  what was said before is held against this call: an error that was not looked at
 *   2  uses: handles, threads, sizes, texts
 *   3  what has to be known of a thing before it ends
 *   4  ends: closes, replacements
 *   6  births: what comes back, what is kept from now on
 *   7  what is said of those
 */
#include "contract/words.h"

#include "contract/nulls.h"
#include "contract/objects.h"
#include "contract/threads.h"

const struct word_work word_work[FFISAN_WORDS] = {
    [FFISAN_WORD_OWNED] = {.order = 6, .leave = object_owned},
    [FFISAN_WORD_OUT_OWNED] = {.order = 6, .leave = object_out_owned},
    [FFISAN_WORD_BORROWED] = {.order = 6, .leave = object_borrowed},
    [FFISAN_WORD_STATIC] = {.order = 6, .leave = object_static},
    [FFISAN_WORD_CONSUMED] = {.order = 4, .enter = object_consumed, .leave = object_consumed, .failed = object_kept},
    [FFISAN_WORD_REF] = {.order = 6, .leave = object_counted},
    [FFISAN_WORD_UNREF] = {.order = 4, .enter = object_dropped, .leave = object_dropped, .failed = object_kept},
    [FFISAN_WORD_INVALIDATES] = {.order = 4, .leave = object_invalidates},
    [FFISAN_WORD_NONNULL] = {.order = 2, .enter = null_check, .rules = RULE_BIT(NULL_ARGUMENT)},
    [FFISAN_WORD_HANDLE] = {.order = 2, .enter = object_used},
    [FFISAN_WORD_SERIAL] = {.order = 2,
                            .enter = thread_serial,
                            .leave = thread_serial_left,
                            .failed = thread_serial_left,
                            .rules = RULE_BIT(CONCURRENT_USE)},
    [FFISAN_WORD_CREATOR_THREAD] = {.order = 2, .enter = thread_creator, .rules = RULE_BIT(WRONG_THREAD)},
    [FFISAN_WORD_NO_REENTRY] = {.order = 2, .enter = thread_no_reentry, .rules = RULE_BIT(REENTRANT_CALL)},
    [FFISAN_WORD_SIZED_BY] = {.order = 3, .enter = object_sized, .rules = RULE_BIT(WRONG_SIZE_DEALLOC)},
    [FFISAN_WORD_GIVES_SIZES] = {.order = 7, .leave = object_sizes, .rules = RULE_BIT(WRONG_SIZE_DEALLOC)},
};
