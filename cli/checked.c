/* SPDX-License-Identifier: Apache-2.0
 *
 * From another checker's error to a finding: what it says becomes a record such as the shim would have written, with its stacks and with
 * everything else that the shim's own record of that moment has; the rest is as for any record.
 */
#include "checked.h"

#include <stdlib.h>
#include <string.h>

#include "pool.h"
#include "reader.h"

struct checked_error *checked_error_add(struct checked_errors *errors, const char *checker, int pid) {
    if (errors->count >= CHECKED_ERRORS_MOST)
        return NULL;
    struct checked_error *error = pool_append(errors->pool, &errors->items, &errors->count, sizeof(*error));
    *error = (struct checked_error){.checker = checker, .pid = pid, .said = ""};
    return error;
}

void checked_frame_add(struct checked_errors *errors, struct checked_error *error, enum ffisan_role role, uint64_t frame) {
    if (!error->stacks[role])
        error->stacks[role] = pool_get(errors->pool, sizeof(*error->stacks[role]));
    struct checked_stack *stack = error->stacks[role];
    if (stack->depth < CHECKED_FRAMES)
        stack->frames[stack->depth++] = frame;
}

static bool read_pid(const char *text, const char *end, int *pid) {
    char *stop;
    long value = strtol(text, &stop, 10);
    *pid = (int)value;
    return stop != text && stop == end && value > 0 && value <= INT32_MAX;
}

bool checked_report_name(const char *name, bool *xml, int *pid) {
    static const char asan[] = "asan.", valgrind[] = "valgrind.", suffix[] = ".xml";
    size_t length = strlen(name);
    const char *end = name + length, *dot = strrchr(name, '.');
    *xml = strncmp(name, valgrind, strlen(valgrind)) == 0;
    if (*xml)
        return length > strlen(suffix) && strcmp(end - strlen(suffix), suffix) == 0 &&
               read_pid(name + strlen(valgrind), end - strlen(suffix), pid);
    return strncmp(name, asan, strlen(asan)) == 0 && read_pid(dot + 1, end, pid);
}

bool checked_belongs(const struct checked_error *error, const struct process *process, const struct record *record) {
    if (error->taken || error->pid != process->pid || record->type != FFISAN_RECORD_CHECKED)
        return false;
    if (strcmp(error->checker, "Valgrind") == 0)
        return error->record && error->record == record->offset;
    return error->rule != FFISAN_RULE_LEAK && error->address == record->as.finding->address;
}

bool checked_lent(const struct checked_error *error, const struct process *process, const struct record *record) {
    return !error->taken && error->lent && error->lent == record->offset && error->pid == process->pid &&
           record->type == FFISAN_RECORD_CHECKED;
}

/* ---- the record ------------------------------------------------------------------------------------------------------------ */

/* Grows by whole items; aligned, as the reader wants it. */
struct composed {
    uint64_t *words;
    size_t size, room;
};

static void *room_for(struct composed *composed, size_t size) {
    char *at = (char *)composed->words + composed->size;
    composed->size += size;
    return composed->size <= composed->room ? at : NULL;
}

static size_t stack_size(const struct checked_stack *stack) {
    return sizeof(struct ffisan_record_stack) + stack->depth * sizeof(uint64_t);
}

static void put_stack(struct composed *composed, enum ffisan_role role, const struct checked_stack *stack, uint32_t generation) {
    struct ffisan_record_stack *item = room_for(composed, stack_size(stack));
    if (!item)
        return;
    item->item = (struct ffisan_record_item){FFISAN_ITEM_STACK, (uint32_t)stack_size(stack)};
    item->role = role;
    item->generation = generation;
    item->depth = stack->depth;
    item->complete = stack->depth < CHECKED_FRAMES;
    item->first_is_pc = stack->first_is_pc;
    memcpy(item->frames, stack->frames, stack->depth * sizeof(*stack->frames));
}

/* Of two stacks of one moment the checker's tells where exactly; but for past moments it may have followed frame pointers alone, which end
 * where a library has none. */
