/* SPDX-License-Identifier: Apache-2.0 */
#include "contract/spoken.h"

#include <string.h>

#include "contract/kept.h"
#include "contract/objects.h"
#include "contract/retained.h"
#include "contract/work.h"
#include "core/blocks.h"
#include "core/contract_table.h"
#include "core/modules.h"
#include "ffisan/ffisan.h"
#include "hooks/hooks.h"

#define SPEAKERS     512u /* functions that say something; further ones say it in vain */
#define RELEASES     256u /* of those, the first so many are for functions that take back */
#define FAMILIES     64u
#define NAME         64u /* with its NUL; longer ones are cut */
#define TERMS        2u
#define FAR          (1u << 20) /* how far back the start of a block is looked for */
#define POINTER_NAME 1u         /* text offsets */
#define BYTES_NAME   9u
#define FIRST_NAME   16u

/* ---- the made-up table ----------------------------------------------------------------------------------------------------- */

/* Code: the size that was said. */
static const uint8_t code[] = {FFISAN_CODE_END, FFISAN_CODE_ARGUMENT, 1, FFISAN_CODE_END};
#define CODE_OF_BYTES 1u

/* f(pointer, bytes), whatever it is in truth. */
enum { TYPE_NONE, TYPE_FUNCTION, TYPE_POINTER, TYPE_BYTES, TYPES };
static const struct ffisan_type types[TYPES] = {
    [TYPE_FUNCTION] = {.kind = FFISAN_TYPE_FUNCTION, .to = TYPE_POINTER, .first = 0, .count = 2},
    [TYPE_POINTER] = {.kind = FFISAN_TYPE_POINTER, .size = 8},
    [TYPE_BYTES] = {.kind = FFISAN_TYPE_INTEGER, .size = 8, .flags = FFISAN_TYPE_UNSIGNED},
};
static const struct ffisan_field parameters[2] = {{.type = TYPE_POINTER, .name = POINTER_NAME},
                                                  {.type = TYPE_BYTES, .name = BYTES_NAME}};

struct names {
    char function[NAME], name[NAME], family[NAME];
};
static struct {
    char first[FIRST_NAME];
    struct names names[SPEAKERS];
} text = {.first = "\0pointer\0bytes"};

/* The last two terms name every function that takes back as such: what one of them is given is given back (roles.h). */
static struct ffisan_contract_function functions[SPEAKERS];
static struct ffisan_contract_term terms[SPEAKERS * TERMS + 1];
static uint32_t numbers[SPEAKERS * 3 + 2 * RELEASES];
#define NUMBERS_OF_RELEASES (SPEAKERS * 3)

static struct contract_table table; /* function_count 0: not made yet */

static void make_table(void) {
    for (uint32_t i = 0; i < RELEASES; i++)
        numbers[NUMBERS_OF_RELEASES + 2 * i + 1] = i;
    terms[SPEAKERS * TERMS] = (struct ffisan_contract_term){
        .word = FFISAN_WORD_OWNED, .place = FFISAN_TERM_RESULT, .first = NUMBERS_OF_RELEASES, .count = 2 * RELEASES};
    table = (struct contract_table){
        .functions = functions,
        .terms = terms,
        .numbers = numbers,
        .code = code,
        .types = {types, parameters, (const char *)&text, TYPES, 2, sizeof text},
        .term_count = SPEAKERS * TERMS + 1,
        .number_count = sizeof numbers / sizeof *numbers,
        .code_size = sizeof code,
        .function_count = SPEAKERS,
    };
}

/* ---- who speaks ------------------------------------------------------------------------------------------------------------ */

/* The module that speaks is no definer of them: who says when it gives something back itself does it through its own words, and what else it does with
 * that is not its own affair. */
struct speaker {
    uint32_t what; /* 0: free; set last */
    const struct module *module;
    struct work work;
};
static struct speaker speakers[SPEAKERS];
static const uint8_t nothing[TERMS] = {WORK_NONE, WORK_NONE};
static bool making;

/* Which functions are of which family, as they were said. */
static struct family { char function[NAME], family[NAME]; } families[FAMILIES];
static uint32_t family_count;

static void copy_name(char *to, const char *from) {
    size_t room = from ? contract_readable((uintptr_t)from, NAME - 1) : 0, length = 0;
    for (; length < room && from[length]; length++)
        to[length] = from[length];
    to[length] = 0;
}

static const char *family_of(const char *function) {
    for (uint32_t i = 0; i < __atomic_load_n(&family_count, __ATOMIC_ACQUIRE); i++)
        if (strcmp(families[i].function, function) == 0)
            return families[i].family;
    return "";
}

static uint32_t offset_of(const char *name) {
    return *name ? (uint32_t)(name - (const char *)&text) : 0;
}

