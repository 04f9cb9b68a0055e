/* SPDX-License-Identifier: Apache-2.0
 *
 * `ffisan report [OPTION...] RECORDS...`: judges the records of earlier runs, merged into one report.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands_judge.h"
#include "judge.h"
#include "judge_options.h"
#include "trouble.h"

struct request {
    struct plan plan;
    char **paths; /* within argv */
    size_t count;
};

static const char synopsis[] = "RECORDS...";
static const char about[] =
    "Render and merge the records of earlier runs: folders, or files of them.\v"
    "Example:\n"
    "  ffisan run --keep records -- pytest\n"
    "  ffisan report --report json:report.json records\n\n"
    "Exit status: that of --exit-code when there are errors that are neither suppressed nor in the baseline, 0 "
    "when there are none, 125 when the records cannot be read.";

static error_t parse(int key, __attribute__((unused)) char *argument, struct argp_state *state) {
    struct request *request = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &request->plan;
        return 0;
    case ARGP_KEY_ARGS:
        request->paths = state->argv + state->next;
        request->count = (size_t)(state->argc - state->next);
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which records? Name the folder that --keep, or records= in FFISAN_OPTIONS, named");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static struct trouble *judge_records(struct request *request, size_t *errors) {
    struct report *report = NULL;
    struct trouble *trouble = plan_check(&request->plan);
    if (!trouble)
        trouble =
            report_read(&report, &request->plan, (const char *const *)request->paths, request->count, NULL, NULL, 0, NULL, 0);
    if (!trouble)
        trouble = report_write(report, &request->plan);
    *errors = report && !trouble ? report_errors(report) : 0;
    report_free(report);
    return trouble;
}

int command_report(int argc, char **argv) {
    static const struct argp_child children[] = {{&judge_argp, 0, NULL, 0}, {0}};
    static const struct argp command = {.parser = parse, .args_doc = synopsis, .doc = about, .children = children};
    static char name[] = "ffisan report";
    struct request request = {0};
    size_t errors = 0;
    argv[0] = name; /* for what argp prints */
    argp_err_exit_status = JUDGE_TROUBLE_STATUS;
    error_t error = argp_parse(&command, argc, argv, 0, NULL, &request);
    struct trouble *trouble = error ? trouble_new("the command line cannot be read") : judge_records(&request, &errors);
    int status = trouble ? JUDGE_TROUBLE_STATUS : errors ? request.plan.exit_code : EXIT_SUCCESS;
    if (trouble)
        fprintf(stderr, "%s: %s\n", name, trouble_text(trouble));
    trouble_free(trouble);
    plan_free(&request.plan);
    return status;
}
