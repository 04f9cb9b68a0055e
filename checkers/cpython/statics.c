/* SPDX-License-Identifier: Apache-2.0
 *
 * Code is looked through byte by byte, not instruction by instruction: what looks like the wanted distance at a wrong place is rare, and
 * mostly makes one more function that is led to.
 *
 * Encodings: Intel SDM, volume 2, 2.2.1.6 (mod 0, rm 5 is relative to the next instruction), and the opcode maps of appendix A.
 */
#include "cpython/statics.h"

#include <string.h>

#include "core/cfi.h"

#define CODE_MOST 0x4000000u /* bytes of a module; larger ones are not looked through */
#define USERS     32u        /* functions that name a word */
#define REACHED   8192u
#define ANSWERS   64u
#define CALL_SOON 24u /* bytes */

enum use {
    USE_NONE,
    USE_STORES,
    USE_TAKES, /* its address, for whoever may fill it */
    USE_READS,
    USE_HANDED, /* its address, to the module's own code */
};

struct user {
    struct cfi_function function;
    enum use use;
    uintptr_t to; /* USE_HANDED: the function */
};

struct search {
    const struct module *module;
    uintptr_t word;
    struct user users[USERS];
    unsigned count;
    bool many;
};

static struct answer {
    uintptr_t function, word;
    uint32_t module;
    bool kept;
} answers[ANSWERS];
static bool at_work; /* several interpreters may have a GIL each; atomic */

static uintptr_t distance_from(const uint8_t *at) {
    int32_t distance;
    memcpy(&distance, at, sizeof distance);
    return (uintptr_t)at + sizeof distance + (uintptr_t)(intptr_t)distance;
}

static bool is_in(struct cfi_function function, uintptr_t address) {
    return address >= function.start && address < function.end;
}

/* ---- who names the word ---------------------------------------------------------------------------------------------------- */

static enum use vector_use(uint8_t opcode) {
    switch (opcode) {
    case 0x10: /* mov[au]p[sd], movs[sd] */
    case 0x12:
    case 0x16:
    case 0x28:
    case 0x6f: /* movdq[au] */
    case 0x7e: /* movq */
        return USE_READS;
    default:
        return USE_STORES;
    }
}

/* Of the instruction whose ModRM byte is at `modrm`: with an immediate operand of so many bytes. */
static enum use use_of(const uint8_t *modrm, uintptr_t immediate) {
    uint8_t opcode = modrm[-1], group = modrm[0] >> 3 & 7;
    if (immediate)
        return opcode == 0x81 || opcode == 0x83 ? group == 7 ? USE_NONE : USE_READS : USE_STORES;
    if (modrm[-2] == 0x0f)
        return vector_use(opcode);
    switch (opcode) {
    case 0x39: /* cmp, test */
    case 0x3b:
    case 0x85:
        return USE_NONE;
    case 0x8b: /* mov from it */
        return USE_READS;
    case 0xff: /* call, jmp, push; inc and dec are none of a pointer's */
        return USE_READS;
    case 0x8d:
        return USE_TAKES;
    default:
        return USE_STORES;
    }
}

/* What is not optimized calls functions for the simplest things (AtomicPtr::load): lea word(%rip), %rdi, and soon a call of the
 * module's own code. */
static uintptr_t handed_to(const struct search *search, const uint8_t *modrm, uintptr_t end) {
    if (modrm[-1] != 0x8d || modrm[0] != 0x3d)
        return 0;
    for (const uint8_t *at = modrm + 5; at < modrm + CALL_SOON && (uintptr_t)at + 5 <= end; at++) {
        if (*at != 0xe8)
            continue;
        uintptr_t target = distance_from(at + 1);
        if (module_is_code(search->module, target) && cfi_function(search->module, target).start == target)
            return target;
    }
    return 0;
}

