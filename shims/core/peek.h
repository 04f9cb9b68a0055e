/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads of memory that may not be there. A read that fails says so; it never faults. Through the kernel (process_vm_readv on
 * ourselves): about half a microsecond, so for rare paths only. Signal-safe, no lock, errno kept. In a confined process nothing
 * can be read in this way: who takes that for an answer asks confined() first.
 */
#ifndef FFISAN_CORE_PEEK_H
#define FFISAN_CORE_PEEK_H

#include "core/types.h"

/* Valgrind is there, which has a word to say about what the quicker way asks of the kernel. Set once, at the start. */
extern bool peek_by_copying;

/* Copies `size` bytes from `address`. False when any of them cannot be read. */
bool peek(void *to, uintptr_t address, size_t size);
/* Copies text up to its NUL or `size` - 1 bytes, always terminated. False when not even the first byte can be read. */
bool peek_text(char *to, uintptr_t address, size_t size);

/* Whether the page that holds this address can be read now; for who reads much and must be quick about it: about a tenth of the
 * price. What another thread does to the page afterwards is not its affair. */
bool peek_page(uintptr_t address);

#endif
