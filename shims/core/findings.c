/* SPDX-License-Identifier: Apache-2.0
 *
 * From a finding to its record: stacks taken, modules named, written once; the same defect again only counts. Two findings are
 * the same here when rule, call stack and the stacks of its other roles are; the reader, which knows functions, goes further.
 */
#include "core/findings.h"

#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/confined.h"
#include "core/crossings.h"
#include "core/lends.h"
#include "core/modules.h"
#include "core/names.h"
#include "core/options.h"
#include "core/peek.h"
#include "core/records.h"
#include "core/sites.h"
#include "core/stack.h"
#include "core/thread.h"

#define SEEN          4096u
#define PYTHON_SIZE   (24u << 10)
#define PYTHON_CALL   (1u << 10) /* of a CALL record, of which there are thousands: its innermost frames */
#define PYTHON_ROOMS  4u
#define INSIDE_SIZE   (2u << 10)
#define TEST_VARIABLE "PYTEST_CURRENT_TEST="

struct stack {
    uintptr_t frames[FFISAN_STACK_MAX];
    unsigned depth;
    bool complete, first_is_pc;
};

static struct seen {
    uint64_t key; /* 0: free */
    struct ffisan_record_finding *record;
} seen[SEEN];

static finding_sink *sink;
static managed_stack *managed;
static managed_inside *managed_inside_of;
static void (*halting)(void);

void finding_set_sink(finding_sink *replacement) {
    sink = replacement;
}

void finding_set_managed_stack(managed_stack *walker) {
    managed = walker;
}

void finding_set_managed_inside(managed_inside *walker) {
    managed_inside_of = walker;
}

void finding_set_halt(void (*stop)(void)) {
    halting = stop;
}

bool rule_on(enum ffisan_rule rule) {
    return options.rules_on >> rule & 1;
}

bool rule_is_error(enum ffisan_rule rule) {
#define ERROR   true
#define WARNING false
    static const bool errors[] = {
#define RULE(id, name, severity, ...) [FFISAN_RULE_##id] = severity,
#include "ffisan/rules.def"
#undef RULE
    };
#undef ERROR
#undef WARNING
    return errors[rule];
}

static void take_stack(const struct finding *finding, struct stack *stack) {
    stack->depth = 0;
    stack->complete = false;
    stack->first_is_pc = finding->context != NULL;
    if (finding->context)
        stack->depth = stack_walk_context(finding->context, stack->frames, FFISAN_STACK_MAX, &stack->complete);
    else if (finding->origin)
        stack->depth = stack_walk(finding->origin, stack->frames, FFISAN_STACK_MAX, &stack->complete);
}

static uint64_t mix(uint64_t hash, uint64_t value) {
    hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 29;
}

static uint64_t mix_role(uint64_t key, const struct finding *finding, enum ffisan_role role) {
    const uint32_t *outer = finding->outer_lines[role];
    if (finding->sites[role] || finding->lines[role])
        key = mix(key, (uint64_t)finding->sites[role] << 32 | finding->lines[role]);
    for (; outer && *outer; outer++)
        key = mix(key, *outer);
    return key;
}

/* By the memoised site of the call: a defect that happens a million times must not cost a million walks. */
static uint64_t key_of(const struct finding *finding) {
    uint64_t key = mix(finding->rule + 1u, (uintptr_t)finding->function);
    if (finding->origin)
        key = mix(key, stack_site(finding->origin, finding->free_row));
    else if (finding->context)
        key = mix(key, finding->address);
    if (finding->block)
        key = mix(mix(key, finding->block->allocated), finding->block->freed);
    else
        key = mix(key, (uint64_t)finding->signal);
    for (unsigned role = 0; role < FFISAN_ROLES; role++)
        key = mix_role(key, finding, role);
    return (finding->distinction ? mix(key, finding->distinction) : key) | 1;
}