static bool is_better(const struct checked_stack *stack, enum ffisan_role role, const struct ffisan_record_stack *known) {
    return stack && (role == FFISAN_ROLE_DETECTED || stack->depth > known->depth);
}

/* Whether both mean the same block; next to an address there may be two. */
static bool same_block(const struct checked_error *error, const struct record *known) {
    return !error->has_block || known->as.finding->block == error->block;
}

static bool is_of_block(uint32_t role) {
    return role == FFISAN_ROLE_ALLOCATED || role == FFISAN_ROLE_FREED || role == FFISAN_ROLE_LENT;
}

/* The shim's stack of that role, when it is to be shown. */
static const struct ffisan_record_stack *known_stack(const struct checked_error *error, const struct record *known,
                                                     unsigned role) {
    if (known && is_of_block(role) && !same_block(error, known))
        return NULL;
    for (struct record_item item = {0}; known && record_item_next(known, &item);)
        if (item.stack && item.stack->role == role)
            return is_better(error->stacks[role], (enum ffisan_role)role, item.stack) ? NULL : item.stack;
    return NULL;
}

/* Everything else of the shim's record. */
static void put_known(struct composed *composed, const struct checked_error *error, const struct record *known) {
    for (struct record_item item = {0}; record_item_next(known, &item);) {
        const struct ffisan_record_item *head = (const void *)((const char *)known->as.head + item.offset);
        bool replaced = item.stack  ? known_stack(error, known, item.stack->role) != item.stack
                        : item.call ? item.call->role == FFISAN_ROLE_LENT && !same_block(error, known)
                                    : false;
        void *to = replaced ? NULL : room_for(composed, head->size);
        if (to)
            memcpy(to, head, head->size);
    }
}

/* Of what was taken away: which lend it was. The stack at which it was written down says nothing. */
static void put_lent(struct composed *composed, struct ffisan_record_finding *record, const struct record *lent) {
    const struct ffisan_record_finding *from = lent->as.finding;
    record->rule = from->rule;
    record->offset = record->address - from->address;
    memcpy(record->function, from->function, sizeof(record->function));
    for (struct record_item item = {0}; record_item_next(lent, &item);) {
        const struct ffisan_record_item *head = (const void *)((const char *)lent->as.head + item.offset);
        void *to = item.stack && item.stack->role == FFISAN_ROLE_DETECTED ? NULL : room_for(composed, head->size);
        if (to)
            memcpy(to, head, head->size);
    }
}

/* The modules as they were at the shim's own look; without one, as they were last. */
static uint32_t generation_of(const struct record *known) {
    for (struct record_item item = {0}; known && record_item_next(known, &item);)
        if (item.stack && item.stack->role == FFISAN_ROLE_DETECTED)
            return item.stack->generation;
    return UINT32_MAX - 1;
}

static void fill_thread(struct ffisan_record_finding *record, const struct checked_error *error) {
    bool main_one = error->thread == (strcmp(error->checker, "Valgrind") == 0 ? 1u : 0u);
    if (!record->thread[0] && main_one)
        memcpy(record->thread, "MainThread", sizeof("MainThread"));
}

static void fill_facts(struct ffisan_record_finding *record, const struct checked_error *error) {
    bool named = record->rule < FFISAN_RULES; /* by the shim */
    record->rule = named ? record->rule : error->rule;
    record->count = error->count ? error->count : 1;
    record->address = error->address;
    record->signal = (uint32_t)error->signal;
    record->given_size = error->given_size;
    if (error->rule == FFISAN_RULE_LEAK)
        record->size = error->size;
    if (error->has_block && !named) {
        record->block = error->block;
        record->size = error->size;
        record->offset = error->address - error->block;
    }
    if (error->place && !named)
        record->place = error->place;
    if (error->family) {
        record->family = error->family;
        record->free_family = error->free_family;
    }
    fill_thread(record, error);
}

