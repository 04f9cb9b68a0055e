/* SPDX-License-Identifier: Apache-2.0 */
#include "hooks/halt.h"

#include "core/findings.h"
#include "core/memory.h"
#include "core/modules.h"
#include "core/options.h"
#include "core/records.h"
#include "hooks/hooks.h"

#define DISAGREEMENTS 16u

static struct prototype_file prototypes; /* no libraries: not mapped */

void halt_start(void) {
    size_t size = 0;
    const void *bytes = options.halt && options.prototypes[0] ? memory_map_file(options.prototypes, &size) : NULL;
    if (!bytes)
        return;
    if (!prototype_file_open(&prototypes, bytes, size)) {
        prototypes.library_count = 0;
        record_note(FFISAN_NOTE_OPTION, "prototypes");
    }
}

/* The call against every name that the function has. */
struct hearing {
    const struct ffisan_record_call *call;
    struct declaration believed;
    const char *soname;
    bool known, fits; /* some name has a prototype; some prototype has nothing against the call */
};

static bool is_grave(const struct disagreement *found, unsigned count) {
    for (unsigned i = 0; i < count; i++)
        if (rule_on(found[i].rule) && rule_is_error(found[i].rule))
            return true;
    return false;
}

static bool hear(const char *name, void *context) {
    struct hearing *hearing = context;
    uint32_t function = prototype_find(&prototypes, hearing->soname, name, NULL);
    if (!function)
        return true;
    struct declaration actual = {&prototypes.table, function};
    struct disagreement found[DISAGREEMENTS];
    unsigned count = verdict(hearing->call, &hearing->believed, &actual, found, DISAGREEMENTS);
    hearing->known = true;
    hearing->fits = !is_grave(found, count < DISAGREEMENTS ? count : DISAGREEMENTS);
    return !hearing->fits;
}

static bool is_wrong(const struct ffisan_record_call *call, const struct type_table *types) {
    const struct module *definer = module_at(call->function);
    struct hearing hearing = {.call = call, .believed = {types, 1}};
    if (!definer)
        return false;
    hearing.soname = module_name(definer);
    const char *asked = (const char *)&call->arguments[call->argument_count] + call->name;
    if (!call->name || hear(asked, &hearing))
        module_names(definer, call->function, hear, &hearing);
    return hearing.known && !hearing.fits;
}

void halt_on_call(const struct ffisan_record_call *call, const struct ffisan_types *types) {
    struct type_table table;
    if (!prototypes.library_count || !type_table_open(&table, types, types->size) || !is_wrong(call, &table))
        return;
    signals_die_of_abort();
}
