/* SPDX-License-Identifier: Apache-2.0 */
#include "run_options.h"

#include <argp.h>
#include <math.h>
#include <stdlib.h>

#include "judge_options.h"
#include "pool.h"
#include "trouble.h"

#define WAIT_STANDARD 2.0
#define WAIT_LONGEST  86400.0

enum { KEY_WAIT = 0x2000, KEY_LIVE, KEY_KEEP, KEY_CONTRACT, KEY_NO_DEFAULT_CONTRACTS, KEY_REPEAT, KEY_REPEAT_COUNT };

static const struct argp_option own_options[] = {
    {"contract", KEY_CONTRACT, "FILE|NAME", 0,
     "add a contract: a header with the words of ffisan/contract.h, one that 'ffisan contract check -o' compiled, or the name of "
     "one that ships; "
     "may be repeated",
     0},
    {"no-default-contracts", KEY_NO_DEFAULT_CONTRACTS, NULL, 0,
     "do without the contracts that ship, which are else used for the libraries that get loaded", 0},
    {"wait", KEY_WAIT, "SECONDS", 0, "how long processes that outlive COMMAND are waited for, then named; default 2", 0},
    {"live", KEY_LIVE, NULL, 0, "one headline for each finding on standard error as it happens", 0},
    {"repeat", KEY_REPEAT, "MODULE:CALLABLE", 0,
     "call it again and again, without arguments, in the Python that COMMAND is (with options of Python's, and nothing else), "
     "and report each "
     "reference, block, handle and callback that stays per call; FILE.py:CALLABLE likewise",
     0},
    {"repeat-count", KEY_REPEAT_COUNT, "N", 0,
     "how many calls --repeat measures, after a quarter as many that may fill caches; default 200", 0},
    {"keep", KEY_KEEP, "DIR", 0, "keep the records in DIR, which is empty or not there yet, for 'ffisan report DIR'", 0},
    {0},
};

static const char documentation[] =
    "Run COMMAND with the shim under it, and report the foreign-function-interface bugs that show."
    "\vCOMMAND's streams, signals, job control and exit status are its own. The report comes when it has ended, on standard "
    "error "
    "unless --report says otherwise.\n"
    "\n"
    "Exit status: 99 (or that of --exit-code) when there is at least one error that is neither suppressed nor in the baseline; "
    "else "
    "COMMAND's own, 128+N when signal N killed it; 125 when ffisan could not do its work, 126 when COMMAND cannot be run, 127 "
    "when it "
    "is not found.\n"
    "\n"
    "Examples:\n"
    "  $ ffisan run -- pytest\n"
    "  $ ffisan run --report json:out.json -- python3 app.py\n"
    "  $ ffisan run --repeat mypackage.tests:one_call -- python3";

static void parse_repeat_count(struct run_options *options, const char *text, struct argp_state *state) {
    char *end;
    unsigned long count = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || count < REPEAT_COUNT_LEAST || count > REPEAT_COUNT_MOST)
        argp_error(state, "--repeat-count takes a number from %u to %u, not '%s'", REPEAT_COUNT_LEAST, REPEAT_COUNT_MOST, text);
    options->repeat.count = (unsigned)count;
}

static void parse_wait(struct run_options *options, const char *text, struct argp_state *state) {
    char *end;
    double seconds = strtod(text, &end);
    if (end == text || *end || !isfinite(seconds) || seconds < 0 || seconds > WAIT_LONGEST)
        argp_error(state, "--wait takes seconds from 0 to %g, not '%s'", WAIT_LONGEST, text);
    options->wait_seconds = seconds;
}

/* From COMMAND on, nothing is ours. */
static void take_command(struct run_options *options, struct argp_state *state) {
    options->command = &state->argv[state->next - 1];
    state->next = state->argc;
}

static error_t parse(int key, char *argument, struct argp_state *state) {
    struct run_options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->plan;
        state->child_inputs[1] = &options->settings;
        return 0;
    case KEY_WAIT:
        parse_wait(options, argument, state);
        return 0;
    case KEY_REPEAT:
        options->repeat.target = argument;
        return 0;
    case KEY_REPEAT_COUNT:
        parse_repeat_count(options, argument, state);
        return 0;
    case KEY_LIVE:
        options->live = true;
        return 0;
    case KEY_KEEP:
        options->keep = argument;
        return 0;
    case KEY_CONTRACT:
        *(const char **)pool_append(options->settings.pool, &options->contracts.names, &options->contracts.count,
                                    sizeof(*options->contracts.names)) = argument;
        return 0;
    case KEY_NO_DEFAULT_CONTRACTS:
        options->contracts.no_default = true;
        return 0;
    case ARGP_KEY_ARG:
        take_command(options, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Rules and libraries are the judge's options and the shim's. FFISAN_OPTIONS counts where the command line says nothing. */
static struct trouble *share(struct run_options *options) {
    struct shim_settings *settings = &options->settings;
    struct plan *plan = &options->plan;
    struct trouble *trouble = NULL;
    if (plan->rules)
        trouble = shim_setting(settings, SHIM_OPTION_rules, "--rules", plan->rules);
    else
        plan->rules = settings->values[SHIM_OPTION_rules];
    const char *libraries = "";
    for (size_t i = 0; i < plan->only_libraries_count; i++)
        libraries = pool_text(settings->pool, "%s%s%s", libraries, i ? "," : "", plan->only_libraries[i]);
    if (*libraries && !trouble)
        trouble = shim_setting(settings, SHIM_OPTION_only_library, "--only-library", libraries);
    return trouble;
}

static struct trouble *check(const struct run_options *options) {
    if (options->plan.quiet && (options->live || options->plan.verbose))
        return trouble_new("--quiet and %s contradict each other; leave one of them out", options->live ? "--live" : "--verbose");
    if (!options->command)
        return trouble_new("which command? Write it behind '--', as in 'ffisan run -- pytest'");
    if (!*options->command[0])
        return trouble_new("the command's name is empty");
    if (options->repeat.count && !options->repeat.target)
        return trouble_new("--repeat-count says how many calls --repeat makes; --repeat is missing");
    return NULL;
}

struct trouble *run_options_parse(struct run_options *options, struct pool *pool, int argc, char **argv) {
    const struct argp_child children[] = {
        {&judge_argp, 0, "What is reported:", 1}, {shim_settings_argp(), 0, "What is watched:", 2}, {0}};
    const struct argp argp = {own_options, parse, "-- COMMAND [ARG...]", documentation, children, NULL, NULL};
    *options = (struct run_options){.settings.pool = pool, .wait_seconds = WAIT_STANDARD};
    const char *inherited = getenv("FFISAN_OPTIONS");
    struct trouble *trouble = shim_settings_read(&options->settings, inherited ? inherited : "");
    if (trouble)
        return trouble;
    argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, options);
    trouble = share(options);
    return trouble ? trouble : check(options);
}
