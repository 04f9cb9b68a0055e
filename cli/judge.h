/* SPDX-License-Identifier: Apache-2.0
 *
 * From records to verdicts: what `ffisan run` and `ffisan report` share. A plan is what the user asked for, checked before
 * anything starts; a report is what the records say, judged by the plan.
 *
 * Everything here runs in the launcher, single-threaded, and may allocate. Functions that can fail return a `struct trouble`:
 * NULL for success, else one sentence for the user that names what, where and what to do next (the caller prints it and ends
 * with 125; it frees it with trouble_free).
 */
#ifndef FFISAN_CLI_JUDGE_H
#define FFISAN_CLI_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trouble; /* trouble.h */

/* What the user asked for. Filled by the command line; strings are borrowed from argv, arrays owned by the plan. */
struct plan {
    const char **report_formats; /* "text", "json:PATH", ...; empty: text */
    size_t report_formats_count;
    const char *rules;           /* "+name,-name", or NULL */
    const char *suppressions;    /* file, or NULL */
    const char *baseline;        /* file to read, or NULL */
    const char *write_baseline;  /* file to write, or NULL */
    const char **only_libraries; /* globs */
    size_t only_libraries_count;
    int exit_code; /* when there are errors; default 99 */
    bool quiet, verbose, show_args;
    struct judge *judge; /* what plan_check made of the above; owned */
};

/* The command as the launcher saw it; all zeros and NULLs for `ffisan report`, which takes it from the records' own headers. */
struct command_result {
    char *const *argv;
    uint64_t started_ns; /* CLOCK_REALTIME */
    double seconds;
    int exit_status; /* meaningful when signal is 0 */
    int signal;
};
/* A process whose end the launcher learned from the kernel (its child, or an orphan that came to it). */
struct process_end {
    int pid;
    int exit_status, signal;
};
/* Something that the launcher itself knows is not watched. */
struct not_watched {
    const char *what, *why, *so;
};

struct report; /* report.h */

/* Checks the plan before the command starts: rule names, suppressions, baseline, formats; opens every report file for writing, so
 * that a path that cannot be written is known now (contents are written to a temporary beside it and renamed in at the end). */
struct trouble *plan_check(struct plan *plan);
void plan_free(struct plan *plan);

/* Reads every record file of these folders (or files). `command` may be NULL. */
struct trouble *report_read(struct report **report, const struct plan *plan, const char *const *paths, size_t path_count,
                            const struct command_result *command, const struct process_end *ends, size_t end_count,
                            const struct not_watched *more, size_t more_count);
/* Writes all formats (text without a path goes to standard error) and, when asked, the baseline. */
struct trouble *report_write(struct report *report, const struct plan *plan);
/* How many findings of severity error are neither suppressed nor in the baseline. */
size_t report_errors(const struct report *report);
void report_free(struct report *report);

/* One headline for each finding that is new since the last call, on `fd`: `--live`. State is kept between calls. */
struct live;
struct live *live_new(const struct plan *plan, const char *folder, int fd);
void live_poll(struct live *live);
void live_free(struct live *live);

#endif
