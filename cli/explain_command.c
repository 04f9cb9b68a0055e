/* SPDX-License-Identifier: Apache-2.0
 *
 * `ffisan explain RULE`: what a rule means, why it matters, how to fix it, and where to read on.
 */
#include <argp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands_judge.h"
#include "judge_options.h"
#include "rules.h"

#define WIDTH 96

/* Text broken at spaces, indented by two. */
static void print_wrapped(const char *text) {
    while (*text) {
        size_t length = strlen(text);
        if (length > WIDTH) {
            const char *space = memrchr(text, ' ', WIDTH);
            length = space ? (size_t)(space - text) : strcspn(text, " ");
        }
        printf("  %.*s\n", (int)length, text);
        text += length;
        text += strspn(text, " ");
    }
}

static void print_rule(const struct rule *rule) {
    printf("%s (%s): %s\n", rule->name, rule->severity == SEVERITY_ERROR ? "error" : "warning", rule->headline);
    printf("\nWhy it matters\n");
    print_wrapped(rule->why);
    printf("\nHow to fix it\n");
    print_wrapped(rule->fix);
    printf("\nReference\n");
    print_wrapped(rule->reference);
}

static int explain(const char *name) {
    char near[512];
    enum ffisan_rule rule = rule_by_name(name);
    if (rule != FFISAN_RULES) {
        print_rule(&rules[rule]);
        return EXIT_SUCCESS;
    }
    if (rule_is_planned(name)) {
        printf("%s: planned, not checked by this version.\n", name);
        return EXIT_SUCCESS;
    }
    rule_near(name, near, sizeof(near));
    fprintf(stderr, "ffisan explain: there is no rule '%s'; %s%s\n", name,
            near[0] ? "near it: " : "'ffisan explain' without a name lists them", near);
    return JUDGE_TROUBLE_STATUS;
}

static error_t parse(int key, char *argument, struct argp_state *state) {
    char **name = state->input;
    if (key != ARGP_KEY_ARG)
        return ARGP_ERR_UNKNOWN;
    if (*name)
        argp_error(state, "one rule at a time");
    *name = argument;
    return 0;
}

int command_explain(int argc, char **argv) {
    static const struct argp command = {
        .parser = parse,
        .args_doc = "[RULE]",
        .doc = "What a rule means, why it matters, and how to fix it; without RULE, the list of the rules.\v"
               "Example:\n  ffisan explain double-free",
    };
    static char command_name[] = "ffisan explain";
    char *name = NULL;
    argv[0] = command_name; /* for what argp prints */
    argp_err_exit_status = JUDGE_TROUBLE_STATUS;
    if (argp_parse(&command, argc, argv, 0, NULL, &name) != 0)
        return JUDGE_TROUBLE_STATUS;
    if (name)
        return explain(name);
    rules_print();
    return EXIT_SUCCESS;
}
