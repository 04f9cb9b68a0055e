/* SPDX-License-Identifier: Apache-2.0 */
#include "cpython/callables.h"
void cffi_found(uintptr_t dict) {
    (void)dict;
}
