/* SPDX-License-Identifier: Apache-2.0
 *
 * From a record to a finding: facts first, then what each of the other files makes of them.
 */
#include <string.h>

#include "calls.h"
#include "pool.h"
#include "reader.h"
#include "subjects.h"
#include "symbols.h"
#include "terms.h"

#define CROSSINGS_MOST 64u /* shown of one finding, whatever its record says */

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

static void lent_read(struct handover *lent, const struct workshop *workshop, const struct process *process,
                      const struct record *record) {
    struct call call;
    if (!call_read(&call, workshop->pool, process, record, FFISAN_ROLE_LENT))
        return;
    *lent = (struct handover){.known = true,
                              .function = call_function(workshop, &call),
                              .library = call.module ? call.module->name : NULL,
                              .has_argument = call.record->fixed != FFISAN_LENT_RESULT,
                              .argument = call.record->fixed,
                              .argument_name = call_parameter(workshop, &call, call.record->fixed)};
}

static void called_read(struct facts *facts, const struct workshop *workshop, const struct process *process,
                        const struct record *record) {
    struct call call;
    if (!call_read(&call, workshop->pool, process, record, FFISAN_ROLE_DETECTED))
        return;
    if (call.record->flags & FFISAN_CALL_UP) {
        facts->callback = call.name;
        facts->called_up = true;
        return;
    }
    facts->call = (struct called){.function = call_function(workshop, &call), .library = call.module ? call.module->name : NULL};
    facts->call.text = call_text(workshop->pool, &call, facts->call.function);
    facts->call.cause = call_cause(workshop->pool, &call, facts, &facts->call.argument);
}

static void crossing_read(struct crossed *to, const struct workshop *workshop, const struct process *process,
                          const struct ffisan_record_crossing *from) {
    const struct ffisan_record_python *python = record_crossing_python(from);
    const struct module *module = process_module_at(process, from->function, from->generation);
    struct frame *frames = NULL;
    size_t count = 0;
    symbols_frames(workshop->symbols, workshop->pool, module, from->function, false, &frames, &count);
    *to = (struct crossed){.up = from->flags & FFISAN_CALL_UP,
                           .open = from->flags & FFISAN_CROSSING_OPEN,
                           .function = count ? frames[count - 1].function : NULL,
                           .library = module ? module->name : NULL};
    if (!python || !python->depth)
        return;
    to->python = pool_clean(workshop->pool, record_python_text(python, python->frames[0].function), POOL_CLEAN_ALL);
    to->file = pool_clean(workshop->pool, record_python_text(python, python->frames[0].file), POOL_CLEAN_ALL);
    to->line = python->frames[0].line;
}

static void crossings_read(struct facts *facts, const struct workshop *workshop, const struct process *process,
                           const struct record *record) {
    for (struct record_item item = {0}; record_item_next(record, &item);)
        if (item.crossing && facts->crossing_count < CROSSINGS_MOST)
            crossing_read(pool_append(workshop->pool, &facts->crossings, &facts->crossing_count, sizeof(*facts->crossings)),
                          workshop, process, item.crossing);
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

void finding_gather(struct finding *finding, enum ffisan_rule rule, const struct workshop *workshop,
                    const struct process *process, const struct record *record) {
    const struct ffisan_record_finding *from = record->as.finding;
    *finding = (struct finding){.rule = rule,
                                .severity = rules[rule].severity,
                                .count = from->count,
                                .time_ns = from->time_ns,
                                .pid = process->pid,
                                .runtime = "native"};
    finding->test = from->test[0] ? test_name(workshop->pool, from->test, sizeof(from->test)) : NULL;
    facts_read(&finding->facts, workshop->pool, process, record);
    lent_read(&finding->facts.lent, workshop, process, record);
    called_read(&finding->facts, workshop, process, record);
    crossings_read(&finding->facts, workshop, process, record);
    terms_read(&finding->facts, workshop, process, record);
    subjects_read(&finding->facts, workshop->pool, record);
    stacks_read(finding, workshop, process, record);
}

bool finding_read(struct finding *finding, const struct workshop *workshop, const struct process *process,
                  const struct record *record) {
    const struct ffisan_record_finding *from = record->as.finding;
    if (from->rule >= FFISAN_RULES)
        return false;
    finding_gather(finding, (enum ffisan_rule)from->rule, workshop, process, record);
    finding_attribute(finding);
    finding_explain(finding, workshop->pool);
    finding_fingerprint(finding);
    return true;
}
