/* SPDX-License-Identifier: Apache-2.0
 *
 * `ffisan doctor`: what can be watched on this machine and in a program, what cannot, why, and what to do.
 */
#include <argp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "doctor.h"
#include "pool.h"

static const char documentation[] =
    "What can be watched on this machine and, when COMMAND is given, in that program; what cannot, and why. COMMAND is looked at "
    "and "
    "not run."
    "\vEach line begins with 'ok', with 'limit' (it works, and sees less), or with 'no' (nothing can be watched).\n"
    "\n"
    "Exit status: 0 when no line says 'no', else 1; 125 when ffisan could not do its work.\n"
    "\n"
    "Examples:\n"
    "  $ ffisan doctor\n"
    "  $ ffisan doctor -- pytest";

void doctor_say(struct doctor *doctor, enum health health, const char *what, const char *format, ...) {
    static const char *const words[] = {"ok", "limit", "no"};
    printf("%-6s %-15s ", words[health], what);
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    doctor->failed |= health == HEALTH_NO;
}

static error_t parse(int key, char *argument, struct argp_state *state) {
    if (key != ARGP_KEY_ARG)
        return ARGP_ERR_UNKNOWN;
    char **command = state->input;
    *command = argument;
    state->next = state->argc;
    return 0;
}

int command_doctor(int argc, char **argv) {
    const struct argp argp = {NULL, parse, "[-- COMMAND]", documentation, NULL, NULL, NULL};
    char *command = NULL;
    argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &command);
    struct doctor doctor = {.pool = pool_new()};
    doctor_machine(&doctor);
    doctor_limits(&doctor);
    if (command)
        doctor_program(&doctor, command);
    pool_free(doctor.pool);
    return doctor.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
