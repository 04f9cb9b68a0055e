/* SPDX-License-Identifier: Apache-2.0 */
#include "twins.h"

#include <string.h>

#include "subjects.h"

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

/* A reference given away twice is also one given up that was not owned; a buffer that is kept keeps a reference to its object; and
 * whoever calls with an exception set mostly returns with it as well. */
static bool is_part_of(const struct finding *part, const struct finding *whole) {
    const struct subject *call = subject_of_role(whole, FFISAN_SUBJECT_CALL, FFISAN_ROLE_DETECTED);
    switch (whole->rule) {
    case FFISAN_RULE_OVER_STEAL:
        return part->rule == FFISAN_RULE_BORROWED_DECREF;
    case FFISAN_RULE_BUFFER_NOT_RELEASED:
        return part->rule == FFISAN_RULE_REFERENCE_LEAK;
    case FFISAN_RULE_PENDING_ERROR:
        return part->rule == whole->rule && !call && subject_of_role(part, FFISAN_SUBJECT_CALL, FFISAN_ROLE_DETECTED);
    default:
        return false;
    }
}

/* What the two are about, as far as both know. */
static bool same_object(const struct finding *a, const struct finding *b) {
    const struct subject *one = subject_of(a, FFISAN_SUBJECT_OBJECT), *other = subject_of(b, FFISAN_SUBJECT_OBJECT);
    return !one || !other || same_text(one->name, other->name);
}

static bool is_less_of_the_same(const struct finding *part, const struct finding *whole) {
    return part->function && subject_of(part, FFISAN_SUBJECT_INSIDE) && subject_of(whole, FFISAN_SUBJECT_INSIDE) &&
           is_part_of(part, whole) && same_text(part->function, whole->function) && same_text(part->library, whole->library) &&
           same_object(part, whole);
}

static bool is_twin(const struct finding *declared, const struct finding *contracted) {
    return declared->rule == FFISAN_RULE_BUFFER_TOO_SMALL && contracted->rule == declared->rule && !declared->facts.term_count &&
           contracted->facts.term_count && declared->has_argument && contracted->has_argument &&
           declared->argument_index == contracted->argument_index && same_text(declared->function, contracted->function) &&
           same_line(declared, contracted);
}

static bool has_twin(const struct finding *finding, const struct finding *findings, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (is_twin(finding, &findings[i]) || is_less_of_the_same(finding, &findings[i]))
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
