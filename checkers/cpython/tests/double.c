/* SPDX-License-Identifier: Apache-2.0
 *
 * A stand-in for what checkers/cpython leans on, so that it can be tried in a real interpreter by itself: modules as the loader
 * lists them, a book of blocks under one spin lock, a malloc family that keeps it and ticks, and counters for everything that is
 * reported. Preloaded; the exported probe_ functions are called by the scripts beside this file, through ctypes.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <link.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "contract/memory.h"
#include "contract/objects.h"
#include "core/callbacks.h"
#include "core/crossings.h"
#include "core/findings.h"
#include "core/memory.h"
#include "core/modules.h"
#include "core/options.h"
#include "core/owners.h"
#include "core/peek.h"
#include "core/records.h"
#include "core/signatures.h"
#include "core/sites.h"
#include "core/stack.h"
#include "core/world.h"
#include "cpython/budget.h"
#include "cpython/cpython.h"
#include "cpython/heap.h"
#include "cpython/held.h"
#include "cpython/methods.h"
#include "hooks/closures.h"
#include "hooks/hooks.h"

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *start, size_t size);
extern void __libc_free(void *start);

_Thread_local struct thread self;
int hooks_off = 1;
static struct ffisan_record_header header;
struct options options;
struct managed_places managed_places;

struct boundary *boundary_make(void) {
    return self.boundary = __libc_calloc(1, sizeof *self.boundary);
}

/* ---- modules ---- */

#define MODULES_MAX 256
static struct module *modules[MODULES_MAX];
static unsigned modules_count;

static int note_module(struct dl_phdr_info *info, size_t size, void *context) {
    (void)size;
    (void)context;
    uintptr_t low = UINTPTR_MAX, high = 0;
    for (unsigned i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_LOAD) {
            uintptr_t start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
            low = start < low ? start : low;
            high = start + info->dlpi_phdr[i].p_memsz > high ? start + info->dlpi_phdr[i].p_memsz : high;
        }
    for (unsigned i = 0; i < modules_count; i++)
        if (modules[i]->start == low)
            return 0;
    if (modules_count == MODULES_MAX)
        return 1;
    size_t length = strlen(info->dlpi_name);
    struct module *module = __libc_calloc(1, sizeof *module + length + 1);
    memcpy(module->path, info->dlpi_name, length);
    module->start = low;
    module->end = high;
    module->bias = info->dlpi_addr;
    module->kind = (uintptr_t)note_module - low < high - low ? MODULE_SHIM
                   : strstr(info->dlpi_name, "/libc.so")     ? MODULE_LIBC
                                                             : 0;
    module->id = module->row = modules_count + 1;
    modules[modules_count++] = module;
    return 0;
}

const struct module *module_at(uintptr_t address) {
    for (unsigned i = 0; i < modules_count; i++)
        if (address - modules[i]->start < modules[i]->end - modules[i]->start)
            return modules[i];
    return NULL;
}

const char *module_name(const struct module *module) {
    const char *slash = strrchr(module->path, '/');
    return slash ? slash + 1 : module->path;
}

const struct module *module_of_row(row_id row) {
    return row && row <= modules_count ? modules[row - 1] : NULL;
}

uint32_t modules_generation(void) {
    return 1;
}
void modules_each(void (*each)(const struct module *module, void *context), void *context) {
    for (unsigned i = 0; i < modules_count; i++)
        each(modules[i], context);
}

uintptr_t module_symbol(const struct module *module, const char *name) {
    void *handle = dlopen(*module->path ? module->path : NULL, RTLD_NOW | RTLD_NOLOAD);
    if (!handle)
        return 0;
    uintptr_t address = (uintptr_t)dlsym(handle, name);
    dlclose(handle);
    return module_at(address) == module ? address : 0;
}

/* ---- blocks: a table by address, and the module that asked ---- */

#define TABLE_SIZE (1u << 21)
struct entry {
    uintptr_t start;
    size_t size;
    uint8_t state, family;
    row_id row;
};
static struct entry *table;
static int lock;

static void enter(void) {
    while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE))
        __builtin_ia32_pause();
}
static void leave(void) {
    __atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
}

