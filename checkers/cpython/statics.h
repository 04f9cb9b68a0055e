/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a static of an extension keeps something from one call to the next, or is scratch space: filled whenever it is used, as
 * `static PyObject *item; PyArg_ParseTuple(args, "O", &item)` is, or a static vector for PyObject_Vectorcall, or the comparison's function
 * that qsort's callback reads. What is left there is an address that nobody reads.
 *
 * It is told from the code. Position-independent code names a static by its distance from the instruction. Of each function that does, the
 * first instruction that names the word counts (as they stand in memory): a load reads what an earlier call left; a store fills it, and so
 * does what takes its address. Comparisons say nothing. Loads in functions that the given one leads to, by calls, jumps or by taking their
 * address, read what it has filled.
 */
#ifndef FFISAN_CPYTHON_STATICS_H
#define FFISAN_CPYTHON_STATICS_H

#include "core/modules.h"

/* Whether a call of some function reads what an earlier call of `function` left in the word. False on any doubt: arrays with an index, what is
 * reached through a pointer, symbols that lead through the GOT. Some ms for each MiB of code the first time it is asked of a word. */
bool static_is_kept(const struct module *module, uintptr_t function, uintptr_t word);

#endif
