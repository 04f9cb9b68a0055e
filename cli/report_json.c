/* SPDX-License-Identifier: Apache-2.0
 *
 * The report as JSON: report-schema.json beside this file is its description. Keys stand in the order in which they are set.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mask.h"
#include "pool.h"
#include "report.h"
#include "subjects.h"
#include "terms.h"

static json_t *text_or_null(const char *text) {
    return text ? json_string(text) : json_null();
}

static json_t *number(uint64_t value) {
    return json_integer(value <= INT64_MAX ? (json_int_t)value : INT64_MAX);
}

static json_t *arguments_json(const struct plan *plan, const char *const *arguments, size_t count) {
    json_t *array = json_array();
    struct pool *pool = pool_new();
    const char *const *shown = plan->show_args ? arguments : mask_arguments(pool, arguments, count);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_string(shown[i]));
    pool_free(pool);
    return array;
}

/* RFC 3339, in UTC. */
static json_t *time_json(uint64_t ns) {
    char text[64], day[32];
    time_t seconds = (time_t)(ns / 1000000000u);
    struct tm parts;
    if (ns == 0 || !gmtime_r(&seconds, &parts) || strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &parts) == 0)
        return json_null();
    snprintf(text, sizeof(text), "%s.%03uZ", day, (unsigned)(ns / 1000000u % 1000u));
    return json_string(text);
}

static void set_end(json_t *object, bool exited, int status, bool killed, int signal) {
    json_object_set_new(object, "exit_status", exited ? json_integer(status) : json_null());
    json_object_set_new(object, "signal", killed ? json_integer(signal) : json_null());
}

static json_t *process_json(const struct plan *plan, const struct process *process) {
    json_t *object = json_object();
    json_object_set_new(object, "pid", json_integer(process->pid));
    json_object_set_new(object, "argv", arguments_json(plan, process->argv, process->argc));
    set_end(object, process->exited, process->exit_status, process->killed, process->signal);
    json_object_set_new(object, "parent", json_integer(process->ppid));
    json_object_set_new(object, "executable", json_string(process->executable));
    if (process->argv_cut)
        json_object_set_new(object, "argv_cut", json_true());
    if (process->python)
        json_object_set_new(object, "python_memory",
                            json_string(process->python_memory == FFISAN_PYTHON_MEMORY_FULL ? "full" : "lent"));
    return object;
}

static json_t *frame_json(const struct frame *frame) {
    json_t *object = json_object();
    json_object_set_new(object, "language", json_string(frame->python ? "python" : "native"));
    json_object_set_new(object, "function", text_or_null(frame->function));
    if (!frame->python) {
        char offset[32];
        snprintf(offset, sizeof(offset), "0x%" PRIx64, frame->offset);
        json_object_set_new(object, "module", text_or_null(frame->module));
        json_object_set_new(object, "offset", json_string(offset));
    }
    if (frame->python || frame->file)
        json_object_set_new(object, "file", text_or_null(frame->file));
    if (frame->line || frame->python)
        json_object_set_new(object, "line", frame->line ? json_integer(frame->line) : json_null());
    if (frame->inlined)
        json_object_set_new(object, "inlined", json_true());
    return object;
}

static json_t *stack_json(const struct stack *stack) {
    json_t *object = json_object(), *frames = json_array();
    json_object_set_new(object, "role", json_string(role_name(stack->role)));
    if (stack->thread && stack->thread[0])
        json_object_set_new(object, "thread", json_string(stack->thread));
    for (size_t i = 0; i < stack->frame_count; i++)
        json_array_append_new(frames, frame_json(&stack->frames[i]));
    json_object_set_new(object, "frames", frames);
    json_object_set_new(object, "complete", json_boolean(stack->complete));
    return object;
}

static json_t *argument_json(const struct finding *finding) {
    return finding->has_argument ? json_pack("{s:i, s:s?}", "index", (int)finding->argument_index, "name", finding->argument_name)
                                 : json_null();
}

