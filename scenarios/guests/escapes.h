/* SPDX-License-Identifier: Apache-2.0
 *
 * escapes_library.cpp as its users see it.
 */
#ifndef ESCAPES_H
#define ESCAPES_H

extern "C" {
typedef void escapes_callback();
int escapes_throw();                        /* throws an int */
int escapes_catch(escapes_callback *inner); /* 1 when `inner` threw; NULL: itself */
int escapes_rethrow(escapes_callback *inner);
int escapes_guard(escapes_callback *inner); /* 1 when `inner` jumped; NULL: itself */
int escapes_jump();                         /* to the innermost guard of the thread */
int escapes_leave_thread();                 /* pthread_exit */
int escapes_wait();                         /* for being cancelled */
int escapes_plain();
}

#endif