static void add_user(struct search *search, uintptr_t at, enum use use) {
    struct user *last = search->count ? &search->users[search->count - 1] : NULL;
    if (use == USE_NONE || (last && is_in(last->function, at)))
        return;
    struct cfi_function function = cfi_function(search->module, at);
    if (search->count == USERS || !function.start) {
        search->many = true;
        return;
    }
    uintptr_t to = handed_to(search, (const uint8_t *)at, function.end); // NOLINT(performance-no-int-to-ptr)
    search->users[search->count++] = (struct user){function, to ? USE_HANDED : use, to};
}

static void find_users(struct search *search, const uint8_t *start, const uint8_t *end) {
    for (const uint8_t *at = start + 2; at + 5 <= end; at++) {
        if ((at[0] & 0xc7) != 0x05)
            continue;
        uintptr_t immediate = search->word - distance_from(at + 1);
        if (immediate == 0 || immediate == 1 || immediate == 4)
            add_user(search, (uintptr_t)at, use_of(at, immediate));
    }
}

static bool look_through(struct search *search) {
    for (unsigned i = 0; i < search->module->header_count; i++) {
        const ElfW(Phdr) *header = &search->module->headers[i];
        const uint8_t *start = (const uint8_t *)(search->module->bias + header->p_vaddr); // NOLINT(performance-no-int-to-ptr)
        if (header->p_type != PT_LOAD || !(header->p_flags & PF_X) || !(header->p_flags & PF_R))
            continue;
        if (header->p_filesz > CODE_MOST)
            return false;
        find_users(search, start, start + header->p_filesz);
    }
    return true;
}

/* ---- where a function leads ------------------------------------------------------------------------------------------------ */

struct reach {
    const struct module *module;
    struct cfi_function functions[REACHED];
    unsigned count;
    bool many;
};

static void reach_add(struct reach *reach, struct cfi_function function) {
    if (!function.start)
        return;
    for (unsigned i = 0; i < reach->count; i++)
        if (reach->functions[i].start == function.start)
            return;
    if (reach->count == REACHED)
        reach->many = true;
    else
        reach->functions[reach->count++] = function;
}

/* Functions are called at their beginning, and jumped into anywhere: into their cold parts. */
static void reach_target(struct reach *reach, uintptr_t target, bool anywhere) {
    if (!module_is_code(reach->module, target))
        return;
    struct cfi_function function = cfi_function(reach->module, target);
    if (anywhere || function.start == target)
        reach_add(reach, function);
}

static uintptr_t slot_at(const struct module *module, uintptr_t address) {
    for (unsigned i = 0; i < module->header_count; i++) {
        const ElfW(Phdr) *header = &module->headers[i];
        if (header->p_type == PT_LOAD && header->p_flags & PF_W && address % sizeof(uintptr_t) == 0 &&
            address - module->bias - header->p_vaddr < header->p_memsz)
            return *(const uintptr_t *)address; // NOLINT(performance-no-int-to-ptr)
    }
    return 0;
}

/* An entry of the linkage table has no beginning of its own for the search table. */
static void reach_linked(struct reach *reach, uintptr_t target) {
    if (!module_is_code(reach->module, target) || !module_is_code(reach->module, target + 15))
        return;
    const uint8_t *at = (const uint8_t *)target; // NOLINT(performance-no-int-to-ptr)
    for (unsigned i = 0; i < 6; i++)
        if (at[i] == 0xff && at[i + 1] == 0x25)
            reach_target(reach, slot_at(reach->module, distance_from(at + i + 2)), false);
}

static void reach_from(struct reach *reach, const uint8_t *at) {
    if (at[0] == 0xe8 || at[0] == 0xe9) {
        reach_target(reach, distance_from(at + 1), at[0] == 0xe9);
        reach_linked(reach, distance_from(at + 1));
    } else if (at[0] == 0x0f && (at[1] & 0xf0) == 0x80)
        reach_target(reach, distance_from(at + 2), true);
    else if (at[0] == 0x8d && (at[1] & 0xc7) == 0x05)
        reach_target(reach, distance_from(at + 2), false);
    else if ((at[0] == 0x8b && (at[1] & 0xc7) == 0x05) || (at[0] == 0xff && (at[1] == 0x15 || at[1] == 0x25)))
        reach_target(reach, slot_at(reach->module, distance_from(at + 2)), false);
}

