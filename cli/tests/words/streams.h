/* SPDX-License-Identifier: Apache-2.0
 *
 * FFISAN_HANDLE: a library of which the contract tells everything, so that no number can come from elsewhere.
 */
#ifndef STREAMS_H
#define STREAMS_H

#include <errno.h>

#include <ffisan/contract.h>

FFISAN_LIBRARY("libstreams.so.1")

int stream_open(int size) FFISAN_OWNED(stream_close) FFISAN_HANDLE(stream) FFISAN_FAILS(ret < 0, -1, EMFILE);
int stream_read(int stream FFISAN_HANDLE(stream));
void stream_close(int stream FFISAN_HANDLE(stream) FFISAN_CONSUMED);

#endif
