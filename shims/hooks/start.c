/* SPDX-License-Identifier: Apache-2.0
 *
 * The beginning. The shim is linked with -z initfirst: its constructor runs before any other object's, with one thread, after the
 * loader has bound everything. What has nothing to do (no record folder, a set-uid program) stays as good as absent.
 */
#include <elf.h>
#include <string.h>
#include <sys/auxv.h>

#include "contract/kept.h"
#include "contract/objects.h"
#include "contract/registered.h"
#include "contract/revoke.h"
#include "contract/spoken.h"
#include "core/blocks.h"
#include "core/crossings.h"
#include "core/findings.h"
#include "core/leaks.h"
#include "core/modules.h"
#include "core/options.h"
#include "core/peek.h"
#include "core/places.h"
#include "core/profile.h"
#include "core/program.h"
#include "core/quarantine.h"
#include "core/records.h"
#include "core/stack.h"
#include "cpython/cpython.h"
#include "cpython/methods.h"
#include "hooks/allocator.h"
#include "hooks/calls.h"
#include "hooks/closures.h"
#include "hooks/halt.h"
#include "hooks/hooks.h"
#include "hooks/rows.h"
#include "hooks/with.h"

int hooks_off = 1;
struct managed_runtime managed_runtime;

static const char *find_variable(char **environment, const char *name) {
    size_t length = strlen(name);
    for (; environment && *environment; environment++)
        if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
            return *environment + length + 1;
    return NULL;
}

static void note_option(const char *piece, size_t length, void *context) {
    (void)context;
    char text[256];
    length = length < sizeof text - 1 ? length : sizeof text - 1;
    memcpy(text, piece, length);
    text[length] = 0;
    record_note(FFISAN_NOTE_OPTION, text);
}

static void ignore_option(const char *piece, size_t length, void *context) {
    (void)piece;
    (void)length;
    (void)context;
}

/* Whether the books can be kept by what the other checker lets us see. Without --with it is there by the user's own doing, and its report goes
 * where he wants it. */
static bool asan_takes_us(const char *where, char **environment) {
    if (options.with == FFISAN_WITH_ASAN && asan_start()) {
        if (asan_looks_for_leaks(find_variable(environment, "ASAN_OPTIONS")))
            leaks_forgo(FFISAN_LEAKS_OTHER);
        return true;
    }
    record_note(FFISAN_NOTE_ASAN, where && *where ? where : "the program");
    return false;
}

static bool valgrind_takes_us(void) {
    if (options.with == FFISAN_WITH_VALGRIND) {
        valgrind_start();
        leaks_forgo(FFISAN_LEAKS_OTHER); /* in its own memory, which is ours to see as well, the address of every block stands */
        return true;
    }
    record_note(FFISAN_NOTE_VALGRIND, "");
    return false;
}

enum books { BOOKS_NONE, BOOKS_BY_HOOKS, BOOKS_OURS };

/* Whether the program's malloc is ours to watch; what stands in the way is noted. */
static enum books books_possible(char **environment) {
    const char *owner = NULL, *asan = NULL;
    bool first = got_survey(&owner);
    if (first_symbol("__asan_init", &asan))
        return asan_takes_us(asan, environment) ? BOOKS_BY_HOOKS : BOOKS_NONE;
    peek_by_copying = valgrind_runs();
    if (peek_by_copying)
        return valgrind_takes_us() ? BOOKS_OURS : BOOKS_NONE;
    if (options.with != FFISAN_WITH_NATIVE)
        record_note(FFISAN_NOTE_WITH, options.with == FFISAN_WITH_ASAN ? "AddressSanitizer" : "Valgrind");
    if (!first)
        record_note(FFISAN_NOTE_FOREIGN_ALLOCATOR, owner && *owner ? owner : records_header()->executable);
    return first ? BOOKS_OURS : BOOKS_NONE;
}

static void survey_real_allocator(void) {
    allocator_find();
    uintptr_t libc_malloc = next_symbol("__libc_malloc");
    real_is_glibc = libc_malloc && next_symbol("malloc") == libc_malloc && !blocks_bare;
    if (!real_is_glibc)
        block_minimum = 32;
    uintptr_t alone = next_symbol("__libc_single_threaded");
    if (alone)
        blocks_alone = (const char *)alone;
}

/* A forked child that has something to say has a file of its own now. */
static void own_records(void) {
    modules_record();
    findings_forked();
}

static void after_fork(bool had_threads) {
    self.tid = 0;
    records_forked();
    modules_forked();
    loader_forked();
    crossings_forked();
    calls_forked();
    closures_forked();
    profile_forked();
    registered_forked();
    kept_forked();
    objects_forked();
    spoken_forked();
    revoke_forked();
    quarantine_forked();
    leaks_forked(had_threads);
}

static void thread_ends(void) {
    registered_thread_end();
    creations_thread_end();
    boundary_thread_end();
    methods_thread_end();
    loader_thread_end();
}

static void open_books(enum books books) {
    bool open = books != BOOKS_NONE && blocks_open();
    allocator_off = open && books == BOOKS_OURS ? 1 : 2;
    survey_real_allocator();
    stack_configure(options.frames);
    profile_start();
    halt_start();
    libffi_start();
    closures_start();
    escapes_start();
    process_watch_children();
    revoke_start();
    registered_start();
    objects_start();
    watch_start();
    methods_start();
    unmap_start();
    asan_plan();
    creations_start();
    cpython_plan();
    loader_start();
    if (!open)
        leaks_forgo(FFISAN_LEAKS_NO_BLOCKS);
}

/* Memory that the shim itself has made inaccessible. */
static bool taken_away_fault(uintptr_t address, const void *context) {
    return quarantine_fault(address, context) || revoke_fault(address, context);
}

static bool is_runtime(const char *path) {
    const char *slash = strrchr(path, '/');
    return module_is_runtime(slash ? slash + 1 : path);
}

/* Whether the program is or holds a managed runtime from the start; its record file is larger then. */
static bool holds_runtime(void) {
    if (is_runtime(program_path()))
        return true;
    for (const struct link_map *map = first_loaded(); map; map = map->l_next)
        if (map->l_name && is_runtime(map->l_name))
            return true;
    return false;
}

/* Between the launcher and the simulated processor: the programs that Valgrind is started by. */
static bool is_on_the_way(void) {
    return options.with == FFISAN_WITH_VALGRIND && !valgrind_runs();
}

__attribute__((constructor)) static void hooks_start(int argc, char **argv, char **environment) {
    if (!next_symbol("gnu_get_libc_version"))
        return; /* another libc: it may not even give constructors their arguments */
    const char *text = find_variable(environment, "FFISAN_OPTIONS");
    options_parse(&options, text, ignore_option, NULL);
    if (!options.records[0] || getauxval(AT_SECURE) || is_on_the_way())
        return;
    self.busy++;
    records_open(options.records, argc, argv, options.command && (unsigned)getpid() != options.command && !holds_runtime());
    records_on_own(own_records);
    options_parse(&options, text, note_option, NULL);
    thread_start(thread_ends);
    open_books(books_possible(environment));
    finding_set_halt(signals_die_of_abort);
    signals_on_fault(taken_away_fault);
    signals_start();
    process_after_fork(after_fork);
    process_start();
    exit_start();
    managed_runtime = (struct managed_runtime){.is = cpython_is, .taken_apart = cpython_taken_apart};
    cpython_start();
    places_on_managed(cpython_owns);
    places_on_identity(cpython_identity);
    loader_on_change(cpython_modules_changed);
    self.busy--;
    hooks_off = 0;
    if (allocator_off == 1)
        allocator_off = 0;
}