static void write_terms(uint32_t index, uint32_t what) {
    static const uint16_t words[][TERMS] = {
        [FFISAN_SAYS_OWNED] = {FFISAN_WORD_OWNED, FFISAN_WORD_GIVES_SIZES},
        [FFISAN_SAYS_RELEASED] = {FFISAN_WORD_CONSUMED, FFISAN_WORD_SIZED_BY},
        [FFISAN_SAYS_LENT] = {FFISAN_WORD_BORROWED},
        [FFISAN_SAYS_CHANGED] = {FFISAN_WORD_INVALIDATES},
        [FFISAN_SAYS_USED] = {FFISAN_WORD_HANDLE},
        [FFISAN_SAYS_RETAINED] = {FFISAN_WORD_RETAINED},
    };
    bool gives = what == FFISAN_SAYS_OWNED || what == FFISAN_SAYS_LENT;
    struct ffisan_contract_term *term = &terms[index * TERMS];
    numbers[index * 3] = offset_of(text.names[index].name);
    numbers[index * 3 + 1] = UINT32_MAX;
    numbers[index * 3 + 2] = CODE_OF_BYTES;
    term[0] = (struct ffisan_contract_term){.word = words[what][0],
                                            .place = gives                         ? FFISAN_TERM_RESULT
                                                     : what == FFISAN_SAYS_CHANGED ? FFISAN_TERM_FUNCTION
                                                                                   : 0,
                                            .owner = what == FFISAN_SAYS_RETAINED ? FFISAN_TERM_LIBRARY : 0,
                                            .first = index * 3,
                                            .count = what == FFISAN_SAYS_OWNED ? 2 : 0};
    term[1] = (struct ffisan_contract_term){
        .word = words[what][1], .place = FFISAN_TERM_FUNCTION, .first = index * 3 + 2, .count = words[what][1] ? 1 : 0};
}

static void write_function(uint32_t index) {
    struct names *names = &text.names[index];
    const char *family = family_of(names->function);
    family = *family ? family : family_of(names->name);
    memcpy(names->family, family, strlen(family) + 1);
    functions[index] = (struct ffisan_contract_function){.name = offset_of(names->function),
                                                         .type = TYPE_FUNCTION,
                                                         .first = index * TERMS,
                                                         .count = TERMS,
                                                         .family = offset_of(names->family),
                                                         .flags = FFISAN_CONTRACT_STATEFUL};
}

static void write_work(uint32_t index, uintptr_t address) {
    struct work *work = &speakers[index].work;
    work->registered = (struct registered){.table = &table,
                                           .function = &functions[index],
                                           .terms = &terms[index * TERMS],
                                           .name = text.names[index].function,
                                           .address = address};
    speakers[index].module = module_at(address);
    work->held = work->kept = nothing;
    passed_by(&table.types, TYPE_FUNCTION, &work->passed);
}

static bool is_it(uint32_t index, const struct ffisan_statement *statement, const struct names *names,
                  const struct module *module) {
    return speakers[index].module == module && speakers[index].what == statement->what &&
           strcmp(text.names[index].function, names->function) == 0 && strcmp(text.names[index].name, names->name) == 0;
}

/* With `making` held. */
static struct speaker *add(const struct ffisan_statement *statement, const struct names *names, uint32_t index,
                           uintptr_t address) {
    if (!table.function_count)
        make_table();
    text.names[index] = *names;
    write_function(index);
    write_terms(index, statement->what);
    write_work(index, address);
    __atomic_store_n(&speakers[index].what, statement->what, __ATOMIC_RELEASE);
    return &speakers[index];
}

/* NULL: there are too many, or another thread is adding one at this moment. */
static struct speaker *speaker_of(const struct ffisan_statement *statement, const struct names *names, uintptr_t address) {
    bool release = statement->what == FFISAN_SAYS_RELEASED;
    uint32_t from = release ? 0 : RELEASES, until = release ? RELEASES : SPEAKERS;
    const struct module *module = module_at(address);
    for (uint32_t i = from; i < until; i++) {
        if (__atomic_load_n(&speakers[i].what, __ATOMIC_ACQUIRE)) {
            if (is_it(i, statement, names, module))
                return &speakers[i];
            continue;
        }
        if (__atomic_exchange_n(&making, true, __ATOMIC_ACQUIRE))
            return NULL;
        bool free = !speakers[i].what; /* else somebody was quicker: it may be this very one */
        struct speaker *speaker = free ? add(statement, names, i, address) : NULL;
        __atomic_store_n(&making, false, __ATOMIC_RELEASE);
        if (speaker)
            return speaker;
        i--;
    }
    return NULL;
}

static void add_family(const char *function, const char *family) {
    if (*family_of(function) || !*function || __atomic_exchange_n(&making, true, __ATOMIC_ACQUIRE))
        return;
    if (family_count < FAMILIES) {
        memcpy(families[family_count].function, function, NAME);
        memcpy(families[family_count].family, family, NAME);
        __atomic_store_n(&family_count, family_count + 1, __ATOMIC_RELEASE);
    }
    __atomic_store_n(&making, false, __ATOMIC_RELEASE);
}

