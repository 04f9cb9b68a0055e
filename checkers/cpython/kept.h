/* SPDX-License-Identifier: Apache-2.0
 *
 * stored-borrowed: an argument that an extension's function left in static memory of its module, without a count for it, and that died while it
 * was still there.
 *
 * At both ends of a call that is watched closely the writable data of the function's module is searched for the arguments. One that stands
 * there afterwards and did not before, and whose count did not grow, was kept without a reference; that is no mistake yet: it may be taken away
 * in time, or be somebody else's to keep alive. It is one when the object's memory is given back and the address still stands there.
 *
 * Scratch space that each call fills before it reads it is told from what is kept by the code (statics.h).
 *
 * Not looked at: self, which clears what it left when it goes; objects that are values of a module's dictionary, whose addresses Cython keeps
 * with the dictionary's version; what dies on another thread, or goes to a free list; heap memory of libraries, which may hold a stale
 * pointer that nobody will use.
 */
#ifndef FFISAN_CPYTHON_KEPT_H
#define FFISAN_CPYTHON_KEPT_H

/* Once, at the start; before the first module is looked at. */
void kept_start(void);
/* The calling thread ends: others may wait from now on. */
void kept_thread_end(void);

#endif
