/* SPDX-License-Identifier: Apache-2.0
 *
 * One row a word, in the order of words.def. Lower orders come first:
 *
 *   1  NULL, before anything is read through it
 *   2  uses: handles, threads, sizes, texts
 *   3  what has to be known of a thing before it ends
 *   4  ends: closes, replacements
 *   6  births: what comes back, what is kept from now on
 *   7  what is said of those, and of the call
 */
#include "contract/words.h"

#include "contract/errors.h"
#include "contract/nulls.h"
#include "contract/objects.h"
#include "contract/retained.h"
#include "contract/sizes.h"
#include "contract/texts.h"
#include "contract/threads.h"

#define TEXT_RULES (RULE_BIT(UNTERMINATED_STRING) | RULE_BIT(EMBEDDED_NUL))
#define NULL_RULES (RULE_BIT(NULL_ARGUMENT) | RULE_BIT(UNCHECKED_ERROR))
#define KEPT                                                                                                                     \
    {                                                                                                                            \
        .order = 6, .enter = retained_keep, .leave = retained_keep, .failed = retained_failed,                                   \
        .rules = RULE_BIT(FREED_WHILE_RETAINED) | RULE_BIT(COLLECTED_CALLBACK)                                                   \
    }

const struct word_work word_work[FFISAN_WORDS] = {
    [FFISAN_WORD_OWNED] = {.order = 6, .leave = object_owned},
    [FFISAN_WORD_OUT_OWNED] = {.order = 6, .leave = object_out_owned},
    [FFISAN_WORD_BORROWED] = {.order = 6, .leave = object_borrowed},
    [FFISAN_WORD_STATIC] = {.order = 6, .leave = object_static},
    [FFISAN_WORD_CONSUMED] = {.order = 4, .enter = object_consumed, .leave = object_consumed, .failed = object_kept},
    [FFISAN_WORD_REF] = {.order = 6, .leave = object_counted},
    [FFISAN_WORD_UNREF] = {.order = 4, .enter = object_dropped, .leave = object_dropped, .failed = object_kept},
    [FFISAN_WORD_RETAINED] = KEPT,
    [FFISAN_WORD_RETAINED_FOREVER] = KEPT,
    [FFISAN_WORD_INVALIDATES] = {.order = 4, .leave = object_invalidates},
    [FFISAN_WORD_IN] = {.order = 2, .enter = size_check, .after = size_check, .rules = RULE_BIT(BUFFER_TOO_SMALL)},
    [FFISAN_WORD_OUT] = {.order = 2, .enter = size_check, .after = size_check, .rules = RULE_BIT(BUFFER_TOO_SMALL)},
    [FFISAN_WORD_INOUT] = {.order = 2, .enter = size_check, .after = size_check, .rules = RULE_BIT(BUFFER_TOO_SMALL)},
    [FFISAN_WORD_CSTRING] = {.order = 2, .enter = text_check, .rules = TEXT_RULES},
    [FFISAN_WORD_UTF8] = {.order = 2, .enter = text_check_utf8, .rules = TEXT_RULES | RULE_BIT(INVALID_UTF8)},
    [FFISAN_WORD_NONNULL] = {.order = 1, .enter = null_check, .rules = NULL_RULES},
    [FFISAN_WORD_ONCE] = KEPT,
    [FFISAN_WORD_NOTIFIED] = KEPT,
    [FFISAN_WORD_UNTIL_DONE] = KEPT,
    [FFISAN_WORD_USER_DATA] = KEPT,
    [FFISAN_WORD_HANDLE] = {.order = 2, .enter = object_used},
    [FFISAN_WORD_FAILS] = {.order = 7, .leave = error_over, .failed = error_noted, .rules = RULE_BIT(UNCHECKED_ERROR)},
    [FFISAN_WORD_SERIAL] = {.order = 2,
                            .enter = thread_serial,
                            .leave = thread_serial_left,
                            .failed = thread_serial_left,
                            .rules = RULE_BIT(CONCURRENT_USE)},
    [FFISAN_WORD_CREATOR_THREAD] = {.order = 2, .enter = thread_creator, .rules = RULE_BIT(WRONG_THREAD)},
    [FFISAN_WORD_NO_REENTRY] = {.order = 2, .enter = thread_no_reentry, .rules = RULE_BIT(REENTRANT_CALL)},
    [FFISAN_WORD_SIZED_BY] = {.order = 3, .enter = object_sized, .rules = RULE_BIT(WRONG_SIZE_DEALLOC)},
    [FFISAN_WORD_FAMILY] = {.order = 6, .leave = object_of_family},
    [FFISAN_WORD_GIVES_SIZES] = {.order = 7, .leave = object_sizes, .rules = RULE_BIT(WRONG_SIZE_DEALLOC)},
};
