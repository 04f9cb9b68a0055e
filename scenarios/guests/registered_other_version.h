/* SPDX-License-Identifier: Apache-2.0
 *
 * A contract for another version: what it forbids is done, and is right.
 */
#include <stddef.h>

#include <ffisan/contract.h>

FFISAN_LIBRARY("registered_library.so")
FFISAN_VERSIONS("5.0", "6.0")
size_t take(const char *text FFISAN_HANDLE(thing) FFISAN_IN(9999));