static json_t *mismatch_json(const struct mismatch *mismatch) {
    json_t *object = json_object();
    json_object_set_new(object, "place", json_string(mismatch->place));
    json_object_set_new(object, "declared", text_or_null(mismatch->declared));
    json_object_set_new(object, "declared_as", text_or_null(mismatch->declared_as));
    json_object_set_new(object, "actual", text_or_null(mismatch->actual));
    json_object_set_new(object, "declaration", json_string(mismatch->declaration));
    json_object_set_new(object, "prototype", json_string(mismatch->prototype));
    json_object_set_new(object, "source", text_or_null(mismatch->source));
    json_object_set_new(object, "right", text_or_null(mismatch->right));
    return object;
}

static json_t *crossing_json(const struct crossed *crossing) {
    json_t *object = json_object();
    json_object_set_new(object, "direction", json_string(crossing->up ? "up" : "down"));
    json_object_set_new(object, "open", json_boolean(crossing->open));
    json_object_set_new(object, "function", text_or_null(crossing->function));
    json_object_set_new(object, "library", text_or_null(crossing->library));
    json_object_set_new(object, "caller", text_or_null(crossing->python));
    json_object_set_new(object, "file", text_or_null(crossing->file));
    json_object_set_new(object, "line", crossing->line ? json_integer(crossing->line) : json_null());
    return object;
}

/* A call that the contract of its function has something to say about. */
static json_t *term_json(const struct term *term) {
    json_t *object = json_object();
    json_object_set_new(object, "role", json_string(role_name(term->role)));
    json_object_set_new(object, "function", json_string(term->function));
    json_object_set_new(object, "library", text_or_null(term->library));
    json_object_set_new(object, "place", text_or_null(term->place));
    json_object_set_new(object, "word", text_or_null(term_word(term->word)));
    json_object_set_new(object, "kind", text_or_null(term->kind));
    json_object_set_new(object, "expected", text_or_null(term->expected));
    json_object_set_new(object, "owner", text_or_null(term->owner));
    json_object_set_new(object, "source", text_or_null(term->source));
    return object;
}

/* ---- what a managed runtime has to do with it ---- */

static json_t *place_json(const struct subject *object) {
    if (object->argument < FFISAN_SUBJECT_RESULT)
        return number(object->argument);
    return object->argument == FFISAN_SUBJECT_SELF     ? json_string("self")
           : object->argument == FFISAN_SUBJECT_RESULT ? json_string("result")
                                                       : json_null();
}

static json_t *inside_json(const struct subject *inside) {
    json_t *object = json_object();
    json_object_set_new(object, "function", text_or_null(inside->name));
    json_object_set_new(object, "library", text_or_null(inside->detail));
    return object;
}

static json_t *object_json(const struct subject *subject) {
    json_t *object = json_object();
    json_object_set_new(object, "role", json_string(role_name(subject->role)));
    json_object_set_new(object, "type", text_or_null(subject->name));
    json_object_set_new(object, "argument", place_json(subject));
    json_object_set_new(object, "from", text_or_null(subject->detail));
    json_object_set_new(object, "references", number(subject->count));
    json_object_set_new(object, "found", number(subject->wanted));
    json_object_set_new(object, "died", json_boolean(subject->died));
    return object;
}

static json_t *holder_json(const struct subject *holder) {
    json_t *object = json_object();
    json_object_set_new(object, "type", text_or_null(holder->name));
    json_object_set_new(object, "where", text_or_null(holder->detail));
    return object;
}

static json_t *api_call_json(const struct subject *call) {
    json_t *object = json_object();
    json_object_set_new(object, "role", json_string(role_name(call->role)));
    json_object_set_new(object, "function", text_or_null(call->name));
    json_object_set_new(object, "failed", json_boolean(call->failed));
    return object;
}

static json_t *exception_json(const struct subject *exception) {
    json_t *object = json_object();
    json_object_set_new(object, "type", text_or_null(exception->name));
    json_object_set_new(object, "text", text_or_null(exception->detail));
    return object;
}

