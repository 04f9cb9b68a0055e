/* SPDX-License-Identifier: Apache-2.0
 *
 * From record files to a report: every file is read, its findings judged by the plan, and what is the same defect put together.
 */
#include "report.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "calls.h"
#include "checked.h"
#include "contract_files.h"
#include "outdone.h"
#include "pool.h"
#include "prototypes.h"
#include "reader.h"
#include "subjects.h"
#include "symbols.h"
#include "text_file.h"
#include "trouble.h"
#include "twins.h"
#include "veto.h"

struct reading {
    struct report *report;
    const struct plan *plan;
    struct workshop workshop;
    struct root root;
    struct checked_errors checked; /* what another checker found in the folder's processes */
    bool forgiving;                /* a file that cannot be read is listed, and not the end of the report */
};

/* ---- one finding ---- */

static bool library_matches(const char *glob, const struct module *module) {
    return module && (fnmatch(glob, module->name, 0) == 0 || fnmatch(glob, module->path, 0) == 0);
}

static bool leak_crosses(const struct finding *finding, const char *glob) {
    const struct stack *stack = finding_stack(finding, FFISAN_ROLE_ALLOCATED);
    if (library_matches(glob, finding->facts.owner))
        return true;
    for (size_t i = 0; stack && i < stack->native_count; i++) {
        const struct frame *frame = &stack->native[i];
        if (frame->module && (fnmatch(glob, frame->module, 0) == 0 || fnmatch(glob, frame->module_path, 0) == 0))
            return true;
    }
    return false;
}

bool finding_wanted(struct finding *finding, const struct plan *plan) {
    if (!plan->judge->rules.on[finding->rule])
        return false;
    if (subject_of(finding, FFISAN_SUBJECT_REPEAT)) /* who asks what stays after a call wants to know with the status */
        finding->severity = SEVERITY_ERROR;
    if (finding->rule != FFISAN_RULE_LEAK || plan->only_libraries_count == 0)
        return true;
    for (size_t i = 0; i < plan->only_libraries_count; i++) {
        if (leak_crosses(finding, plan->only_libraries[i])) {
            finding->severity = SEVERITY_ERROR;
            return true;
        }
    }
    return false;
}

static struct finding *finding_known(struct report *report, const char *fingerprint) {
    for (size_t i = 0; i < report->finding_count; i++)
        if (strcmp(report->findings[i].fingerprint, fingerprint) == 0)
            return &report->findings[i];
    return NULL;
}

/* Another occurrence: the earliest one is shown, and for leaks the sum. */
static void finding_merge(struct finding *into, struct finding *from, struct pool *pool) {
    bool sums = into->rule == FFISAN_RULE_LEAK;
    uint64_t count = into->count + from->count < into->count ? UINT64_MAX : into->count + from->count;
    uint64_t size = into->facts.size + from->facts.size;
    uint64_t blocks = into->facts.indirect_blocks + from->facts.indirect_blocks;
    uint64_t bytes = into->facts.indirect_bytes + from->facts.indirect_bytes;
    if (from->time_ns < into->time_ns)
        *into = *from;
    into->count = count;
    if (sums) {
        into->facts.size = size;
        into->facts.indirect_blocks = blocks;
        into->facts.indirect_bytes = bytes;
        finding_explain(into, pool);
    }
}

/* Whether the finding is a leak of a helper program that nobody asked for. */
static bool is_left_out(const struct reading *reading, const struct process *process, const struct record *record) {
    return record->as.finding->rule == FFISAN_RULE_LEAK && reading->plan->only_libraries_count == 0 &&
           process_is_helper(process, &reading->root);
}

static void finding_take(struct reading *reading, const struct process *process, struct finding *finding) {
    struct report *report = reading->report;
    if (!finding_wanted(finding, reading->plan) || finding_vetoed(finding, process, reading->workshop.symbols))
        return;
    struct finding *known = finding_known(report, finding->fingerprint);
    if (known)
        finding_merge(known, finding, report->pool);
    else
        *(struct finding *)pool_append(report->pool, &report->findings, &report->finding_count, sizeof(*finding)) = *finding;
}

