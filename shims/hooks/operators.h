/* SPDX-License-Identifier: Apache-2.0
 *
 * C++ operator new and delete. The shim does not replace them: it notes the call and jumps on to the operator that the module
 * would have called; when that one calls malloc or free, the note says what the call stands for. A note is believed only from
 * inside the operator's own call: the stack slot that holds the operator's return address must still hold it, just above. That is
 * exact as long as every noted operator does call malloc or free before anything else is called from the same place (in a loop of
 * tail calls that would pass for it): delete of NULL is therefore not noted.
 */
#ifndef FFISAN_HOOKS_OPERATORS_H
#define FFISAN_HOOKS_OPERATORS_H

#include "core/thread.h"
#include "core/types.h"

/* Called by the thunk; answers where to go on. `first` and `second` are the operator's own arguments. */
uintptr_t operator_noted(uintptr_t cfa, uintptr_t ra, uintptr_t frame_pointer, uint32_t row_and_operator, size_t second,
                         uintptr_t first);
/* Inside malloc or free, called at `origin`: takes the note, when it is about this call. */
bool operator_take(const struct origin *origin, struct pending_operator *pending);
/* "operator delete[](void*)" */
const char *operator_text(unsigned index);

#endif
