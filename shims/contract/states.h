/* SPDX-License-Identifier: Apache-2.0
 *
 * What state an object is in, what can happen to it, and which of that is a finding: one table (states.c).
 */
#ifndef FFISAN_CONTRACT_STATES_H
#define FFISAN_CONTRACT_STATES_H

#include "ffisan/record.h"

enum object_state {
    OBJECT_NONE,     /* not in the book: nothing is known, nothing is concluded */
    OBJECT_OWNED,    /* the host has to give it back, to one of the functions of its term */
    OBJECT_COUNTED,  /* the same, for each count that the host took */
    OBJECT_BORROWED, /* another object's; ends with that, or with what its term names */
    OBJECT_STATIC,   /* the library's own, for ever */
    OBJECT_GIVEN,    /* given away to a callee (a sink), or the host's last count dropped: it may live on or not */
    OBJECT_CLOSED,   /* its destructor was called */
    OBJECT_ENDED,    /* borrowed, and over */
    OBJECT_STATES
};

enum object_event {
    EVENT_USED,        /* handed to a call that works on it */
    EVENT_MADE,        /* came out of a call that says OWNED */
    EVENT_LENT,        /* that says BORROWED */
    EVENT_SHOWN,       /* that says STATIC */
    EVENT_SEEN,        /* came from somewhere that says nothing */
    EVENT_REFERENCED,  /* REF: one count more */
    EVENT_DROPPED,     /* UNREF, or the destructor of what is counted; and counts are left */
    EVENT_LET_GO,      /* the same, and none is left */
    EVENT_CLOSED,      /* CONSUMED by a function that its term names */
    EVENT_MISCLOSED,   /* CONSUMED by a function that is others' destructor */
    EVENT_SUNK,        /* CONSUMED by a function that destroys nothing */
    EVENT_FREED,       /* the host's free() and its like, rightly */
    EVENT_MISFREED,    /* the same, and its term names other functions */
    EVENT_OWNER_ENDED, /* what it is borrowed from is closed */
    EVENT_CHANGED,     /* a function that its term names was called on its owner, or one that INVALIDATES */
    EVENT_DIED,        /* the library itself freed the memory that it stood in */
    OBJECT_EVENTS
};

struct transition {
    uint8_t state; /* enum object_state: the next */
    uint8_t rule;  /* enum ffisan_rule; FFISAN_RULES: nothing is wrong with it */
};
extern const struct transition transitions[OBJECT_STATES][OBJECT_EVENTS];

#endif
