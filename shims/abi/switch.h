/* SPDX-License-Identifier: Apache-2.0
 *
 * What a CPU has to offer to whoever must leave the stack that it finds itself on.
 */
#ifndef FFISAN_ABI_SWITCH_H
#define FFISAN_ABI_SWITCH_H

/* Calls function(argument) with the stack pointer at `top` (the end of a stack that nobody uses) and comes back on the old stack.
 * Keeps no state; a nested call needs another stack, or must never return. */
void abi_call_on_stack(void *top, void (*function)(void *argument), void *argument);

#endif