static struct entry *slot_of(uintptr_t start, bool make) {
    size_t i = (start >> 4) * 0x9e3779b97f4a7c15u >> 43;
    for (size_t n = 0; n < TABLE_SIZE; n++, i = (i + 1) % TABLE_SIZE) {
        if (table[i].start == start)
            return &table[i];
        if (!table[i].start) {
            if (make)
                table[i].start = start;
            return make ? &table[i] : NULL;
        }
    }
    return NULL;
}

bool block_at(uintptr_t start, struct block *block) {
    enter();
    struct entry *entry = table ? slot_of(start, false) : NULL;
    if (entry)
        *block = (struct block){
            .start = start, .size = entry->size, .state = entry->state, .family = entry->family, .allocated = entry->row};
    leave();
    return entry != NULL;
}

void block_set_family(const void *start, unsigned family) {
    enter();
    struct entry *entry = slot_of((uintptr_t)start, false);
    if (entry)
        entry->family = (uint8_t)family;
    leave();
}

bool block_adopt(const void *start, size_t size, unsigned family) {
    enter();
    struct entry *entry = slot_of((uintptr_t)start, false);
    bool adopted = entry && entry->state == BLOCK_LIVE && entry->size == size;
    if (adopted)
        entry->family = (uint8_t)family;
    leave();
    return adopted;
}

static void birth(void *start, size_t size, const void *ra) {
    const struct module *module = module_at((uintptr_t)ra);
    enter();
    struct entry *entry = slot_of((uintptr_t)start, true);
    if (entry)
        *entry = (struct entry){(uintptr_t)start, size, BLOCK_LIVE, FFISAN_FAMILY_MALLOC, module ? module->row : 0};
    leave();
}

const struct site *site_get(site_id id) {
    static _Thread_local struct site site;
    site.row = id;
    return id ? &site : NULL;
}

/* Nobody knows whose: then nothing is concluded. */
const struct module *site_owner(const struct site *site) {
    (void)site;
    return NULL;
}

/* ---- what is reported ---- */

static struct {
    unsigned mismatches, wrong_frees, ends, notes, ticks;
    unsigned family, free_family;
    uintptr_t address;
    char function[64], note[64], free_module[256];
} seen;
static managed_stack *walker;
static void (*at_end)(void);

void finding_report(const struct finding *finding) {
    const struct module *module = module_of_row(finding->free_row);
    seen.mismatches++;
    seen.family = finding->block->family;
    seen.free_family = finding->free_family;
    seen.address = finding->address;
    strncpy(seen.function, finding->function, sizeof seen.function - 1);
    strncpy(seen.free_module, module ? module->path : "", sizeof seen.free_module - 1);
}
void finding_set_managed_stack(managed_stack *new) {
    walker = new;
}
struct ffisan_record_header *records_header(void) {
    return &header;
}
void record_note(enum ffisan_note note, const char *detail) {
    (void)note;
    seen.notes++;
    strncpy(seen.note, detail, sizeof seen.note - 1);
}
void exit_reached(const struct origin *origin) {
    (void)origin;
    seen.ends++;
    if (at_end)
        at_end();
}

/* ---- the rest ---- */

