/* SPDX-License-Identifier: Apache-2.0 */
#include "symbols.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "findings.h"
#include "pool.h"
#include "rust_names.h"

/* From libstdc++ (Itanium C++ ABI 3.4). */
extern char *__cxa_demangle(const char *mangled, char *buffer, size_t *length, int *status);
#define MANGLED_MAX 4096 /* the demangler recurses */

/* One file, whichever processes and places it is loaded in; at load address 0, so that addresses are the file's own. */
struct object {
    const char *path_raw;
    unsigned char build_id[20];
    size_t build_id_size;
    Dwfl *dwfl;
    Dwfl_Module *module; /* NULL: not to be believed */
    Elf *elf;
    /* The same once more, for whom the network is never asked */
    Dwfl *local_dwfl;
    Dwfl_Module *local_module;
    bool local_tried;
};

struct symbols {
    struct pool *pool;
    bool names_only;
    struct object **objects;
    size_t object_count;
    struct symbols_gap *gaps;
    size_t gap_count;
    void *places; /* tsearch's tree of struct place */
};

/* What was found at an address of an object: many stacks share their outer frames, and debug info is slow to search. */
struct place {
    const struct object *object;
    uint64_t offset;
    struct frame *frames;
    size_t count;
};

static const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_build_id_find_elf,
    .find_debuginfo = dwfl_standard_find_debuginfo,
    .section_address = dwfl_offline_section_address,
};

/* elfutils asks debuginfod servers when this variable names some. */
#define SERVERS "DEBUGINFOD_URLS"

static int find_local_debuginfo(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base, const char *file,
                                const char *link, GElf_Word sum, char **found) {
    const char *set = getenv(SERVERS);
    char *servers = set ? strdup(set) : NULL;
    unsetenv(SERVERS);
    int fd = dwfl_standard_find_debuginfo(module, data, name, base, file, link, sum, found);
    if (servers)
        setenv(SERVERS, servers, 1);
    free(servers);
    return fd;
}

static const Dwfl_Callbacks local_callbacks = {
    .find_elf = dwfl_build_id_find_elf,
    .find_debuginfo = find_local_debuginfo,
    .section_address = dwfl_offline_section_address,
};

struct symbols *symbols_new(bool names_only) {
    struct pool *pool = pool_new();
    struct symbols *symbols = pool_get(pool, sizeof(*symbols));
    *symbols = (struct symbols){.pool = pool, .names_only = names_only};
    return symbols;
}

static void place_keep(void *place) {
    (void)place; /* the pool has it */
}

void symbols_free(struct symbols *symbols) {
    if (!symbols)
        return;
    for (size_t i = 0; i < symbols->object_count; i++) {
        dwfl_end(symbols->objects[i]->dwfl);
        dwfl_end(symbols->objects[i]->local_dwfl);
    }
    tdestroy(symbols->places, place_keep);
    pool_free(symbols->pool);
}

size_t symbols_gaps(const struct symbols *symbols, const struct symbols_gap **gaps) {
    *gaps = symbols->gaps;
    return symbols->gap_count;
}

static void gap_add(struct symbols *symbols, const struct module *module, const char *why) {
    struct symbols_gap *gap = pool_append(symbols->pool, &symbols->gaps, &symbols->gap_count, sizeof(*gap));
    *gap = (struct symbols_gap){.path = pool_copy(symbols->pool, module->path), .why = why};
}

/* A path in a record may name anything: only regular files are opened, and no terminal or pipe is waited for. A relative one, of
 * dlopen("./libgreeting.so"), is looked for from here: the build-id says whether it is that file. */
static int open_module_file(const char *path, const char **why) {
    struct stat status;
    int fd = strchr(path, '/') ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;
    *why = fd >= 0 ? NULL : strchr(path, '/') && errno == ENOENT ? "its file is gone" : "its file cannot be opened";
    if (fd >= 0 && (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))) {
        close(fd);
        *why = "its path is not that of a regular file";
        return -1;
    }
    return fd;
}

static bool build_id_matches(Elf *elf, const struct object *object) {
    const void *found;
    ssize_t size = dwelf_elf_gnu_build_id(elf, &found);
    size_t expected = object->build_id_size;
    if (size <= 0)
        return expected == 0;
    /* The record keeps the first 20 bytes */
    return expected > 0 && ((size_t)size == expected || (expected == 20 && size > 20)) &&
           memcmp(found, object->build_id, expected) == 0;
}

/* Takes over `fd`. */
static Dwfl_Module *file_report(Dwfl *dwfl, const char *path, int fd) {
    Dwfl_Module *module = NULL;
    if (dwfl) {
        dwfl_report_begin(dwfl);
        module = dwfl_report_elf(dwfl, "object", path, fd, 0, true);
        dwfl_report_end(dwfl, NULL, NULL);
    }
    if (!module)
        close(fd);
    return module;
}

