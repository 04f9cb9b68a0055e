/* SPDX-License-Identifier: Apache-2.0
 *
 * A library that keeps what it was only lent, and uses it later; and one that does nothing wrong with it.
 */
#ifndef KEEPER_H
#define KEEPER_H

#include <stddef.h>

#include <ffisan/contract.h>

FFISAN_LIBRARY("libkeeper.so")

/* Kept, against what is said here. */
void keeper_look(const char *text FFISAN_CSTRING);
void keeper_fill(unsigned char *bytes FFISAN_OUT(size), size_t size);
int keeper_late_read(void);
void keeper_late_write(void);
/* Kept, as is said here. */
void keeper_hold(const char *text FFISAN_RETAINED(library, keeper_hold));
/* Frees it, against what is said here. */
void keeper_take(char *text FFISAN_CSTRING);

long keeper_sum(const unsigned char *bytes FFISAN_IN(size), size_t size);
/* Writes half of what it may. */
size_t keeper_read(unsigned char *bytes FFISAN_OUT(size), size_t size);
const char *keeper_find(const char *text FFISAN_CSTRING, int character);
long keeper_number(const char *text FFISAN_CSTRING, char **end);
void keeper_mix(unsigned char *to FFISAN_INOUT(size), const unsigned char *from FFISAN_IN(size), size_t size);
/* All of them in one buffer: the end is not in the contract. */
long keeper_between(const unsigned char *begin FFISAN_IN(end - begin), const unsigned char *end);
/* Writes one byte more than is said. */
void keeper_terminate(char *text FFISAN_OUT(size), size_t size);
int keeper_each(const unsigned char *bytes FFISAN_IN(size), size_t size, int (*visit)(const unsigned char *at));

#endif