unsigned stack_walk(const struct origin *origin, uintptr_t *frames, unsigned limit, bool *complete) {
    void *all[32];
    unsigned depth = (unsigned)backtrace(all, 32), at = 0, count = 0;
    while (at < depth && (uintptr_t)all[at] != origin->ra)
        at++;
    while (at < depth && count < limit)
        frames[count++] = (uintptr_t)all[at++];
    *complete = false;
    return count;
}
site_id stack_site(const struct origin *origin, row_id row) {
    (void)origin;
    (void)row;
    return 0;
}
bool peek(void *to, uintptr_t address, size_t size) {
    struct iovec local = {to, size}, remote = {(void *)address, size};
    return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == (ssize_t)size;
}
bool peek_text(char *to, uintptr_t address, size_t size) {
    size_t used = 0;
    while (used + 1 < size && peek(to + used, address + used, 1) && to[used])
        used++;
    to[used] = 0;
    return used > 0;
}
bool peek_page(uintptr_t address) {
    char byte;
    return peek(&byte, address, 1);
}
void *memory_carve(size_t size) {
    return __libc_calloc(1, size);
}
#define MAPPINGS_MAX 256
static struct mapping { uintptr_t start, end; } mappings[MAPPINGS_MAX]; /* of the checker's own */
void *memory_map(size_t size) {
    void *start = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    for (unsigned i = 0; start != MAP_FAILED && i < MAPPINGS_MAX; i++)
        if (!mappings[i].start) {
            mappings[i] = (struct mapping){(uintptr_t)start, (uintptr_t)start + size};
            break;
        }
    return start == MAP_FAILED ? NULL : start;
}
void memory_unmap(void *start, size_t size) {
    for (unsigned i = 0; i < MAPPINGS_MAX; i++)
        if (mappings[i].start == (uintptr_t)start)
            mappings[i].start = 0;
    munmap(start, size);
}
void memory_each(void (*each)(uintptr_t start, uintptr_t end, void *context), void *context) {
    each((uintptr_t)table, (uintptr_t)(table + TABLE_SIZE), context);
    for (unsigned i = 0; i < MAPPINGS_MAX; i++)
        if (mappings[i].start)
            each(mappings[i].start, mappings[i].end, context);
}
uint32_t confinement;
const char *blocks_alone = "\1";
/* Nothing is ever stopped. */
void world_each(void (*each)(const struct stopped_thread *thread, void *context), void *context) {
    (void)each;
    (void)context;
}
/* A live one is preferred. The scripts have no larger blocks in this heap. */
bool block_around(uintptr_t address, size_t reach, struct block *block) {
    struct block here;
    bool found = false;
    for (uintptr_t start = address & ~(uintptr_t)15; address - start < (128u << 10) && address - start < reach; start -= 16) {
        if (!block_at(start, &here))
            continue;
        if (address < start + here.size && (!found || here.state == BLOCK_LIVE)) {
            *block = here;
            found = true;
        }
        if (here.state == BLOCK_LIVE)
            break;
    }
    return found;
}
void process_after_fork(void (*child)(bool had_threads)) {
    (void)child;
}

static hooks_tick *ticker;
static bool attached;
void hooks_on_tick(hooks_tick *tick) {
    ticker = tick;
    attached = false;
}

static void count_down(void) {
    static _Thread_local unsigned calls;
    if (++calls % 64 || hooks_off || self.busy || attached || !ticker)
        return;
    struct inside inside = inside_enter();
    seen.ticks++;
    attached = ticker();
    inside_leave(inside);
}

static void *given(void *start, size_t size, const void *ra) {
    if (start && !hooks_off && !self.busy) {
        birth(start, size, ra);
        count_down();
    }
    return start;
}

/* The interpreter's own free of what its domains made is its own affair. */
static void taken(void *start, const void *ra) {
    if (!start || hooks_off || self.busy)
        return;
    enter();
    struct entry *entry = slot_of((uintptr_t)start, false);
    if (entry && entry->state == BLOCK_LIVE) {
        seen.wrong_frees += entry->family >= FFISAN_FAMILY_PY_RAW && !cpython_is(module_at((uintptr_t)ra));
        entry->state = BLOCK_FREED;
    }
    leave();
}

EXPORT void *malloc(size_t size) {
    return given(__libc_malloc(size), size, __builtin_return_address(0));
}
EXPORT void *calloc(size_t count, size_t size) {
    return given(__libc_calloc(count, size), count * size, __builtin_return_address(0));
}
EXPORT void *realloc(void *start, size_t size) {
    taken(start, __builtin_return_address(0));
    return given(__libc_realloc(start, size), size, __builtin_return_address(0));
}
EXPORT void free(void *start) {
    taken(start, __builtin_return_address(0));
    __libc_free(start);
}

/* ---- what the domains tell ---- */

static struct {
    uint64_t born, moved, dying, bytes;
    uintptr_t last_born, last_dying;
} heard;
static uintptr_t holds; /* the cfa of what is held of all that dies; 0: nothing */

static void hear_born(const struct domain_event *event) {
    heard.born++;
    heard.bytes += event->size;
    heard.last_born = event->start;
}
static void hear_moved(uintptr_t from, const struct domain_event *event) {
    heard.moved += from != event->start;
}
static uintptr_t hear_dying(const struct domain_event *event) {
    heard.dying++;
    heard.last_dying = event->start;
    return holds;
}
static const struct domain_listener listener = {DOMAIN_WISH_INTERIOR, hear_born, hear_moved, hear_dying};

