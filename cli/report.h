/* SPDX-License-Identifier: Apache-2.0
 *
 * A report, between reading and writing: what judge.h promises, as the formats see it.
 */
#ifndef FFISAN_CLI_REPORT_H
#define FFISAN_CLI_REPORT_H

#include "baseline.h"
#include "findings.h"
#include "judge.h"
#include "profile.h"
#include "suppressions.h"

enum report_format { REPORT_TEXT, REPORT_JSON };

struct prototypes;
struct looked_at;
struct symbols;

struct report_target {
    enum report_format format;
    const char *path; /* NULL: standard error for text, standard output for the others */
};

/* What plan_check makes of the plan. */
struct judge {
    struct pool *pool;
    struct rule_set rules;
    struct suppressions suppressions;
    struct baseline baseline;
    struct report_target *targets;
    size_t target_count;
};

struct summary {
    size_t errors, warnings, suppressed, in_baseline;
    uint64_t crossings, records_lost;
};

struct report {
    struct pool *pool;
    struct symbols *symbols; /* texts of frames live in it */
    struct prototypes *prototypes;
    const char *const *command; /* clean, not masked */
    size_t command_count;
    uint64_t started_ns;
    bool timed; /* `seconds` is known */
    double seconds;
    bool exited, killed; /* neither: the end of the command is not known */
    int exit_status, signal;
    struct process *processes;
    size_t process_count;
    struct finding *findings;
    size_t finding_count;
    struct omission *omissions;
    size_t omission_count;
    struct looked_at *bindings; /* omissions.c's own */
    size_t binding_count;
    const struct suppression **unused;
    size_t unused_count;
    struct summary summary;
    struct profile profile; /* of --profile; empty without */
};

/* What was not watched, from the processes' own records; omissions.c */
void omission_add(struct report *report, const char *what, const char *why, const char *so);
void omissions_collect(struct report *report, const struct plan *plan);

/* The process that the command began as: the one that started first among the records of a run; helpers.c */
struct root {
    int pid; /* 0: not known */
    uint64_t start_ns;
};
void root_consider(struct root *root, const struct ffisan_record_header *header);
/* Whether its leaks are nobody's concern unless --only-library says so. */
bool process_is_helper(const struct process *process, const struct root *root);
void helper_leaks_omit(struct report *report, const struct process *process);

/* Whether the plan wants to hear of it: its rule is on, and for leaks one of --only-library's globs matches. Raises the severity
 * of leaks that were asked for. */
bool finding_wanted(struct finding *finding, const struct plan *plan);

/* The formats. Text that the caller frees; NULL: no memory. */
char *report_text(const struct report *report, const struct plan *plan, bool colour);
char *report_json(const struct report *report, const struct plan *plan);

#endif