static json_t *repeat_json(const struct subject *repeat) {
    json_t *object = json_object();
    json_object_set_new(object, "what", json_string(repeat->name ? repeat->name : "made"));
    json_object_set_new(object, "calls", json_integer((json_int_t)repeat->count));
    json_object_set_new(object, "stay", json_integer((json_int_t)repeat->given));
    return object;
}

static json_t *state_json(const struct subject *state) {
    json_t *object = json_object();
    json_object_set_new(object, "name", text_or_null(state->name));
    json_object_set_new(object, "before", number(state->wanted));
    json_object_set_new(object, "after", number(state->given));
    json_object_set_new(object, "text", text_or_null(state->detail));
    return object;
}

static const struct {
    const char *key;
    json_t *(*make)(const struct subject *subject);
} subject_keys[FFISAN_SUBJECTS] = {
    [FFISAN_SUBJECT_INSIDE] = {"inside", inside_json},           [FFISAN_SUBJECT_OBJECT] = {"objects", object_json},
    [FFISAN_SUBJECT_HOLDER] = {"holders", holder_json},          [FFISAN_SUBJECT_CALL] = {"api_calls", api_call_json},
    [FFISAN_SUBJECT_EXCEPTION] = {"exceptions", exception_json}, [FFISAN_SUBJECT_STATE] = {"states", state_json},
    [FFISAN_SUBJECT_REPEAT] = {"repeats", repeat_json},
};

static void set_subjects(json_t *object, const struct facts *facts) {
    for (size_t i = 0; i < facts->subject_count; i++) {
        const struct subject *subject = &facts->subjects[i];
        const char *key = subject_keys[subject->what].key;
        if (!json_object_get(object, key))
            json_object_set_new(object, key, json_array());
        json_array_append_new(json_object_get(object, key), subject_keys[subject->what].make(subject));
    }
}

/* What only some findings have. */
static void set_boundary(json_t *object, const struct finding *finding) {
    const struct facts *facts = &finding->facts;
    json_t *crossings = facts->crossing_count ? json_array() : NULL;
    if (finding->mismatch)
        json_object_set_new(object, "declaration", mismatch_json(finding->mismatch));
    if (facts->call.text)
        json_object_set_new(object, "call", json_string(facts->call.text));
    for (size_t i = 0; i < facts->crossing_count; i++)
        json_array_append_new(crossings, crossing_json(&facts->crossings[i]));
    json_t *terms = facts->term_count ? json_array() : NULL;
    for (size_t i = 0; i < facts->term_count; i++)
        json_array_append_new(terms, term_json(&facts->terms[i]));
    if (terms)
        json_object_set_new(object, "contract", terms);
    if (crossings)
        json_object_set_new(object, "crossings", crossings);
}

static json_t *finding_json(const struct finding *finding) {
    json_t *object = json_object(), *stacks = json_array();
    json_object_set_new(object, "rule", json_string(rules[finding->rule].name));
    json_object_set_new(object, "severity", json_string(finding->severity == SEVERITY_ERROR ? "error" : "warning"));
    json_object_set_new(object, "message", json_string(finding->message));
    json_object_set_new(object, "runtime", json_string(finding->runtime));
    json_object_set_new(object, "library", text_or_null(finding->library));
    json_object_set_new(object, "function", text_or_null(finding->function));
    json_object_set_new(object, "argument", argument_json(finding));
    json_object_set_new(object, "fix", json_string(finding->fix));
    set_boundary(object, finding);
    set_subjects(object, &finding->facts);
    for (size_t i = 0; i < finding->stack_count; i++)
        json_array_append_new(stacks, stack_json(&finding->stacks[i]));
    json_object_set_new(object, "stacks", stacks);
    json_object_set_new(object, "count", number(finding->count));
    json_object_set_new(object, "pid", json_integer(finding->pid));
    if (finding->facts.checker)
        json_object_set_new(object, "checker", json_string(finding->facts.checker));
    json_object_set_new(object, "fingerprint", json_string(finding->fingerprint));
    json_object_set_new(object, "test", text_or_null(finding->test));
    json_object_set_new(object, "suppressed", json_boolean(finding->suppressed));
    json_object_set_new(object, "in_baseline", json_boolean(finding->in_baseline));
    return object;
}

