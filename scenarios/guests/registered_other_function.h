/* SPDX-License-Identifier: Apache-2.0
 *
 * The contract of registered.h, and a function that the library does not have.
 */
#include "registered.h"

void take_nothing(void *what FFISAN_NONNULL);
