/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions that are followed because somebody named them (option watch): their calls are crossings, whoever makes them and however
 * the function was found. Nobody's declaration is known, so nothing but the call itself is.
 */
#include <string.h>

#include "core/crossings.h"
#include "core/glob.h"
#include "core/modules.h"
#include "core/options.h"
#include "core/records.h"
#include "core/thread.h"
#include "ffisan/record.h"
#include "hooks/gates.h"
#include "hooks/hooks.h"

#define WATCHED_MOST 256u

static char text[OPTION_TEXT_SIZE]; /* the option, cut into its names */
static const char *names[WATCHED_MOST + 1];
static struct {
    const char *glob; /* of the defining library's file; NULL: any */
    size_t length;
} libraries[WATCHED_MOST];
static unsigned count;

static bool is_from(unsigned index, const struct module *definer) {
    const char *glob = libraries[index].glob;
    size_t length = libraries[index].length;
    return !glob || glob_match(glob, length, module_name(definer)) || glob_match(glob, length, definer->path);
}

static bool wants(const char *name, const struct module *caller, const struct module *definer) {
    (void)caller;
    for (unsigned i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0 && is_from(i, definer))
            return true;
    return false;
}

static void enter(const struct gate *gate, const struct origin *origin, struct gate_registers *registers) {
    (void)registers;
    if (UNLIKELY(self.attention & ATTENTION_THREAD))
        thread_begin();
    crossing_enter(origin, gate_function(gate), NULL, NULL, place_here());
}

static void leave(const struct gate *gate, uintptr_t cfa, uint64_t result[2]) {
    (void)gate;
    (void)result;
    crossing_leave(cfa);
}

static const struct gate_hooks hooks = {enter, leave};
static const struct gate_plan plan = {.names = names, .wants = wants, .hooks = &hooks};

/* NAME or LIBRARY-GLOB:NAME. */
static void add(char *piece) {
    if (count == WATCHED_MOST) {
        record_note(FFISAN_NOTE_TRUNCATED, "watch");
        return;
    }
    char *colon = strrchr(piece, ':');
    names[count] = colon ? colon + 1 : piece;
    libraries[count].glob = colon ? piece : NULL;
    libraries[count].length = colon ? (size_t)(colon - piece) : 0;
    count += names[count][0] != 0;
}

void watch_start(void) {
    memcpy(text, options.watch, sizeof text);
    for (char *piece = text; piece;) {
        char *comma = strchr(piece, ',');
        if (comma)
            *comma = 0;
        add(piece);
        piece = comma ? comma + 1 : NULL;
    }
    names[count] = NULL;
    if (count)
        gates_register(&plan);
}