static json_t *summary_json(const struct summary *summary) {
    json_t *object = json_object();
    json_object_set_new(object, "errors", number(summary->errors));
    json_object_set_new(object, "warnings", number(summary->warnings));
    json_object_set_new(object, "suppressed", number(summary->suppressed));
    json_object_set_new(object, "in_baseline", number(summary->in_baseline));
    json_object_set_new(object, "crossings", number(summary->crossings));
    json_object_set_new(object, "records_lost", number(summary->records_lost));
    return object;
}

static json_t *omissions_json(const struct report *report) {
    json_t *array = json_array();
    for (size_t i = 0; i < report->omission_count; i++) {
        const struct omission *omission = &report->omissions[i];
        json_array_append_new(array, json_pack("{s:s, s:s, s:s, s:I}", "what", omission->what, "why", omission->why, "so",
                                               omission->so, "count", (json_int_t)omission->count));
    }
    return array;
}

static json_t *unused_json(const struct report *report) {
    json_t *array = json_array();
    for (size_t i = 0; i < report->unused_count; i++) {
        const struct suppression *item = report->unused[i];
        json_array_append_new(array, json_pack("{s:s, s:s, s:s, s:i}", "rule", item->rule, "pattern", item->pattern, "file",
                                               item->file, "line", (int)item->line));
    }
    return array;
}

static json_t *profile_json(const struct report *report) {
    json_t *array = json_array();
    struct pool *pool = pool_new();
    for (size_t i = 0; i < report->profile.count; i++) {
        const struct profile_row *row = &report->profile.rows[i];
        json_t *object = json_object();
        json_object_set_new(object, "direction", json_string(row->up ? "callback" : "call"));
        json_object_set_new(object, "function", text_or_null(row->function));
        json_object_set_new(object, "library", text_or_null(row->library));
        json_object_set_new(object, "caller", text_or_null(row->caller));
        json_object_set_new(object, "file", text_or_null(row->file));
        json_object_set_new(object, "line", row->line ? json_integer(row->line) : json_null());
        json_object_set_new(object, "calls", number(row->calls));
        json_object_set_new(object, "ns", number(row->ns));
        json_object_set_new(object, "shortest_ns", number(row->shortest_ns));
        json_object_set_new(object, "bytes", number(row->bytes));
        json_object_set_new(object, "repeated", number(row->repeated));
        json_object_set_new(object, "hint", text_or_null(profile_hint(pool, row)));
        json_array_append_new(array, object);
    }
    pool_free(pool);
    return array;
}

static json_t *result_json(const struct report *report) {
    json_t *object = json_object();
    set_end(object, report->exited, report->exit_status, report->killed, report->signal);
    return object;
}

char *report_json(const struct report *report, const struct plan *plan) {
    json_t *root = json_object(), *processes = json_array(), *findings = json_array();
    for (size_t i = 0; i < report->process_count; i++)
        if (!report->processes[i].blank)
            json_array_append_new(processes, process_json(plan, &report->processes[i]));
    for (size_t i = 0; i < report->finding_count; i++)
        json_array_append_new(findings, finding_json(&report->findings[i]));
    json_object_set_new(root, "schema", json_string("ffisan-report-1"));
    json_object_set_new(root, "command", arguments_json(plan, report->command, report->command_count));
    json_object_set_new(root, "started", time_json(report->started_ns));
    json_object_set_new(root, "seconds", report->timed ? json_real(report->seconds) : json_null());
    json_object_set_new(root, "result", result_json(report));
    json_object_set_new(root, "processes", processes);
    json_object_set_new(root, "findings", findings);
    json_object_set_new(root, "profile", profile_json(report));
    json_object_set_new(root, "summary", summary_json(&report->summary));
    json_object_set_new(root, "not_watched", omissions_json(report));
    json_object_set_new(root, "unused_suppressions", unused_json(report));
    char *dumped = json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(6)), *text = NULL;
    json_decref(root);
    if (dumped && asprintf(&text, "%s\n", dumped) < 0)
        text = NULL;
    free(dumped);
    return text;
}
