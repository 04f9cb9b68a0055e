/* SPDX-License-Identifier: Apache-2.0
 *
 * From a hand-made record file to a report, for the tests of what comes out.
 */
#ifndef FFISAN_CLI_JUDGED_H
#define FFISAN_CLI_JUDGED_H

#include "judge.h"
#include "record_writer.h"
#include "report.h"

struct judged {
    char *folder;
    struct plan plan;
    struct record_writer writer; /* of the file that is written next */
    int files;
};

void judged_setup(struct judged *judged);
void judged_teardown(struct judged *judged);
/* Writes the file, and starts another one, of another process. */
void judged_save(struct judged *judged);
/* Fails the test when there is trouble. */
struct report *judged_report(struct judged *judged);

#endif