/* Takes over `fd`. Returns why the file is not to be believed, or NULL. */
static const char *object_load(struct object *object, int fd) {
    GElf_Addr bias;
    object->dwfl = dwfl_begin(&callbacks);
    object->module = file_report(object->dwfl, object->path_raw, fd);
    if (!object->module) {
        return "its file is not one that elfutils can read";
    }
    object->elf = dwfl_module_getelf(object->module, &bias);
    if (object->elf && build_id_matches(object->elf, object))
        return NULL;
    object->module = NULL;
    object->elf = NULL;
    return "its file is not the one that was loaded (the build-id differs)";
}

static struct object *object_open(struct symbols *symbols, const struct module *module) {
    struct object **slot = pool_append(symbols->pool, &symbols->objects, &symbols->object_count, sizeof(struct object *));
    struct object *object = pool_get(symbols->pool, sizeof(*object));
    *slot = object;
    object->path_raw = pool_copy(symbols->pool, module->path_raw);
    object->build_id_size = module->build_id_size;
    memcpy(object->build_id, module->build_id, sizeof(object->build_id));
    if (module->path_raw[0] == '[') /* [vdso]: no file has it, and nobody misses it */
        return object;
    const char *why;
    int fd = open_module_file(object->path_raw, &why);
    if (fd >= 0)
        why = object_load(object, fd);
    if (why)
        gap_add(symbols, module, why);
    return object;
}

static struct object *object_of(struct symbols *symbols, const struct module *module) {
    for (size_t i = 0; i < symbols->object_count; i++) {
        struct object *object = symbols->objects[i];
        if (object->build_id_size == module->build_id_size && strcmp(object->path_raw, module->path_raw) == 0 &&
            memcmp(object->build_id, module->build_id, module->build_id_size) == 0)
            return object;
    }
    return object_open(symbols, module);
}

Elf *symbols_elf(struct symbols *symbols, const struct module *module) {
    return object_of(symbols, module)->elf;
}

static void local_open(struct object *object) {
    GElf_Addr bias;
    const char *why;
    int fd = open_module_file(object->path_raw, &why);
    if (fd < 0)
        return;
    object->local_dwfl = dwfl_begin(&local_callbacks);
    object->local_module = file_report(object->local_dwfl, object->path_raw, fd);
    Elf *elf = object->local_module ? dwfl_module_getelf(object->local_module, &bias) : NULL;
    if (!elf || !build_id_matches(elf, object))
        object->local_module = NULL;
}

Dwarf *symbols_dwarf(struct symbols *symbols, const struct module *module, uint64_t *bias) {
    struct object *object = object_of(symbols, module);
    Dwarf_Addr found = 0;
    if (object->elf && !object->local_tried)
        local_open(object);
    object->local_tried = true;
    Dwarf *dwarf = object->local_module ? dwfl_module_getdwarf(object->local_module, &found) : NULL;
    *bias = found;
    return dwarf;
}

static const char *readable_name(struct pool *pool, const char *name) {
    if (!name)
        return NULL;
    char *demangled = NULL;
    if (strncmp(name, "_Z", 2) == 0 && strnlen(name, MANGLED_MAX) < MANGLED_MAX)
        demangled = __cxa_demangle(name, NULL, NULL, NULL);
    const char *rust = demangled ? rust_name(pool, demangled) : NULL;
    const char *clean = pool_clean(pool, rust ? rust : demangled ? demangled : name, POOL_CLEAN_ALL);
    free(demangled);
    return clean;
}

/* A compilation unit with debug info, and the address as it says it. */
struct unit {
    Dwarf_Die *die; /* NULL: there is none for the address */
    Dwarf_Addr address;
};

/* elfutils finds units by .debug_aranges, which clang and rustc do not write: then each unit is asked. */
static struct unit unit_at(Dwfl_Module *module, Dwarf_Addr address) {
    Dwarf_Addr bias = 0;
    Dwarf_Die *die = dwfl_module_addrdie(module, address, &bias);
    bool found = die != NULL;
    while (!found && (die = dwfl_module_nextcu(module, die, &bias)))
        found = dwarf_haspc(die, address - bias) > 0;
    return (struct unit){.die = die, .address = address - bias};
}

static void frame_locate(struct frame *frame, struct pool *pool, const struct unit *unit) {
    int line = 0;
    Dwarf_Line *found = unit->die ? dwarf_getsrc_die(unit->die, unit->address) : NULL;
    const char *file = found ? dwarf_linesrc(found, NULL, NULL) : NULL; /* with the compiler's folder in front */
    frame->file = file ? pool_clean(pool, file, POOL_CLEAN_ALL) : NULL;
    frame->line = found && dwarf_lineno(found, &line) == 0 && line > 0 ? (unsigned)line : 0;
}

