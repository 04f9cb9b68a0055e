/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions whose address an extension's own code takes, besides having put it into a table: because it compares it with what stands in
 * some type or function object. A stub in the table would be another answer. Known to do so: numpy's arithmetic (BINOP_IS_FORWARD,
 * numpy/core/src/common/binop_override.h: "is that operand's nb_add ours?"), Cython's methods that are C functions as well (cpdef: was it
 * overridden in Python?), Cython's tp_dealloc (which goes up the bases until it finds its own), Py_TRASHCAN_BEGIN.
 *
 * Position-independent code has two ways to an address: lea relative to the instruction, or a slot of the GOT. Code is looked through for
 * the bytes of such a lea at any place, so that some are seen that are none: such a function is left alone.
 */
#ifndef FFISAN_CPYTHON_TAKEN_H
#define FFISAN_CPYTHON_TAKEN_H

#include "core/modules.h"

/* Looks the module through the first time, about 1 ms for each MiB. True also when that is not possible. One at a time. */
bool address_is_taken(const struct module *module, uintptr_t function);
/* It is taken, and it seems that it is compared at once. Many a module fills its tables in code, pybind11's all do: that is no comparison. */
bool address_is_compared(const struct module *module, uintptr_t function);
/* It was made by Cython: texts that every such module has. */
bool module_is_cython(const struct module *module);

#endif
