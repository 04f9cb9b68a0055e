/* SPDX-License-Identifier: Apache-2.0
 *
 * From the program's start to its end: signals pass to it, job control works as if the launcher were not there, its processes'
 * ends are collected, and what outlives it is waited for and then named.
 */
#ifndef FFISAN_CLI_SUPERVISE_H
#define FFISAN_CLI_SUPERVISE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "descendants.h"
#include "judge.h"

struct pool;

struct supervision {
    struct pool *pool;
    pid_t child;
    struct descendants strangers; /* children that the launcher had before; not ours to wait for */
    struct live *live;            /* NULL: nothing is said while the program runs */
    double wait_seconds;          /* for descendants that outlive the program */

    /* What supervise() finds out. */
    int exit_status, signal;
    double seconds;
    struct process_end *ends;
    size_t ends_count;
    struct not_watched *left; /* processes that still run */
    size_t left_count;

    bool running;   /* the program itself */
    bool impatient; /* a signal came while only descendants were waited for */
};

/* Signals are held (signals_hold) since before the child was started. */
void supervise(struct supervision *supervision);

#endif
