/* SPDX-License-Identifier: Apache-2.0
 *
 * Foreign calls in records, and what there is to be said against them: each is compared with everything that its function may be
 * (prototypes.h, core/verdict.h). Where nobody knows what the function is, with what others declared it as.
 */
#ifndef FFISAN_CLI_CALLS_H
#define FFISAN_CLI_CALLS_H

#include "core/verdict.h"
#include "findings.h"

struct record;

/* A CALL item with the types that belong to it. Lives as long as the record file, and as the pool. */
struct call {
    const struct ffisan_record_call *record;
    const struct module *module; /* that the function is in; NULL: not known */
    const char *name;            /* that the program had looked it up by; NULL: not known */
    struct type_table types;     /* type 1 is what the binding believes; type_count 0: not known */
};

/* The call of that role. False: there is none. */
bool call_read(struct call *call, struct pool *pool, const struct process *process, const struct record *record,
               enum ffisan_role role);
/* "strlen((char *)0x5)"; `function` NULL: not known. */
const char *call_text(struct pool *pool, const struct call *call, const char *function);
/* What is wrong with an argument of a call in which the program died: "argument 1 is NULL". NULL: nothing that can be seen. */
const char *call_cause(struct pool *pool, const struct call *call, const struct facts *facts, unsigned *argument);
/* What the function's header, or its debug info, calls that parameter; NULL: not known. */
const char *call_parameter(const struct workshop *workshop, const struct call *call, unsigned argument);
/* The name that the program had looked the function up by, or the symbol there; NULL: none. */
const char *call_function(const struct workshop *workshop, const struct call *call);

/* What has been declared in one process, of functions that nobody knows. */
struct declarations;
struct declarations *declarations_new(struct pool *pool);

/* What a record of a finding or a call comes to: of a call, any number of findings. */
size_t findings_read(const struct workshop *workshop, struct declarations *declarations, const struct process *process,
                     const struct record *record, struct finding **findings);

#endif
