/* SPDX-License-Identifier: Apache-2.0 */
#include "twins.h"

#include <string.h>

static bool same_text(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* The line of the host's that made the call; NULL: there is none. */
static const struct frame *managed_line(const struct finding *finding) {
    const struct stack *stack = finding_stack(finding, FFISAN_ROLE_DETECTED);
    for (size_t i = 0; stack && i < stack->frame_count; i++)
        if (stack->frames[i].python)
            return &stack->frames[i];
    return NULL;
}

static bool same_line(const struct finding *a, const struct finding *b) {
    const struct frame *one = managed_line(a), *other = managed_line(b);
    return one && other && one->line == other->line && same_text(one->file, other->file);
}

static bool is_twin(const struct finding *declared, const struct finding *contracted) {
    return declared->rule == FFISAN_RULE_BUFFER_TOO_SMALL && contracted->rule == declared->rule && !declared->facts.term_count &&
           contracted->facts.term_count && declared->has_argument && contracted->has_argument &&
           declared->argument_index == contracted->argument_index && same_text(declared->function, contracted->function) &&
           same_line(declared, contracted);
}

static bool has_twin(const struct finding *finding, const struct finding *findings, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (is_twin(finding, &findings[i]))
            return true;
    return false;
}

/* Those that stay move to the front: what is behind them is a copy, or a twin. */
size_t twins_drop(struct finding *findings, size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        const struct finding finding = findings[i];
        if (!has_twin(&finding, findings, count))
            findings[kept++] = finding;
    }
    return kept;
}
