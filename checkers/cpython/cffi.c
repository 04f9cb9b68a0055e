/* SPDX-License-Identifier: Apache-2.0 */
#include "cpython/callables.h"
void cffi_found(uintptr_t dict) {
    cffi_closures_found(dict);
}
