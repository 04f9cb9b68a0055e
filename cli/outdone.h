/* SPDX-License-Identifier: Apache-2.0
 *
 * Findings that a later one of the same process says all of, and more. A callback that the host freed while C had it is on
 * record from then on; when C calls it after that, one finding is shown: that call, which has the stack of the freeing with it.
 */
#ifndef FFISAN_CLI_OUTDONE_H
#define FFISAN_CLI_OUTDONE_H

#include <stdbool.h>

struct record;
struct record_file;

/* Whether `record` is outdone, and by which record of the same file. */
bool record_outdone(const struct record_file *file, const struct record *record, struct record *by);

#endif