static void record_take(struct reading *reading, const struct process *process, const struct record *record,
                        struct declarations *declarations) {
    struct finding *findings;
    size_t count = findings_read(&reading->workshop, declarations, process, record, &findings);
    for (size_t i = 0; i < count; i++)
        finding_take(reading, process, &findings[i]);
}

/* ---- what another checker found ---- */

static void checked_take(struct reading *reading, const struct process *process, struct checked_error *error,
                         const struct record *known) {
    struct finding finding;
    error->taken = true;
    if (checked_finding(&finding, &reading->workshop, process, error, known))
        finding_take(reading, process, &finding);
}

/* Each of the errors that the record is about. */
static void checked_record_take(struct reading *reading, const struct process *process, const struct record *record) {
    for (size_t i = 0; i < reading->checked.count; i++) {
        struct checked_error *error = &reading->checked.items[i];
        if (checked_lent(error, process, record))
            error->lent_record = memcpy(pool_get(reading->report->pool, sizeof(*record)), record, sizeof(*record));
        else if (checked_belongs(error, process, record))
            checked_take(reading, process, error, record);
    }
}

/* The file is about to go: what is about a lend in it, and no foreign call was known to be under way. */
static void checked_lends_take(struct reading *reading, const struct process *process) {
    for (size_t i = 0; i < reading->checked.count; i++) {
        struct checked_error *error = &reading->checked.items[i];
        if (!error->taken && error->lent_record)
            checked_take(reading, process, error, NULL);
        error->lent_record = NULL;
    }
}

/* The rest: of the last program that the process was. */
static void checked_rest_take(struct reading *reading) {
    struct report *report = reading->report;
    for (size_t i = 0; i < reading->checked.count; i++) {
        struct checked_error *error = &reading->checked.items[i];
        const struct process *process = NULL;
        for (size_t j = 0; j < report->process_count; j++)
            if (report->processes[j].pid == error->pid && (!process || report->processes[j].start_ns > process->start_ns))
                process = &report->processes[j];
        if (!error->taken && process && !process->blank)
            checked_take(reading, process, error, NULL);
        else if (!error->taken)
            omission_add(
                report,
                pool_text(report->pool, "an error that %s found in process %d (%s)", error->checker, error->pid, error->said),
                "the process has left no records", "the finding");
    }
}

static void checked_report_take(struct reading *reading, const char *path, const char *name) {
    char *text;
    size_t size;
    bool xml;
    int pid;
    if (!checked_report_name(name, &xml, &pid))
        return;
    struct trouble *trouble = text_file_read(reading->report->pool, path, &text, &size);
    if (trouble)
        omission_add(reading->report, pool_clean(reading->report->pool, path, POOL_CLEAN_ALL),
                     pool_clean(reading->report->pool, trouble_text(trouble), POOL_CLEAN_ALL), "what the other checker found");
    else
        (xml ? valgrind_report_read : asan_report_read)(&reading->checked, text, size, pid);
    trouble_free(trouble);
}

/* ---- files ---- */

static struct trouble *file_take(struct reading *reading, const char *path) {
    struct report *report = reading->report;
    struct record_file file;
    struct trouble *trouble = record_file_read(&file, path);
    if (trouble && reading->forgiving) {
        omission_add(report, pool_clean(report->pool, path, POOL_CLEAN_ALL),
                     pool_clean(report->pool, trouble_text(trouble), POOL_CLEAN_ALL), "everything that the process recorded");
        trouble_free(trouble);
        return NULL;
    }
    if (trouble)
        return trouble;
    struct process *process = pool_append(report->pool, &report->processes, &report->process_count, sizeof(*process));
    process_read(process, report->pool, &file, path);
    struct declarations *declarations = declarations_new(report->pool);
    bool left_out = false;
    struct record outdoing;
    for (struct record record = {0}; record_next(&file, &record);) {
        if (record.type == FFISAN_RECORD_PROFILE)
            profile_take(&report->profile, &reading->workshop, process, &record);
        if (record.type == FFISAN_RECORD_CHECKED)
            checked_record_take(reading, process, &record);
        if (record.type != FFISAN_RECORD_FINDING && record.type != FFISAN_RECORD_CALL)
            continue;
        if (record_outdone(&file, &record, &outdoing))
            continue;
        if (is_left_out(reading, process, &record))
            left_out = true;
        else
            record_take(reading, process, &record, declarations);
    }
    checked_lends_take(reading, process);
    if (left_out)
        helper_leaks_omit(report, process);
    record_file_free(&file);
    return NULL;
}

