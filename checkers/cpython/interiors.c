/* SPDX-License-Identifier: Apache-2.0 */
#include "cpython/interiors.h"

#include <string.h>

#include "core/crossings.h"
#include "core/findings.h"
#include "core/memory.h"
#include "core/peek.h"
#include "core/stack.h"
#include "cpython/api.h"
#include "cpython/domains.h"
#include "cpython/heap.h"
#include "cpython/held.h"
#include "cpython/methods.h"
#include "cpython/objects.h"
#include "cpython/parsing.h"
#include "cpython/subjects.h"
#include "hooks/guards.h"
#include "hooks/hooks.h"

#define NOTED_MOST 64u /* insides of objects that a thread is given; the oldest go first */
#define NONE       0xffu
#define RESULT     0xfeu
#define BOOKS      16u
#define SLOTS      512u /* of the names, by hash */

/* The inside of an object that a function was given. */
struct interior {
    uintptr_t pointer, object, type;
    const struct method_call *call;
    uint64_t number; /* call->number then */
    uintptr_t cfa;   /* of the call */
    const char *giver;
    site_id site;
    uint32_t line;
};

struct interior_book {
    uint32_t next; /* where the next one goes */
    struct interior list[NOTED_MOST];
};

static struct interior_book *spare[BOOKS]; /* of threads that have nothing noted; atomic */

/* ---- tables ---------------------------------------------------------------------------------------------------------------- */

struct giver {
    const char *name;
    uint8_t object, out;
};
static const struct giver givers[] = {
#define GIVES(function, object, out) {function, object, out},
#include "cpython/interiors.def"
};

/* A function that looks behind pointers. */
struct user {
    const char *name;
    uint8_t pointers; /* a bit for each argument */
    uint8_t size;     /* argument, or NONE */
    uint8_t format;   /* argument, or NONE */
    uint8_t language; /* enum format_language */
};
static const struct user users[] = {
#define USES(function, arguments, size)     {function, arguments, size, NONE, 0},
#define FORMATS(function, format, language) {function, 0, NONE, format, language},
#define C_USES                              USES
#define C_FORMATS                           FORMATS
#include "cpython/interiors.def"
};
#define USERS (sizeof users / sizeof *users)
_Static_assert(USERS < UINT8_MAX && 2 * USERS < SLOTS, "the table has room for it");
static uint8_t slots[SLOTS]; /* 1 + index of a user */

static unsigned hash_of(const char *name) {
    unsigned hash = 5381;
    for (; *name; name++)
        hash = hash * 33 ^ (unsigned char)*name;
    return hash % SLOTS;
}

static void fill_slots(void) {
    for (unsigned i = 0; i < USERS; i++) {
        unsigned slot = hash_of(users[i].name);
        while (slots[slot])
            slot = (slot + 1) % SLOTS;
        slots[slot] = (uint8_t)(i + 1);
    }
}

static const struct user *user_of(const char *name) {
    for (unsigned slot = hash_of(name); slots[slot]; slot = (slot + 1) % SLOTS)
        if (strcmp(users[slots[slot] - 1].name, name) == 0)
            return &users[slots[slot] - 1];
    return NULL;
}

static const struct giver *giver_of(const char *name) {
    for (size_t i = 0; i < sizeof givers / sizeof *givers; i++)
        if (strcmp(givers[i].name, name) == 0)
            return &givers[i];
    return NULL;
}

/* ---- the book -------------------------------------------------------------------------------------------------------------- */

static struct interior_book *book_here(void) {
    for (unsigned i = 0; !self.interiors && i < BOOKS; i++)
        self.interiors = __atomic_exchange_n(&spare[i], NULL, __ATOMIC_ACQ_REL);
    if (!self.interiors)
        self.interiors = memory_map(sizeof *self.interiors);
    return self.interiors;
}

