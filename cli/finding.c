/* SPDX-License-Identifier: Apache-2.0
 *
 * From a record to a finding: facts first, then what each of the other files makes of them.
 */
#include <string.h>

#include "findings.h"
#include "pool.h"
#include "reader.h"
#include "symbols.h"

/* The address lies in what was loaded when the first of the stacks was taken. */
static const char *module_name_at(const struct process *process, const struct record *record, uint64_t address) {
    for (struct record_item item = {0}; record_item_next(record, &item);) {
        const struct module *module = item.stack ? process_module_at(process, address, item.stack->generation) : NULL;
        if (module)
            return module->name;
    }
    return NULL;
}

/* PYTEST_CURRENT_TEST is the test and, in brackets, its phase (pytest's documentation, "PYTEST_CURRENT_TEST environment
 * variable"); the report names the test as pytest takes it on its command line. */
static const char *test_name(struct pool *pool, const char *text, size_t size) {
    static const char *const phases[] = {" (setup)", " (call)", " (teardown)"};
    size_t length = strnlen(text, size);
    for (size_t i = 0; i < sizeof phases / sizeof *phases; i++) {
        size_t phase = strlen(phases[i]);
        if (length > phase && memcmp(text + length - phase, phases[i], phase) == 0)
            return pool_clean(pool, text, length - phase);
    }
    return pool_clean(pool, text, size);
}

/* The name that the program looked it up by, or the symbol there. */
static const char *function_name(const struct workshop *workshop, const struct module *module,
                                 const struct ffisan_record_call *call) {
    const char *name = record_call_text(call, call->name);
    if (name[0])
        return pool_clean(workshop->pool, name, POOL_CLEAN_ALL);
    struct frame *frames = NULL;
    size_t count = 0;
    symbols_frames(workshop->symbols, workshop->pool, module, call->function, false, &frames, &count);
    return count ? frames[count - 1].function : NULL;
}

static void lent_read(struct handover *lent, const struct workshop *workshop, const struct process *process,
                      const struct record *record) {
    for (struct record_item item = {0}; !lent->known && record_item_next(record, &item);) {
        if (!item.call || item.call->role != FFISAN_ROLE_LENT)
            continue;
        const struct module *module = process_module_at(process, item.call->function, item.call->generation);
        *lent = (struct handover){.known = true,
                                  .function = function_name(workshop, module, item.call),
                                  .library = module ? module->name : NULL,
                                  .has_argument = item.call->fixed != FFISAN_LENT_RESULT,
                                  .argument = item.call->fixed};
    }
}

static void facts_read(struct facts *facts, struct pool *pool, const struct process *process, const struct record *record) {
    const struct ffisan_record_finding *from = record->as.finding;
    *facts = (struct facts){
        .called = pool_clean(pool, from->function, sizeof(from->function)),
        .place = (enum ffisan_place)from->place,
        .family = (enum ffisan_family)from->family,
        .free_family = (enum ffisan_family)from->free_family,
        .address = from->address,
        .block = from->block,
        .size = from->size,
        .offset = from->offset,
        .given_size = from->given_size,
        .indirect_blocks = from->indirect_blocks,
        .indirect_bytes = from->indirect_bytes,
        .byte = from->byte,
        .signal = from->signal < 128 ? (int)from->signal : 0,
        .signal_code = from->signal_code,
        .owner = process_module(process, from->owner),
        .free_owner = process_module(process, from->free_owner),
        .at_module = module_name_at(process, record, from->address),
    };
}

bool finding_read(struct finding *finding, const struct workshop *workshop, const struct process *process,
                  const struct record *record) {
    const struct ffisan_record_finding *from = record->as.finding;
    if (from->rule >= FFISAN_RULES)
        return false;
    *finding = (struct finding){.rule = (enum ffisan_rule)from->rule,
                                .severity = rules[from->rule].severity,
                                .count = from->count ? from->count : 1,
                                .time_ns = from->time_ns,
                                .pid = process->pid,
                                .runtime = "native"};
    finding->test = from->test[0] ? test_name(workshop->pool, from->test, sizeof(from->test)) : NULL;
    facts_read(&finding->facts, workshop->pool, process, record);
    lent_read(&finding->facts.lent, workshop, process, record);
    stacks_read(finding, workshop, process, record);
    finding_attribute(finding);
    finding_explain(finding, workshop->pool);
    finding_fingerprint(finding);
    return true;
}