static bool ends_with(const char *name, const char *suffix) {
    size_t length = strlen(name), rest = strlen(suffix);
    return length > rest && strcmp(name + length - rest, suffix) == 0;
}

static int is_of_ours(const struct dirent *entry) {
    bool xml;
    int pid;
    return ends_with(entry->d_name, FFISAN_RECORD_SUFFIX) || ends_with(entry->d_name, FFISAN_LOST_SUFFIX) ||
           checked_report_name(entry->d_name, &xml, &pid);
}

/* A process that could not make its file left a link in its place, which leads to the number of the error. */
static struct trouble *lost_take(struct reading *reading, const char *path, const char *name) {
    struct pool *pool = reading->report->pool;
    char error[16] = "";
    if (readlink(path, error, sizeof(error) - 1) < 0)
        return trouble_new("cannot read the link %s: %s", path, strerror(errno));
    omission_add(reading->report, pool_text(pool, "process %ld", strtol(name, NULL, 10)),
                 pool_text(pool, "its record file could not be made (%s)", strerror((int)strtol(error, NULL, 10))),
                 "everything that it did");
    return NULL;
}

/* What cannot be read is complained about when it is taken. */
static void root_look(struct root *root, const char *path) {
    struct ffisan_record_header header;
    FILE *file = fopen(path, "re");
    if (file && fread(&header, sizeof(header), 1, file) == 1 &&
        memcmp(header.magic, FFISAN_RECORD_MAGIC, sizeof(header.magic)) == 0)
        root_consider(root, &header);
    if (file)
        fclose(file);
}

static void root_find(struct reading *reading, const char *path, struct dirent *const *entries, int count) {
    reading->root = (struct root){0};
    for (int i = 0; i < count; i++)
        if (ends_with(entries[i]->d_name, FFISAN_RECORD_SUFFIX))
            root_look(&reading->root, pool_text(reading->report->pool, "%s/%s", path, entries[i]->d_name));
}

static struct trouble *entry_take(struct reading *reading, const char *folder, const char *name) {
    const char *path = pool_text(reading->report->pool, "%s/%s", folder, name);
    if (ends_with(name, FFISAN_LOST_SUFFIX))
        return lost_take(reading, path, name);
    return ends_with(name, FFISAN_RECORD_SUFFIX) ? file_take(reading, path) : NULL;
}