/* The place of this key: its own, or a free one that now is. NULL: the table is full. */
static struct seen *seen_at(uint64_t key, bool *first) {
    for (unsigned step = 0; step < SEEN; step++) {
        struct seen *place = &seen[(key + step) % SEEN];
        uint64_t there = __atomic_load_n(&place->key, __ATOMIC_ACQUIRE);
        *first = there == 0 && __atomic_compare_exchange_n(&place->key, &there, key, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
        if (*first || there == key)
            return place;
    }
    return NULL;
}

static void copy_test(char *to, size_t size) {
    extern char **environ;
    to[0] = 0;
    for (unsigned i = 0; i < 4096; i++) {
        uintptr_t entry;
        char text[300];
        if (!peek(&entry, (uintptr_t)(environ + i), sizeof entry) || !entry)
            return;
        if (*(const char *)entry != 'P' || !peek_text(text, entry, sizeof text) ||
            strncmp(text, TEST_VARIABLE, sizeof TEST_VARIABLE - 1) != 0)
            continue;
        const char *test = text + sizeof TEST_VARIABLE - 1;
        size_t length = strnlen(test, size - 1);
        memcpy(to, test, length);
        to[length] = 0;
        return;
    }
}

static void copy_thread(struct ffisan_record_finding *record) {
    record->tid = thread_id();
    uint32_t main_thread = confined() ? records_header()->pid : (uint32_t)getpid();
    if (record->tid && record->tid == main_thread)
        memcpy(record->thread, "MainThread", sizeof "MainThread");
    else if (!confined())
        syscall(SYS_prctl, PR_GET_NAME, record->thread, 0, 0, 0);
}

static uint32_t owner_of(row_id row) {
    const struct module *module = module_of_row(row);
    return module ? module->id : 0;
}

static void fill_facts(struct ffisan_record_finding *record, const struct finding *finding) {
    record->rule = finding->rule;
    record->count = finding->blocks ? finding->blocks : 1;
    record->time_ns = clock_ns();
    copy_thread(record);
    copy_test(record->test, sizeof record->test);
    if (finding->function)
        memcpy(record->function, finding->function, strnlen(finding->function, sizeof record->function - 1));
    record->place = finding->place;
    record->free_family = finding->free_family;
    record->free_owner = owner_of(finding->free_row);
    record->python_memory = options.python_memory;
    record->address = finding->address;
    record->offset = finding->offset;
    record->given_size = finding->given_size;
    record->byte = finding->byte;
    record->signal = (uint32_t)finding->signal;
    record->signal_code = finding->signal_code;
    record->indirect_blocks = finding->indirect_blocks;
    record->indirect_bytes = finding->indirect_bytes;
}

static void fill_block(struct ffisan_record_finding *record, const struct finding *finding) {
    const struct block *block = finding->block;
    if (!block)
        return;
    const struct site *allocated = site_get(block->allocated), *freed = site_get(block->freed);
    record->family = block->family;
    record->block = block->start;
    record->size = finding->bytes ? finding->bytes : block->size;
    record->owner = allocated ? owner_of(allocated->row) : 0;
    if (freed && !record->free_owner)
        record->free_owner = owner_of(freed->row);
}

static size_t stack_size(unsigned depth) {
    return depth ? sizeof(struct ffisan_record_stack) + depth * sizeof(uint64_t) : 0;
}

static char *put_stack(char *to, enum ffisan_role role, uint32_t generation, const uintptr_t *frames, unsigned depth,
                       bool complete, bool first_is_pc) {
    if (!depth)
        return to;
    struct ffisan_record_stack *item = (struct ffisan_record_stack *)to;
    item->item = (struct ffisan_record_item){FFISAN_ITEM_STACK, (uint32_t)stack_size(depth)};
    item->role = role;
    item->generation = generation;
    item->depth = depth;
    item->complete = complete;
    item->first_is_pc = first_is_pc;
    for (unsigned i = 0; i < depth; i++)
        item->frames[i] = frames[i];
    return to + item->item.size;
}

static char *put_site(char *to, enum ffisan_role role, const struct site *site) {
    return site ? put_stack(to, role, site->generation, site->frames, site->depth, site->complete, false) : to;
}

static char *put_types(char *to, enum ffisan_role role, const struct ffisan_types *types) {
    struct ffisan_record_types *item = (struct ffisan_record_types *)to;
    item->item =
        (struct ffisan_record_item){FFISAN_ITEM_TYPES, (uint32_t)(offsetof(struct ffisan_record_types, types) + types->size)};
    item->role = role;
    memcpy(&item->types, types, types->size);
    return to + item->item.size;
}

static char *put_call(char *to, const struct finding_call *call) {
    memcpy(to, call->call, call->call->item.size);
    to += call->call->item.size;
    return call->types ? put_types(to, call->call->role, call->types) : to;
}

static size_t call_size(const struct finding_call *call) {
    return call->call->item.size + (call->types ? offsetof(struct ffisan_record_types, types) + call->types->size : 0);
}

static size_t lent_size(const struct finding *finding) {
    const char *name = finding->lent.function ? name_of(finding->lent.function) : NULL;
    size_t text = name ? strlen(name) + 2 : 1;
    return finding->lent.function ? (sizeof(struct ffisan_record_call) + text + 7) & ~(size_t)7 : 0;
}

/* `size`: what lent_size said; a name that became known since then, or another one, is left out when it does not fit. */
static char *put_lent(char *to, const struct finding *finding, size_t size) {
    struct ffisan_record_call *item = (struct ffisan_record_call *)to;
    if (!size)
        return to;
    const char *name = name_of(finding->lent.function);
    *item = (struct ffisan_record_call){.item = {FFISAN_ITEM_CALL, (uint32_t)size},
                                        .role = FFISAN_ROLE_LENT,
                                        .generation = finding->lent.generation,
                                        .function = finding->lent.function,
                                        .fixed = finding->lent.argument,
                                        .text_size = 1};
    if (name && sizeof *item + strlen(name) + 2 <= size) {
        item->name = 1;
        item->text_size += (uint32_t)strlen(name) + 1;
        memcpy(to + sizeof *item + 1, name, strlen(name) + 1);
    }
    return to + size;
}

/* What a finding says beyond its facts, gathered before its record is begun, whose size must be known. */
struct items {
    struct stack stack; /* detected */
    const struct site *sites[FFISAN_ROLES];
    size_t python;            /* bytes in the room below */
    struct python_room *room; /* which is ours; NULL: none */
    size_t lent;              /* bytes of the LENT item */
    size_t inside_size;
    uint64_t inside[INSIDE_SIZE / sizeof(uint64_t)]; /* functions of a runtime's extensions */
};

/* Too large for any stack: the Python frames are gathered here, by one thread at a time in each; who finds all of them taken goes
 * without. */
static struct python_room {
    uint64_t words[PYTHON_SIZE / sizeof(uint64_t)];
    bool busy;
} python_rooms[PYTHON_ROOMS];

static struct python_room *room_take(void) {
    for (unsigned i = 0; i < PYTHON_ROOMS; i++)
        if (!__atomic_exchange_n(&python_rooms[i].busy, true, __ATOMIC_ACQUIRE))
            return &python_rooms[i];
    return NULL;
}

static void room_leave(struct python_room *room) {
    if (room)
        __atomic_store_n(&room->busy, false, __ATOMIC_RELEASE);
}

static size_t gather_line(struct python_room *room, uint32_t line, enum ffisan_role role, size_t used) {
    struct ffisan_record_python *item = (struct ffisan_record_python *)((char *)room->words + used);
    size_t size = managed_places.line_describe(line, item, sizeof room->words - used);
    if (size)
        item->role = role;
    return size;
}

/* An item for each frame: together they are the stack. */
static size_t gather_lines(struct python_room *room, const struct finding *finding, enum ffisan_role role, size_t used) {
    const uint32_t *outer = finding->outer_lines[role];
    if (!finding->lines[role] || !managed_places.line_describe)
        return 0;
    size_t size = gather_line(room, finding->lines[role], role, used);
    for (; outer && *outer; outer++)
        size += gather_line(room, *outer, role, used + size);
    return size;
}

static void gather_python(enum ffisan_record_type type, const struct finding *finding, struct items *items) {
    struct python_room *room = items->room = room_take();
    size_t size = type == FFISAN_RECORD_CALL ? PYTHON_CALL : sizeof room->words;
    items->python = 0;
    if (room && managed && (finding->origin || finding->context))
        items->python = managed((struct ffisan_record_python *)room->words, size);
    for (unsigned role = 0; room && role < FFISAN_ROLES; role++)
        items->python += gather_lines(room, finding, role, items->python);
}

static void gather(enum ffisan_record_type type, const struct finding *finding, struct items *items) {
    take_stack(finding, &items->stack);
    for (unsigned role = 0; role < FFISAN_ROLES; role++)
        items->sites[role] = site_get(finding->sites[role]);
    if (finding->block) {
        items->sites[FFISAN_ROLE_ALLOCATED] = site_get(finding->block->allocated);
        items->sites[FFISAN_ROLE_FREED] = site_get(finding->block->freed);
    }
    items->lent = lent_size(finding);
    items->inside_size = 0;
    if (managed_inside_of && !finding->inside_told && type != FFISAN_RECORD_CALL && (finding->origin || finding->context))
        items->inside_size = managed_inside_of(finding->origin, items->inside, sizeof items->inside);
    gather_python(type, finding, items);
}

static size_t items_size(const struct finding *finding, const struct items *items) {
    size_t size = stack_size(items->stack.depth) + items->python + items->lent + finding->items_size + items->inside_size;
    for (unsigned role = 0; role < FFISAN_ROLES; role++)
        size += items->sites[role] ? stack_size(items->sites[role]->depth) : 0;
    for (uint32_t i = 0; i < finding->call_count; i++)
        size += call_size(&finding->calls[i]);
    return size;
}

static void put_items(char *to, const struct finding *finding, const struct items *items) {
    const struct stack *stack = &items->stack;
    to = put_stack(to, FFISAN_ROLE_DETECTED, modules_generation(), stack->frames, stack->depth, stack->complete,
                   stack->first_is_pc);
    for (unsigned role = 0; role < FFISAN_ROLES; role++)
        to = put_site(to, role, items->sites[role]);
    if (items->python)
        memcpy(to, items->room->words, items->python);
    to += items->python;
    to = put_lent(to, finding, items->lent);
    for (uint32_t i = 0; i < finding->call_count; i++)
        to = put_call(to, &finding->calls[i]);
    if (finding->items_size)
        memcpy(to, finding->items, finding->items_size);
    memcpy(to + finding->items_size, items->inside, items->inside_size);
}

/* The last foreign call that its block took part in. Not what makes it another defect. */
static void add_lend(struct finding *finding) {
    struct lend lend;
    if (!finding->block || finding->lent.function || !lend_of(finding->block, &lend))
        return;
    finding->lent = (struct finding_lent){lend.function, lend.generation, lend.argument};
    finding->lines[FFISAN_ROLE_LENT] = lend.line;
}

static struct ffisan_record_finding *write_record(enum ffisan_record_type type, const struct finding *told) {
    struct finding whole = *told, *finding = &whole;
    struct items items;
    add_lend(finding);
    gather(type, finding, &items);
    struct ffisan_record_finding *record = record_begin(type, sizeof(struct ffisan_record_finding) + items_size(finding, &items));
    if (record) {
        fill_facts(record, finding);
        fill_block(record, finding);
        put_items((char *)(record + 1), finding, &items);
        record_commit(record);
    }
    room_leave(items.room);
    return record;
}

static void record_finding(const struct finding *finding) {
    records_own();
    bool first = true;
    struct seen *place = seen_at(key_of(finding), &first);
    if (!place) {
        record_lost();
        return;
    }
    struct ffisan_record_finding *before = first ? NULL : __atomic_load_n(&place->record, __ATOMIC_ACQUIRE);
    if (before)
        __atomic_fetch_add(&before->count, finding->blocks ? finding->blocks : 1, __ATOMIC_RELAXED);
    if (first)
        __atomic_store_n(&place->record, write_record(FFISAN_RECORD_FINDING, finding), __ATOMIC_RELEASE);
}

static struct ffisan_record_finding *record_as(enum ffisan_record_type type, const struct finding *finding) {
    int error = errno;
    self.busy++;
    records_own();
    struct ffisan_record_finding *record = write_record(type, finding);
    self.busy--;
    errno = error;
    return record;
}

RARE struct ffisan_record_finding *finding_record_call(const struct finding *finding) {
    return record_as(FFISAN_RECORD_CALL, finding);
}

RARE struct ffisan_record_finding *finding_record_checked(const struct finding *finding) {
    return record_as(FFISAN_RECORD_CHECKED, finding);
}

RARE void finding_report(const struct finding *finding) {
    if (!rule_on(finding->rule))
        return;
    int error = errno;
    self.busy++;
    if (sink)
        sink(finding);
    else
        record_finding(finding);
    self.busy--;
    if (options.halt && rule_is_error(finding->rule) && halting)
        halting();
    errno = error;
}

void findings_forked(void) {
    memset(seen, 0, sizeof seen);
    for (unsigned i = 0; i < PYTHON_ROOMS; i++)
        python_rooms[i].busy = false;
}
