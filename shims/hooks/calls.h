/* SPDX-License-Identifier: Apache-2.0
 *
 * Foreign calls as they are made: from a cif and its argument values to a signature on record.
 */
#ifndef FFISAN_HOOKS_CALLS_H
#define FFISAN_HOOKS_CALLS_H

#include "hooks/libffi.h"

/* One call through libffi, on its way. */
struct ffi_call_seen {
    const struct libffi_cif *cif;
    uintptr_t function; /* what is called in the end */
    uintptr_t entry;    /* and by which entry: ours may stand before it */
    void *const *arguments;
    const struct origin *origin;
    const struct managed_call *managed; /* what the runtime's checker says of it; NULL: nothing */
    uint32_t fixed;                     /* parameters before the '...'; UINT32_MAX: nobody said that there is one */
    /* Filled in by call_lend. */
    uint64_t bytes, repeated; /* see struct profiled */
    uintptr_t dead;           /* a block that was freed before and is handed over now; 0: none */
};

/* The signature of a call; writes it down when it is the first of its kind. NULL: out of memory. `wide`: answers cif.flags of the same
 * types with a 64-bit result, 0: cannot. */
typedef uint32_t wide_result(const struct libffi_cif *cif);
struct signature *call_signature(const struct ffi_call_seen *call, wide_result *wide);
/* What the call is handed, pointer by pointer: blocks cross, dead ones are noted, callbacks remember who has them. */
void call_lend(struct signature *signature, struct ffi_call_seen *call);
/* It has come back from a call that was handed a dead block. A double free of that block in between has said it better. */
void call_dead(const struct ffi_call_seen *call);
/* A block came back. */
void call_returned(const struct signature *signature, const struct ffi_call_seen *call, uintptr_t result);
/* The result's register held more than the binding takes: on record, once. */
void call_cut(struct signature *signature, const struct ffi_call_seen *call, uint64_t whole);
void calls_forked(void);

/* What the binding believes, as a type table in `to`; `room` is needed meanwhile. NULL: it does not fit. */
const struct ffisan_types *call_types(const struct ffi_call_seen *call, void *room, size_t room_size, void *to, size_t size);
/* The CALL item of a call, for a finding about it; answers its size, 0: `size` is too small. Reads the arguments with peek. */
size_t call_item(const struct ffi_call_seen *call, uint32_t flags, struct ffisan_record_call *item, size_t size);

#endif