static const char *die_function(struct pool *pool, Dwarf_Die *die) {
    Dwarf_Attribute memory;
    Dwarf_Attribute *attribute = dwarf_attr_integrate(die, DW_AT_linkage_name, &memory);
    const char *name = attribute ? dwarf_formstring(attribute) : NULL;
    return readable_name(pool, name ? name : dwarf_diename(die));
}

static unsigned die_number(Dwarf_Die *die, unsigned name) {
    Dwarf_Attribute memory;
    Dwarf_Word value;
    Dwarf_Attribute *attribute = dwarf_attr(die, name, &memory);
    return attribute && dwarf_formudata(attribute, &value) == 0 ? (unsigned)value : 0;
}

static const char *call_file(struct pool *pool, Dwarf_Die *unit, Dwarf_Die *inlined) {
    Dwarf_Files *files;
    size_t count;
    unsigned index = die_number(inlined, DW_AT_call_file);
    if (index == 0 || dwarf_getsrcfiles(unit, &files, &count) != 0 || index >= count)
        return NULL;
    const char *file = dwarf_filesrc(files, index, NULL, NULL);
    return file ? pool_clean(pool, file, POOL_CLEAN_ALL) : NULL;
}

/* `frame` is the machine's frame, with the innermost source line. Each inlined function that covers the address becomes a frame
 * of its own in front of it and takes that line; the next one out is at the line of the call. */
static void split_inlined(struct pool *pool, const struct unit *unit, struct frame frame, struct frame **frames, size_t *count) {
    Dwarf_Die *scopes = NULL, *chain = NULL;
    int depth = unit->die && dwarf_getscopes(unit->die, unit->address, &scopes) > 0 ? dwarf_getscopes_die(&scopes[0], &chain) : 0;
    for (int i = 0; i < depth && dwarf_tag(&chain[i]) != DW_TAG_subprogram; i++) {
        if (dwarf_tag(&chain[i]) != DW_TAG_inlined_subroutine)
            continue;
        struct frame *inlined = pool_append(pool, frames, count, sizeof(*inlined));
        *inlined = frame;
        inlined->inlined = true;
        inlined->function = die_function(pool, &chain[i]);
        frame.file = call_file(pool, unit->die, &chain[i]);
        frame.line = die_number(&chain[i], DW_AT_call_line);
    }
    free(chain);
    free(scopes);
    *(struct frame *)pool_append(pool, frames, count, sizeof(frame)) = frame;
}

static int place_compare(const void *a, const void *b) {
    const struct place *left = a, *right = b;
    if (left->object != right->object)
        return (uintptr_t)left->object < (uintptr_t)right->object ? -1 : 1;
    return (left->offset > right->offset) - (left->offset < right->offset);
}

static void place_look(struct symbols *symbols, struct place *place, struct frame frame) {
    struct pool *pool = symbols->pool;
    Dwfl_Module *module = place->object->module;
    GElf_Off offset;
    GElf_Sym symbol;
    frame.function = readable_name(pool, dwfl_module_addrinfo(module, frame.offset, &offset, &symbol, NULL, NULL, NULL));
    struct unit unit = symbols->names_only ? (struct unit){0} : unit_at(module, frame.offset);
    frame_locate(&frame, pool, &unit);
    split_inlined(pool, &unit, frame, &place->frames, &place->count);
}

static const struct place *place_of(struct symbols *symbols, const struct object *object, struct frame frame) {
    struct place wanted = {.object = object, .offset = frame.offset};
    struct place **known = tfind(&wanted, &symbols->places, place_compare);
    if (known)
        return *known;
    struct place *place = pool_get(symbols->pool, sizeof(*place));
    *place = wanted;
    place_look(symbols, place, frame);
    if (!tsearch(place, &symbols->places, place_compare))
        pool_exhausted();
    return place;
}

static void frame_append(struct pool *pool, struct frame **frames, size_t *count, const struct frame *frame) {
    *(struct frame *)pool_append(pool, frames, count, sizeof(*frame)) = *frame;
}

void symbols_frames(struct symbols *symbols, struct pool *pool, const struct module *module, uint64_t address,
                    bool is_return_address, struct frame **frames, size_t *count) {
    uint64_t at = address - (is_return_address && address > 0);
    struct frame frame = {.module = module ? module->name : NULL,
                          .module_path = module ? module->path : NULL,
                          .offset = module ? at - module->bias : at};
    struct object *object = module && symbols ? object_of(symbols, module) : NULL;
    if (!object || !object->module) {
        frame_append(pool, frames, count, &frame);
        return;
    }
    const struct place *place = place_of(symbols, object, frame);
    for (size_t i = 0; i < place->count; i++) {
        frame_append(pool, frames, count, &place->frames[i]);
        (*frames)[*count - 1].module = frame.module; /* the cached names belong to another process's module */
        (*frames)[*count - 1].module_path = frame.module_path;
    }
}
