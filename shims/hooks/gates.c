/* SPDX-License-Identifier: Apache-2.0
 *
 * The books of the gates: which plan is about which name, and which gate stands in front of which function.
 *
 * A gate is found by (address, plan) in a table that only grows: a number is put into it once, with one store, when all about the gate
 * is written. Whoever loses a race for a place leaves a gate unused. A function that was unloaded is told from a later one at the same
 * address by the module that it was in, so nothing has to be taken out.
 */
#include "hooks/gates.h"

#include <string.h>

#include "core/confined.h"
#include "core/memory.h"
#include "core/peek.h"
#include "core/records.h"
#include "core/thread.h"
#include "core/unwind.h"
#include "ffisan/record.h"
#include "hooks/hooks.h"

#define PLANS_MOST 16u
#define NAMES_MOST 16384u /* of all plans together */
#define BUCKETS    8192u
#define PLACES     (2u * GATES)

/* gates.S reads all but the last two. */
struct gate {
    _Alignas(1 << GATE_SHIFT) uintptr_t function;
    uintptr_t enter, leave; /* the hooks; or what stands for the function, and nothing */
    uintptr_t
        caller; /* a return address whose frame has no room for more than STACK_COPIED bytes of arguments; atomic, 0: none */
    uintptr_t own, own_size; /* memory from which its calls pass at once */
    const void *data;
    uint32_t definer; /* id of the module */
};
struct about {
    const char *name;
    const struct gate_plan *plan;
};

/* gates.S: the stubs, and the three ways. */
extern const char gate_table[], gate_replaced[], gate_entered[];

uintptr_t gate_entry[GATES]; /* where the stubs jump to */
struct gate gates[GATES];
static struct about abouts[GATES];
/* Where errno lies, as seen from the thread pointer: the same for every thread, since libc is there from the start. To call for it would be
 * a third of what a gate costs. */
intptr_t gate_errno;

static uint32_t given = 1;      /* number 0 is nobody's */
static uint32_t places[PLACES]; /* a gate's number, by hash of its function; 0: free */

_Static_assert(offsetof(struct thread, busy) == THREAD_BUSY, "gates.S reads it");
_Static_assert(offsetof(struct thread, gate) == THREAD_GATE, "gates.S writes it");
_Static_assert(sizeof(struct gate) == 1 << GATE_SHIFT, "gates.S counts by it");
_Static_assert(offsetof(struct gate, enter) == GATE_ENTER && offsetof(struct gate, leave) == GATE_LEAVE, "gates.S reads them");
_Static_assert(offsetof(struct gate, caller) == GATE_CALLER, "gates.S reads it");
_Static_assert(offsetof(struct gate, own) == GATE_OWN && offsetof(struct gate, own_size) == GATE_OWN_SIZE, "gates.S reads them");
_Static_assert(offsetof(struct gate_registers, vector) == FRAME_VECTOR, "gates.S writes it");
_Static_assert(offsetof(struct gate_frame, origin) == FRAME_CFA, "gates.S writes it");
_Static_assert(offsetof(struct gate_frame, gate) == FRAME_GATE, "gates.S writes it");
_Static_assert(offsetof(struct gate_frame, result) == FRAME_RESULT, "gates.S writes it");
_Static_assert(offsetof(struct gate_frame, error) == FRAME_ERRNO, "gates.S writes it");
_Static_assert(sizeof(struct gate_frame) <= FRAME_SIZE && FRAME_SIZE % 16 == 0, "gates.S makes room for it");

/* ---- names ----------------------------------------------------------------------------------------------------------------- */

static struct planned {
    const char *name;
    const struct gate_plan *plan;
    uint32_t hash, next; /* in its bucket; in the order in which the plans came */
    uint32_t index;      /* in its plan's names */
} * planned;
static uint32_t planned_count = 1, buckets[BUCKETS]; /* 0: nothing */
static bool beginnings[4096];                        /* by the first three letters of the names above */

static unsigned beginning_of(const char *name) {
    unsigned hash = (unsigned char)name[0];
    hash = hash * 31 + (unsigned char)name[1];
    return (hash * 31 + (name[1] ? (unsigned char)name[2] : 0)) % 4096;
}

static uint32_t hash_of(const char *name) {
    uint32_t hash = 5381;
    for (; *name; name++)
        hash = hash * 33 + (unsigned char)*name;
    return hash;
}

static void plan_name(const struct gate_plan *plan, uint32_t index) {
    const char *name = plan->names[index];
    uint32_t hash = hash_of(name), *link = &buckets[hash % BUCKETS];
    while (*link)
        link = &planned[*link].next;
    planned[planned_count] = (struct planned){name, plan, hash, 0, index};
    *link = planned_count++;
    beginnings[beginning_of(name)] = true;
}

