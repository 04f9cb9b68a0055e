/* SPDX-License-Identifier: Apache-2.0
 *
 * The writer of the record file (ffisan/record.h). Appending is lock-free and signal-safe; a record that finds no room is
 * counted.
 */
#ifndef FFISAN_CORE_RECORDS_H
#define FFISAN_CORE_RECORDS_H

#include "core/types.h"
#include "ffisan/record.h"

/* Makes and maps this process's file in `folder`; the arguments must stay where they are. `small`: little will be recorded.
 * False: no file (the header is then a private one, so that callers need not care). */
bool records_open(const char *folder, int argc, char **argv, bool small);
/* In a forked child; costs nothing. Exec records go on to the parent's file, and name their pid; a file of its own is made when
 * the first other record is begun, or by records_own. Most children exec without a word, and a file each would cost more than the
 * fork. */
void records_forked(void);
/* Sees to it that this process has a file of its own: at the latest when its end is seen, since every watched process is in the
 * report. Signal-safe; what another thread records in the same instant may be lost, and is counted. */
void records_own(void);
/* What else such a file must hold: called once it is there, or could not be made. */
void records_on_own(void (*callback)(void));
/* The end was reached, or an exec: gives the unused part of the file back to the disk, but for some room for what is still found, and
 * `room` bytes more. */
void records_shrink(size_t room);
/* Room for a record of `size` bytes (rounded up to 8), zeroed, with type and size set; NULL: no room. */
void *record_begin(enum ffisan_record_type type, size_t size);
/* It is complete: readers may have it. */
void record_commit(void *record);
void record_note(enum ffisan_note note, const char *detail);
/* Something that could not even be tried to be recorded. */
void record_lost(void);
struct ffisan_record_header *records_header(void); /* never NULL */

#endif
