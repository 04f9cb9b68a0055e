/* SPDX-License-Identifier: Apache-2.0
 *
 * What attach.c and the others start that the tests inside an interpreter leave out: each does nothing.
 */
#include "cpython/api.h"
#include "cpython/blocking.h"

void blocking_start(void) {
}
const struct managed_edges *blocking_edges(uintptr_t function) {
    (void)function;
    return NULL;
}

void api_start(void) {}

void api_attached(void) {}

void api_forget(void) {}
