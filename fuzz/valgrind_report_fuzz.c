/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a report of Valgrind's, up to findings, and up to the report of those.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "checked.h"
#include "pool.h"
#include "report.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void report_make(struct pool *pool, const struct checked_errors *errors) {
    struct plan plan = {.verbose = true};
    struct report report = {.pool = pool};
    struct workshop workshop = {.pool = pool};
    struct process *process = pool_append(pool, &report.processes, &report.process_count, sizeof(*process));
    *process = (struct process){.records = "fuzz", .executable = ""};
    for (size_t i = 0; i < errors->count; i++)
        checked_finding(pool_append(pool, &report.findings, &report.finding_count, sizeof(struct finding)), &workshop, process,
                        &errors->items[i], NULL);
    char *json = report_json(&report, &plan), *text = report_text(&report, &plan, false);
    if (!json || !text) /* a text was not clean */
        abort();
    free(json);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct pool *pool = pool_new();
    struct checked_errors errors = {.pool = pool};
    char *text = pool_get(pool, size + 1);
    if (size)
        memcpy(text, bytes, size);
    valgrind_report_read(&errors, text, size, 1);
    report_make(pool, &errors);
    pool_free(pool);
    return 0;
}
