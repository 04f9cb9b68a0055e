/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables by which an extension hands its functions over to the interpreter, as they are told to the API that takes them.
 */
#ifndef FFISAN_CPYTHON_TABLES_H
#define FFISAN_CPYTHON_TABLES_H

#include <stdint.h>

/* Once, at the start: listens to those functions of the API. */
void tables_start(void);
/* The call of a module's beginning is over: looks through what the module has. */
struct method_call;
void tables_started(const struct method_call *call, uintptr_t result);

#endif
