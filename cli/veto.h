/* SPDX-License-Identifier: Apache-2.0
 *
 * Findings that are taken back because the evidence can mislead. So far one kind: malloc against new in modules with a C++
 * run-time library of their own. A false alarm costs more than a miss.
 */
#ifndef FFISAN_CLI_VETO_H
#define FFISAN_CLI_VETO_H

#include <libelf.h>
#include <stdbool.h>

struct finding;
struct process;
struct symbols;

/* Whether `finding` must not be reported. Opens files of the modules involved. */
bool finding_vetoed(const struct finding *finding, const struct process *process, struct symbols *symbols);

/* Whether the file carries a C++ run-time library inside that it does not share with the process. */
bool has_own_cxx_runtime(Elf *elf);

#endif
