/* SPDX-License-Identifier: Apache-2.0
 *
 * The table. A row is a state, a line in it an event: what the object is then, and which rule was broken.
 *
 * Why some of it is milder than one would think:
 *  - What is owned and comes back as borrowed (the handle of a connection, asked of its statement) is still owned.
 *  - What was given to a sink, or whose last count was dropped, may be held by others. Only the death of its memory says that
 *    it is over.
 *  - What is borrowed may be moved by a sink (xmlAddChild takes a node out of its old parent first).
 *  - A count that is dropped of something borrowed may be one that the host took unseen.
 *  - After a release by the wrong function nothing more is said of the object: everything that follows is of that one mistake.
 *  - A second free() is the block books' affair.
 */
#include "contract/states.h"

#define RULE_NONE FFISAN_RULES

#define FINE(next)                                                                                                               \
    { OBJECT_##next, RULE_NONE }
#define WRONG(next, rule)                                                                                                        \
    { OBJECT_##next, FFISAN_RULE_##rule }

/* What comes anew is what it is said to be, whatever stood at this value before. */
#define COMES_ANEW [EVENT_MADE] = FINE(OWNED), [EVENT_LENT] = FINE(BORROWED), [EVENT_SHOWN] = FINE(STATIC)

const struct transition transitions[OBJECT_STATES][OBJECT_EVENTS] =
    {
        /* clang-format off */
    [OBJECT_NONE] = {
        [EVENT_USED]        = FINE(NONE),
        COMES_ANEW,
        [EVENT_SEEN]        = FINE(NONE),
        [EVENT_REFERENCED]  = FINE(COUNTED),
        [EVENT_DROPPED]     = FINE(NONE),
        [EVENT_LET_GO]      = FINE(NONE),
        [EVENT_CLOSED]      = FINE(NONE),
        [EVENT_MISCLOSED]   = FINE(NONE),
        [EVENT_SUNK]        = FINE(NONE),
        [EVENT_FREED]       = FINE(NONE),
        [EVENT_MISFREED]    = FINE(NONE),
        [EVENT_OWNER_ENDED] = FINE(NONE),
        [EVENT_CHANGED]     = FINE(NONE),
        [EVENT_DIED]        = FINE(NONE),
    },
    [OBJECT_OWNED] = {
        [EVENT_USED]        = FINE(OWNED),
        [EVENT_MADE]        = FINE(OWNED),
        [EVENT_LENT]        = FINE(OWNED),
        [EVENT_SHOWN]       = FINE(STATIC),
        [EVENT_SEEN]        = FINE(OWNED),
        [EVENT_REFERENCED]  = FINE(COUNTED),
        [EVENT_DROPPED]     = FINE(OWNED),
        [EVENT_LET_GO]      = FINE(GIVEN),
        [EVENT_CLOSED]      = FINE(CLOSED),
        [EVENT_MISCLOSED]   = WRONG(NONE, MISMATCHED_DEALLOCATOR),
        [EVENT_SUNK]        = FINE(GIVEN),
        [EVENT_FREED]       = FINE(NONE),
        [EVENT_MISFREED]    = WRONG(NONE, MISMATCHED_DEALLOCATOR),
        [EVENT_OWNER_ENDED] = FINE(OWNED),
        [EVENT_CHANGED]     = FINE(OWNED),
        [EVENT_DIED]        = FINE(CLOSED),
    },
    [OBJECT_COUNTED] = {
        [EVENT_USED]        = FINE(COUNTED),
        [EVENT_MADE]        = FINE(OWNED),
        [EVENT_LENT]        = FINE(COUNTED),
        [EVENT_SHOWN]       = FINE(STATIC),
        [EVENT_SEEN]        = FINE(COUNTED),
        [EVENT_REFERENCED]  = FINE(COUNTED),
        [EVENT_DROPPED]     = FINE(COUNTED),
        [EVENT_LET_GO]      = FINE(GIVEN),
        [EVENT_CLOSED]      = FINE(GIVEN),
        [EVENT_MISCLOSED]   = WRONG(NONE, MISMATCHED_DEALLOCATOR),
        [EVENT_SUNK]        = FINE(GIVEN),
        [EVENT_FREED]       = FINE(NONE),
        [EVENT_MISFREED]    = WRONG(NONE, MISMATCHED_DEALLOCATOR),
        [EVENT_OWNER_ENDED] = FINE(COUNTED),
        [EVENT_CHANGED]     = FINE(COUNTED),
        [EVENT_DIED]        = FINE(CLOSED),
    },
    [OBJECT_BORROWED] = {
        [EVENT_USED]        = FINE(BORROWED),
        COMES_ANEW,
        [EVENT_SEEN]        = FINE(BORROWED),
        [EVENT_REFERENCED]  = FINE(COUNTED),
        [EVENT_DROPPED]     = FINE(GIVEN),
        [EVENT_LET_GO]      = FINE(GIVEN),
        [EVENT_CLOSED]      = WRONG(BORROWED, FREE_OF_BORROWED),
        [EVENT_MISCLOSED]   = WRONG(BORROWED, FREE_OF_BORROWED),
        [EVENT_SUNK]        = FINE(GIVEN),
        [EVENT_FREED]       = WRONG(BORROWED, FREE_OF_BORROWED),
        [EVENT_MISFREED]    = WRONG(BORROWED, FREE_OF_BORROWED),
        [EVENT_OWNER_ENDED] = FINE(ENDED),
        [EVENT_CHANGED]     = FINE(ENDED),
        [EVENT_DIED]        = FINE(ENDED),
    },
    [OBJECT_STATIC] = {
        [EVENT_USED]        = FINE(STATIC),
        COMES_ANEW,
        [EVENT_SEEN]        = FINE(STATIC),
        [EVENT_REFERENCED]  = FINE(STATIC),
        [EVENT_DROPPED]     = FINE(STATIC),
        [EVENT_LET_GO]      = FINE(STATIC),
        [EVENT_CLOSED]      = WRONG(STATIC, FREE_OF_BORROWED),
        [EVENT_MISCLOSED]   = WRONG(STATIC, FREE_OF_BORROWED),
        [EVENT_SUNK]        = FINE(STATIC),
        [EVENT_FREED]       = WRONG(STATIC, FREE_OF_BORROWED),
        [EVENT_MISFREED]    = WRONG(STATIC, FREE_OF_BORROWED),
        [EVENT_OWNER_ENDED] = FINE(STATIC),
        [EVENT_CHANGED]     = FINE(STATIC),
        [EVENT_DIED]        = FINE(NONE),
    },
    [OBJECT_GIVEN] = {
        [EVENT_USED]        = FINE(GIVEN),
        COMES_ANEW,
        [EVENT_SEEN]        = FINE(GIVEN),
        [EVENT_REFERENCED]  = FINE(COUNTED),
        [EVENT_DROPPED]     = FINE(GIVEN),
        [EVENT_LET_GO]      = FINE(GIVEN),
        [EVENT_CLOSED]      = FINE(NONE),
        [EVENT_MISCLOSED]   = FINE(NONE),
        [EVENT_SUNK]        = FINE(GIVEN),
        [EVENT_FREED]       = FINE(NONE),
        [EVENT_MISFREED]    = FINE(NONE),
        [EVENT_OWNER_ENDED] = FINE(GIVEN),
        [EVENT_CHANGED]     = FINE(GIVEN),
        [EVENT_DIED]        = FINE(CLOSED),
    },
    [OBJECT_CLOSED] = {
        [EVENT_USED]        = WRONG(CLOSED, USE_AFTER_CLOSE),
        COMES_ANEW,
        [EVENT_SEEN]        = FINE(NONE),
        [EVENT_REFERENCED]  = WRONG(CLOSED, USE_AFTER_CLOSE),
        [EVENT_DROPPED]     = WRONG(CLOSED, USE_AFTER_CLOSE),
        [EVENT_LET_GO]      = WRONG(CLOSED, USE_AFTER_CLOSE),
        [EVENT_CLOSED]      = WRONG(CLOSED, USE_AFTER_CLOSE),
        [EVENT_MISCLOSED]   = WRONG(CLOSED, USE_AFTER_CLOSE),
        [EVENT_SUNK]        = WRONG(CLOSED, USE_AFTER_CLOSE),
        [EVENT_FREED]       = FINE(NONE),
        [EVENT_MISFREED]    = FINE(NONE),
        [EVENT_OWNER_ENDED] = FINE(CLOSED),
        [EVENT_CHANGED]     = FINE(CLOSED),
        [EVENT_DIED]        = FINE(CLOSED),
    },
    [OBJECT_ENDED] = {
        [EVENT_USED]        = WRONG(ENDED, USE_AFTER_CLOSE),
        COMES_ANEW,
        [EVENT_SEEN]        = FINE(NONE),
        [EVENT_REFERENCED]  = WRONG(ENDED, USE_AFTER_CLOSE),
        [EVENT_DROPPED]     = WRONG(ENDED, USE_AFTER_CLOSE),
        [EVENT_LET_GO]      = WRONG(ENDED, USE_AFTER_CLOSE),
        [EVENT_CLOSED]      = WRONG(ENDED, FREE_OF_BORROWED),
        [EVENT_MISCLOSED]   = WRONG(ENDED, FREE_OF_BORROWED),
        [EVENT_SUNK]        = WRONG(ENDED, USE_AFTER_CLOSE),
        [EVENT_FREED]       = FINE(NONE),
        [EVENT_MISFREED]    = FINE(NONE),
        [EVENT_OWNER_ENDED] = FINE(ENDED),
        [EVENT_CHANGED]     = FINE(ENDED),
        [EVENT_DIED]        = FINE(ENDED),
    },
        /* clang-format on */
};
