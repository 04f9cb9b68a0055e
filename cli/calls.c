/* SPDX-License-Identifier: Apache-2.0
 *
 * From a call to findings. What a function is may be known under several names and from several sources: a call is right when it is
 * right for one of them, and otherwise judged by the one that is to be believed first.
 */
#include "calls.h"

#include <inttypes.h>
#include <string.h>

#include "mismatch.h"
#include "pool.h"
#include "prototypes.h"
#include "reader.h"
#include "spelling.h"
#include "symbols.h"

#define FINDINGS_MAX     8u    /* of one call */
#define DECLARATIONS_MAX 4096u /* of one process; further ones are not compared with each other */
#define ARGUMENTS_SHOWN  16u
#define BINDING_DEPTH    8u /* how far out the binding is looked for behind the shim and libffi */

/* ---- reading ---- */

static void types_read(struct call *call, const struct record *record, enum ffisan_role role) {
    for (struct record_item item = {0}; record_item_next(record, &item);) {
        if (!item.types || item.types->role != role)
            continue;
        size_t size = item.types->item.size - offsetof(struct ffisan_record_types, types);
        bool sound = type_table_open(&call->types, &item.types->types, size) && call->types.type_count > 1 &&
                     call->types.types[1].kind == FFISAN_TYPE_FUNCTION;
        if (!sound)
            call->types = (struct type_table){0};
        return;
    }
}

bool call_read(struct call *call, struct pool *pool, const struct process *process, const struct record *record,
               enum ffisan_role role) {
    struct record_item item = {0};
    *call = (struct call){0};
    while (!call->record && record_item_next(record, &item))
        call->record = item.call && item.call->role == role ? item.call : NULL;
    if (!call->record)
        return false;
    const char *name = record_call_text(call->record, call->record->name);
    call->name = name[0] ? pool_clean(pool, name, POOL_CLEAN_ALL) : NULL;
    call->module = process_module_at(process, call->record->function, call->record->generation);
    types_read(call, record, role);
    return true;
}

const char *call_function(const struct workshop *workshop, const struct call *call) {
    struct frame *frames = NULL;
    size_t count = 0;
    if (call->name)
        return call->name;
    symbols_frames(workshop->symbols, workshop->pool, call->module, call->record->function, false, &frames, &count);
    return count ? frames[count - 1].function : NULL;
}

static struct declaration declaration_of(const struct call *call) {
    return (struct declaration){&call->types, 1};
}

/* Pointers and numbers; what floating point was passed is not in the record. */
static const char *argument_text(struct pool *pool, const struct call *call, uint32_t i) {
    const struct ffisan_record_argument *argument = &call->record->arguments[i];
    bool known = call->record->flags & FFISAN_CALL_VALUES_KNOWN;
    const char *value = known ? pool_text(pool, argument->value < 65536 ? "%" PRIu64 : "0x%" PRIx64, argument->value) : "?";
    if (!call->types.type_count || i >= call->types.types[1].count)
        return value;
    uint32_t type = call->types.fields[call->types.types[1].first + i].type;
    const struct ffisan_type *here = &call->types.types[type];
    bool shown = here->kind == FFISAN_TYPE_POINTER || here->kind == FFISAN_TYPE_ARRAY || here->size <= 8;
    bool in_register = here->kind != FFISAN_TYPE_FLOAT && here->kind != FFISAN_TYPE_STRUCT && here->kind != FFISAN_TYPE_UNION;
    const char *word = spell_type(pool, &call->types, type);
    return shown && in_register ? pool_text(pool, "(%s)%s", word, value) : pool_text(pool, "(%s)...", word);
}

const char *call_text(struct pool *pool, const struct call *call, const char *function) {
    const char *text = "";
    uint32_t count = call->record->argument_count;
    for (uint32_t i = 0; i < count && i < ARGUMENTS_SHOWN; i++)
        text = pool_text(pool, "%s%s%s", text, i ? ", " : "", argument_text(pool, call, i));
    return pool_text(pool, "%s(%s%s)", function ? function : "?", text, count > ARGUMENTS_SHOWN ? ", ..." : "");
}