static void reach_further(struct reach *reach, struct cfi_function from) {
    for (uintptr_t at = from.start; at + 6 <= from.end; at++)
        reach_from(reach, (const uint8_t *)at); // NOLINT(performance-no-int-to-ptr)
}

/* True also when there are too many to know. */
static bool leads_to(const struct search *search, uintptr_t function, uintptr_t to) {
    static struct reach reach; /* one at a time */
    reach.module = search->module;
    reach.count = 0;
    reach.many = false;
    reach_target(&reach, function, true);
    for (unsigned i = 0; i < reach.count && !reach.many; i++) {
        if (i && reach.functions[i].start == to)
            return true;
        reach_further(&reach, reach.functions[i]);
    }
    return reach.many || !reach.count;
}

/* ---- the answer ------------------------------------------------------------------------------------------------------------ */

static bool is_filling(enum use use) {
    return use == USE_STORES || use == USE_TAKES;
}

/* A cold part belongs to the function that jumps into it. */
static bool is_part(const struct search *search, const struct user *part) {
    for (unsigned i = 0; i < search->count; i++) {
        struct cfi_function whole = search->users[i].function;
        for (uintptr_t at = whole.start; is_filling(search->users[i].use) && at + 6 <= whole.end; at++) {
            const uint8_t *code = (const uint8_t *)at; // NOLINT(performance-no-int-to-ptr)
            bool jump = code[0] == 0xe9, branch = code[0] == 0x0f && (code[1] & 0xf0) == 0x80;
            if ((jump || branch) && is_in(part->function, distance_from(code + 1 + branch)))
                return true;
        }
    }
    return false;
}

static bool is_within(const struct search *search, const struct user *user, uintptr_t function) {
    return is_in(user->function, function) || leads_to(search, function, user->function.start);
}

/* What the function leads to hands it to others than this user does, and nobody stores to it, or lets it be filled from outside. */
static bool hands_to_others(const struct search *search, const struct user *user, uintptr_t function) {
    bool others = false;
    for (unsigned i = 0; i < search->count; i++) {
        const struct user *other = &search->users[i];
        if (other == user)
            continue;
        if (other->use != USE_HANDED || other->to == user->to)
            return false;
        others |= is_within(search, other, function);
    }
    return others;
}

/* Who fills it leads to this user: the dispatcher of pybind11 leads to nobody. */
static bool is_led_to(const struct search *search, const struct user *user) {
    for (unsigned i = 0; i < search->count; i++) {
        enum use use = search->users[i].use;
        if (is_filling(use) && leads_to(search, search->users[i].function.start, user->function.start))
            return true;
    }
    return false;
}

static bool reads_what_was_left(const struct search *search, const struct user *user, uintptr_t function) {
    if (user->use == USE_READS && is_in(user->function, function))
        return true;
    if (user->use == USE_HANDED && !hands_to_others(search, user, function))
        return false;
    return user->use >= USE_READS && !is_within(search, user, function) && !is_part(search, user) && !is_led_to(search, user);
}

static bool find_out(const struct module *module, uintptr_t function, uintptr_t word) {
    struct search search = {.module = module, .word = word};
    if (!look_through(&search) || search.many)
        return false;
    for (unsigned i = 0; i < search.count; i++)
        if (reads_what_was_left(&search, &search.users[i], function))
            return true;
    return false;
}

bool static_is_kept(const struct module *module, uintptr_t function, uintptr_t word) {
    if (__atomic_exchange_n(&at_work, true, __ATOMIC_ACQUIRE))
        return false;
    struct answer *answer = &answers[(word >> 3 ^ function >> 4) % ANSWERS];
    if (answer->function != function || answer->word != word || answer->module != module->id)
        *answer = (struct answer){function, word, module->id, find_out(module, function, word)};
    bool kept = answer->kept;
    __atomic_store_n(&at_work, false, __ATOMIC_RELEASE);
    return kept;
}
