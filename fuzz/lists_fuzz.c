/* SPDX-License-Identifier: Apache-2.0
 *
 * Any text as a suppression file, as a list of rules, and as a command line whose secrets are masked.
 */
#include <stdint.h>
#include <string.h>

#include "findings.h"
#include "mask.h"
#include "pool.h"
#include "rules.h"
#include "suppressions.h"
#include "trouble.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void suppress(struct pool *pool, const char *text, size_t size) {
    struct frame frame = {.function = "main", .file = "/home/me/app.py", .python = true};
    struct stack stack = {.frames = &frame, .frame_count = 1};
    struct finding finding = {.function = "greet", .library = "libgreeting.so.1", .stacks = &stack, .stack_count = 1};
    struct suppressions suppressions;
    struct trouble *trouble = suppressions_parse(&suppressions, pool, text, size, "fuzz");
    if (!trouble)
        suppressions_match(&suppressions, &finding);
    trouble_free(trouble);
}

static void mask(struct pool *pool, char *text) {
    const char **arguments = NULL;
    size_t count = 0;
    char *rest = text;
    for (char *word; (word = strsep(&rest, "\n"));)
        *(const char **)pool_append(pool, &arguments, &count, sizeof(char *)) = word;
    mask_arguments(pool, arguments, count);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct pool *pool = pool_new();
    struct rule_set set;
    char *text = pool_get(pool, size + 1);
    if (size)
        memcpy(text, bytes, size);
    suppress(pool, text, size);
    trouble_free(rule_set_parse(&set, text));
    mask(pool, text);
    pool_free(pool);
    return 0;
}
