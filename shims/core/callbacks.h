/* SPDX-License-Identifier: Apache-2.0
 *
 * Callbacks: closures that a runtime made of its functions, so that C can call them.
 *
 *   reserved  its memory was given out, nothing was made of it yet
 *   live      its code leads through us to the runtime's handler
 *   released  the runtime gave it back. Its memory is kept, its code leads to us: a late call is reported with the stacks of its
 *             creation and its release, and answers zeros
 *   replaced  the runtime made something else of the same memory; whoever is still on the way through the old one finds it as it
 *             was
 *   dropped   too many were released after it: its memory went the way that the runtime had meant it to go, and nothing is known
 *
 * Released ones are kept in the order of their release, as many as memory allows: CALLBACKS_KEPT, or CALLBACKS_KEPT_BYTES.
 * Nothing here is ever unmapped, so that who still holds a struct callback reads a sound one, be it another by then. No locks:
 * a child of fork finds the books as they are, at worst without what another thread was just doing.
 *
 * No libffi here: closures.c (hooks/) knows its structures.
 */
#ifndef FFISAN_CORE_CALLBACKS_H
#define FFISAN_CORE_CALLBACKS_H

#include "core/types.h"
#include "ffisan/record.h"

struct registered; /* contract/registered.h */
struct ffisan_contract_term;

#define CALLBACKS_KEPT       16384u
#define CALLBACKS_KEPT_BYTES ((size_t)16 << 20)
#define CALLBACK_LINES       4u
#define CALLBACK_NO_LINE     UINT32_MAX
#define CALLBACK_CIF         32u /* sizeof(ffi_cif) */

enum callback_state { CALLBACK_DROPPED, CALLBACK_RESERVED, CALLBACK_LIVE, CALLBACK_RELEASED, CALLBACK_REPLACED };

struct callback {
    /* What libffi hands to a closure's handler, and by which the handler knows the callback: a copy of the runtime's that
     * nobody frees. */
    _Alignas(16) unsigned char cif[CALLBACK_CIF];
    uint32_t state;    /* enum callback_state; atomic */
    uint32_t binding;  /* enum ffisan_binding */
    uintptr_t code;    /* what C calls */
    uintptr_t closure; /* libffi's ffi_closure, writable side */
    uintptr_t handler; /* the runtime's, with the cif that it gave; both while live */
    void *given_cif;
    uint32_t size;                    /* bytes of the closure, as far as they are known */
    uint16_t data_offset;             /* of user_data in the closure; what comes before is its cif and its handler */
    bool foreign;                     /* its memory is not from ffi_closure_alloc: it may go without a word */
    bool awaited;                     /* a contract says that its call means something (contract/retained.h) */
    uint64_t head;                    /* the first bytes of the closure while live: its code where the two are one */
    const struct ffisan_types *types; /* type 1: the FUNCTION that its runtime takes it for; for ever */
    uint32_t result_size;             /* bytes that a late call answers zeros in */
    site_id created, released;
    uint32_t created_line, released_line;                                   /* managed_places.line */
    uint32_t created_outer[CALLBACK_LINES], released_outer[CALLBACK_LINES]; /* the lines around those, up to a 0 */
    uint32_t function_line; /* where its runtime's function begins; 0: not asked yet; CALLBACK_NO_LINE: not known */
    /* The last foreign call that it was handed to. */
    uintptr_t lent_function; /* 0: none was seen */
    uint32_t lent_argument, lent_line;
    uint32_t lent_generation; /* of the modules */
    /* The registration that it had when it was released (contract/retained.h). */
    const struct registered *kept_by; /* NULL: none */
    const struct ffisan_contract_term *kept_term;
    uint32_t kept_argument, kept_generation, kept_line;
    site_id kept_site;
    void (*give_back)(void *closure); /* released: the way its memory goes in the end; NULL: it becomes a spare */
    const struct module *giver;       /* the module that give_back belongs to */
    struct callback *next;            /* of those that may be made use of again */
};

/* The callback whose code stands at this address, live or released; NULL: none of ours. Lock-free, about 5 ns for a miss. */
struct callback *callback_at(uintptr_t code);
/* By the address of its closure, reserved ones too. */
struct callback *callback_of(uintptr_t closure);

/* One that nobody knows yet, all zeros; NULL: out of memory. callback_discard takes it back unseen. */
struct callback *callback_new(void);
void callback_discard(struct callback *callback);
/* Puts it into the books in `state`; code and closure are set. Whatever stood there under these addresses is replaced. False: no
 * room; it is not known then. */
bool callback_enter(struct callback *callback, enum callback_state state);
/* Takes it out of the books: its memory is something else now, or is about to be. Whoever is on the way through it finds it as
 * it was. */
void callback_forget(struct callback *callback);

/* The runtime gives it back: `released`, `released_line` and `give_back` become the callback's, which is kept. False: somebody
 * else was faster, or it was not live. callback_overdue is to be called next. */
struct callback_release {
    site_id site;
    uint32_t line, outer[CALLBACK_LINES];
    void (*give_back)(void *closure);
};
bool callback_release(struct callback *callback, const struct callback_release *release);
/* One that has to go so that others can be kept, out of the books already. NULL: none. The caller does with its memory what has
 * to be done (give_back, spare_add), with no lock of ours held, and then calls callback_discard. */
struct callback *callback_overdue(void);
/* How many are kept. */
uint32_t callbacks_kept(void);

/* Learns what the function behind a callback is, while it lives: bindings tell libffi of a callback before they have filled it in, and
 * have taken it apart when they give it back. */
void callback_know(struct callback *callback);

#endif
