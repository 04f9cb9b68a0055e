/* SPDX-License-Identifier: Apache-2.0
 *
 * What attach.c and the others start that the tests inside an interpreter leave out: each does nothing.
 */
#include "core/findings.h"
#include "core/modules.h"
#include "cpython/api.h"
#include "cpython/audit.h"
#include "cpython/blocking.h"
#include "cpython/buffers.h"
#include "cpython/callables.h"
#include "cpython/environment.h"
#include "cpython/interiors.h"
#include "cpython/kept.h"
#include "cpython/lost.h"
#include "cpython/repeat.h"
#include "cpython/subjects.h"

void blocking_start(void) {}
void kept_start(void) {}
void lost_start(void) {}
void lost_end(void) {}
const struct managed_edges *edges_of(uintptr_t function, bool keeps_gil) {
    (void)function;
    (void)keeps_gil;
    return NULL;
}

void audit_start(void) {}
void raised_start(void) {}
void environment_start(void) {}
void attached_start(void) {}

void api_start(void) {}
void api_attached(void) {}
void api_forget(void) {}

size_t subjects_inside(const struct origin *origin, void *items, size_t size) {
    (void)origin;
    (void)items;
    (void)size;
    return 0;
}
void finding_set_managed_inside(managed_inside *walker) {
    (void)walker;
}

void buffers_start(void) {}

void interiors_start(void) {}
void repeat_start(void) {}
