/* SPDX-License-Identifier: Apache-2.0
 *
 * The findings of an earlier run, by fingerprint; they are reported and do not fail the run.
 *
 *     {"schema": "ffisan-baseline-1", "findings": [{"fingerprint": "...", "rule": "...", "message": "..."}]}
 *
 * Rule and message are for the people who review the file; only the fingerprint counts.
 */
#ifndef FFISAN_CLI_BASELINE_H
#define FFISAN_CLI_BASELINE_H

#include <stdbool.h>
#include <stddef.h>

struct finding;
struct pool;
struct trouble;

struct baseline {
    const char **fingerprints;
    size_t count;
};

struct trouble *baseline_read(struct baseline *baseline, struct pool *pool, const char *path);
bool baseline_has(const struct baseline *baseline, const char *fingerprint);
/* All findings but the suppressed ones. */
struct trouble *baseline_write(const char *path, const struct finding *findings, size_t count);

#endif
