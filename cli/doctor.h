/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of `ffisan doctor` share: one line for each thing looked at.
 */
#ifndef FFISAN_CLI_DOCTOR_H
#define FFISAN_CLI_DOCTOR_H

#include <stdbool.h>

struct pool;
struct program;

enum health {
    HEALTH_OK,
    HEALTH_LIMIT, /* works, but sees less */
    HEALTH_NO,    /* nothing is watched as it is */
};

struct doctor {
    struct pool *pool;
    bool failed; /* some line said no */
};

/* "limit  WHAT  SENTENCE" on standard output. */
void doctor_say(struct doctor *doctor, enum health health, const char *what, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

void doctor_machine(struct doctor *doctor);
void doctor_limits(struct doctor *doctor);
void doctor_program(struct doctor *doctor, const char *name);

/* Whether source lines can be found for this object, in itself or in a separate file. */
bool doctor_has_debug_info(struct doctor *doctor, const char *path);

#endif
