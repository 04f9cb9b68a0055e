/* SPDX-License-Identifier: Apache-2.0
 *
 * The SUBJECT items of a finding about managed objects (record.h), put together on the stack of who reports.
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
/* Adds the calls of extensions' functions that this thread is inside of, fills in the finding's items, and reports it. A finding made at the
 * end of a method's call may name that call (`inside`), which self.method does not lead to any more; else NULL. */
struct method_call;
void subjects_report(struct finding *finding, struct subjects *subjects, const struct method_call *inside);

#endif
