/* SPDX-License-Identifier: Apache-2.0
 *
 * The commands of `ffisan`: one function each, named in main.c's table (commands_judge.h has the others). A command gets its own
 * arguments, with argv[0] set to "ffisan NAME" (what its messages begin with), and returns the exit status.
 */
#ifndef FFISAN_CLI_COMMANDS_H
#define FFISAN_CLI_COMMANDS_H

/* Exit statuses of ffisan's own, beside those of the program it runs and --exit-code. As env(1), nice(1) and timeout(1) have
 * them. */
#define FFISAN_EXIT_TROUBLE     125 /* ffisan could not do its work */
#define FFISAN_EXIT_CANNOT_RUN  126 /* the program was found and cannot be run */
#define FFISAN_EXIT_NOT_FOUND   127 /* there is no such program */
#define FFISAN_EXIT_SIGNAL_BASE 128 /* and the number of the signal that killed the program */

#define FFISAN_REPORT_SCHEMA "ffisan-report-1"

int command_run(int argc, char **argv);
int command_contract(int argc, char **argv);
int command_doctor(int argc, char **argv);

struct trouble;

/* Prints "NAME: SENTENCE" on standard error, frees the trouble, and returns FFISAN_EXIT_TROUBLE. */
int command_trouble(const char *name, struct trouble *trouble);

#endif
