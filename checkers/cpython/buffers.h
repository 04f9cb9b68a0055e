/* SPDX-License-Identifier: Apache-2.0
 *
 * buffer-not-released: a Py_buffer that was filled and went with its stack frame.
 *
 * While a call of an extension's function is watched closely, what PyObject_GetBuffer and PyArg_Parse (y* s* z* w*) fill is noted, and taken out
 * again when PyBuffer_Release is given it, or a copy of it. What is left at the end of the call, and lay on the part of the C stack
 * that is gone, cannot be given back by anybody, unless the extension has copied the struct, or the reference in it, to somewhere
 * that stays: memory is searched for that (within the budget). Silent also when the exporter has fewer references than it had with the buffer
 * taken: somebody has given it back in a way of his own.
 *
 * Not seen: structs in memory of malloc or in an object; those are for the leak rules.
 */
#ifndef FFISAN_CPYTHON_BUFFERS_H
#define FFISAN_CPYTHON_BUFFERS_H

/* At the start, before the first module is looked at. */
void buffers_start(void);

#endif
