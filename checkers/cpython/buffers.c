/* SPDX-License-Identifier: Apache-2.0 */
#include "cpython/buffers.h"

#include <string.h>

#include "core/blocks.h"
#include "core/crossings.h"
#include "core/findings.h"
#include "core/memory.h"
#include "core/peek.h"
#include "core/stack.h"
#include "cpython/api.h"
#include "cpython/budget.h"
#include "cpython/heap.h"
#include "cpython/methods.h"
#include "cpython/objects.h"
#include "cpython/parsing.h"
#include "cpython/subjects.h"

#define NOTED_MOST  32u       /* buffers that a thread has taken in calls that are under way */
#define SEARCH_TIME 50000000u /* ns: what a search of memory is expected to take before the first one */
#define BLOCK_REACH (1u << 20)
#define BOOKS       16u
#define OBJECT_MOST 4096u /* bytes of an object that are searched for a copy */

struct taken {
    uintptr_t view, memory, object; /* the Py_buffer's address; and its first words then */
    uint64_t length, count;         /* references of the exporter, with this one */
    const struct method_call *call;
    uint64_t number; /* call->number then */
    uintptr_t cfa;   /* of the call */
    const char *taker;
    site_id site;
    uint32_t line;
};

struct buffer_book {
    struct taken list[NOTED_MOST]; /* view 0: free */
};

static struct buffer_book *spare[BOOKS];   /* of threads that have nothing noted; atomic */
static uint64_t search_time = SEARCH_TIME; /* of the last one */

/* ---- the book -------------------------------------------------------------------------------------------------------------- */

static struct buffer_book *book_here(void) {
    for (unsigned i = 0; !self.buffers && i < BOOKS; i++)
        self.buffers = __atomic_exchange_n(&spare[i], NULL, __ATOMIC_ACQ_REL);
    if (!self.buffers)
        self.buffers = memory_map(sizeof *self.buffers);
    return self.buffers;
}

