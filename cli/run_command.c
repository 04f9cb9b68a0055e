/* SPDX-License-Identifier: Apache-2.0
 *
 * `ffisan run`: everything is checked, the program runs to its end, and only then something is said.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "environment.h"
#include "folder.h"
#include "launch.h"
#include "pool.h"
#include "program.h"
#include "prototypes.h"
#include "run_options.h"
#include "supervise.h"
#include "trouble.h"
#include "with.h"

struct run {
    struct pool *pool;
    struct run_options options;
    struct program program;
    char *const *command; /* what is started: the command, or what it runs in */
    const char *obstacle; /* why the command itself is not watched, or NULL */
    struct folder folder;
    struct signals signals;
    struct supervision supervision;
    uint64_t started_ns;
    struct not_watched *not_watched;
    size_t not_watched_count;
};

/* --- Before --- */

/* Else the command itself is started, which says better what is wrong with it. */
static bool can_be_run(const struct program *program) {
    return program->kind != PROGRAM_NOT_FOUND && program->kind != PROGRAM_NOT_EXECUTABLE && program->kind != PROGRAM_OTHER_LIBC;
}

/* FFISAN_OPTIONS may say it already. */
static struct trouble *contracts_take(struct run *run) {
    const struct contracts_wanted *wanted = &run->options.contracts;
    struct shim_settings *settings = &run->options.settings;
    const char *setting = "";
    if (settings->values[SHIM_OPTION_contracts] && !wanted->count)
        return NULL;
    struct trouble *trouble = contracts_prepare(run->pool, wanted, run->folder.path, &setting);
    return trouble || !*setting ? trouble : shim_setting(settings, SHIM_OPTION_contracts, "the contracts", setting);
}

static struct trouble *prepare(struct run *run, struct environment *environment) {
    struct trouble *trouble = plan_check(&run->options.plan);
    if (trouble)
        return trouble;
    run->command = run->options.command;
    if (run->options.repeat.target && (trouble = repeat_command(run->pool, &run->options.repeat, &run->command)))
        return trouble;
    program_examine(&run->program, run->pool, run->options.command[0]);
    run->obstacle = program_obstacle(&run->program, run->pool);
    signals_hold(&run->signals);
    trouble = folder_make(&run->folder, run->options.keep);
    if (!trouble)
        trouble = shim_setting(&run->options.settings, SHIM_OPTION_records, "the folder for the records", run->folder.path);
    if (!trouble)
        trouble = contracts_take(run);
    const char *halt = run->options.settings.values[SHIM_OPTION_halt];
    const char *prototypes = halt && strcmp(halt, "1") == 0 ? prototypes_path(run->pool) : NULL;
    if (!trouble && prototypes)
        trouble = shim_setting(&run->options.settings, SHIM_OPTION_prototypes, "the prototype file", prototypes);
    if (!trouble)
        trouble = with_settings(&run->options.settings);
    if (!trouble)
        trouble = environment_compose(environment, run->pool, &run->options.settings);
    if (!trouble && can_be_run(&run->program))
        trouble = with_apply(run->pool, with_chosen(&run->options.settings), &run->program, run->folder.path, environment,
                             &run->command);
    /* Another libc's loader would try to load the shim, which needs glibc. Other programs just do not hear of it, and what they
     * start may be watched again. */
    if (run->program.kind == PROGRAM_OTHER_LIBC)
        *environment = (struct environment){0};
    return trouble;
}

/* As a shell has it: 127 when nothing of that name exists, 126 when it does. */
static int cannot_run(const struct run *run, int error) {
    const struct program *program = &run->program;
    const char *name = run->options.command[0];
    if (program->kind == PROGRAM_NOT_FOUND && program->scripts == 0) {
        fprintf(stderr, "ffisan run: %s: %s\n", name,
                strchr(name, '/') ? "there is no such file" : "there is no such program in PATH");
        return FFISAN_EXIT_NOT_FOUND;
    }
    if (program->missing)
        fprintf(stderr, "ffisan run: %s cannot be run: its interpreter '%s' is not there or cannot be run\n", name,
                program->missing);
    else
        fprintf(stderr, "ffisan run: %s cannot be run: %s\n", name, strerror(error));
    return FFISAN_EXIT_CANNOT_RUN;
}

/* --- During --- */

