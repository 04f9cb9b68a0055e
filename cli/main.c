/* SPDX-License-Identifier: Apache-2.0
 *
 * `ffisan`: the table of commands, and what is said when none of them was meant.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "commands_judge.h"
#include "ffisan/contract_table.h"
#include "ffisan/record.h"
#include "near.h"
#include "trouble.h"

struct command {
    const char *name;
    int (*function)(int argc, char **argv); /* NULL: planned, and not in this version */
    const char *summary;
};

static const struct command commands[] = {
    {"run", command_run, "run a command with the shim under it, and report"},
    {"report", command_report, "render (and merge) the records of earlier runs"},
    {"explain", command_explain, "what a rule means, why it matters, how to fix it"},
    {"doctor", command_doctor, "what can be watched on this machine and in a program, what cannot, and why"},
    {"contract", command_contract, "check a contract for a C library, or show what one says"},
    {"sweep", NULL, NULL},
    {"fuzz", NULL, NULL},
    {"lab", NULL, NULL},
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

int command_trouble(const char *name, struct trouble *trouble) {
    fprintf(stderr, "%s: %s\n", name, trouble_text(trouble));
    trouble_free(trouble);
    return FFISAN_EXIT_TROUBLE;
}

static void print_version(FILE *stream, struct argp_state *state) {
    (void)state;
    fprintf(stream, "ffisan %s\nrecord format %u\nreport schema %s\ncontract table %u\n", FFISAN_VERSION, FFISAN_RECORD_VERSION,
            FFISAN_REPORT_SCHEMA, FFISAN_CONTRACTS_VERSION);
}

static void print_help(void) {
    puts("Usage: ffisan COMMAND [OPTION...] [ARG...]\n"
         "Find foreign-function-interface bugs in unmodified programs.\n\n"
         "Commands:");
    for (size_t i = 0; i < COMMANDS; i++)
        if (commands[i].function)
            printf("  %-12s %s\n", commands[i].name, commands[i].summary);
    puts("\nOptions:\n"
         "  --help       give this help list; 'ffisan COMMAND --help' is about one command\n"
         "  --version    print the versions of the program and of its formats\n\n"
         "Examples:\n"
         "  $ ffisan run -- pytest\n"
         "  $ ffisan doctor -- pytest");
}

static const struct command *command_find(const char *name) {
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

/* NULL when nothing that exists is at most two letters away. */
static const struct command *command_near(const char *name) {
    const struct command *best = NULL;
    size_t best_distance = 3;
    for (size_t i = 0; i < COMMANDS; i++) {
        size_t distance = near_distance(commands[i].name, name);
        if (commands[i].function && distance < best_distance) {
            best = &commands[i];
            best_distance = distance;
        }
    }
    return best;
}

static struct trouble *command_unknown(const char *name) {
    const struct command *near = command_near(name);
    if (near)
        return trouble_new("there is no command '%s'; did you mean 'ffisan %s'?", name, near->name);
    if (name[0] == '-')
        return trouble_new("unknown option '%s'; options stand behind the command: see 'ffisan --help'", name);
    return trouble_new("there is no command '%s'; 'ffisan --help' lists them, and 'ffisan run -- %s' runs a program", name, name);
}

static int command_call(const struct command *command, int argc, char **argv) {
    if (!command->function)
        return command_trouble("ffisan",
                               trouble_new("the command '%s' is not in this version (%s); 'ffisan --help' lists those that are",
                                           command->name, FFISAN_VERSION));
    /* argp and getopt take the name for their messages from here. */
    static char name[64];
    snprintf(name, sizeof(name), "ffisan %s", command->name);
    argv[0] = name;
    return command->function(argc, argv);
}

int main(int argc, char **argv) {
    argp_err_exit_status = FFISAN_EXIT_TROUBLE;
    argp_program_version_hook = print_version;
    if (argc < 2)
        return command_trouble("ffisan",
                               trouble_new("which command? 'ffisan --help' lists them, and 'ffisan run -- PROGRAM' runs one"));
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "help") == 0) {
        print_help();
        return EXIT_SUCCESS;
    }
    if (strcmp(name, "--version") == 0) {
        print_version(stdout, NULL);
        return EXIT_SUCCESS;
    }
    const struct command *command = command_find(name);
    return command ? command_call(command, argc - 1, argv + 1) : command_trouble("ffisan", command_unknown(name));
}
