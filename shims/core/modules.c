/* SPDX-License-Identifier: Apache-2.0
 *
 * The list of loaded objects. The loader is asked by dl_iterate_phdr, under its own lock; what it answers is compared with the
 * list that we have; a changed list is published as a new sorted snapshot. Snapshots and modules are never freed: a reader in a
 * signal handler may hold one.
 */
#include "core/modules.h"

#include <string.h>

#include "core/memory.h"
#include "core/program.h"
#include "core/records.h"

#define MODULES_MOST 8192u
#define ROWS_MOST    1024u /* as many as abi/ has thunks for, less row 0 */
#define NT_BUILD_ID  3
#define PATH_MOST    4096u

struct snapshot {
    uint32_t count;
    struct module *modules[];
};

static struct module *by_id[MODULES_MOST];
static struct module *by_row[ROWS_MOST];
static uint32_t next_id = 1, next_row = 1;
static const struct snapshot *current;
static uint32_t generation = 1;
static uint32_t closing; /* calls of dlclose since the last refresh that may have unmapped something */
static bool refreshing;

static const char *const libc_names[] = {"libc.so",  "libc-2.",      "libpthread", "ld-linux",     "libdl.",
                                         "libm.so",  "libstdc++.so", "libc++.so",  "libc++abi.so", "libgcc_s.so",
                                         "librt.so", "[vdso]",       "linux-vdso"};
/* Interpreters and virtual machines. What they keep for ever, or tear down in an order of their own, is no concern of who tests a
 * binding. */
static const char *const runtime_names[] = {
    "python",     "libpython", "libjvm",    "libjava", "libjli", "java",          "node",      "libnode",     "ruby", "libruby",
    "perl",       "libperl",   "php",       "libphp",  "lua",    "libluajit",     "guile",     "libguile",    "mono", "libmono",
    "libcoreclr", "libzip",    "libjimage", "libnio",  "libnet", "libinstrument", "libverify", "libmonosgen-"};

/* FcPattern has its elements at an offset from itself (fontconfig, src/fcint.h: elts_offset). */
static const char *const offset_names[] = {"libfontconfig"};

const char *module_name(const struct module *module) {
    const char *slash = strrchr(module->path, '/');
    return slash ? slash + 1 : module->path;
}

