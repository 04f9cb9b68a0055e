/* SPDX-License-Identifier: Apache-2.0
 *
 * What the user asked for, checked before the command starts: a run of an hour must not end with a typing error.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"
#include "report.h"
#include "text_file.h"
#include "trouble.h"

static const struct {
    const char *name;
    enum report_format format;
    bool later;
} formats[] = {
    {"text", REPORT_TEXT, false}, {"json", REPORT_JSON, false}, {"sarif", REPORT_TEXT, true},
    {"junit", REPORT_TEXT, true}, {"html", REPORT_TEXT, true},
};
#define FORMATS (sizeof(formats) / sizeof(formats[0]))

static struct trouble *target_parse(struct report_target *target, const char *wanted) {
    size_t length = strcspn(wanted, ":"), row = 0;
    while (row < FORMATS && (strlen(formats[row].name) != length || strncmp(formats[row].name, wanted, length) != 0))
        row++;
    if (row == FORMATS)
        return trouble_new("there is no report format '%.*s'; there are text and json", (int)length, wanted);
    if (formats[row].later)
        return trouble_new("the report format '%s' is not in this version; there are text and json", formats[row].name);
    if (wanted[length] == ':' && !wanted[length + 1])
        return trouble_new("'--report %s' names no file behind the ':'", wanted);
    const char *path = wanted[length] ? wanted + length + 1 : NULL;
    target->format = formats[row].format;
    target->path = path && strcmp(path, "-") != 0 ? path : path ? "/dev/stdout" : NULL;
    return NULL;
}

/* The same file by another name counts too; a device may take several. */
static bool same_file(const char *a, const char *b) {
    char real_a[PATH_MAX], real_b[PATH_MAX];
    if (!a || !b || strncmp(a, "/dev/", 5) == 0)
        return false;
    if (strcmp(a, b) == 0)
        return true;
    return realpath(a, real_a) && realpath(b, real_b) && strcmp(real_a, real_b) == 0;
}

static struct trouble *check_path(const struct judge *judge, const char *path) {
    for (size_t i = 0; i < judge->target_count; i++)
        if (same_file(judge->targets[i].path, path))
            return trouble_new("two things are to be written to %s: give each a file of its own", path);
    return text_file_check(path);
}

static struct trouble *targets_check(struct judge *judge, const struct plan *plan) {
    for (size_t i = 0; i < plan->report_formats_count; i++) {
        struct report_target target = {0};
        struct trouble *trouble = target_parse(&target, plan->report_formats[i]);
        if (!trouble && target.path)
            trouble = check_path(judge, target.path);
        if (trouble)
            return trouble;
        *(struct report_target *)pool_append(judge->pool, &judge->targets, &judge->target_count, sizeof(target)) = target;
    }
    if (judge->target_count == 0)
        pool_append(judge->pool, &judge->targets, &judge->target_count, sizeof(struct report_target));
    return plan->write_baseline ? check_path(judge, plan->write_baseline) : NULL;
}

struct trouble *plan_check(struct plan *plan) {
    struct pool *pool = pool_new();
    struct judge *judge = pool_get(pool, sizeof(*judge));
    judge->pool = pool;
    plan->judge = judge;
    struct trouble *trouble = rule_set_parse(&judge->rules, plan->rules);
    if (!trouble && plan->suppressions)
        trouble = suppressions_read(&judge->suppressions, pool, plan->suppressions);
    if (!trouble && plan->baseline)
        trouble = baseline_read(&judge->baseline, pool, plan->baseline);
    if (!trouble && (plan->exit_code < 0 || plan->exit_code > 255))
        trouble = trouble_new("--exit-code %d: an exit status is between 0 and 255", plan->exit_code);
    return trouble ? trouble : targets_check(judge, plan);
}

void plan_free(struct plan *plan) {
    free(plan->report_formats);
    free(plan->only_libraries);
    if (plan->judge)
        pool_free(plan->judge->pool);
    *plan = (struct plan){0};
}
