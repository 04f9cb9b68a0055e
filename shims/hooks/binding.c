/* SPDX-License-Identifier: Apache-2.0
 *
 * The loader's order of search, as far as it can be known from outside (glibc, elf/dl-lookup.c and dl-open.c): what was loaded at start,
 * in that order; then what was opened with RTLD_GLOBAL; then the module that was opened and what it needs, breadth first, which is
 * the order for every module among them. With RTLD_DEEPBIND the last comes first.
 *
 * Who opened what, and how, is not known. So the answer is given when it is the same whoever it was, and none where it is not.
 */
#include "hooks/binding.h"

#include <string.h>
#include <sys/auxv.h>

#define CLOSURE_MOST 512u

static bool globals; /* something was opened with RTLD_GLOBAL */

/* A module and what it needs, breadth first. One at a time. */
static struct closure {
    const struct module *modules[CLOSURE_MOST];
    unsigned count;
} closure;

struct search {
    const struct module *from;
    const char *name, *version;
    const struct module *first; /* of those loaded at start that define it */
    const struct module *chosen;
    bool doubt;
};

void binding_note_global(void) {
    __atomic_store_n(&globals, true, __ATOMIC_RELAXED);
}

static uintptr_t dynamic_pointer(const struct module *module, ElfW(Sxword) tag) {
    for (const ElfW(Dyn) *entry = module->dynamic; entry && entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == tag)
            return entry->d_un.d_ptr < module->bias ? entry->d_un.d_ptr + module->bias : entry->d_un.d_ptr;
    return 0;
}

static const char *soname(const struct module *module) {
    const char *strings = (const char *)dynamic_pointer(module, DT_STRTAB);
    for (const ElfW(Dyn) *entry = module->dynamic; entry && strings && entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == DT_SONAME)
            return strings + entry->d_un.d_val;
    return "";
}

struct needed {
    const char *name;
    const struct module *found;
};

static void find_needed(const struct module *module, void *context) {
    struct needed *needed = context;
    if (!needed->found && module->dynamic &&
        (strcmp(module_name(module), needed->name) == 0 || strcmp(soname(module), needed->name) == 0))
        needed->found = module;
}

static bool in_closure(const struct module *module) {
    for (unsigned i = 0; i < closure.count; i++)
        if (closure.modules[i] == module)
            return true;
    return false;
}

static void add_needed(const struct module *module) {
    const char *strings = (const char *)dynamic_pointer(module, DT_STRTAB);
    for (const ElfW(Dyn) *entry = module->dynamic; entry && strings && entry->d_tag != DT_NULL; entry++) {
        if (entry->d_tag != DT_NEEDED)
            continue;
        const char *slash = strrchr(strings + entry->d_un.d_val, '/');
        struct needed needed = {.name = slash ? slash + 1 : strings + entry->d_un.d_val};
        modules_each(find_needed, &needed);
        if (needed.found && !in_closure(needed.found) && closure.count < CLOSURE_MOST)
            closure.modules[closure.count++] = needed.found;
    }
}

static void fill_closure(const struct module *module) {
    closure.modules[0] = module;
    closure.count = 1;
    for (unsigned i = 0; i < closure.count; i++)
        add_needed(closure.modules[i]);
}

/* The vdso is in the loader's list and defines functions of libc's names, but nobody's search comes by it. */
static bool is_searched(const struct module *module) {
    return module->dynamic && !(module->kind & MODULE_SHIM) && module->start != getauxval(AT_SYSINFO_EHDR);
}

static bool defines(const struct module *module, const struct search *search) {
    return is_searched(module) && module_symbol_version(module, search->name, search->version);
}

static void find_first(const struct module *module, void *context) {
    struct search *search = context;
    if ((module->kind & MODULE_PERMANENT) && (!search->first || module->id < search->first->id) && defines(module, search))
        search->first = module;
}

/* The answer for the case that `root` is what was opened. */
static void search_under(const struct module *root, void *context) {
    struct search *search = context;
    if (search->doubt || (root->kind & MODULE_PERMANENT) || !root->dynamic)
        return;
    fill_closure(root);
    if (!in_closure(search->from))
        return;
    const struct module *found = NULL;
    for (unsigned i = 0; i < closure.count && !found; i++)
        found = defines(closure.modules[i], search) ? closure.modules[i] : NULL;
    if (root != search->from && found != search->chosen)
        search->doubt = true;
    search->chosen = found;
}

/* Something else defines it too, and may have been opened with RTLD_GLOBAL. */
static void find_other(const struct module *module, void *context) {
    struct search *search = context;
    if (module != search->chosen && !(module->kind & MODULE_PERMANENT) && defines(module, search))
        search->doubt = true;
}

static bool is_symbolic(const struct module *module) {
    for (const ElfW(Dyn) *entry = module->dynamic; entry && entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == DT_SYMBOLIC || (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_SYMBOLIC)))
            return true;
    return false;
}

static const struct module *choose(struct search *search) {
    if (is_symbolic(search->from) && defines(search->from, search))
        return search->from;
    modules_each(find_first, search);
    bool own_comes_first = search->from->kind & MODULE_BYPASSES;
    if (search->first && !own_comes_first)
        return search->first;
    if (search->from->kind & MODULE_PERMANENT)
        return NULL;
    search_under(search->from, search);
    modules_each(search_under, search);
    if (!search->first && __atomic_load_n(&globals, __ATOMIC_RELAXED))
        modules_each(find_other, search);
    if (search->first && search->chosen && search->first != search->chosen)
        return NULL;
    return search->doubt ? NULL : search->first ? search->first : search->chosen;
}

uintptr_t binding_of(const struct module *module, const char *name, const char *version) {
    struct search search = {.from = module, .name = name, .version = version};
    const struct module *definer = choose(&search);
    return definer ? module_symbol_version(definer, name, version) : 0;
}
