/* SPDX-License-Identifier: Apache-2.0
 *
 * A library that does next to nothing, and its contract: what calls of it take is what watching them takes.
 */
#ifndef WORK_H
#define WORK_H

#include <stddef.h>

#include <ffisan/contract.h>

FFISAN_LIBRARY("libwork.so")

/* Two pointers and a size. */
size_t work_copy(const void *from FFISAN_IN(size), void *to FFISAN_OUT(size), size_t size);
/* One buffer that is lent for the call. */
size_t work_look(const void *from FFISAN_IN(size), size_t size);

struct work;
struct work *work_open(void) FFISAN_OWNED(work_close);
void work_use(struct work *work);
void work_close(struct work *work FFISAN_CONSUMED);

#endif
