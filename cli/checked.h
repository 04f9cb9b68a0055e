/* SPDX-License-Identifier: Apache-2.0
 *
 * What another memory checker found (--with): AddressSanitizer's reports (asan_report.c) and Valgrind's (valgrind_report.c), each read as what
 * it is: text that a dying process wrote, or did not finish. Both end up as the same findings as the shim's own, with what the shim
 * knew at that moment (FFISAN_RECORD_CHECKED).
 */
#ifndef FFISAN_CLI_CHECKED_H
#define FFISAN_CLI_CHECKED_H

#include "findings.h"

struct pool;

#define CHECKED_FRAMES FFISAN_STACK_MAX

struct checked_stack {
    uint64_t frames[CHECKED_FRAMES]; /* return addresses, but for the first where first_is_pc says so */
    uint32_t depth;
    bool first_is_pc;
};

struct checked_error {
    const char *checker; /* by name */
    enum ffisan_rule rule;
    bool only_known;  /* it is nothing to report unless the shim knows better what it is */
    const char *said; /* in the checker's own words; clean */
    int pid;
    unsigned thread;                  /* as the checker counts them: the main one first */
    uint64_t record;                  /* Valgrind: where the CHECKED record stands in its file; 0: there is none */
    uint64_t lent;                    /* and the one of the lend whose memory it is */
    const struct record *lent_record; /* which lives as long as its file; NULL: not seen yet */
    uint64_t address, block, size, given_size;
    bool has_block;
    enum ffisan_place place;
    enum ffisan_family family, free_family;
    enum access access;
    uint64_t access_size;
    int signal;
    uint64_t count; /* leak: blocks */
    struct checked_stack *stacks[FFISAN_ROLES];
    bool taken; /* it has become a finding */
};

struct checked_errors {
    struct pool *pool;
    struct checked_error *items;
    size_t count;
};

#define CHECKED_ERRORS_MOST 4096u /* of one report */

/* `text` ends with a NUL at `size`. `pid` is whose report it is. What makes no sense is left out. */
void asan_report_read(struct checked_errors *errors, const char *text, size_t size, int pid);
void valgrind_report_read(struct checked_errors *errors, const char *text, size_t size, int pid);

struct checked_error *checked_error_add(struct checked_errors *errors, const char *checker, int pid);
void checked_frame_add(struct checked_errors *errors, struct checked_error *error, enum ffisan_role role, uint64_t frame);

/* The reports in a folder of records: asan.PROGRAM.PID, valgrind.PID.xml. False: not a report. */
bool checked_report_name(const char *name, bool *xml, int *pid);
/* Whether the record is what the shim knew at this error, or the lend that it is about. */
bool checked_lent(const struct checked_error *error, const struct process *process, const struct record *record);
bool checked_belongs(const struct checked_error *error, const struct process *process, const struct record *record);
/* The finding that it comes to; `known` NULL: the shim knew nothing of it. False: nothing to report. */
bool checked_finding(struct finding *finding, const struct workshop *workshop, const struct process *process,
                     const struct checked_error *error, const struct record *known);

#endif
