/* SPDX-License-Identifier: Apache-2.0 */
#include "cpython/methods.h"

struct method_call *method_innermost(uintptr_t cfa) {
    struct method_call *call = self.method;
    while (call && call->cfa <= cfa)
        call = call->outer;
    return call;
}
