/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "judged.h"
#include "trouble.h"

void judged_setup(struct judged *judged) {
    *judged = (struct judged){.folder = writer_folder(), .plan.exit_code = 99};
    writer_start(&judged->writer);
}

void judged_teardown(struct judged *judged) {
    plan_free(&judged->plan);
    writer_folder_remove(judged->folder);
}

void judged_save(struct judged *judged) {
    char path[4200];
    snprintf(path, sizeof(path), "%s/%d-0.ffr", judged->folder, judged->files++);
    writer_save(&judged->writer, path);
    writer_start(&judged->writer);
    writer_header(&judged->writer)->pid += (uint32_t)judged->files;
    writer_header(&judged->writer)->start_ns += (uint64_t)judged->files;
}

static void assert_no_trouble(struct trouble *trouble) {
    if (trouble)
        fail_msg("%s", trouble_text(trouble));
}

struct report *judged_report(struct judged *judged) {
    struct report *report;
    const char *folder = judged->folder;
    assert_no_trouble(plan_check(&judged->plan));
    assert_no_trouble(report_read(&report, &judged->plan, &folder, 1, NULL, NULL, 0, NULL, 0));
    return report;
}
