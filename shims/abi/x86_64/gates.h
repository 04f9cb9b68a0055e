/* SPDX-License-Identifier: Apache-2.0
 *
 * The shape of the table of gates and of what gates.S reads and writes: numbers that hooks/gates.c holds against the structs. Read by
 * the assembler too.
 */
#ifndef FFISAN_ABI_GATES_H
#define FFISAN_ABI_GATES_H

#define GATES     8192
#define GATE_SIZE 16

/* struct thread */
#define THREAD_BUSY 0
#define THREAD_GATE 4

/* struct gate, of 1 << GATE_SHIFT bytes */
#define GATE_SHIFT    6
#define GATE_FUNCTION 0
#define GATE_ENTER    8
#define GATE_LEAVE    16
#define GATE_CALLER   24
#define GATE_OWN      32
#define GATE_OWN_SIZE 40

/* struct gate_frame */
#define FRAME_INTEGER 0
#define FRAME_RAX     48
#define FRAME_R10     56
#define FRAME_VECTOR  64
#define FRAME_CFA     192
#define FRAME_RA      200
#define FRAME_POINTER 208
#define FRAME_GATE    216
#define FRAME_RESULT  224
#define FRAME_ERRNO   240
#define FRAME_SIZE    432
#define FRAME_NOTES   22 /* words */

/* How much of its caller's stack a function behind a call-through is given: usually, and at most. */
#define STACK_COPIED 128
#define STACK_MOST   2048
#define PAGE_SIZE    4096

#endif
