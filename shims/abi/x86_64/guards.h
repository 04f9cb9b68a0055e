/* SPDX-License-Identifier: Apache-2.0
 *
 * The shape of the tables of guards, and of what guards.S reads: numbers that hooks/guards.c holds against the structs. Read by the
 * assembler too.
 */
#ifndef FFISAN_ABI_GUARDS_H
#define FFISAN_ABI_GUARDS_H

#define GUARDS_STATE   2048
#define GUARDS_WATCHED 256
#define GUARD_SIZE     48

/* struct thread */
#define THREAD_WORD    8
#define THREAD_STATE   16
#define THREAD_WATCHED 24

#endif