static struct trouble *folder_take(struct reading *reading, const char *path) {
    struct dirent **entries;
    int count = scandir(path, &entries, is_of_ours, alphasort);
    struct trouble *trouble = NULL;
    if (count < 0)
        return trouble_new("cannot read the folder %s: %s", path, strerror(errno));
    root_find(reading, path, entries, count);
    reading->checked = (struct checked_errors){.pool = reading->report->pool};
    for (int i = 0; i < count; i++)
        checked_report_take(reading, pool_text(reading->report->pool, "%s/%s", path, entries[i]->d_name), entries[i]->d_name);
    for (int i = 0; i < count; i++) {
        if (!trouble)
            trouble = entry_take(reading, path, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    if (!trouble)
        checked_rest_take(reading);
    if (!trouble && count == 0 && !reading->forgiving)
        return trouble_new("there are no records (*%s) in %s", FFISAN_RECORD_SUFFIX, path);
    return trouble;
}

static struct trouble *path_take(struct reading *reading, const char *path) {
    struct stat status;
    if (stat(path, &status) != 0)
        return trouble_new("cannot read %s: %s", path, strerror(errno));
    return S_ISDIR(status.st_mode) ? folder_take(reading, path) : file_take(reading, path);
}

/* ---- the whole ---- */

static void command_take(struct report *report, const struct command_result *command) {
    size_t count = 0;
    while (command->argv && command->argv[count])
        count++;
    const char **clean = pool_get(report->pool, (count + 1) * sizeof(*clean));
    for (size_t i = 0; i < count; i++)
        clean[i] = pool_clean(report->pool, command->argv[i], POOL_CLEAN_ALL);
    report->command = clean;
    report->command_count = count;
    report->started_ns = command->started_ns;
    report->timed = true;
    report->seconds = command->seconds;
    report->killed = command->signal != 0;
    report->exited = !report->killed;
    report->exit_status = command->exit_status;
    report->signal = command->signal;
}

/* Without a launcher's word: the process that started first stands for the command. An exec replaces a program and not the
 * process, so its end is that of the last program with its id. */
static void command_guess(struct report *report) {
    const struct process *first = NULL;
    for (size_t i = 0; i < report->process_count; i++)
        if (!report->processes[i].blank && (!first || report->processes[i].start_ns < first->start_ns))
            first = &report->processes[i];
    if (!first)
        return;
    const struct process *last = first;
    for (size_t i = 0; i < report->process_count; i++)
        if (report->processes[i].pid == first->pid && report->processes[i].start_ns > last->start_ns)
            last = &report->processes[i];
    report->command = first->argv;
    report->command_count = first->argc;
    report->started_ns = first->start_ns;
    report->exited = last->exited;
    report->killed = last->killed;
    report->exit_status = last->exit_status;
    report->signal = last->signal;
}

static bool was_replaced(const struct report *report, const struct process *process) {
    for (size_t i = 0; i < report->process_count; i++)
        if (report->processes[i].pid == process->pid && report->processes[i].start_ns > process->start_ns)
            return true;
    return false;
}

/* The kernel's word on a process is better than its own, which may be about to be proved wrong by a signal. */
static void ends_take(struct report *report, const struct process_end *ends, size_t count) {
    for (size_t i = 0; i < report->process_count; i++) {
        struct process *process = &report->processes[i];
        for (size_t j = 0; j < count; j++) {
            if (process->blank || ends[j].pid != process->pid || was_replaced(report, process))
                continue;
            process->killed = ends[j].signal != 0;
            process->exited = !process->killed;
            process->exit_status = ends[j].exit_status;
            process->signal = ends[j].signal;
        }
    }
}

static int by_start(const void *a, const void *b) {
    const struct process *left = a, *right = b;
    if (left->start_ns != right->start_ns)
        return left->start_ns < right->start_ns ? -1 : 1;
    return (left->pid > right->pid) - (left->pid < right->pid);
}

static int by_severity(const void *a, const void *b) {
    const struct finding *left = a, *right = b;
    if (left->severity != right->severity)
        return left->severity == SEVERITY_ERROR ? -1 : 1;
    if (left->time_ns != right->time_ns)
        return left->time_ns < right->time_ns ? -1 : 1;
    return strcmp(left->fingerprint, right->fingerprint);
}

static void findings_judge(struct report *report, struct judge *judge) {
    struct summary *summary = &report->summary;
    for (size_t i = 0; i < report->finding_count; i++) {
        struct finding *finding = &report->findings[i];
        finding->count = finding->count ? finding->count : 1; /* a cut result is on record beside its call, and counts no call */
        finding->suppressed = suppressions_match(&judge->suppressions, finding);
        finding->in_baseline = baseline_has(&judge->baseline, finding->fingerprint);
        summary->suppressed += finding->suppressed;
        summary->in_baseline += finding->in_baseline && !finding->suppressed;
        if (!finding->suppressed && !finding->in_baseline)
            *(finding->severity == SEVERITY_ERROR ? &summary->errors : &summary->warnings) += 1;
    }
    for (size_t i = 0; i < judge->suppressions.count; i++)
        if (!judge->suppressions.items[i].used)
            *(const struct suppression **)pool_append(report->pool, &report->unused, &report->unused_count, sizeof(void *)) =
                &judge->suppressions.items[i];
    for (size_t i = 0; i < report->process_count; i++) {
        summary->crossings += report->processes[i].crossings;
        summary->records_lost += report->processes[i].lost;
    }
}

static void report_finish(struct reading *reading, const struct command_result *command, const struct process_end *ends,
                          size_t end_count) {
    struct report *report = reading->report;
    if (report->process_count)
        qsort(report->processes, report->process_count, sizeof(*report->processes), by_start);
    ends_take(report, ends, end_count);
    if (command)
        command_take(report, command);
    else
        command_guess(report);
    report->finding_count = twins_drop(report->findings, report->finding_count);
    findings_judge(report, reading->plan->judge);
    if (report->finding_count)
        qsort(report->findings, report->finding_count, sizeof(*report->findings), by_severity);
    omissions_collect(report, reading->plan);
    profile_sort(&report->profile);
}

/* Of every run whose records are read. */
static void contracts_open(struct report *report, const char *const *paths, size_t path_count) {
    struct contract_paths all = {0};
    for (size_t i = 0; i < path_count; i++) {
        const struct contract_paths some = contract_files_of(report->pool, paths[i]);
        for (size_t j = 0; j < some.count; j++)
            if (!contract_paths_have(&all, some.items[j]))
                *(const char **)pool_append(report->pool, &all.items, &all.count, sizeof(*all.items)) = some.items[j];
    }
    prototypes_contracts(report->prototypes, &all);
}

struct trouble *report_read(struct report **result, const struct plan *plan, const char *const *paths, size_t path_count,
                            const struct command_result *command, const struct process_end *ends, size_t end_count,
                            const struct not_watched *more, size_t more_count) {
    struct pool *pool = pool_new();
    struct report *report = pool_get(pool, sizeof(*report));
    struct trouble *trouble = NULL;
    report->pool = pool;
    report->symbols = symbols_new(false);
    report->prototypes = prototypes_new(report->symbols, NULL);
    contracts_open(report, paths, path_count);
    struct reading reading = {
        .report = report,
        .plan = plan,
        .workshop = {.pool = pool, .symbols = report->symbols, .prototypes = report->prototypes, .verbose = plan->verbose},
        .forgiving = command != NULL,
    };
    for (size_t i = 0; i < path_count && !trouble; i++)
        trouble = path_take(&reading, paths[i]);
    for (size_t i = 0; i < more_count && !trouble; i++)
        omission_add(report, pool_clean(pool, more[i].what, POOL_CLEAN_ALL), pool_clean(pool, more[i].why, POOL_CLEAN_ALL),
                     pool_clean(pool, more[i].so, POOL_CLEAN_ALL));
    if (!trouble)
        report_finish(&reading, command, ends, end_count);
    if (trouble)
        report_free(report);
    *result = trouble ? NULL : report;
    return trouble;
}

static bool use_colour(const struct report_target *target) {
    const char *no_colour = getenv("NO_COLOR");
    return !target->path && isatty(STDERR_FILENO) && !(no_colour && no_colour[0]);
}

static struct trouble *target_write(const struct report *report, const struct plan *plan, const struct report_target *target) {
    bool text = target->format == REPORT_TEXT;
    char *rendered = text ? report_text(report, plan, use_colour(target)) : report_json(report, plan);
    if (!rendered)
        return trouble_new("no memory for the report");
    struct trouble *trouble = NULL;
    if (target->path)
        trouble = text_file_write(target->path, rendered, strlen(rendered));
    else if (fputs(rendered, text ? stderr : stdout) == EOF || fflush(text ? stderr : stdout) != 0)
        trouble = trouble_new("cannot write the report to standard %s: %s", text ? "error" : "output", strerror(errno));
    free(rendered);
    return trouble;
}

struct trouble *report_write(struct report *report, const struct plan *plan) {
    struct trouble *trouble = NULL;
    for (size_t i = 0; i < plan->judge->target_count && !trouble; i++)
        trouble = target_write(report, plan, &plan->judge->targets[i]);
    if (!trouble && plan->write_baseline)
        trouble = baseline_write(plan->write_baseline, report->findings, report->finding_count);
    return trouble;
}

size_t report_errors(const struct report *report) {
    return report->summary.errors;
}

void report_free(struct report *report) {
    if (!report)
        return;
    prototypes_free(report->prototypes);
    symbols_free(report->symbols);
    pool_free(report->pool);
}