static bool is_pointer(const struct call *call, uint32_t argument) {
    if (!call->types.type_count || argument >= call->types.types[1].count)
        return false;
    const struct ffisan_field *parameter = &call->types.fields[call->types.types[1].first + argument];
    return call->types.types[parameter->type].kind == FFISAN_TYPE_POINTER;
}

/* The first page behind an address that was passed: a field or an element of what it leads to. */
static bool was_touched(const struct facts *facts, uint64_t value) {
    return facts->address >= value && facts->address - value < 4096;
}

static const char *fault_of(const struct call *call, const struct facts *facts, uint32_t i) {
    const struct ffisan_record_argument *argument = &call->record->arguments[i];
    if (argument->flags & FFISAN_ARGUMENT_FREED)
        return "leads into a block that was freed";
    if (argument->flags & FFISAN_ARGUMENT_CUT)
        return "was cut to 32 bits";
    if (!(call->record->flags & FFISAN_CALL_VALUES_KNOWN) || !was_touched(facts, argument->value))
        return NULL;
    if (argument->value == 0)
        return facts->place == FFISAN_PLACE_NULL && is_pointer(call, i) ? "is NULL" : NULL;
    if (facts->place == FFISAN_PLACE_NULL)
        return "is a small number and no address";
    return facts->place == FFISAN_PLACE_UNMAPPED ? "leads to where there is no memory" : NULL;
}

const char *call_cause(struct pool *pool, const struct call *call, const struct facts *facts, unsigned *argument) {
    for (uint32_t i = 0; i < call->record->argument_count; i++) {
        const char *fault = fault_of(call, facts, i);
        *argument = i;
        if (fault)
            return pool_text(pool, "argument %u %s", i + 1, fault);
    }
    return NULL;
}

/* ---- prototypes ---- */

static size_t prototypes_for(const struct workshop *workshop, const struct call *call, struct prototype *found) {
    const char *asked = record_call_text(call->record, call->record->name);
    return workshop->prototypes && call->module ? prototypes_of(workshop->prototypes, call->module, call->record->function,
                                                                asked[0] ? asked : NULL, found, PROTOTYPES_MAX)
                                                : 0;
}

const char *call_parameter(const struct workshop *workshop, const struct call *call, unsigned argument) {
    struct prototype found[PROTOTYPES_MAX];
    if (prototypes_for(workshop, call, found) == 0)
        return NULL;
    const struct type_table *table = found[0].declaration.table;
    const struct ffisan_type *function = &table->types[found[0].declaration.function];
    const char *name = argument < function->count ? type_text(table, table->fields[function->first + argument].name) : "";
    return name[0] ? pool_clean(workshop->pool, name, POOL_CLEAN_ALL) : NULL;
}

/* ---- who declared what ---- */