static size_t room_wanted(const struct checked_error *error, const struct record *known) {
    size_t size =
        sizeof(struct ffisan_record_finding) + (known ? known->size : 0) + (error->lent_record ? error->lent_record->size : 0);
    for (unsigned role = 0; role < FFISAN_ROLES; role++)
        size += error->stacks[role] ? stack_size(error->stacks[role]) : 0;
    return size;
}

static struct record compose(struct pool *pool, const struct checked_error *error, const struct record *known) {
    struct composed composed = {.room = room_wanted(error, known)};
    composed.words = pool_get(pool, composed.room);
    struct ffisan_record_finding *record = room_for(&composed, sizeof(*record));
    *record = known ? *known->as.finding : (struct ffisan_record_finding){.rule = FFISAN_RULES};
    if (known && !same_block(error, known))
        record->owner = record->free_owner = record->family = 0;
    fill_facts(record, error);
    for (unsigned role = 0; role < FFISAN_ROLES; role++)
        if (error->stacks[role] && !known_stack(error, known, role))
            put_stack(&composed, (enum ffisan_role)role, error->stacks[role], generation_of(known));
    if (known)
        put_known(&composed, error, known);
    if (error->lent_record)
        put_lent(&composed, record, error->lent_record);
    record->record = (struct ffisan_record){FFISAN_RECORD_FINDING, (uint32_t)composed.size, FFISAN_COMMITTED, 0};
    return (struct record){.type = FFISAN_RECORD_FINDING, .size = (uint32_t)composed.size, .as.finding = record};
}

/* ---- the finding ----------------------------------------------------------------------------------------------------------- */

/* The checker's own entry stands innermost on the stack, and is named for what the program called: "__interceptor_free.part.0". */
static const char *called_function(struct pool *pool, const struct finding *finding) {
    static const char *const prefixes[] = {"___interceptor_", "__interceptor_", "__interceptor_trampoline_"};
    const struct stack *stack = finding_stack(finding, FFISAN_ROLE_DETECTED);
    const char *function = stack && stack->native_count && stack->native[0].shim ? stack->native[0].function : NULL;
    if (!function || strncmp(function, "__asan", 6) == 0 || strncmp(function, "__sanitizer", 11) == 0)
        return NULL;
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
        if (strncmp(function, prefixes[i], strlen(prefixes[i])) == 0)
            function += strlen(prefixes[i]);
    return strstr(function, "::") ? NULL : pool_text(pool, "%.*s", (int)strcspn(function, "."), function);
}

/* What an interpreter never frees is its own affair, and so is what nobody is known to have allocated. Where the shim has looked itself, it
 * has said so already. */
static bool is_nobodys_leak(const struct finding *finding, const struct process *process) {
    const struct stack *stack = finding_stack(finding, FFISAN_ROLE_ALLOCATED);
    if (process->leaks != FFISAN_LEAKS_OTHER)
        return true;
    for (size_t i = 0; stack && i < stack->native_count; i++) {
        const struct frame *frame = &stack->native[i];
        if (!frame->shim && !frame->libc)
            return !frame->module || frame_is_runtime(frame);
    }
    return true;
}

static bool is_wanted(const struct finding *finding, const struct process *process, const struct checked_error *error) {
    if (finding->rule == FFISAN_RULE_LEAK)
        return !is_nobodys_leak(finding, process);
    return !error->only_known || finding->rule != error->rule;
}

bool checked_finding(struct finding *finding, const struct workshop *workshop, const struct process *process,
                     const struct checked_error *error, const struct record *known) {
    struct record record = compose(workshop->pool, error, known);
    finding_gather(finding, (enum ffisan_rule)record.as.finding->rule, workshop, process, &record);
    finding->facts.checker = error->checker;
    finding->facts.said = error->said;
    finding->facts.access = error->access;
    finding->facts.access_size = error->access_size;
    const char *called = called_function(workshop->pool, finding);
    if (called)
        finding->facts.called = called;
    finding_attribute(finding);
    finding_explain(finding, workshop->pool);
    finding_fingerprint(finding);
    return is_wanted(finding, process, error);
}