static void book_put(void) {
    struct interior_book *book = self.interiors;
    self.interiors = NULL;
    for (unsigned i = 0; book && i < BOOKS; i++) {
        struct interior_book *none = NULL;
        if (__atomic_compare_exchange_n(&spare[i], &none, book, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
            return;
    }
    if (book)
        memory_unmap(book, sizeof *book);
}

/* A call that its struct does not stand for any more is over. */
static bool is_valid(const struct interior *interior) {
    return interior->pointer && interior->call->number == interior->number;
}

static void note(const struct api_call *call, uintptr_t pointer, uintptr_t object) {
    struct method_call *method = call->method;
    struct interior_book *book = method && pointer ? book_here() : NULL;
    if (!book)
        return;
    for (unsigned i = 0; i < NOTED_MOST; i++)
        if (book->list[i].pointer == pointer && book->list[i].object == object && is_valid(&book->list[i]))
            return;
    book->list[book->next++ % NOTED_MOST] =
        (struct interior){.pointer = pointer,
                          .object = object,
                          .type = object ? type_of(object) : 0,
                          .call = method,
                          .number = method->number,
                          .cfa = method->cfa,
                          .giver = call->name,
                          .site = stack_site(call->origin, call->caller ? call->caller->row : 0),
                          .line = managed_places.line ? managed_places.line(place_here()) : 0};
}

/* The one that lies in [start, start + size), and of several the one that leads to the address or last before it. */
static const struct interior *interior_in(uintptr_t start, size_t size, uintptr_t address) {
    const struct interior *found = NULL;
    for (unsigned i = 0; self.interiors && i < NOTED_MOST; i++) {
        const struct interior *interior = &self.interiors->list[i];
        if (interior->pointer - start >= size || !is_valid(interior))
            continue;
        bool before = interior->pointer <= address;
        if (!found || (before && (found->pointer > address || interior->pointer >= found->pointer)))
            found = interior;
    }
    return found;
}

/* ---- what is given --------------------------------------------------------------------------------------------------------- */

static void given(struct api_call *call) {
    const struct giver *giver = giver_of(call->name);
    if (!giver)
        return;
    if (giver->out == RESULT)
        note(call, call->result, call->arguments[giver->object]);
    else if ((int)call->result == 0 && call->arguments[giver->out])
        note(call, word(call->arguments[giver->out], 0), call->arguments[giver->object]);
}

static void given_by_parsing(struct api_call *call) {
    struct parsing parsing;
    struct parsed parsed;
    if (!(int)call->result || !parsing_begin(&parsing, call))
        return;
    while (parsing_next(&parsing, &parsed))
        if (parsed.object && parsed.to)
            note(call, word(parsed.to, 0), parsed.object); /* of a Py_buffer, too: its first word is buf */
}

static void given_buffer(struct api_call *call) {
    if ((int)call->result == 0 && call->arguments[1])
        note(call, word(call->arguments[1], 0), call->arguments[0]);
}

static const struct api_listener giving[] = {
#define GIVES(function, object, out) {.name = function, .leave = given},
#include "cpython/interiors.def"
    {.name = "PyObject_GetBuffer", .leave = given_buffer},
    PARSING_LISTENERS(NULL, given_by_parsing){0},
};

/* ---- what dies ------------------------------------------------------------------------------------------------------------- */

/* A bytes or str object of those very types, whose last reference went: there are no words in front of it. */
static bool is_text(const struct domain_event *event) {
    if (event->size < BYTES_DATA)
        return false;
    uintptr_t type = word(event->start, OBJECT_TYPE);
    return (type == cpython.bytes_type || type == cpython.text_type) && !(uint32_t)word(event->start, 0);
}

static const struct method_call *closely_watched(uintptr_t cfa) {
    const struct method_call *call = method_innermost(cfa);
    while (call && !call->closely)
        call = call->outer;
    return call;
}

static uintptr_t dying(const struct domain_event *event) {
    const struct interior *interior = event->size ? interior_in(event->start, event->size, event->start) : NULL;
    if (interior)
        return interior->cfa;
    const struct method_call *call = is_text(event) ? closely_watched(event->origin->cfa) : NULL;
    return call ? call->cfa : 0;
}

/* ---- what is used ---------------------------------------------------------------------------------------------------------- */

struct use {
    const struct user *user;
    const char *name;
    const struct origin *origin;
    const uint64_t *registers;
};

static void name_type(char *to, size_t size, uintptr_t type) {
    uintptr_t name = 0;
    to[0] = 0;
    if (type && peek(&name, type + TYPE_NAME, sizeof name))
        peek_text(to, name, size);
}

static void tell(const struct use *use, uintptr_t address, unsigned argument, struct held *held) {
    const struct interior *interior = interior_in(held->start, held->size, address);
    uintptr_t object = interior && interior->object ? interior->object : held->start;
    struct finding finding = {
        .rule = FFISAN_RULE_STALE_INTERIOR, .function = use->name, .origin = use->origin, .address = address};
    struct subjects subjects = {0};
    char type[100];
    name_type(type, sizeof type, interior && interior->type ? interior->type : word(held->start, OBJECT_TYPE));
    finding.sites[FFISAN_ROLE_FREED] = held->site;
    finding.lines[FFISAN_ROLE_FREED] = held->line;
    subjects_add(&subjects, &(struct subject){.what = FFISAN_SUBJECT_OBJECT,
                                              .role = FFISAN_ROLE_FREED,
                                              .argument = FFISAN_SUBJECT_NO_ARGUMENT,
                                              .address = object,
                                              .name = type});
    if (interior) {
        finding.sites[FFISAN_ROLE_LENT] = interior->site;
        finding.lines[FFISAN_ROLE_LENT] = interior->line;
        subjects_add(&subjects, &(struct subject){.what = FFISAN_SUBJECT_CALL,
                                                  .role = FFISAN_ROLE_LENT,
                                                  .argument = FFISAN_SUBJECT_NO_ARGUMENT,
                                                  .name = interior->giver});
    }
    subjects_add(&subjects, &(struct subject){.what = FFISAN_SUBJECT_CALL,
                                              .role = FFISAN_ROLE_DETECTED,
                                              .argument = argument,
                                              .address = address,
                                              .name = use->name});
    subjects_report(&finding, &subjects, NULL);
    held->told = true;
}

/* Whatever is told of a dead object once, need not be told again at the next use. */
static void look_behind(const struct use *use, uintptr_t address, unsigned argument) {
    struct held *held = memory_held(address);
    if (UNLIKELY(held != NULL) && !held->told)
        tell(use, address, argument, held);
}

static uint64_t argument_of(const struct use *use, unsigned index) {
    return call_argument(use->registers, use->origin->cfa, index);
}

static void look_at_pointers(const struct use *use) {
    if (use->user->size != NONE && !use->registers[use->user->size])
        return;
    for (unsigned i = 0; i < 6; i++)
        if (use->user->pointers >> i & 1)
            look_behind(use, use->registers[i], i);
}

static void look_at_format(const struct use *use) {
    unsigned first = use->user->format + 1u;
    uintptr_t text = use->registers[use->user->format];
    struct format format = {.language = use->user->language, .at = (const char *)text}; /* NOLINT(performance-no-int-to-ptr) */
    struct format_unit unit;
    look_behind(use, text, use->user->format);
    while (format_next(&format, &unit)) {
        uint64_t size = unit.size == FORMAT_NO_SIZE ? 1 : argument_of(use, first + unit.size);
        if (unit.narrow ? (uint32_t)size : size)
            look_behind(use, argument_of(use, first + unit.argument), first + unit.argument);
    }
}

static void look_at(const struct use *use) {
    look_at_pointers(use);
    if (use->user->format != NONE)
        look_at_format(use);
}

static void used(struct api_call *call) {
    if (LIKELY(!self.watched))
        return;
    const struct use use = {
        .user = user_of(call->name), .name = call->name, .origin = call->origin, .registers = call->arguments};
    if (use.user)
        look_at(&use);
}

static const struct api_listener using[] = {
#define USES(function, arguments, size)     {.name = function, .enter = used},
#define FORMATS(function, format, language) USES(function, , )
#include "cpython/interiors.def"
    {0},
};

/* ---- libc ------------------------------------------------------------------------------------------------------------------ */

static bool is_about(const char *name) {
    return user_of(name) != NULL;
}

/* An extension: by the function that the interpreter calls when it is imported. */
static bool is_extension(const struct module *module) {
    char name[64] = "PyInit_";
    size_t used_ = strlen(name);
    for (const char *at = module_name(module); *at && *at != '.' && used_ + 1 < sizeof name; at++)
        name[used_++] = *at;
    name[used_] = 0;
    return module_symbol(module, name) != 0;
}

/* A slot that is not for calls alone (-fno-plt has no others) may be one whose address is compared: with that of a function that orders. */
static bool is_compared(const char *name) {
    return strstr(name, "cmp") || strcmp(name, "strcoll") == 0;
}

static bool wants(const char *name, uintptr_t address, const struct module *caller, const struct module *definer,
                  enum gate_use use) {
    static const struct module *last; /* asked about for many functions in a row, under the loader's lock */
    static bool was;
    if ((use != GATE_CALLED && is_compared(name)) || use == GATE_LOOKED_UP || !caller || !(definer->kind & MODULE_LIBC) ||
        !module_is_code(definer, address))
        return false;
    if (caller != last)
        was = !cpython_is(caller) && (api_is_user(caller) || is_extension(caller));
    last = caller;
    return was;
}

static const void *begin(struct guard *guard) {
    return user_of(guard_name(guard));
}

static uintptr_t slow(const struct guard *guard, struct gate_frame *frame) {
    const struct use use = {
        .user = guard_data(guard), .name = guard_name(guard), .origin = &frame->origin, .registers = frame->registers.integer};
    if (use.user)
        look_at(&use);
    return 0;
}

static const struct guard_plan plan = {.kind = GUARD_WATCHED, .about = is_about, .wants = wants, .begin = begin, .slow = slow};

/* ---- calls of methods ------------------------------------------------------------------------------------------------------ */

static void method_begins(struct method_call *call) {
    (void)call;
    domains_wish(DOMAIN_WISH_INTERIOR, true);
}

static void method_ends(struct method_call *call, uintptr_t result) {
    (void)result;
    bool some = false;
    for (unsigned i = 0; self.interiors && i < NOTED_MOST; i++) {
        struct interior *interior = &self.interiors->list[i];
        if (interior->pointer && (interior->cfa <= call->cfa || !is_valid(interior)))
            interior->pointer = 0;
        some = some || interior->pointer;
    }
    if (!some)
        book_put();
    domains_wish(DOMAIN_WISH_INTERIOR, closely_watched(call->cfa) != NULL);
}

static const struct method_listener of_methods = {.enter = method_begins, .leave = method_ends};
static const struct domain_listener of_domains = {.wish = DOMAIN_WISH_INTERIOR, .dying = dying};

void interiors_start(void) {
    if (!rule_on(FFISAN_RULE_STALE_INTERIOR))
        return;
    fill_slots();
    api_listen(giving);
    api_listen(using);
    guards_register(&plan);
    methods_listen(&of_methods);
    domains_listen(&of_domains);
}