void gates_register(const struct gate_plan *plan) {
    gate_errno = (intptr_t)((uintptr_t)__errno_location() - (uintptr_t)__builtin_thread_pointer());
    planned = planned ? planned : memory_map(NAMES_MOST * sizeof *planned);
    for (uint32_t i = 0; plan->names[i]; i++) {
        if (!planned || planned_count == NAMES_MOST) {
            record_note(FFISAN_NOTE_TRUNCATED, plan->names[i]);
            return;
        }
        if (plan->names[i][0])
            plan_name(plan, i);
    }
}

/* The first plan about that name from `at` on; 0: none. */
static uint32_t next_planned(uint32_t at, uint32_t hash, const char *name) {
    while (at && (planned[at].hash != hash || strcmp(planned[at].name, name) != 0))
        at = planned[at].next;
    return at;
}

bool gates_name(const char *name) {
    if (!name[0] || !beginnings[beginning_of(name)])
        return false;
    uint32_t hash = hash_of(name);
    return next_planned(buckets[hash % BUCKETS], hash, name) != 0;
}

/* They return into their caller's frame once more when ours between them has gone, or in a child that shares its stack. */
static bool returns_twice(const char *name) {
    static const char *const names[] = {"setjmp", "_setjmp", "sigsetjmp",  "__sigsetjmp",
                                        "vfork",  "__vfork", "getcontext", "swapcontext"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* A plan's wish for one function. */
struct wish {
    const struct planned *planned;
    struct gate_choice choice;
};

static bool is_wanted(struct wish *wish, uintptr_t address, const struct module *caller, const struct module *definer,
                      enum gate_use use) {
    const struct gate_plan *plan = wish->planned->plan;
    const char *name = wish->planned->name;
    wish->choice.hooks = plan->hooks;
    if (plan->only_in && !(use != GATE_LOOKED_UP && caller && plan->only_in(caller)))
        return false;
    if (plan->choose ? !plan->choose(name, address, caller, definer, use, &wish->choice)
                     : plan->wants && !plan->wants(name, caller, definer))
        return false;
    return !wish->choice.hooks || !wish->choice.hooks->leave || !returns_twice(name);
}

/* ---- gates ----------------------------------------------------------------------------------------------------------------- */

static uintptr_t gate_address(uint32_t number) {
    return (uintptr_t)gate_table + (uintptr_t)number * GATE_SIZE;
}

/* 0: the address is no gate's. */
static uint32_t number_at(uintptr_t address) {
    uintptr_t offset = address - (uintptr_t)gate_table;
    return offset < (uintptr_t)GATES * GATE_SIZE && offset % GATE_SIZE == 0 ? (uint32_t)(offset / GATE_SIZE) : 0;
}

uintptr_t gates_behind(uintptr_t address) {
    for (uint32_t number = number_at(address); number; number = number_at(address))
        address = gates[number].function;
    return address;
}

/* The gate's frame, up the stack: rbp is what it was when the function began, and above it stands the return address. */
#define JUMPS_MOST  8u
#define FRAMES_MOST (64u << 10)
bool gates_jumped(struct origin *origin) {
    if (!gates_between(origin) || origin->frame_pointer % sizeof(uintptr_t) || origin->frame_pointer - origin->cfa > FRAMES_MOST)
        return false;
    const uintptr_t *frame = (const uintptr_t *)origin->frame_pointer;
    *origin = (struct origin){origin->frame_pointer + 2 * sizeof *frame, frame[1], frame[0]};
    return true;
}

uintptr_t gates_caller(const struct origin *origin) {
    struct origin at = *origin;
    for (unsigned i = 0; i < JUMPS_MOST && gates_jumped(&at); i++)
        ;
    return at.ra;
}

uintptr_t gates_with_room(uintptr_t address, size_t bytes) {
    uint32_t number = LIKELY(bytes <= STACK_MOST) ? 0 : number_at(address);
    return number && gate_entry[number] == (uintptr_t)gate_called ? gates[number].function : address;
}

static uintptr_t way_of(const struct wish *wish) {
    return (uintptr_t)(wish->planned->plan->replacements ? gate_replaced
                       : wish->choice.hooks->leave       ? gate_called
                                                         : gate_entered);
}

static uint32_t open_gate(const struct wish *wish, uintptr_t address, const struct module *definer) {
    uint32_t number = __atomic_load_n(&given, __ATOMIC_RELAXED);
    do {
        if (number >= GATES)
            return 0;
    } while (!__atomic_compare_exchange_n(&given, &number, number + 1, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    const struct planned *planned_ = wish->planned;
    const struct gate_plan *plan = planned_->plan;
    const struct gate_hooks *hooks = wish->choice.hooks;
    if (number == GATES - 1)
        record_note(FFISAN_NOTE_TRUNCATED, planned_->name);
    abouts[number] = (struct about){planned_->name, plan};
    gates[number] = (struct gate){.function = address,
                                  .enter = plan->replacements ? plan->replacements[planned_->index] : (uintptr_t)hooks->enter,
                                  .leave = hooks ? (uintptr_t)hooks->leave : 0,
                                  .own = wish->choice.not_own ? definer->start : 0,
                                  .own_size = wish->choice.not_own ? definer->end - definer->start : 0,
                                  .data = wish->choice.data,
                                  .definer = definer->id};
    gate_entry[number] = way_of(wish);
    return number;
}

static bool is_it(uint32_t number, const struct wish *wish, uintptr_t address, const struct module *definer) {
    const struct gate *gate = &gates[number];
    return gate->function == address && abouts[number].plan == wish->planned->plan && gate->definer == definer->id;
}

/* By its module, too: a library that is opened again and again comes to the same addresses. */
static uint32_t place_of(uintptr_t address, const struct module *definer) {
    return (uint32_t)(((address >> 4) ^ definer->id * 0x85ebca6bu) * 0x9e3779b1u);
}

static uint32_t gate_for(const struct wish *wish, uintptr_t address, const struct module *definer) {
    uint32_t fresh = 0;
    for (uint32_t at = place_of(address, definer);; at++) {
        uint32_t *place = &places[at % PLACES];
        uint32_t number = __atomic_load_n(place, __ATOMIC_ACQUIRE);
        if (!number) {
            fresh = fresh ? fresh : open_gate(wish, address, definer);
            if (!fresh || __atomic_compare_exchange_n(place, &number, fresh, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
                return fresh;
        }
        if (is_it(number, wish, address, definer))
            return number;
    }
}

uintptr_t gates_stand_in(const char *name, uintptr_t address, const struct module *caller, enum gate_use use) {
    const struct module *definer = module_at(address);
    /* A name may be that of data, here or in some version of the library. */
    if (!definer || (definer->kind & MODULE_SHIM) || !module_is_code(definer, address))
        return address;
    uint32_t hash = hash_of(name), at = next_planned(buckets[hash % BUCKETS], hash, name);
    for (; at; at = next_planned(planned[at].next, hash, name)) {
        struct wish wish = {.planned = &planned[at]};
        if (!is_wanted(&wish, address, caller, definer, use))
            continue;
        uint32_t number = gate_for(&wish, address, definer);
        return number ? gate_address(number) : address;
    }
    return address;
}

uintptr_t gates_open(const struct gate_plan *plan, const char *name, uintptr_t address, const struct module *definer,
                     const struct gate_choice *choice) {
    const struct planned planned_ = {.name = name, .plan = plan};
    struct wish wish = {.planned = &planned_, .choice = *choice};
    if (choice->hooks->leave && returns_twice(name))
        return 0;
    uint32_t number = gate_for(&wish, address, definer);
    return number ? gate_address(number) : 0;
}

/* ---- calls ----------------------------------------------------------------------------------------------------------------- */

/* How much of `wanted` bytes can be read from the first argument on: all, or as far as its page goes. The return address below has just
 * been written: its page is there. -1: not known. */
static ptrdiff_t readable(uintptr_t cfa, size_t wanted) {
    uintptr_t page = (cfa + PAGE_SIZE - 1) & ~(uintptr_t)(PAGE_SIZE - 1), rest = page - cfa;
    if (rest >= wanted || (cfa > self.stack_low && cfa + wanted <= self.stack_high))
        return (ptrdiff_t)wanted;
    if (confined())
        return -1;
    for (; page < cfa + wanted; page += PAGE_SIZE)
        if (!peek_page(page))
            return (ptrdiff_t)(rest < STACK_COPIED ? rest : STACK_COPIED) & ~15;
    return (ptrdiff_t)wanted;
}

ptrdiff_t gate_room(struct gate_frame *frame);

/* From gates.S: how much of the caller's stack is to be copied. All that the caller passes lies in its own frame, whose end is its own return
 * address: that is cut off where the rest is no multiple of 16. Of code without unwind information nothing is known. */
ptrdiff_t gate_room(struct gate_frame *frame) {
    uintptr_t cfa = frame->origin.cfa, end = unwind_frame_end(&frame->origin);
    size_t own = end ? (end - cfa) & ~(uintptr_t)15 : STACK_COPIED;
    if (end && own <= STACK_COPIED)
        __atomic_store_n(&frame->gate->caller, frame->origin.ra, __ATOMIC_RELAXED);
    return readable(cfa, own < STACK_MOST ? own : STACK_MOST);
}

void gates_flush(void) {
    uint32_t count = __atomic_load_n(&given, __ATOMIC_RELAXED);
    for (uint32_t i = 1; i < count; i++)
        __atomic_store_n(&gates[i].caller, 0, __ATOMIC_RELAXED);
}

uintptr_t gate_function(const struct gate *gate) {
    return gate->function;
}

const char *gate_name(const struct gate *gate) {
    return abouts[gate - gates].name;
}

const void *gate_data(const struct gate *gate) {
    return gate->data;
}

const void *gates_data(uintptr_t address, const struct gate_plan *plan) {
    uint32_t number = number_at(address);
    return number && abouts[number].plan == plan ? gates[number].data : NULL;
}

uintptr_t gate_real(void) {
    return gates[self.gate].function;
}
