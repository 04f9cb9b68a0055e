/* SPDX-License-Identifier: Apache-2.0
 *
 * What makes two occurrences one defect: the rule, and who stood on the stacks. Nothing that a rebuild, another machine or
 * another run changes goes in: no addresses, lines, process ids or sizes; no frames of runtimes, the shim or libc (their
 * versions differ), none that the compiler inlined (they come and go with debug info), and no more than the innermost ones (what
 * lies further out belongs to the test runner).
 */
#include <stdio.h>
#include <string.h>

#include "subjects.h"
#include "terms.h"

#define FRAMES_COUNTED 8

/* FNV-1a with 128 bits (Fowler, Noll, Vo; draft-eastlake-fnv): stable, short, and nobody gains by forging one. */
typedef unsigned __int128 hash;

static hash hash_start(void) {
    return (hash)0x6c62272e07bb0142u << 64 | 0x62b821756295c58du;
}

/* With the terminating NUL, which keeps texts apart. */
static void hash_text(hash *sum, const char *text) {
    const hash prime = (hash)1 << 88 | 0x13b;
    do {
        *sum = (*sum ^ (unsigned char)*text) * prime;
    } while (*text++);
}

static bool counts(const struct frame *frame) {
    return frame->python || !(frame->shim || frame->libc || frame->inlined || frame_is_runtime(frame));
}

static void hash_frame(hash *sum, const struct frame *frame) {
    char offset[32] = "?";
    if (!frame->python && !frame->function)
        snprintf(offset, sizeof(offset), "+0x%llx", (unsigned long long)frame->offset);
    hash_text(sum, frame->python ? "python" : "native");
    hash_text(sum, frame->function ? frame->function : offset);
    if (frame->python)
        hash_text(sum, frame->file ? path_name(frame->file) : "?");
    else
        hash_text(sum, frame->module ? frame->module : "?");
}

static size_t hash_stack(hash *sum, const struct stack *stack) {
    size_t counted = 0;
    hash_text(sum, role_name(stack->role));
    for (size_t i = 0; i < stack->frame_count && counted < FRAMES_COUNTED; i++) {
        if (counts(&stack->frames[i]) && (stack->frames[i].module || stack->frames[i].python)) {
            hash_frame(sum, &stack->frames[i]);
            counted++;
        }
    }
    return counted;
}

/* A declaration is a defect once in each managed function that calls by it, whatever called that one. */
static void hash_mismatch(hash *sum, const struct finding *finding) {
    const struct mismatch *mismatch = finding->mismatch;
    const char *const texts[] = {finding->library, finding->function, mismatch->place, mismatch->declared, mismatch->actual};
    const struct stack *stack = finding_stack(finding, FFISAN_ROLE_DETECTED);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        hash_text(sum, texts[i] ? texts[i] : "?");
    for (size_t i = 0; stack && i < stack->frame_count; i++) {
        if (!stack->frames[i].python)
            continue;
        hash_frame(sum, &stack->frames[i]);
        break;
    }
}

/* Of the language's own library, which starts every thread alike. */
static bool is_library_code(const char *function) {
    static const char *const starts[] = {"std::", "core::", "alloc::", "<core::", "<alloc::", "__rust_", "_R"};
    for (size_t i = 0; function && i < sizeof(starts) / sizeof(starts[0]); i++)
        if (strncmp(function, starts[i], strlen(starts[i])) == 0)
            return true;
    return false;
}

/* A thread that nobody attached is one defect, whatever it calls first: its outermost frames say which thread. */
#define THREAD_FRAMES 3
static size_t hash_thread(hash *sum, const struct stack *stack) {
    size_t counted = 0;
    for (size_t i = stack->frame_count; i-- > 0 && counted < THREAD_FRAMES;) {
        const struct frame *frame = &stack->frames[i];
        if (!counts(frame) || !frame->module || is_library_code(frame->function))
            continue;
        hash_frame(sum, frame);
        counted++;
    }
    return counted;
}

