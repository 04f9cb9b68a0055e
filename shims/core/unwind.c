/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules are remembered in one table for the process: two entries a cache line, found by the return address, overwritten when
 * there is no room. An entry is guarded by a sequence number that is odd while it is written. A writer that finds it odd goes
 * away, so nobody waits, and a writer that never ends (interrupted by the signal whose handler asks; left behind in the parent by
 * fork) costs one entry. Rules carry the epoch in which their search began; after a flush they hold no more, those included that
 * are still being written.
 */
#include "core/unwind.h"

#include <sys/ucontext.h>

#include "core/cfi.h"
#include "core/memory.h"
#include "core/peek.h"
#include "core/thread.h"

#define RULES (1U << 14)
#define PAGE  4096U
#define RED_ZONE                                                                                                                 \
    128U /* below the stack pointer, which signals leave alone: an epilogue's rules point there for what it has popped */
#define FRAME_LIMIT ((uintptr_t)64 << 20) /* no single frame is larger */

struct rule_entry {
    uint32_t sequence;
    uint32_t epoch;
    uintptr_t pc;
    uint64_t words[2]; /* struct cfi_rule */
};
_Static_assert(sizeof(struct rule_entry) == 32, "two in a cache line");

union rule_words {
    struct cfi_rule rule;
    uint64_t words[2];
};

static struct rule_entry *table;
static bool table_refused;
static uint32_t epoch = 1;
static uint64_t parsed;

void unwind_flush(void) {
    __atomic_fetch_add(&epoch, 1, __ATOMIC_ACQ_REL);
}

uint64_t unwind_rules(void) {
    return __atomic_load_n(&parsed, __ATOMIC_RELAXED);
}

/* ---- the table of rules ---- */