static bool starts_with(const char *name, const char *prefix) {
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

static const struct ffisan_record_stack *stack_detected(const struct record *record) {
    for (struct record_item item = {0}; record_item_next(record, &item);)
        if (item.stack && item.stack->role == FFISAN_ROLE_DETECTED)
            return item.stack;
    return NULL;
}

static const char *module_of_frame(const struct process *process, const struct ffisan_record_stack *stack, uint32_t frame) {
    const struct module *module = process_module_at(process, stack->frames[frame] - 1, stack->generation);
    return module ? module->name : "";
}

/* Whether ctypes made the call: it stands behind the shim and libffi. */
static bool comes_from_ctypes(const struct process *process, const struct record *record) {
    const struct ffisan_record_stack *stack = stack_detected(record);
    for (uint32_t i = 0; stack && i < stack->depth && i < BINDING_DEPTH; i++)
        if (starts_with(module_of_frame(process, stack, i), "_ctypes"))
            return true;
    return false;
}

/* Whether GObject calls a handler (g_cclosure_marshal_generic, and libgirepository's): it hands every one all that belongs to the signal
 * and the connection's data behind it, and each takes as much of that as it needs. */
static bool is_signal(const struct process *process, const struct record *record) {
    const struct ffisan_record_stack *stack = stack_detected(record);
    for (uint32_t i = 0; stack && i < stack->depth; i++) {
        const char *module = module_of_frame(process, stack, i);
        if (!starts_with(module, "libffi") && !starts_with(module, "libgirepository-"))
            return starts_with(module, "libgobject-");
    }
    return false;
}

/* Where no checker of a runtime said who declared the types: everybody who uses libffi must declare them, but for ctypes, which makes
 * them of the values. */
static uint32_t declared_flags(const struct call *call, const struct process *process, const struct record *record) {
    bool by_hand = call->record->binding == FFISAN_BINDING_CFFI ||
                   (call->record->binding == FFISAN_BINDING_LIBFFI && !comes_from_ctypes(process, record));
    return by_hand ? FFISAN_CALL_ARGUMENTS_DECLARED | FFISAN_CALL_RESULT_DECLARED : 0;
}

static void flags_complete(struct call *call, struct pool *pool, const struct process *process, const struct record *record) {
    uint32_t flags = declared_flags(call, process, record);
    if ((call->record->flags | flags) == call->record->flags)
        return;
    struct ffisan_record_call *complete = pool_get(pool, call->record->item.size);
    memcpy(complete, call->record, call->record->item.size);
    complete->flags |= flags;
    call->record = complete;
}

/* ---- what nobody knows ---- */

struct declarations {
    struct pool *pool;
    struct declared {
        struct call call;
        struct record record; /* for its stacks */
        bool told;            /* that others say otherwise of the same function */
    } * items;
    size_t count;
};

struct declarations *declarations_new(struct pool *pool) {
    struct declarations *declarations = pool_get(pool, sizeof(*declarations));
    declarations->pool = pool;
    return declarations;
}

static bool same_function(const struct call *a, const struct call *b) {
    return a->record->function == b->record->function && a->module == b->module;
}

/* The first that says otherwise of the same function. A function that many declare in many ways is one finding. */
static struct declared *clashing(const struct declarations *declarations, const struct call *call, struct disagreement *found) {
    struct declaration here = declaration_of(call);
    struct declared *clash = NULL;
    for (size_t i = 0; i < declarations->count; i++) {
        struct declared *other = &declarations->items[i];
        struct declaration there = declaration_of(&other->call);
        if (!same_function(&other->call, call))
            continue;
        if (other->told)
            return NULL;
        if (!clash && declarations_clash(call->record, &here, other->call.record, &there, found))
            clash = other;
    }
    return clash;
}

static void declare(struct declarations *declarations, const struct call *call, const struct record *record) {
    if (declarations->count < DECLARATIONS_MAX)
        *(struct declared *)pool_append(declarations->pool, &declarations->items, &declarations->count,
                                        sizeof(*declarations->items)) = (struct declared){*call, *record, false};
}

/* ---- findings ---- */

/* A record in its way to findings. */
struct judging {
    const struct workshop *workshop;
    const struct process *process;
    const struct record *record;
    const struct call *call;
    struct finding **findings;
    size_t *count;
};

static const char *runtime_of(const struct finding *finding, const struct call *call) {
    switch (call->record->binding) {
    case FFISAN_BINDING_CTYPES:
        return "ctypes";
    case FFISAN_BINDING_CFFI:
        return "cffi";
    default:
        return finding->runtime;
    }
}

static struct finding *finding_add(const struct judging *judging, const struct prototype *prototype, const struct call *other,
                                   const struct disagreement *found) {
    const struct workshop *workshop = judging->workshop;
    const struct disputed disputed = {judging->call, prototype, other, found};
    struct finding finding;
    finding_gather(&finding, found->rule, workshop, judging->process, judging->record);
    finding_attribute(&finding);
    finding.runtime = runtime_of(&finding, judging->call);
    finding.function = call_function(workshop, judging->call);
    finding.function = !finding.function && prototype ? prototype->name : finding.function;
    finding.library = judging->call->module ? judging->call->module->name : NULL;
    mismatch_explain(&finding, workshop->pool, &disputed);
    struct finding *added = pool_append(workshop->pool, judging->findings, judging->count, sizeof(finding));
    *added = finding;
    return added;
}

/* The stack of the other declaration is where the function was last used. */
static void add_other_stack(const struct judging *judging, struct finding *finding, const struct declared *other) {
    struct finding there;
    finding_gather(&there, FFISAN_RULE_CLASHING_DECLARATIONS, judging->workshop, judging->process, &other->record);
    for (size_t i = 0; i < there.stack_count; i++) {
        if (there.stacks[i].role != FFISAN_ROLE_DETECTED)
            continue;
        struct stack *stack =
            pool_append(judging->workshop->pool, &finding->stacks, &finding->stack_count, sizeof(*finding->stacks));
        *stack = there.stacks[i];
        stack->role = FFISAN_ROLE_LAST_USED;
        stack->thread = NULL;
    }
}

static void judge_by_others(const struct judging *judging, struct declarations *declarations) {
    struct disagreement found;
    struct declared *other = clashing(declarations, judging->call, &found);
    if (other) {
        other->told = true;
        struct finding *finding = finding_add(judging, NULL, &other->call, &found);
        add_other_stack(judging, finding, other);
        finding_fingerprint(finding);
    }
    declare(declarations, judging->call, judging->record);
}

/* What is not even as its own binding takes it needs no prototype. */
static void judge_arrays(const struct judging *judging) {
    struct disagreement found;
    struct declaration believed = declaration_of(judging->call);
    if (verdict_arrays(judging->call->record, &believed, &found))
        finding_fingerprint(finding_add(judging, NULL, judging->call, &found));
}

static bool is_meant(const struct judging *judging, const struct disagreement *found) {
    return found->position == POSITION_COUNT && found->given > found->needed && is_signal(judging->process, judging->record);
}

static void judge_by_prototypes(const struct judging *judging, const struct prototype *prototypes, size_t count) {
    struct disagreement found[FINDINGS_MAX];
    struct declaration believed = declaration_of(judging->call);
    for (size_t i = 1; i < count; i++)
        if (verdict(judging->call->record, &believed, &prototypes[i].declaration, found, 0) == 0)
            return;
    unsigned wrong = verdict(judging->call->record, &believed, &prototypes[0].declaration, found, FINDINGS_MAX);
    for (unsigned i = 0; i < wrong && i < FINDINGS_MAX; i++)
        if (!is_meant(judging, &found[i]))
            finding_fingerprint(finding_add(judging, &prototypes[0], NULL, &found[i]));
}

static void call_judge(const struct workshop *workshop, struct declarations *declarations, const struct process *process,
                       const struct record *record, struct finding **findings, size_t *count) {
    struct call *call = pool_get(workshop->pool, sizeof(*call));
    struct prototype prototypes[PROTOTYPES_MAX];
    if (!call_read(call, workshop->pool, process, record, FFISAN_ROLE_DETECTED) || !call->types.type_count ||
        (call->record->flags & FFISAN_CALL_UP))
        return;
    flags_complete(call, workshop->pool, process, record);
    const struct judging judging = {workshop, process, record, call, findings, count};
    size_t known = prototypes_for(workshop, call, prototypes);
    if (known)
        judge_by_prototypes(&judging, prototypes, known);
    else if (call->record->binding != FFISAN_BINDING_WATCHED) {
        judge_by_others(&judging, declarations);
        judge_arrays(&judging);
    }
}

size_t findings_read(const struct workshop *workshop, struct declarations *declarations, const struct process *process,
                     const struct record *record, struct finding **findings) {
    size_t count = 0;
    struct finding finding;
    *findings = NULL;
    if (record->type == FFISAN_RECORD_CALL)
        call_judge(workshop, declarations, process, record, findings, &count);
    else if (finding_read(&finding, workshop, process, record))
        *(struct finding *)pool_append(workshop->pool, findings, &count, sizeof(finding)) = finding;
    return count;
}