static size_t hash_stacks(hash *sum, const struct finding *finding) {
    size_t counted = 0;
    for (unsigned role = 0; role < FFISAN_ROLES; role++) {
        const struct stack *stack = finding_stack(finding, (enum ffisan_role)role);
        if (stack && finding->rule == FFISAN_RULE_UNATTACHED_THREAD && role == FFISAN_ROLE_DETECTED)
            counted += hash_thread(sum, stack);
        else if (stack)
            counted += hash_stack(sum, stack);
    }
    return counted;
}

/* Two arguments of one call are two defects. */
static void hash_term(hash *sum, const struct term *term) {
    hash_text(sum, term->library ? term->library : "?");
    hash_text(sum, term->function);
    hash_text(sum, term->place ? term->place : "");
}

/* Which calls tell two defects of one function apart. What had lent or left something is known of some calls only. */
static bool call_counts(const struct finding *finding, const struct subject *call, bool argument_known) {
    bool by_maker = finding->rule == FFISAN_RULE_REFERENCE_LEAK || finding->rule == FFISAN_RULE_BUFFER_NOT_RELEASED;
    return call->role == FFISAN_ROLE_DETECTED || (call->role == FFISAN_ROLE_CREATED && by_maker) ||
           (call->role == FFISAN_ROLE_LENT && !argument_known);
}

/* A defect of an extension's function is one, whoever called it, and wherever in it the interpreter noticed. */
static void hash_subjects(hash *sum, const struct finding *finding) {
    const struct subject *object = subject_of(finding, FFISAN_SUBJECT_OBJECT);
    bool argument_known = object && object->argument != FFISAN_SUBJECT_NO_ARGUMENT;
    char argument[16] = "";
    if (argument_known)
        snprintf(argument, sizeof(argument), "%u", object->argument);
    hash_text(sum, finding->library ? finding->library : "?");
    hash_text(sum, finding->function);
    hash_text(sum, argument_known ? argument : object && object->name ? object->name : "");
    for (size_t i = 0; i < finding->facts.subject_count; i++) {
        const struct subject *call = &finding->facts.subjects[i];
        if (call->what != FFISAN_SUBJECT_CALL || !call->name || !call_counts(finding, call, argument_known))
            continue;
        hash_text(sum, role_name(call->role));
        hash_text(sum, call->name);
    }
}

/* What a foreign function leaves changed, or how long it takes, is its own affair, whoever calls it. NULL: it is not about that. */
static const struct subject *state_to_blame(const struct finding *finding) {
    bool by_function = finding->rule == FFISAN_RULE_THREAD_STATE_LEAK || finding->rule == FFISAN_RULE_GIL_HELD_BLOCKING;
    const struct subject *state = by_function && finding->function ? subject_of(finding, FFISAN_SUBJECT_STATE) : NULL;
    return state && state->name ? state : NULL;
}

static void hash_state(hash *sum, const struct finding *finding, const struct subject *state) {
    hash_text(sum, finding->library ? finding->library : "?");
    hash_text(sum, finding->function);
    hash_text(sum, state->name);
}

void finding_fingerprint(struct finding *finding) {
    hash sum = hash_start();
    hash_text(&sum, rules[finding->rule].name);
    if (finding->facts.term_count)
        hash_term(&sum, term_to_blame(finding) ? term_to_blame(finding) : finding->facts.terms);
    if (finding->mismatch) {
        hash_mismatch(&sum, finding);
    } else if (rule_is_managed(finding->rule) && subject_of(finding, FFISAN_SUBJECT_INSIDE) && finding->function) {
        hash_subjects(&sum, finding);
    } else if (state_to_blame(finding)) {
        hash_state(&sum, finding, state_to_blame(finding));
    } else if (hash_stacks(&sum, finding) == 0) { /* no stack says anything: keep apart what is known to differ */
        hash_text(&sum, finding->library ? finding->library : "?");
        hash_text(&sum, finding->facts.called);
    }
    snprintf(finding->fingerprint, sizeof(finding->fingerprint), "%016llx%016llx", (unsigned long long)(sum >> 64),
             (unsigned long long)sum);
}