static RARE struct rule_entry *rules_open(void) {
    if (__atomic_load_n(&table_refused, __ATOMIC_RELAXED))
        return NULL;
    struct rule_entry *fresh = memory_map(RULES * sizeof *fresh), *before = NULL;
    if (!fresh) {
        __atomic_store_n(&table_refused, true, __ATOMIC_RELAXED);
        return NULL;
    }
    if (__atomic_compare_exchange_n(&table, &before, fresh, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return fresh;
    memory_unmap(fresh, RULES * sizeof *fresh);
    return before;
}

/* The pair of entries in which pc's rule may be. */
static struct rule_entry *rule_pair(uintptr_t pc) {
    struct rule_entry *entries = __atomic_load_n(&table, __ATOMIC_ACQUIRE);
    if (UNLIKELY(!entries))
        entries = rules_open();
    return entries ? &entries[(pc * 0x9e3779b97f4a7c15U >> 51) * 2] : NULL;
}
_Static_assert(RULES == 2U << (64 - 51), "the hash names a pair");

static bool rule_read(struct rule_entry *entry, uintptr_t pc, uint32_t now, struct cfi_rule *rule) {
    union rule_words copy;
    uint32_t before = __atomic_load_n(&entry->sequence, __ATOMIC_ACQUIRE);
    if (__atomic_load_n(&entry->pc, __ATOMIC_RELAXED) != pc || __atomic_load_n(&entry->epoch, __ATOMIC_RELAXED) != now)
        return false;
    copy.words[0] = __atomic_load_n(&entry->words[0], __ATOMIC_RELAXED);
    copy.words[1] = __atomic_load_n(&entry->words[1], __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    *rule = copy.rule;
    return !(before & 1) && __atomic_load_n(&entry->sequence, __ATOMIC_RELAXED) == before;
}

static void rule_write(struct rule_entry *entry, uintptr_t pc, uint32_t began, const struct cfi_rule *rule) {
    union rule_words copy = {.rule = *rule};
    uint32_t before = __atomic_load_n(&entry->sequence, __ATOMIC_RELAXED);
    if ((before & 1) ||
        !__atomic_compare_exchange_n(&entry->sequence, &before, before + 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return;
    __atomic_thread_fence(__ATOMIC_RELEASE);
    __atomic_store_n(&entry->pc, pc, __ATOMIC_RELAXED);
    __atomic_store_n(&entry->epoch, began, __ATOMIC_RELAXED);
    __atomic_store_n(&entry->words[0], copy.words[0], __ATOMIC_RELAXED);
    __atomic_store_n(&entry->words[1], copy.words[1], __ATOMIC_RELAXED);
    __atomic_store_n(&entry->sequence, before + 2, __ATOMIC_RELEASE);
}

/* Which of the two to give up: one that holds nothing any more, else by a bit of pc. */
static struct rule_entry *rule_victim(struct rule_entry *pair, uintptr_t pc, uint32_t now) {
    for (unsigned i = 0; i < 2; i++)
        if (__atomic_load_n(&pair[i].epoch, __ATOMIC_RELAXED) != now)
            return &pair[i];
    return &pair[(pc >> 3) & 1];
}

/* A rule is there, but may not be looked at now: a dlclose is under way. */
enum { RULE_HELD_BACK = 0xff };

/* False: not to be remembered, since it changes without a flush. */
static bool rule_parse(uintptr_t pc, bool exact, struct cfi_rule *rule) {
    uintptr_t inside = exact ? pc : pc - 1;
    const struct module *module = module_pinned_at(inside);
    if (!module) {
        rule->kind = module_at(inside) ? RULE_HELD_BACK : CFI_NONE;
        return false;
    }
    __atomic_fetch_add(&parsed, 1, __ATOMIC_RELAXED);
    *rule = cfi_find(module, pc, exact);
    /* The dynamic linker's entry point is the one function of its that carries no information: below it is what the kernel laid
     * out. */
    if (rule->kind == CFI_NONE && (module->kind & MODULE_LOADER))
        rule->kind = CFI_OUTERMOST;
    return true;
}

static RARE struct cfi_rule rule_search(struct rule_entry *pair, uintptr_t pc, uint32_t now) {
    struct cfi_rule rule = {.kind = CFI_NONE};
    if (rule_parse(pc, false, &rule) && pair)
        rule_write(rule_victim(pair, pc, now), pc, now, &rule);
    return rule;
}

static struct cfi_rule rule_of(uintptr_t pc, bool exact) {
    struct cfi_rule rule = {.kind = CFI_NONE};
    if (UNLIKELY(exact)) {
        rule_parse(pc, true, &rule);
        return rule;
    }
    uint32_t now =
        __atomic_load_n(&epoch, __ATOMIC_ACQUIRE); /* before the search: a flush in between makes what it finds stale */
    struct rule_entry *pair = rule_pair(pc);
    if (LIKELY(pair != NULL) && (LIKELY(rule_read(&pair[0], pc, now, &rule)) || rule_read(&pair[1], pc, now, &rule)))
        return rule;
    return rule_search(pair, pc, now);
}

/* ---- reading the stack ---- */

static RARE bool slot_peek(struct unwind *unwind, uintptr_t address, uintptr_t *value) {
    if (!peek(value, address, sizeof *value)) {
        if (unwind->log) /* what cannot be read now may be there another time */
            unwind->log->overflow = true;
        return false;
    }
    unwind->page = address & ~(uintptr_t)(PAGE - 1);
    return true;
}

/* An aligned word lies in one page. */
static UNCHECKED_READS bool slot_read(struct unwind *unwind, uintptr_t address, uintptr_t *value) {
    if (UNLIKELY(address < unwind->low || address >= unwind->high || (address & 7)))
        return false;
    if (UNLIKELY(unwind->checked) && (address & ~(uintptr_t)(PAGE - 1)) != unwind->page)
        return slot_peek(unwind, address, value);
    *value = *(const uintptr_t *)address;
    return true;
}

static void log_slot(struct unwind_log *log, uintptr_t address, uintptr_t value) {
    uintptr_t words = (address - log->base) / 8;
    if (UNLIKELY(log->count == UNWIND_LOG || words >> (64 - UNWIND_VALUE_BITS) || value >> UNWIND_VALUE_BITS)) {
        log->overflow = true;
        return;
    }
    log->slots[log->count++] = (uint64_t)words << UNWIND_VALUE_BITS | value;
}

/* From here on the walk depends on rbp. Whoever restored it read a slot that nobody has asked for until now. */
static void log_fp(struct unwind *unwind) {
    if (!unwind->log)
        return;
    if (unwind->fp_source == UNWIND_FP_ORIGIN)
        unwind->log->uses_fp = true;
    else if (unwind->fp_source == UNWIND_FP_SLOT)
        log_slot(unwind->log, unwind->fp_slot, unwind->fp);
    unwind->fp_source = UNWIND_FP_LOGGED;
}

/* ---- a step ---- */

/* ucontext_t's place for each of DWARF's numbers. */
static const uint8_t context_order[16] = {REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP,
                                          REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

static bool register_value(struct unwind *unwind, unsigned number, uintptr_t *value) {
    if (number == CFI_RSP) {
        *value = unwind->sp;
        return true;
    }
    if (number == CFI_RBP && unwind->fp_source != UNWIND_FP_LOST) {
        log_fp(unwind);
        *value = unwind->fp;
        return true;
    }
    if (!unwind->registers || number >= sizeof context_order)
        return false;
    *value = (uintptr_t)unwind->registers[context_order[number]];
    return true;
}

static bool find_cfa(struct unwind *unwind, const struct cfi_rule *rule, uintptr_t *cfa) {
    uintptr_t base;
    if (!register_value(unwind, rule->base, &base))
        return false;
    *cfa = base + (uintptr_t)(intptr_t)rule->offset;
    if (rule->kind == CFI_MEMORY) {
        uintptr_t slot = *cfa, value;
        if (!slot_read(unwind, slot, &value))
            return false;
        if (unwind->log)
            log_slot(unwind->log, slot, value);
        *cfa = value + (uintptr_t)(intptr_t)rule->add;
    }
    return *cfa > unwind->sp && *cfa - unwind->sp <= FRAME_LIMIT && !(*cfa & 7);
}

static void restore_fp(struct unwind *unwind, const struct cfi_rule *rule, uintptr_t cfa) {
    uintptr_t slot = cfa;
    if (rule->fp == CFI_FP_UNCHANGED)
        return;
    if (rule->fp == CFI_FP_UNKNOWN || (rule->fp == CFI_FP_AT && !register_value(unwind, rule->fp_base, &slot))) {
        unwind->fp_source = UNWIND_FP_LOST;
        return;
    }
    unwind->fp_slot = slot + (uintptr_t)(intptr_t)rule->fp_offset;
    unwind->fp_source = slot_read(unwind, unwind->fp_slot, &unwind->fp) ? UNWIND_FP_SLOT : UNWIND_FP_LOST;
}

/* A caller is at cfa. */
static bool arrive(struct unwind *unwind, const struct cfi_rule *rule, uintptr_t cfa) {
    uintptr_t ra;
    if (!slot_read(unwind, cfa - 8, &ra))
        return false;
    if (unwind->log)
        log_slot(unwind->log, cfa - 8, ra);
    unwind->complete = ra == 0;
    if (ra == 0)
        return false;
    restore_fp(unwind, rule, cfa);
    unwind->pc = ra;
    unwind->sp = cfa;
    unwind->exact = false;
    unwind->registers = NULL;
    return true;
}

/* Goes on from a context: on whatever stack that is, and however much of it can be read. */
static void resume(struct unwind *unwind, const long long *registers) {
    unwind->registers = registers;
    unwind->pc = (uintptr_t)registers[REG_RIP];
    unwind->sp = (uintptr_t)registers[REG_RSP];
    unwind->fp = (uintptr_t)registers[REG_RBP];
    unwind->fp_source = UNWIND_FP_ORIGIN;
    unwind->exact = unwind->checked = true;
    unwind->low = unwind->sp - RED_ZONE;
    unwind->high = UINTPTR_MAX - PAGE;
    unwind->page = 1; /* none */
}

/* The kernel put all registers on the stack, in ucontext_t's order; the rule says where rsp is among them. */
static bool cross_signal(struct unwind *unwind, const struct cfi_rule *rule) {
    uintptr_t frame = unwind->sp + (uintptr_t)(intptr_t)rule->offset - REG_RSP * sizeof(long long), value;
    if (unwind->log)
        return false;
    for (unsigned i = 0; i < NGREG; i++)
        if (!slot_read(unwind, frame + i * sizeof(long long), &value))
            return false;
    resume(unwind, (const long long *)frame);
    return true;
}

/* The fault was to fetch an instruction: somebody called what is no code. Nothing was executed there, so the return address is
 * still on top. */
static bool called_nothing(const struct unwind *unwind) {
    enum { PAGE_FAULT = 14, INSTRUCTION_FETCH = 0x10 };
    const long long *registers = unwind->registers;
    return registers && registers[REG_TRAPNO] == PAGE_FAULT && (registers[REG_ERR] & INSTRUCTION_FETCH) &&
           ((uintptr_t)registers[REG_CR2] ^ unwind->pc) < PAGE;
}

bool unwind_step(struct unwind *unwind) {
    uintptr_t cfa;
    struct cfi_rule rule = rule_of(unwind->pc, unwind->exact);
    if (rule.kind == CFI_NONE && unwind->exact && called_nothing(unwind))
        rule = (struct cfi_rule){.kind = CFI_REGISTER, .base = CFI_RSP, .offset = 8};
    switch (rule.kind) {
    case CFI_REGISTER:
    case CFI_MEMORY:
        return find_cfa(unwind, &rule, &cfa) && arrive(unwind, &rule, cfa);
    case CFI_SIGNAL:
        return cross_signal(unwind, &rule);
    case CFI_OUTERMOST:
        unwind->complete = true;
        return false;
    case RULE_HELD_BACK:
        if (unwind->log)
            unwind->log->overflow = true;
        return false;
    default:
        return false;
    }
}

bool unwind_at_end(const struct unwind *unwind) {
    return rule_of(unwind->pc, unwind->exact).kind == CFI_OUTERMOST;
}

/* ---- beginnings ---- */

void unwind_from_origin(struct unwind *unwind, const struct origin *origin) {
    uintptr_t cfa = origin->cfa;
    bool own = cfa >= self.stack_low && cfa < self.stack_high;
    *unwind = (struct unwind){.pc = origin->ra,
                              .sp = cfa,
                              .fp = origin->frame_pointer,
                              .low = cfa,
                              .high = own ? self.stack_high - 7 : UINTPTR_MAX - PAGE,
                              .checked = !own,
                              .page = (cfa - 8) & ~(uintptr_t)(PAGE - 1)}; /* the return address was just put there */
}

uintptr_t unwind_frame_end(const struct origin *origin) {
    struct cfi_rule rule = rule_of(origin->ra, false);
    if (rule.kind != CFI_REGISTER || (rule.base != CFI_RSP && rule.base != CFI_RBP))
        return 0;
    uintptr_t end = (rule.base == CFI_RSP ? origin->cfa : origin->frame_pointer) + (uintptr_t)(intptr_t)rule.offset;
    return end > origin->cfa ? end : 0;
}

/* Field by field: to clear the slots as well would take as long as a step. */
void unwind_keep_log(struct unwind *unwind, struct unwind_log *log) {
    log->base = unwind->sp;
    log->count = 0;
    log->overflow = log->uses_fp = false;
    unwind->log = log;
}

void unwind_from_context(struct unwind *unwind, const void *ucontext) {
    *unwind = (struct unwind){0};
    resume(unwind, ((const ucontext_t *)ucontext)->uc_mcontext.gregs);
}
