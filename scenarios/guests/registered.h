/* SPDX-License-Identifier: Apache-2.0
 *
 * A library whose functions take no NULL, and the contract that says so.
 */
#ifndef REGISTERED_H
#define REGISTERED_H

#include <stddef.h>

#include <ffisan/contract.h>

FFISAN_LIBRARY("registered_library.so")

struct pair {
    long first, second;
};

size_t take(const char *text FFISAN_NONNULL);
/* Calls take(NULL) by its own slot. */
size_t take_inside(void);
/* The text is the eighth argument, on the stack, behind a struct by value and floating ones. */
size_t take_late(double a, long b, struct pair c, float d, long e, long f, long g, const char *text FFISAN_NONNULL);
/* The first variadic argument counts by `way`: 1 a text. */
size_t take_any(int way, ...) FFISAN_VARIANT(way == 1, const char *, FFISAN_NONNULL);
/* Calls back; the answer is what the callback answers. */
long take_callback(long (*callback)(void *), void *data FFISAN_NONNULL) FFISAN_FAILS(ret < 0, -1);
/* So many bytes are written, which it answers; -1: it failed. */
long fill(char *to FFISAN_OUT(size), size_t size) FFISAN_FAILS(ret < 0, -1);

/* Not for two threads at once, nor from inside its own callback. */
typedef struct item item;
item *item_open(void) FFISAN_OWNED(item_close);
void item_close(item *it FFISAN_CONSUMED);
long item_use(item *it) FFISAN_SERIAL(it) FFISAN_NO_REENTRY;
long item_work(item *it, char *room FFISAN_INOUT(size), size_t size, long (*callback)(void *), void *data) FFISAN_SERIAL(it);

/* Descriptors, of which each process has its own. */
int port_open(void) FFISAN_OWNED(port_close) FFISAN_HANDLE(port);
void port_close(int port FFISAN_CONSUMED FFISAN_HANDLE(port));
long port_use(int port FFISAN_HANDLE(port));

#endif
