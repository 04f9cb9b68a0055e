/* SPDX-License-Identifier: Apache-2.0
 *
 * The writer of the record file (ffisan/record.h). Appending is lock-free and signal-safe; a record that finds no room is counted.
 */
#ifndef FFISAN_CORE_RECORDS_H
#define FFISAN_CORE_RECORDS_H

#include "core/types.h"
#include "ffisan/record.h"

/* Makes and maps this process's file in `folder`. False: no file (the header is then a private one, so that callers need not care). `forked`:
 * after fork, in the child; the parent's file is left alone from now on. */
bool records_open(const char *folder, int argc, char **argv, bool forked);
/* The end was reached: gives the unused part of the file back to the disk, but for some room for what is still found. */
void records_shrink(void);
/* Room for a record of `size` bytes (rounded up to 8), zeroed, with type and size set; NULL: no room. */
void *record_begin(enum ffisan_record_type type, size_t size);
/* It is complete: readers may have it. */
void record_commit(void *record);
void record_note(enum ffisan_note note, const char *detail);
struct ffisan_record_header *records_header(void); /* never NULL */

#endif
