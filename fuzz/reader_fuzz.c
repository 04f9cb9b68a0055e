/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a record file, through everything that a report does with them but opening the files that they name.
 */
#include <stdint.h>
#include <stdlib.h>

#include "calls.h"
#include "pool.h"
#include "reader.h"
#include "report.h"
#include "trouble.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void record_take(const struct workshop *workshop, struct declarations *declarations, const struct process *process,
                        const struct record *record, struct report *report) {
    struct finding *findings;
    size_t count = findings_read(workshop, declarations, process, record, &findings);
    for (size_t i = 0; i < count; i++)
        *(struct finding *)pool_append(report->pool, &report->findings, &report->finding_count, sizeof(*findings)) = findings[i];
}

static void findings_make(const struct record_file *file, struct report *report) {
    struct workshop workshop = {.pool = report->pool};
    struct declarations *declarations = declarations_new(report->pool);
    struct process *process = pool_append(report->pool, &report->processes, &report->process_count, sizeof(*process));
    process_read(process, report->pool, file, "fuzz");
    for (struct record record = {0}; record_next(file, &record);)
        if (record.type == FFISAN_RECORD_FINDING || record.type == FFISAN_RECORD_CALL)
            record_take(&workshop, declarations, process, &record, report);
}

static void report_make(const struct record_file *file) {
    struct plan plan = {.verbose = true};
    struct report report = {.pool = pool_new()};
    findings_make(file, &report);
    char *json = report_json(&report, &plan);
    char *text = report_text(&report, &plan, false);
    if (!json || !text) /* a text was not clean */
        abort();
    free(json);
    free(text);
    pool_free(report.pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct record_file file;
    struct trouble *trouble = record_file_parse(&file, bytes, size, "fuzz");
    if (!trouble)
        report_make(&file);
    trouble_free(trouble);
    record_file_free(&file);
    return 0;
}