EXPORT void probe_wish(bool on, uintptr_t hold) {
    self.busy++;
    holds = hold;
    domains_wish(DOMAIN_WISH_INTERIOR, on);
    self.busy--;
}
EXPORT uint64_t probe_domains(unsigned which) {
    return ((const uint64_t *)&heard)[which];
}
EXPORT bool probe_hold(uintptr_t address, uintptr_t cfa) {
    self.busy++;
    bool held = memory_hold(address, cfa);
    self.busy--;
    return held;
}
EXPORT uintptr_t probe_held(uintptr_t address) {
    const struct held *held = memory_held(address);
    return held ? held->object : 0;
}
EXPORT unsigned probe_watched(void) {
    return self.watched;
}
EXPORT void probe_call_ends(uintptr_t cfa) {
    held_end(&(struct method_call){.cfa = cfa});
}

static __attribute__((constructor)) void start(void) {
    table = mmap(NULL, TABLE_SIZE * sizeof *table, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    dl_iterate_phdr(note_module, NULL);
    self.busy = 1;
    domains_listen(&listener);
    cpython_start();
    self.busy = 0;
    hooks_off = 0;
}

/* No contract speaks of anything here. */
bool object_freed(uintptr_t address, const struct origin *origin, row_id row, const char *function, bool *keep) {
    (void)address;
    (void)origin;
    (void)row;
    (void)function;
    return *keep = false;
}

/* ---- for the scripts ---- */

/* ---- what C keeps: one address, whose page and all others seem to be kept ---- */

uint32_t memory_kept_count, memory_calls;
uint64_t memory_filter[1u << (MEMORY_FILTER_BITS - 6)];
static struct kept_place {
    uintptr_t address;
    unsigned ended; /* 1 + enum memory_end */
    uintptr_t start;
    size_t size;
    const char *function;
} kept_place;

#define TAKEN_FROM_CALL ((enum memory_end)2) /* as the scripts count */

bool memory_ends(uintptr_t start, size_t size, enum memory_end how, const struct memory_doer *doer) {
    if (kept_place.address - start >= size || kept_place.ended || (how != TAKEN_FROM_CALL) != !memory_calls)
        return false;
    kept_place = (struct kept_place){kept_place.address, how + 1, start, size, doer->function};
    return true;
}

struct memory_move memory_moving(uintptr_t start, size_t size) {
    return (struct memory_move){start, size, 1};
}

bool memory_moved(const struct memory_move *move, uintptr_t now, size_t now_size, const struct memory_doer *doer) {
    (void)now_size;
    return now != move->start && memory_ends(move->start, move->size, MEMORY_MOVED, doer);
}

bool memory_taken_from_call(uintptr_t start, size_t size, const struct memory_doer *doer) {
    return memory_ends(start, size, TAKEN_FROM_CALL, doer);
}

/* A call has it. */
EXPORT void probe_lend(uintptr_t address) {
    kept_place = (struct kept_place){.address = address};
    memory_calls = address != 0;
}

EXPORT void probe_keep(uintptr_t address) {
    kept_place = (struct kept_place){.address = address};
    memset(memory_filter, address ? 0xff : 0, sizeof memory_filter);
    memory_kept_count = address != 0;
}
EXPORT unsigned probe_kept_ended(void) {
    return kept_place.ended;
}
EXPORT uintptr_t probe_kept_start(void) {
    return kept_place.start;
}
EXPORT size_t probe_kept_size(void) {
    return kept_place.size;
}
EXPORT const char *probe_kept_function(void) {
    return kept_place.function;
}

EXPORT size_t probe_walk(void *to, size_t size) {
    return walker ? walker((struct ffisan_record_python *)to, size) : 0;
}
/* Modules are listed at the start, and when a script says so. */
EXPORT void probe_refresh(void) {
    struct inside inside = inside_enter();
    dl_iterate_phdr(note_module, NULL);
    cpython_modules_changed();
    inside_leave(inside);
}
/* A thread's start routine: NULL when there are no frames. */
EXPORT void *probe_walk_empty(void *unused) {
    (void)unused;
    uint64_t item[1024];
    return (void *)probe_walk(item, sizeof item);
}
EXPORT unsigned probe_version(void) {
    return header.python_version;
}
EXPORT unsigned probe_memory(void) {
    return header.python_memory;
}
EXPORT unsigned probe_mismatches(void) {
    return seen.mismatches;
}
EXPORT unsigned probe_wrong_frees(void) {
    return seen.wrong_frees;
}
EXPORT unsigned probe_ends(void) {
    return seen.ends;
}
EXPORT unsigned probe_ticks(void) {
    return seen.ticks;
}
EXPORT unsigned probe_notes(void) {
    return seen.notes;
}
EXPORT unsigned probe_family(void) {
    return seen.family;
}
EXPORT unsigned probe_free_family(void) {
    return seen.free_family;
}
EXPORT const char *probe_function(void) {
    return seen.function;
}
EXPORT const char *probe_free_module(void) {
    return seen.free_module;
}
EXPORT bool probe_identity(uintptr_t address) {
    return cpython_identity(address);
}
EXPORT bool probe_owns(uintptr_t address) {
    return cpython_owns(address);
}
EXPORT bool probe_arena_known(uintptr_t address) {
    return arena_holds(address);
}
EXPORT bool probe_taken_apart(void) {
    return cpython_taken_apart();
}
EXPORT unsigned probe_block_family(uintptr_t start) {
    struct block block;
    return block_at(start, &block) && block.state == BLOCK_LIVE ? block.family : 99;
}
/* A block as an unknown library would make and free it: with malloc, from a module that is not the interpreter. */
EXPORT void *probe_foreign_malloc(size_t size) {
    void *start = malloc(size);
    enter();
    struct entry *entry = slot_of((uintptr_t)start, false);
    for (unsigned i = 0; i < modules_count; i++)
        if (entry && strstr(modules[i]->path, "/libm.so"))
            entry->row = modules[i]->row;
    leave();
    return start;
}
EXPORT void probe_lines(unsigned format, const void *bytes, size_t size, int first, const int *lasti, unsigned *lines,
                        size_t count) {
    for (size_t i = 0; i < count; i++)
        lines[i] = line_of(format, (uintptr_t)bytes, size, first, lasti[i]);
}

/* The calling line: as raw words, as text, as a number, and the number's text. */
EXPORT void probe_here(struct managed_place *place) {
    *place = managed_places.here();
}
EXPORT size_t probe_describe(const struct managed_place *place, void *to, size_t size) {
    return managed_places.describe(*place, to, size);
}
EXPORT uint32_t probe_line(const struct managed_place *place) {
    return managed_places.line(*place);
}
EXPORT uint32_t probe_line_here(void) {
    return managed_places.line(managed_places.here());
}
EXPORT size_t probe_line_describe(uint32_t line, void *to, size_t size) {
    return managed_places.line_describe(line, to, size);
}
/* Where the function behind a callback begins, by its binding and user data. */
EXPORT uint32_t probe_callback_line(uint32_t binding, uintptr_t data) {
    return managed_places.callback_line(binding, data);
}
/* How many words of memory lead to the object whose address has these bits turned over: else the question would be one of them. */
EXPORT uint64_t probe_words(uint64_t hidden, bool alone) {
    static struct suspect suspect;
    blocks_alone = alone ? "\1" : "";
    suspect = (struct suspect){.object = ~hidden};
    self.busy++;
    bool done = words_count(&suspect, 1);
    self.busy--;
    return done ? suspect.words : UINT64_MAX;
}
/* Nanoseconds for each. */
EXPORT double probe_cost(bool with_line, unsigned times) {
    struct timespec start, end;
    uintptr_t sum = 0;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (unsigned i = 0; i < times; i++) {
        struct managed_place place = managed_places.here();
        sum += with_line ? managed_places.line(place) : place.code;
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    return sum ? ((double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec)) / times : -1;
}

/* ---- calls ---- */

static void (*looked_up)(const struct module *caller);
void loader_on_lookup(void (*callback)(const struct module *caller)) {
    looked_up = callback;
}
/* As if each module had just looked a function up. */
EXPORT void probe_look(void) {
    for (unsigned i = 0; looked_up && i < modules_count; i++)
        looked_up(modules[i]);
}

/* What the checker says of a call is kept by the function that is called, whatever it is declared as. */
static struct {
    uint32_t told, binding, flags, fixed;
    uint64_t identity;
    uint32_t argument_count, types_size;
    struct ffisan_record_argument arguments[64];
    char types[64 << 10];
} last_call;

static void keep_call(uintptr_t function, uintptr_t cfa) {
    const struct managed_call *call = self.call;
    memset(&last_call, 0, offsetof(__typeof__(last_call), types));
    if (!call || call->function != function || call->cfa <= cfa)
        return;
    last_call.told = 1;
    last_call.binding = call->binding;
    last_call.flags = call->flags;
    last_call.fixed = call->fixed;
    last_call.identity = call->identity;
    last_call.argument_count = call->argument_count;
    memcpy(last_call.arguments, call->arguments, call->argument_count * sizeof *call->arguments);
    last_call.types_size = call->types->size;
    memcpy(last_call.types, call->types, call->types->size);
}
EXPORT long probe_called(void) {
    keep_call((uintptr_t)probe_called, (uintptr_t)__builtin_frame_address(0));
    return 7;
}
EXPORT double probe_called_double(void) {
    keep_call((uintptr_t)probe_called_double, (uintptr_t)__builtin_frame_address(0));
    return 7;
}
EXPORT long probe_nothing(void) {
    return 0;
}
EXPORT void probe_calls_back(void (*callback)(void)) {
    callback();
    keep_call((uintptr_t)probe_calls_back, (uintptr_t)__builtin_frame_address(0));
}
EXPORT const void *probe_told(void) {
    return &last_call;
}

/* One callback of cffi's, and what was given to the pool in its place. */
static struct callback known_callback;
static uintptr_t exchanged;
struct callback *callback_of(uintptr_t closure) {
    return closure && closure == known_callback.closure ? &known_callback : NULL;
}
uintptr_t callback_exchange(uintptr_t closure, const struct origin *origin) {
    (void)origin;
    char *other = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(other, (const void *)closure, 64);
    exchanged = closure;
    return (uintptr_t)other;
}
EXPORT void probe_callback(uintptr_t closure, uintptr_t code) {
    known_callback.closure = closure;
    known_callback.code = code;
}
EXPORT uintptr_t probe_exchanged(void) {
    return exchanged;
}

/* ---- holders ---- */

/* Fills in how many references were found, and what the object says at the same moment. */
EXPORT bool probe_holders(const uintptr_t *objects, uint64_t *holders, uint64_t *counts, unsigned count) {
    struct suspect suspects[HEAP_SUSPECTS] = {0};
    struct inside inside = inside_enter();
    for (unsigned i = 0; i < count; i++)
        suspects[i].object = objects[i];
    bool done = holders_count(suspects, count, NULL);
    for (unsigned i = 0; i < count; i++) {
        holders[i] = suspects[i].holders;
        counts[i] = object_count(objects[i]);
    }
    inside_leave(inside);
    return done;
}
/* 1000: more than there is. */
EXPORT void probe_scan_budget(unsigned percent) {
    options.scan_budget = percent;
}
EXPORT unsigned probe_budget_used(void) {
    return budget_used();
}

/* A timer's signal walks the interrupted thread's stack, wherever it is. */
static unsigned samples, whole_samples;
static void sample(int number) {
    (void)number;
    uint64_t buffer[2048];
    struct ffisan_record_python *item = (struct ffisan_record_python *)buffer;
    int error = errno;
    samples++;
    if (walker && walker(item, sizeof buffer))
        whole_samples += item->complete;
    errno = error;
}
EXPORT void probe_sample(unsigned microseconds) {
    struct sigaction action = {.sa_handler = sample, .sa_flags = SA_RESTART};
    struct itimerval timer = {{0, microseconds}, {0, microseconds}};
    sigaction(SIGPROF, &action, NULL);
    setitimer(ITIMER_PROF, &timer, NULL);
}
EXPORT unsigned probe_samples(void) {
    return samples;
}
EXPORT unsigned probe_whole_samples(void) {
    return whole_samples;
}

/* Says at the end of the interpreter whether a word was still what it had been, and after it whether the end was seen. */
static const uintptr_t *watched_word;
static uintptr_t watched_value;
static void say(const char *text) {
    if (write(1, text, strlen(text)) < 0)
        _exit(1);
}
static void look_at_word(void) {
    say(watched_word && *watched_word == watched_value ? "whole\n" : "broken\n");
}
EXPORT void probe_watch(const uintptr_t *word) {
    watched_word = word;
    watched_value = *word;
    at_end = look_at_word;
}
static __attribute__((destructor)) void finish(void) {
    if (!watched_word)
        return;
    say(seen.ends == 1 ? "one end\n" : "not one end\n");
    say(cpython_taken_apart() ? "taken apart\n" : "in order\n");
}
