/* SPDX-License-Identifier: Apache-2.0
 *
 * The nouns of the shim, in the order in which they meet.
 *
 * origin    Where an intercepted function was called from: the caller's stack pointer, return address and frame pointer, taken at
 *           the outermost edge, before anything of ours is on the stack. A stack walk starts there.
 * row       A module's place in the table of thunks. Each loaded module has its own copy of every intercepted function's address,
 *           so the row by which a call came in says which module made it. 0 is nobody's: the exported symbol itself, as `dlsym`
 *           or a function pointer reach it. A row is never used for a second module.
 * site      A place that allocates or frees: row and the innermost return addresses, interned. A site's number stands for a
 *           stack.
 * block     What an allocation function gave out. It is live from its birth to its death, then a tombstone that remembers who
 *           freed it, until the allocator gives the address out again. Blocks have no object of their own: they are two words of
 *           the shadow (blocks.h).
 * family    Which release function belongs to a block (record.h).
 * module    A loaded ELF object (modules.h).
 * crossing  A call from a managed runtime into C (downcall) or back (upcall).
 * finding   One thing that went wrong. Every finding passes finding_report (findings.h), which has a replaceable sink.
 *
 * The laws of code that runs inside somebody else's process stand at the head of the folder's README: no malloc, no stdio, no
 * locks held across a call out, errno kept, own memory from own mappings, quiet when out of memory.
 */
#ifndef FFISAN_CORE_TYPES_H
#define FFISAN_CORE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIKELY(x)   __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define RARE        __attribute__((noinline, cold))
#define EXPORT      __attribute__((visibility("default")))
/* For a function that reads other functions' frames, where AddressSanitizer sees red zones. */
#define UNCHECKED_READS __attribute__((no_sanitize_address))

struct origin {
    uintptr_t cfa;           /* the caller's stack pointer just before the call */
    uintptr_t ra;            /* what stands at cfa - 8: the return address, behind the call */
    uintptr_t frame_pointer; /* the caller's rbp at the call */
};

/* The origin of the function that says so. It must be the one that the thunk jumped to, with nothing of ours above it; naming the
 * frame address makes the compiler give that one function a frame pointer. */
#define ORIGIN_HERE()                                                                                                            \
    ((struct origin){.cfa = (uintptr_t)__builtin_frame_address(0) + 16,                                                          \
                     .ra = ((const uintptr_t *)__builtin_frame_address(0))[1],                                                   \
                     .frame_pointer = ((const uintptr_t *)__builtin_frame_address(0))[0]})

typedef uint32_t row_id;  /* 0: unknown */
typedef uint32_t site_id; /* 0: unknown; below SITE_LIMIT */

#define SITE_BITS  25
#define SITE_LIMIT (1u << SITE_BITS)

#endif
