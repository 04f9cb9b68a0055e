/* SPDX-License-Identifier: Apache-2.0 */
#include "judge_options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"
#include "rules.h"

/* Not letters: these options have long names only, and a parent may use any letter. */
enum {
    KEY_REPORT = 0x2000,
    KEY_RULES,
    KEY_SUPPRESSIONS,
    KEY_BASELINE,
    KEY_WRITE_BASELINE,
    KEY_ONLY_LIBRARY,
    KEY_EXIT_CODE,
    KEY_SHOW_ARGS,
    KEY_QUIET,
    KEY_VERBOSE,
};

static const struct argp_option options[] = {
    {"report", KEY_REPORT, "FORMAT[:PATH]", 0, "text (default, to standard error) or json; repeatable", 10},
    {"rules", KEY_RULES, "LIST", 0, "+name,-name,...; 'list' prints the rules", 10},
    {"suppressions", KEY_SUPPRESSIONS, "FILE", 0, "lines rule:pattern, matched against function, library and frames", 10},
    {"baseline", KEY_BASELINE, "FILE", 0, "findings that are known and do not fail the run", 10},
    {"write-baseline", KEY_WRITE_BASELINE, "FILE", 0, "record the findings as known", 10},
    {"only-library", KEY_ONLY_LIBRARY, "GLOB", 0, "leaks: only what these libraries allocated, and as errors; repeatable", 10},
    {"exit-code", KEY_EXIT_CODE, "N", 0, "exit status when there are errors (default 99)", 10},
    {"show-args", KEY_SHOW_ARGS, NULL, 0, "do not mask arguments that look like secrets", 10},
    {"quiet", KEY_QUIET, NULL, 0, "no text report when there are no findings", 10},
    {"verbose", KEY_VERBOSE, NULL, 0, "also frames of the interpreter and the shim, and findings that are known", 10},
    {0},
};

void rules_print(void) {
    for (size_t i = 0; i < FFISAN_RULES; i++)
        printf("%-24s %-8s %s\n", rules[i].name, rules[i].severity == SEVERITY_ERROR ? "error" : "warning", rules[i].headline);
}

static const char **append(const char **items, size_t *count, const char *item, const struct argp_state *state) {
    const char **moved = realloc(items, (*count + 1) * sizeof(*items));
    if (!moved) {
        argp_failure(state, JUDGE_TROUBLE_STATUS, ENOMEM, "--report, --only-library");
        return items;
    }
    moved[(*count)++] = item;
    return moved;
}

static int exit_code(const char *text, const struct argp_state *state) {
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno || end == text || *end || value < 0 || value > 255)
        argp_error(state, "--exit-code %s: an exit status is a number between 0 and 255", text);
    return (int)value;
}

static void rules_take(struct plan *plan, const char *list) {
    if (strcmp(list, "list") == 0) { /* like --help: says what there is, and that was all */
        rules_print();
        exit(EXIT_SUCCESS);
    }
    plan->rules = list;
}

static error_t parse_text(int key, char *argument, struct plan *plan, const struct argp_state *state) {
    switch (key) {
    case KEY_REPORT:
        plan->report_formats = append(plan->report_formats, &plan->report_formats_count, argument, state);
        return 0;
    case KEY_ONLY_LIBRARY:
        plan->only_libraries = append(plan->only_libraries, &plan->only_libraries_count, argument, state);
        return 0;
    case KEY_RULES:
        rules_take(plan, argument);
        return 0;
    case KEY_SUPPRESSIONS:
        plan->suppressions = argument;
        return 0;
    case KEY_BASELINE:
        plan->baseline = argument;
        return 0;
    case KEY_WRITE_BASELINE:
        plan->write_baseline = argument;
        return 0;
    case KEY_EXIT_CODE:
        plan->exit_code = exit_code(argument, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse(int key, char *argument, struct argp_state *state) {
    struct plan *plan = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        plan->exit_code = JUDGE_EXIT_CODE;
        return 0;
    case KEY_SHOW_ARGS:
        plan->show_args = true;
        return 0;
    case KEY_QUIET:
        plan->quiet = true;
        return 0;
    case KEY_VERBOSE:
        plan->verbose = true;
        return 0;
    default:
        return parse_text(key, argument, plan, state);
    }
}

const struct argp judge_argp = {.options = options, .parser = parse};
