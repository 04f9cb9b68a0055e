/* SPDX-License-Identifier: Apache-2.0
 *
 * stale-interior: addresses inside of objects, and their use when the object is dead.
 *
 * While a call of an extension's function is watched closely, what the API gives it of objects' insides is noted (PyBytes_AsString,
 * PyUnicode_AsUTF8, what PyArg_Parse takes out of arguments, a Py_buffer's memory). When memory dies that such an address leads to, or a bytes or
 * str object does, it is held back until the end of the call (held.h). So nobody else can have it: whoever reads or writes behind an address
 * in it then uses a stale one. Asked are the functions of interiors.def: those of the API that are given memory, and libc's.
 *
 * Not seen: what the extension's own code reads, and what it calls of other libraries but by libc's functions; objects whose memory
 * does not go back when they die (of bytes and str: the characters of Latin-1, which live as long as the interpreter).
 */
#ifndef FFISAN_CPYTHON_INTERIORS_H
#define FFISAN_CPYTHON_INTERIORS_H

/* At the start, before the first module is looked at. */
void interiors_start(void);

#endif