static uint64_t wall_clock_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void watch(struct run *run) {
    struct supervision *supervision = &run->supervision;
    if (run->options.live)
        supervision->live = live_new(&run->options.plan, run->folder.path, STDERR_FILENO);
    supervise(supervision);
    live_free(supervision->live);
}

/* --- After --- */

static void add_not_watched(struct run *run, struct not_watched entry) {
    *(struct not_watched *)pool_append(run->pool, &run->not_watched, &run->not_watched_count, sizeof(entry)) = entry;
}

/* An installation that lost them must not look like one that has nothing to say. */
static void miss_contracts(struct run *run) {
    if (run->options.contracts.no_default || contract_files_shipped(run->pool).count)
        return;
    add_not_watched(run, (struct not_watched){.what = "the contracts that ship",
                                              .why = "they are not where they belong; install FFISan again",
                                              .so = "who owns what well known libraries give out, and what they keep"});
}

static void collect_not_watched(struct run *run) {
    miss_contracts(run);
    const struct not_watched entry = {.what = run->options.command[0],
                                      .why = run->obstacle,
                                      .so = run->program.kind == PROGRAM_OTHER_LIBC ? "everything in it and in what it starts"
                                                                                    : "everything in it"};
    if (run->obstacle)
        add_not_watched(run, entry);
    else if (!folder_has_records_of(&run->folder, run->supervision.child))
        add_not_watched(run, (struct not_watched){.what = run->options.command[0],
                                                  .why = "it has left no records",
                                                  .so = "everything in it; 'ffisan doctor' may know why"});
    for (size_t i = 0; i < run->supervision.left_count; i++)
        add_not_watched(run, run->supervision.left[i]);
}

static struct trouble *report(struct run *run, size_t *errors) {
    const struct supervision *supervision = &run->supervision;
    const struct command_result result = {.argv = run->options.command,
                                          .started_ns = run->started_ns,
                                          .seconds = supervision->seconds,
                                          .exit_status = supervision->exit_status,
                                          .signal = supervision->signal};
    const char *const path = run->folder.path;
    struct report *report = NULL;
    struct trouble *trouble = report_read(&report, &run->options.plan, &path, 1, &result, supervision->ends,
                                          supervision->ends_count, run->not_watched, run->not_watched_count);
    if (!trouble)
        trouble = report_write(report, &run->options.plan);
    *errors = trouble ? 0 : report_errors(report);
    report_free(report);
    return trouble;
}

static int status_of(const struct run *run, size_t errors) {
    const struct supervision *supervision = &run->supervision;
    if (errors > 0)
        return run->options.plan.exit_code;
    return supervision->signal ? FFISAN_EXIT_SIGNAL_BASE + supervision->signal : supervision->exit_status;
}

static struct trouble *conclude(struct run *run, int *status) {
    /* A report whose reader has gone away must not keep the folder from being removed. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    folder_guard(&run->folder);
    signals_release(&run->signals);
    collect_not_watched(run);
    size_t errors = 0;
    struct trouble *trouble = report(run, &errors);
    *status = status_of(run, errors);
    return trouble;
}

/* *error: errno of the exec. */
static struct trouble *start(struct run *run, int *error) {
    struct environment environment = {0};
    struct trouble *trouble = prepare(run, &environment);
    if (trouble)
        return trouble;
    run->started_ns = wall_clock_ns();
    run->supervision = (struct supervision){
        .pool = run->pool, .wait_seconds = run->options.wait_seconds, .strangers = descendants_children(run->pool)};
    return launch_start(run->command, &environment, &run->signals, &run->supervision.child, error);
}

static struct trouble *run_it(struct run *run, int *status) {
    int error = 0;
    struct trouble *trouble = start(run, &error);
    if (trouble || error) {
        folder_remove(&run->folder, false); /* there is nothing to keep */
        if (error)
            *status = cannot_run(run, error);
        return trouble;
    }
    watch(run);
    return conclude(run, status);
}

int command_run(int argc, char **argv) {
    struct run run = {.pool = pool_new()};
    int status = EXIT_SUCCESS;
    struct trouble *trouble = run_options_parse(&run.options, run.pool, argc, argv);
    if (!trouble)
        trouble = run_it(&run, &status);
    if (trouble)
        status = command_trouble(argv[0], trouble);
    folder_remove(&run.folder, true);
    plan_free(&run.options.plan);
    pool_free(run.pool);
    return status;
}
