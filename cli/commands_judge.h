/* SPDX-License-Identifier: Apache-2.0
 *
 * The commands that need records or the rule table only. argv[0] is theirs to change; the result is the exit status.
 */
#ifndef FFISAN_CLI_COMMANDS_JUDGE_H
#define FFISAN_CLI_COMMANDS_JUDGE_H

int command_report(int argc, char **argv);
int command_explain(int argc, char **argv);

#endif