static bool starts_with_any(const char *name, const char *const *prefixes, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

/* "python" is "python3.11" and "libpython" is "libpython3.11d.so.1.0", but neither is somebody's "pythonnet.so". */
static bool is_version_of(const char *name, const char *base) {
    size_t length = strlen(base);
    return strncmp(name, base, length) == 0 && name[length + strspn(name + length, "0123456789.-dmtso")] == 0;
}

bool module_is_runtime(const char *name) {
    for (size_t i = 0; i < sizeof runtime_names / sizeof *runtime_names; i++)
        if (is_version_of(name, runtime_names[i]))
            return true;
    return false;
}

static uint16_t kind_by_name(const char *name) {
    unsigned kind = 0;
    if (starts_with_any(name, libc_names, sizeof libc_names / sizeof *libc_names))
        kind |= MODULE_LIBC;
    if (module_is_runtime(name))
        kind |= MODULE_RUNTIME;
    if (strncmp(name, "ld-linux", 8) == 0)
        kind |= MODULE_LOADER;
    if (starts_with_any(name, offset_names, sizeof offset_names / sizeof *offset_names))
        kind |= MODULE_OFFSETS;
    return (uint16_t)kind;
}

static void read_build_id(struct module *module, const ElfW(Phdr) *header) {
    const char *at = (const char *)(module->bias + header->p_vaddr), *end = at + header->p_memsz;
    while (at + sizeof(ElfW(Nhdr)) <= end) {
        const ElfW(Nhdr) *note = (const void *)at;
        const char *name = at + sizeof *note, *value = name + ((note->n_namesz + 3) & ~3u);
        if (value > end || value + note->n_descsz > end)
            return;
        if (note->n_type == NT_BUILD_ID && note->n_namesz == 4 && memcmp(name, "GNU", 4) == 0) {
            module->build_id_size = note->n_descsz < sizeof module->build_id ? note->n_descsz : sizeof module->build_id;
            memcpy(module->build_id, value, module->build_id_size);
            return;
        }
        at = value + ((note->n_descsz + 3) & ~3u);
    }
}

static void read_headers(struct module *module) {
    module->start = UINTPTR_MAX;
    for (unsigned i = 0; i < module->header_count; i++) {
        const ElfW(Phdr) *header = &module->headers[i];
        uintptr_t start = module->bias + header->p_vaddr, end = start + header->p_memsz;
        if (header->p_type == PT_LOAD) {
            module->start = start < module->start ? start : module->start;
            module->end = end > module->end ? end : module->end;
        } else if (header->p_type == PT_DYNAMIC) {
            module->dynamic = (const void *)start;
        } else if (header->p_type == PT_GNU_EH_FRAME) {
            module->eh_frame_header = start;
            module->eh_frame_header_size = header->p_memsz;
        } else if (header->p_type == PT_NOTE) {
            read_build_id(module, header);
        }
    }
    if (module->start > module->end)
        module->start = module->end = 0;
}

static void record_module(const struct module *module) {
    size_t length = strlen(module->path) + 1;
    struct ffisan_record_module *record = record_begin(FFISAN_RECORD_MODULE, sizeof *record + length);
    if (!record)
        return;
    record->id = module->id;
    record->generation = module->born;
    record->start = module->start;
    record->end = module->end;
    record->bias = module->bias;
    record->build_id_size = module->build_id_size;
    memcpy(record->build_id, module->build_id, sizeof record->build_id);
    memcpy(record->path, module->path, length);
    record_commit(record);
}

static void record_gone(const struct module *module) {
    struct ffisan_record_module_gone *record = record_begin(FFISAN_RECORD_MODULE_GONE, sizeof *record);
    if (!record)
        return;
    record->id = module->id;
    record->generation = module->gone;
    record_commit(record);
}

static struct module *module_new(const struct dl_phdr_info *info, bool first) {
    const char *path = first ? program_path() : info->dlpi_name ? info->dlpi_name : "";
    size_t length = strnlen(path, PATH_MOST - 1);
    struct module *module = next_id < MODULES_MOST ? memory_carve(sizeof *module + length + 1) : NULL;
    if (!module)
        return NULL;
    memcpy(module->path, path, length); /* carved memory is zeroed */
    module->bias = info->dlpi_addr;
    module->headers = info->dlpi_phdr;
    module->header_count = info->dlpi_phnum;
    read_headers(module);
    module->kind = kind_by_name(module_name(module));
    if (first)
        module->kind |= MODULE_EXECUTABLE;
    if ((uintptr_t)&module_new >= module->start && (uintptr_t)&module_new < module->end)
        module->kind |= MODULE_SHIM;
    module->id = next_id++;
    return module;
}

/* Rows are for modules that can call an allocation function through a slot of their own. */
static void give_row(struct module *module) {
    if ((module->kind & MODULE_SHIM) || !module->dynamic)
        return;
    if (next_row >= ROWS_MOST) {
        if (next_row++ == ROWS_MOST)
            record_note(FFISAN_NOTE_ROWS_FULL, module->path);
        return;
    }
    module->row = next_row++;
    by_row[module->row] = module;
}

struct refresh {
    struct module *order[MODULES_MOST]; /* all that are loaded, in the loader's order, from look to look */
    uint32_t count, at;                 /* how many, and where in it this look is */
    struct module *added[MODULES_MOST];
    uint32_t added_count, round;
    bool first, start;
    unsigned long long removals;
    modules_patch *patch;
};
/* Used by the one refresh at a time that there is. */
static struct refresh refresh;
static unsigned long long last_removals;

static bool is_it(const struct module *module, const struct dl_phdr_info *info) {
    return module->headers == info->dlpi_phdr && module->bias == info->dlpi_addr && module->header_count == info->dlpi_phnum &&
           ((module->kind & MODULE_EXECUTABLE) || strcmp(module->path, info->dlpi_name ? info->dlpi_name : "") == 0);
}

/* The loader's order changes only where modules come and go: the next one is nearly always the next one of last time. */
static struct module *known(const struct dl_phdr_info *info) {
    for (uint32_t step = 0; step < refresh.count; step++) {
        uint32_t place = (refresh.at + step) % refresh.count;
        if (is_it(refresh.order[place], info)) {
            refresh.at = place + 1;
            return refresh.order[place];
        }
    }
    return NULL;
}

/* Under the loader's lock: what we look at stays mapped. */
static int see(struct dl_phdr_info *info, size_t size, void *context) {
    (void)size;
    (void)context;
    refresh.removals = info->dlpi_subs;
    struct module *module = known(info);
    bool fresh = !module;
    if (fresh) {
        module = module_new(info, refresh.first && refresh.start);
        if (!module)
            return 0;
        if (refresh.start)
            module->kind |= MODULE_PERMANENT;
        module->born = generation + 1;
        give_row(module);
        by_id[module->id] = module;
        refresh.added[refresh.added_count++] = module;
        record_module(module);
    }
    refresh.first = false;
    module->round = refresh.round;
    /* A module that went and came back to the same place between two looks has fresh slots. */
    if (fresh || (refresh.removals != last_removals && !(module->kind & MODULE_PERMANENT)))
        module->unpatched = true;
    return 0;
}

/* Under the loader's lock again, now that the new list can be asked: a module that has gone meanwhile is not among those called
 * here. */
static int patch_one(struct dl_phdr_info *info, size_t size, void *context) {
    (void)size;
    (void)context;
    struct module *module = known(info);
    if (module && module->unpatched) {
        module->unpatched = false;
        refresh.patch(module);
    }
    return 0;
}

/* Takes those that were not found any more out of the order, and puts the new ones at its end. */
static uint32_t update_order(void) {
    uint32_t kept = 0, gone = 0;
    for (uint32_t i = 0; i < refresh.count; i++) {
        struct module *module = refresh.order[i];
        if (module->round == refresh.round) {
            refresh.order[kept++] = module;
            continue;
        }
        module->gone = generation + 1;
        record_gone(module);
        gone++;
    }
    for (uint32_t i = 0; i < refresh.added_count && kept < MODULES_MOST; i++)
        refresh.order[kept++] = refresh.added[i];
    refresh.count = kept;
    return gone;
}

static void insert(struct snapshot *snapshot, struct module *module) {
    uint32_t at = snapshot->count++;
    for (; at > 0 && snapshot->modules[at - 1]->start > module->start; at--)
        snapshot->modules[at] = snapshot->modules[at - 1];
    snapshot->modules[at] = module;
}

/* The old snapshot is sorted: what is left of it, and the new ones each to its place. */
static void publish(void) {
    struct snapshot *fresh = memory_map(sizeof *fresh + refresh.count * sizeof(struct module *));
    if (!fresh)
        return;
    for (uint32_t i = 0; current && i < current->count; i++)
        if (!current->modules[i]->gone)
            fresh->modules[fresh->count++] = current->modules[i];
    for (uint32_t i = 0; i < refresh.added_count; i++)
        insert(fresh, refresh.added[i]);
    __atomic_store_n(&current, fresh, __ATOMIC_RELEASE);
    __atomic_fetch_add(&generation, 1, __ATOMIC_RELEASE);
}

bool modules_refresh(bool start, modules_patch *patch, void (*changed)(bool unloaded)) {
    if (__atomic_exchange_n(&refreshing, true, __ATOMIC_ACQUIRE))
        return false;
    uint32_t closed = __atomic_load_n(&closing, __ATOMIC_ACQUIRE);
    refresh.at = refresh.added_count = 0;
    refresh.round++;
    refresh.first = true;
    refresh.start = start;
    refresh.patch = patch;
    dl_iterate_phdr(see, NULL);
    uint32_t gone = update_order();
    if (refresh.added_count || gone)
        publish();
    refresh.at = 0;
    if (refresh.added_count || refresh.removals != last_removals)
        dl_iterate_phdr(patch_one, NULL);
    last_removals = refresh.removals;
    __atomic_fetch_sub(&closing, closed, __ATOMIC_RELEASE);
    if (refresh.added_count || gone || closed)
        changed(gone || closed);
    __atomic_store_n(&refreshing, false, __ATOMIC_RELEASE);
    return true;
}

void modules_closing(void) {
    __atomic_fetch_add(&closing, 1, __ATOMIC_RELEASE);
}

/* Another thread may have been in the middle of a refresh: what it had published holds. */
void modules_forked(void) {
    const struct snapshot *snapshot = current;
    if (!refreshing)
        return;
    refresh.count = snapshot ? snapshot->count : 0;
    for (uint32_t i = 0; i < refresh.count; i++)
        refresh.order[i] = snapshot->modules[i];
    refreshing = false;
}

static void record_one(const struct module *module, void *context) {
    (void)context;
    record_module(module);
}

void modules_record(void) {
    modules_each(record_one, NULL);
}

const struct module *module_at(uintptr_t address) {
    const struct snapshot *snapshot = __atomic_load_n(&current, __ATOMIC_ACQUIRE);
    if (!snapshot)
        return NULL;
    uint32_t low = 0, high = snapshot->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (snapshot->modules[middle]->end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < snapshot->count && snapshot->modules[low]->start <= address ? snapshot->modules[low] : NULL;
}

const struct module *module_pinned_at(uintptr_t address) {
    bool unstable = __atomic_load_n(&closing, __ATOMIC_ACQUIRE) != 0; /* first: a snapshot read later is no older */
    const struct module *module = module_at(address);
    return module && (!unstable || (module->kind & MODULE_PERMANENT)) ? module : NULL;
}

const struct module *module_by_id(uint32_t id) {
    return id < MODULES_MOST ? by_id[id] : NULL;
}

const struct module *module_of_row(row_id row) {
    return row < ROWS_MOST ? by_row[row] : NULL;
}

uint32_t modules_generation(void) {
    return __atomic_load_n(&generation, __ATOMIC_ACQUIRE);
}

void modules_each(void (*each)(const struct module *module, void *context), void *context) {
    const struct snapshot *snapshot = __atomic_load_n(&current, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; snapshot && i < snapshot->count; i++)
        each(snapshot->modules[i], context);
}

bool module_is_code(const struct module *module, uintptr_t address) {
    for (unsigned i = 0; i < module->header_count; i++) {
        const ElfW(Phdr) *header = &module->headers[i];
        uintptr_t start = module->bias + header->p_vaddr;
        if (header->p_type == PT_LOAD && (header->p_flags & PF_X) && address >= start && address < start + header->p_memsz)
            return true;
    }
    return false;
}