void spoken_forked(void) {
    making = false;
}

/* ---- what is said ---------------------------------------------------------------------------------------------------------- */

static void say_owned(struct registered_call *call, const struct ffisan_statement *statement) {
    const struct ffisan_contract_term *term = call->registered->terms;
    struct block block;
    call->returned = true;
    block_cross(call->result, &block); /* what frees it is asked about then */
    object_owned(call, &term[0], call->result);
    if (statement->bytes)
        object_sizes(call, &term[1], 0);
}

static void say_released(struct registered_call *call, const struct ffisan_statement *statement) {
    const struct ffisan_contract_term *term = call->registered->terms;
    if (statement->bytes)
        object_sized(call, &term[1], 0);
    object_consumed(call, &term[0], call->arguments[0]);
    call->returned = true;
    object_consumed(call, &term[0], call->arguments[0]);
    retained_owner_ends(call->arguments[0]);
}

static void say_retained(struct registered_call *call, const struct ffisan_statement *statement) {
    struct block block;
    struct kept kept = {.registered = call->registered,
                        .term = call->registered->terms,
                        .owner = (uintptr_t)statement->owner,
                        .start = (uintptr_t)statement->pointer,
                        .size = statement->bytes,
                        .generation = modules_generation(),
                        .moment = moment_here(&call->origin, 0),
                        .cfa = call->origin.cfa,
                        .tid = call->tid,
                        .state = KEPT_HELD};
    if (block_around(kept.start, FAR, &block) && block.state == BLOCK_LIVE) {
        kept.block = block.start;
        kept.allocated = block.allocated;
        block_cross(block.start, &block);
    }
    if (!kept.start || !kept_enter())
        return;
    kept_add(&kept);
    kept_leave();
}

static bool let_go(struct kept *kept, void *context) {
    bool spoken = kept->registered->table == &table;
    if (spoken && kept->start == *(const uintptr_t *)context)
        kept_remove(kept);
    return true;
}

static void say_let_go(uintptr_t memory) {
    if (!kept_any() || !kept_enter())
        return;
    kept_each(KEPT_BY_PAGE, memory >> 12, let_go, &memory);
    kept_leave();
}

static void say_by(const struct speaker *speaker, const struct ffisan_statement *statement, const struct origin *origin) {
    struct registered_call call = {
        .registered = &speaker->work.registered, .origin = *origin, .argument_count = 2, .tid = thread_id()};
    const struct ffisan_contract_term *term = speaker->work.registered.terms;
    bool by_owner = statement->what == FFISAN_SAYS_LENT || statement->what == FFISAN_SAYS_CHANGED;
    call.arguments[0] = (uintptr_t)(by_owner ? statement->owner : statement->pointer);
    call.arguments[1] = statement->bytes;
    call.result = (uintptr_t)statement->pointer;
    call.returned = by_owner;
    if (statement->what == FFISAN_SAYS_OWNED)
        say_owned(&call, statement);
    else if (statement->what == FFISAN_SAYS_RELEASED)
        say_released(&call, statement);
    else if (statement->what == FFISAN_SAYS_LENT)
        object_borrowed(&call, term, call.result);
    else if (statement->what == FFISAN_SAYS_CHANGED)
        object_invalidates(&call, term, call.arguments[0]);
    else if (statement->what == FFISAN_SAYS_USED)
        object_used(&call, term, call.arguments[0]);
    else
        say_retained(&call, statement);
}

static RARE void say(const struct ffisan_statement *statement, const struct origin *origin) {
    struct names names = {.family = ""};
    copy_name(names.function, statement->function);
    copy_name(names.name, statement->name);
    if (statement->what == FFISAN_SAYS_FAMILY) {
        add_family(names.function, names.name);
    } else if (statement->what == FFISAN_SAYS_LET_GO) {
        say_let_go((uintptr_t)statement->pointer);
    } else if (statement->pointer || statement->owner) {
        const struct speaker *speaker = speaker_of(statement, &names, origin->ra);
        if (speaker)
            say_by(speaker, statement, origin);
    }
}

/* A statement of a newer header may be longer; what it says may not be known here. */
static bool is_known(const struct ffisan_statement *statement) {
    return statement && statement->size >= sizeof *statement && statement->what >= FFISAN_SAYS_OWNED &&
           statement->what <= FFISAN_SAYS_FAMILY;
}

EXPORT void ffisan_say(const struct ffisan_statement *statement) {
    struct origin origin = ORIGIN_HERE();
    if (self.busy || __atomic_load_n(&hooks_off, __ATOMIC_RELAXED) || !is_known(statement))
        return;
    struct inside inside = inside_enter();
    if (UNLIKELY(self.attention & ATTENTION_THREAD))
        thread_begin();
    if (LIKELY(!(self.attention & ATTENTION_CHILD)) || !process_is_guest())
        say(statement, &origin);
    inside_leave(inside);
}
