/* SPDX-License-Identifier: Apache-2.0
 *
 * The shape of the thunk table: what thunks.S lays out and hooks/got.c computes addresses in. Read by the assembler too.
 */
#ifndef FFISAN_ABI_ROWS_H
#define FFISAN_ABI_ROWS_H

#define ROWS       1024
#define THUNK_SIZE 16

/* What loader_noted is told: which function was called. */
#define LOADER_DLOPEN  0
#define LOADER_DLMOPEN 1
#define LOADER_DLCLOSE 2
#define LOADER_DLSYM   3
#define LOADER_DLVSYM  4

#endif
