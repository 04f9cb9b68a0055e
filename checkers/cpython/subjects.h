/* SPDX-License-Identifier: Apache-2.0
 *
 * The SUBJECT items of a finding about managed objects (record.h), put together on the stack of who reports.
 *
 * What each rule brings. The judge (cli/subjects.c) makes the headline of what is there and leaves out the rest; INSIDE is added by
 * subjects_report. `role` is that of the stack that belongs to it. An OBJECT's `argument` is an index from 0, SELF, RESULT, or
 * NO_ARGUMENT; its `detail` says how it came ("item 3 of argument 1"), if not as such.
 *
 *   no-gil, unattached-thread  CALL detected: the function called. Stack created: where the thread was started
 *   borrowed-decref            OBJECT detected: with `count` the references that it says and `wanted` those that were found, or the
 *                              flag DIED; HOLDERs detected: who they are. CALL lent: who had lent it ("PyList_GetItem")
 *   over-steal                 the same; CALL detected or lent: the function that stole it, with the flag FAILED when it had failed
 *   stored-borrowed            OBJECT freed; HOLDER lent: name "C memory", detail where ("static memory of spam.so"), address; CALL
 *                              lent: who had lent it, if it was not an argument. Stacks lent: where it was kept; freed: its death
 *   reference-leak             OBJECT created; its `given`: calls that left one. CALL created: who made or gave it
 *   stale-interior             OBJECT freed; CALL lent: who gave the pointer; CALL detected: who was given it afterwards
 *   buffer-not-released        OBJECT created: the exporter; CALL created: who took the buffer
 *   pending-error              EXCEPTION, unless it is missing; CALL detected: the call made with it set; CALL created: that left it
 *   gil-held-blocking          STATE detected: name "GIL", `given` milliseconds, `wanted` the threshold; CALL detected: a foreign function
 *   exception-in-callback      EXCEPTION detected; STATE detected: name "result", `given` what C got, detail its type; or name "nothing" (it
 *                              returns none), "error value" (cffi's error=). Stacks allocated: where it was raised; created: the callback
 *   thread-state-leak          STATE detected: name "thread state" (stack lent: where it was attached), or "rounding mode" and the like; `wanted` before, `given` after; detail:
 *                              the same in words ("to nearest, now upward")
 *   array-layout               OBJECT detected: the array, its argument, detail "float64, strides 16"; CALL detected: the function
 */
#ifndef FFISAN_CPYTHON_SUBJECTS_H
#define FFISAN_CPYTHON_SUBJECTS_H

#include "core/findings.h"
#include "ffisan/record.h"

#define SUBJECTS_ROOM 3072u
struct subjects {
    size_t used;
    _Alignas(8) char room[SUBJECTS_ROOM];
};
struct subject {
    enum ffisan_subject what;
    enum ffisan_role role;
    uint32_t argument; /* FFISAN_SUBJECT_NO_ARGUMENT and the like, or an index */
    uint32_t flags;
    uint64_t address, count, wanted, given;
    const char *name, *detail; /* NULL: none; too long ones are cut */
};
/* Adds one; drops it when there is no room. Signal-safe. */
void subjects_add(struct subjects *subjects, const struct subject *subject);
/* The object, with its type's name and its count. */
void subjects_add_object(struct subjects *subjects, enum ffisan_subject what, enum ffisan_role role, uint32_t argument,
                         uintptr_t object, const char *detail);
/* What finding_set_managed_inside wants: for all findings that are not reported by subjects_report. */
size_t subjects_inside(const struct origin *origin, void *items, size_t size);
/* The extension's function that was at work; NULL: none is known. */
struct method;
void subjects_add_method(struct subjects *subjects, enum ffisan_role role, const struct method *method);
/* Adds the calls of extensions' functions that this thread is inside of, fills in the finding's items, and reports it. A finding made at the
 * end of a method's call may name that call (`inside`), which self.method does not lead to any more; else NULL. */
struct method_call;
void subjects_report(struct finding *finding, struct subjects *subjects, const struct method_call *inside);

#endif