static void book_put(void) {
    struct buffer_book *book = self.buffers;
    self.buffers = NULL;
    for (unsigned i = 0; book && i < BOOKS; i++) {
        struct buffer_book *none = NULL;
        if (__atomic_compare_exchange_n(&spare[i], &none, book, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
            return;
    }
    if (book)
        memory_unmap(book, sizeof *book);
}

/* Of a call that its struct does not stand for any more nothing is known. */
static bool is_valid(const struct taken *taken) {
    return taken->view && taken->call->number == taken->number;
}

/* The place for a view: its own, if it is filled again (which the exporter of before will not like; but who knows), or a free one. */
static struct taken *place_for(struct buffer_book *book, uintptr_t view) {
    struct taken *found = NULL;
    for (unsigned i = 0; i < NOTED_MOST; i++) {
        struct taken *taken = &book->list[i];
        if (taken->view == view)
            return taken;
        if (!is_valid(taken))
            found = taken;
    }
    return found;
}

static void note(const struct api_call *call, uintptr_t view) {
    const struct method_call *method = call->method;
    uintptr_t object = word(view, BUFFER_OBJECT);
    uint64_t count = object && object_is(object) ? object_count(object) : UINT64_MAX;
    bool on_stack = method && view >= call->origin->cfa && view < method->cfa;
    struct buffer_book *book = on_stack && count != UINT64_MAX ? book_here() : NULL;
    struct taken *taken = book ? place_for(book, view) : NULL;
    if (!taken)
        return;
    *taken = (struct taken){.view = view,
                            .memory = word(view, BUFFER_MEMORY),
                            .object = object,
                            .length = word(view, BUFFER_LENGTH),
                            .count = count,
                            .call = method,
                            .number = method->number,
                            .cfa = method->cfa,
                            .taker = call->name,
                            .site = stack_site(call->origin, call->caller ? call->caller->row : 0),
                            .line = managed_places.line ? managed_places.line(place_here()) : 0};
}

/* The struct itself, or the one that it is a copy of: the youngest with the same memory of the same object. */
static struct taken *taken_by(uintptr_t view) {
    uintptr_t memory = word(view, BUFFER_MEMORY), object = word(view, BUFFER_OBJECT);
    struct taken *found = NULL;
    for (unsigned i = 0; self.buffers && i < NOTED_MOST; i++) {
        struct taken *taken = &self.buffers->list[i];
        if (!taken->view || taken->object != object)
            continue;
        if (taken->view == view)
            return taken;
        if (taken->memory == memory)
            found = taken;
    }
    return found;
}

/* ---- taking and giving back ------------------------------------------------------------------------------------------------ */

static void taken_directly(struct api_call *call) {
    if ((int)call->result == 0 && call->arguments[1])
        note(call, call->arguments[1]);
}

static uint64_t sum_of(uintptr_t view) {
    uintptr_t words[3];
    return peek(words, view, sizeof words) ? words[0] ^ words[1] * 3 ^ words[2] * 7 : 0;
}

/* Whether a unit that may be left out was given is known by what stood in the struct before: of two of them. */
static void before_parsing(struct api_call *call) {
    struct parsing parsing;
    struct parsed parsed;
    unsigned seen = 0;
    if (!parsing_begin(&parsing, call))
        return;
    while (seen < 2 && parsing_next(&parsing, &parsed))
        if (parsed.unit.kind == FORMAT_BUFFER && !parsed.object)
            call->notes[seen++] = sum_of(parsed.to);
}

static void taken_by_parsing(struct api_call *call) {
    struct parsing parsing;
    struct parsed parsed;
    unsigned seen = 0;
    if (!(int)call->result || !parsing_begin(&parsing, call))
        return;
    while (parsing_next(&parsing, &parsed)) {
        if (parsed.unit.kind != FORMAT_BUFFER || !parsed.to)
            continue;
        bool known = !parsed.object && seen < 2;
        if (parsed.object || (known && call->notes[seen] != sum_of(parsed.to)))
            note(call, parsed.to);
        seen += known;
    }
}

/* The counts that were noted after it had this one's reference in them. */
static void given_back(struct api_call *call) {
    struct taken *taken = self.buffers && call->arguments[0] ? taken_by(call->arguments[0]) : NULL;
    if (!taken)
        return;
    taken->view = 0;
    for (unsigned i = 0; i < NOTED_MOST; i++) {
        struct taken *other = &self.buffers->list[i];
        other->count -= other->view && other->object == taken->object && other->count > taken->count;
    }
}

static const struct api_listener listeners[] = {
    {.name = "PyObject_GetBuffer", .leave = taken_directly},
    {.name = "PyBuffer_Release", .enter = given_back},
    {.name = "PyMemoryView_FromBuffer", .enter = given_back}, /* the memoryview stands for it */
    PARSING_LISTENERS(before_parsing, taken_by_parsing){0},
};

/* ---- at the end ------------------------------------------------------------------------------------------------------------ */

struct copy {
    const struct taken *taken;
    bool found;
};

/* Memory that an extension may have from malloc or C++, or that is its own. */
static bool is_of_c(uintptr_t place) {
    struct block block;
    const struct module *module = module_at(place);
    if (module)
        return !cpython_is(module);
    if (!block_around(place, BLOCK_REACH, &block) || block.state != BLOCK_LIVE || place - block.start >= block.size)
        return false;
    return block.family != FFISAN_FAMILY_PY_RAW && block.family != FFISAN_FAMILY_PY_MEM &&
           block.family != FFISAN_FAMILY_PY_OBJECT && block.family != FFISAN_FAMILY_ANY;
}

/* A word with the exporter's address: that of a copy of the struct, or an owner that is kept without the rest. */
static void consider(uintptr_t place, void *context) {
    struct copy *copy = context;
    uintptr_t around[3];
    if (copy->found || !peek(around, place - BUFFER_OBJECT, sizeof around))
        return;
    copy->found = (around[0] == copy->taken->memory && around[2] == copy->taken->length) || is_of_c(place);
}

/* The exporter's address in the struct of an extension's object, where no list or tuple has it. */
static bool is_in_object(uintptr_t object, uintptr_t wanted) {
    uintptr_t type = object_is(object) ? type_of(object) : 0, words[OBJECT_MOST / sizeof(uintptr_t)];
    if (!type || cpython_is(module_at(type)))
        return false;
    size_t size = word(type, TYPE_BASIC_SIZE);
    size = size < OBJECT_MOST ? size : OBJECT_MOST;
    if (!peek(words, object, size))
        return false;
    for (size_t i = 2; i < size / sizeof *words; i++)
        if (words[i] == wanted)
            return true;
    return false;
}

static bool is_kept(const struct taken *taken, const struct method_call *call, uintptr_t result) {
    bool objects = call->method->kind <= METHOD_SLOT_OBJECT && call->method->kind != METHOD_SETTER;
    if (is_in_object(call->self, taken->object) || (objects && is_in_object(result, taken->object)))
        return true;
    struct copy copy = {.taken = taken};
    uint64_t began = budget_clock();
    if (!budget_allows(search_time, "buffers that were taken"))
        return true;
    bool done = words_each(taken->object, call->cfa, consider, &copy);
    search_time = budget_clock() - began;
    budget_spend(search_time);
    return !done || copy.found;
}

static uint32_t argument_of(const struct method_call *call, uintptr_t object) {
    for (uint32_t i = 0; i < call->count; i++)
        if (call->arguments[i] == object)
            return i;
    return object == call->self ? FFISAN_SUBJECT_SELF : FFISAN_SUBJECT_NO_ARGUMENT;
}

static void tell(const struct taken *taken, const struct method_call *call) {
    const uintptr_t *above = (const uintptr_t *)call->cfa; /* NOLINT(performance-no-int-to-ptr) */
    const struct origin origin = {.cfa = call->cfa, .ra = above[-1], .frame_pointer = above[-2]};
    struct finding finding = {.rule = FFISAN_RULE_BUFFER_NOT_RELEASED,
                              .function = taken->taker,
                              .origin = &origin,
                              .address = taken->object,
                              .distinction = taken->site};
    struct subjects subjects = {0};
    finding.sites[FFISAN_ROLE_CREATED] = taken->site;
    finding.lines[FFISAN_ROLE_CREATED] = taken->line;
    subjects_add_object(&subjects, FFISAN_SUBJECT_OBJECT, FFISAN_ROLE_CREATED, argument_of(call, taken->object), taken->object,
                        NULL);
    subjects_add(&subjects, &(struct subject){.what = FFISAN_SUBJECT_CALL,
                                              .role = FFISAN_ROLE_CREATED,
                                              .argument = FFISAN_SUBJECT_NO_ARGUMENT,
                                              .name = taken->taker});
    subjects_report(&finding, &subjects, call);
}

/* References that the object has at the least, if nobody has given the buffers back in a way that was not heard: those that an argument came
 * with, and one for each of its buffers; what else had it when the buffer was taken (the extension itself, for the time of the call) may have
 * given it up. Of other objects that is not known. */
static uint64_t least_count(const struct taken *taken, const struct method_call *call) {
    uint32_t argument = argument_of(call, taken->object);
    uint64_t count = argument == FFISAN_SUBJECT_SELF ? call->counts[METHOD_ARGUMENTS]
                     : argument < call->count        ? call->counts[argument]
                                                     : 0;
    if (!count)
        return taken->count;
    for (unsigned i = 0; i < NOTED_MOST; i++) {
        const struct taken *other = &self.buffers->list[i];
        count += is_valid(other) && other->call == call && other->object == taken->object;
    }
    return count;
}

static void judge(const struct taken *taken, const struct method_call *call, uintptr_t result) {
    if (object_is(taken->object) && object_count(taken->object) >= least_count(taken, call) && !is_kept(taken, call, result))
        tell(taken, call);
}

static void method_ends(struct method_call *call, uintptr_t result) {
    bool some = false;
    for (unsigned i = 0; self.buffers && i < NOTED_MOST; i++) {
        struct taken *taken = &self.buffers->list[i];
        bool ours = is_valid(taken) && taken->call == call;
        if (ours && !call->cut) /* else it may have been given back unheard */
            judge(taken, call, result);
        some = some || (is_valid(taken) && !ours);
    }
    for (unsigned i = 0; self.buffers && i < NOTED_MOST; i++)
        if (self.buffers->list[i].call == call)
            self.buffers->list[i].view = 0;
    if (!some)
        book_put();
}

static const struct method_listener of_methods = {.leave = method_ends};

void buffers_start(void) {
    if (!rule_on(FFISAN_RULE_BUFFER_NOT_RELEASED))
        return;
    api_listen(listeners);
    methods_listen(&of_methods);
}
