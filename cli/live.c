/* SPDX-License-Identifier: Apache-2.0
 *
 * `--live`: one headline a finding while the command runs. Source lines are not looked up, only names: the processes under test
 * want the processor too.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "calls.h"
#include "contract_files.h"
#include "outdone.h"
#include "pool.h"
#include "prototypes.h"
#include "reader.h"
#include "report.h"
#include "symbols.h"
#include "trouble.h"
#include "veto.h"

/* A record file that was looked at: `used` tells whether there is anything new in it. */
struct live_file {
    const char *path;
    uint64_t used;
    bool unfinished; /* it had a record without a commitment */
};

struct live {
    struct pool *pool;
    const struct plan *plan;
    const char *folder;
    int fd;
    struct symbols *symbols;
    struct prototypes *prototypes;
    struct live_file *files;
    size_t file_count;
    const char **printed; /* fingerprints */
    size_t printed_count;
};

struct live *live_new(const struct plan *plan, const char *folder, int fd) {
    struct pool *pool = pool_new();
    struct live *live = pool_get(pool, sizeof(*live));
    *live = (struct live){.pool = pool, .plan = plan, .folder = pool_copy(pool, folder), .fd = fd, .symbols = symbols_new(true)};
    live->prototypes = prototypes_new(live->symbols, NULL);
    const struct contract_paths contracts = contract_files_of(pool, folder);
    prototypes_contracts(live->prototypes, &contracts);
    return live;
}

void live_free(struct live *live) {
    if (!live)
        return;
    prototypes_free(live->prototypes);
    symbols_free(live->symbols);
    pool_free(live->pool);
}

static bool is_printed(const struct live *live, const char *fingerprint) {
    for (size_t i = 0; i < live->printed_count; i++)
        if (strcmp(live->printed[i], fingerprint) == 0)
            return true;
    return false;
}

static bool is_new(struct live *live, const char *fingerprint) {
    if (is_printed(live, fingerprint))
        return false;
    *(const char **)pool_append(live->pool, &live->printed, &live->printed_count, sizeof(char *)) =
        pool_copy(live->pool, fingerprint);
    return true;
}

/* Suppressions that match are not used up by this: the report says which were unused. */
static bool is_silenced(const struct live *live, const struct finding *finding) {
    struct suppressions copy = live->plan->judge->suppressions;
    if (copy.count == 0)
        return baseline_has(&live->plan->judge->baseline, finding->fingerprint);
    struct pool *pool = pool_new();
    copy.items = memcpy(pool_get(pool, copy.count * sizeof(*copy.items)), copy.items, copy.count * sizeof(*copy.items));
    bool silenced = suppressions_match(&copy, finding) || baseline_has(&live->plan->judge->baseline, finding->fingerprint);
    pool_free(pool);
    return silenced;
}

static void headline_print(struct live *live, struct pool *pool, const struct finding *finding) {
    const char *line =
        pool_text(pool, "ffisan: %s: %s [%s, process %d]\n", finding->severity == SEVERITY_ERROR ? "error" : "warning",
                  finding->message, rules[finding->rule].name, finding->pid);
    ssize_t written = write(live->fd, line, strlen(line)); /* a terminal that is gone is no reason to stop */
    (void)written;
}

static void finding_look(struct live *live, struct pool *pool, const struct process *process, struct finding *finding) {
    if (finding_wanted(finding, live->plan) && is_new(live, finding->fingerprint) &&
        !finding_vetoed(finding, process, live->symbols) && !is_silenced(live, finding))
        headline_print(live, pool, finding);
}

/* The headline of what is outdone by now stands for both. */
static void outdone_look(struct live *live, const struct workshop *workshop, const struct process *process,
                         const struct record *record, const struct record *by) {
    struct finding before, after;
    if (finding_read(&before, workshop, process, record) && is_printed(live, before.fingerprint) &&
        finding_read(&after, workshop, process, by))
        is_new(live, after.fingerprint);
}

static void records_look(struct live *live, const struct record_file *file, const char *path) {
    struct pool *pool = pool_new();
    struct workshop workshop = {.pool = pool, .symbols = live->symbols, .prototypes = live->prototypes};
    struct process process;
    struct declarations *declarations = declarations_new(pool);
    process_read(&process, pool, file, path);
    for (struct record record = {0}, by; record_next(file, &record);) {
        struct finding *findings;
        if (record_outdone(file, &record, &by)) {
            outdone_look(live, &workshop, &process, &record, &by);
            continue;
        }
        size_t count = record.type == FFISAN_RECORD_FINDING || record.type == FFISAN_RECORD_CALL
                           ? findings_read(&workshop, declarations, &process, &record, &findings)
                           : 0;
        for (size_t i = 0; i < count; i++)
            finding_look(live, pool, &process, &findings[i]);
    }
    pool_free(pool);
}

static bool has_unfinished(const struct record_file *file) {
    size_t finished = 0;
    for (struct record record = {0}; record_next(file, &record);)
        finished += record.size;
    return finished + sizeof(file->header) != file->size;
}

static struct live_file *file_state(struct live *live, const char *path) {
    for (size_t i = 0; i < live->file_count; i++)
        if (strcmp(live->files[i].path, path) == 0)
            return &live->files[i];
    struct live_file *state = pool_append(live->pool, &live->files, &live->file_count, sizeof(*state));
    state->path = pool_copy(live->pool, path);
    return state;
}

static void file_look(struct live *live, const char *path) {
    struct record_file file;
    struct live_file *state = file_state(live, path);
    struct trouble *trouble = record_file_read(&file, path);
    if (!trouble && !file.blank && (file.header.used != state->used || state->unfinished)) {
        state->used = file.header.used;
        state->unfinished = has_unfinished(&file);
        records_look(live, &file, path);
    }
    record_file_free(&file);
    trouble_free(trouble); /* the report will say it */
}

void live_poll(struct live *live) {
    DIR *folder = opendir(live->folder);
    char path[4096];
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        size_t length = strlen(entry->d_name), suffix = strlen(FFISAN_RECORD_SUFFIX);
        bool records = length > suffix && strcmp(entry->d_name + length - suffix, FFISAN_RECORD_SUFFIX) == 0;
        if (records && snprintf(path, sizeof(path), "%s/%s", live->folder, entry->d_name) < (int)sizeof(path))
            file_look(live, path);
    }
    if (folder)
        closedir(folder);
}
