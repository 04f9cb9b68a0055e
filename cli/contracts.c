/* SPDX-License-Identifier: Apache-2.0 */
#include "contracts.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "contract_cache.h"
#include "contract_compile.h"
#include "near.h"
#include "pool.h"
#include "trouble.h"

#define NEAR 3u

/* ---- what is meant ---- */

static bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text), size = strlen(end);
    return length >= size && strcmp(text + length - size, end) == 0;
}

static const char *near_name(struct pool *pool, const char *name) {
    struct contract_paths shipped = contract_files_shipped(pool);
    const char *best = NULL;
    size_t least = NEAR;
    for (size_t i = 0; i < shipped.count; i++) {
        const char *other = contract_files_name(pool, shipped.items[i]);
        size_t distance = near_distance(other, name);
        if (distance < least) {
            best = other;
            least = distance;
        }
    }
    return best;
}

static struct trouble *unknown(struct pool *pool, const char *name) {
    const char *near = near_name(pool, name);
    if (strchr(name, '/') || strchr(name, '.'))
        return trouble_new("there is no contract %s", name);
    if (near)
        return trouble_new("no contract ships under the name '%s'; did you mean '%s'?", name, near);
    return trouble_new(
        "no contract ships under the name '%s', and there is no such file; 'ffisan contract show' lists those that ship", name);
}

struct trouble *contract_find(struct pool *pool, const char *name, enum contract_form *form, const char **path) {
    char absolute[PATH_MAX];
    const char *shipped = strchr(name, '/') ? NULL : contract_files_named(pool, name);
    if (!shipped && !realpath(name, absolute))
        return unknown(pool, name);
    *path = shipped ? shipped : pool_copy(pool, absolute);
    *form = ends_with(*path, FFISAN_CONTRACTS_SUFFIX) ? CONTRACT_TABLE : CONTRACT_HEADER;
    return NULL;
}

/* ---- the tables of a run ---- */

struct preparing {
    struct pool *pool;
    const char *folder;
    struct contract_paths paths;
    unsigned made;
};

static void path_add(struct preparing *preparing, const char *path) {
    if (!contract_paths_have(&preparing->paths, path))
        *(const char **)pool_append(preparing->pool, &preparing->paths.items, &preparing->paths.count, sizeof(path)) = path;
}

/* Beside the records, where it stays as it is for as long as they do. */
static const char *place_new(struct preparing *preparing) {
    return pool_text(preparing->pool, "%s/contract-%u" FFISAN_CONTRACTS_SUFFIX, preparing->folder, preparing->made++);
}

static struct trouble *take_table(struct preparing *preparing, const char *name, const char *path, bool ships) {
    struct contract_file file;
    const char *why = NULL, *copy = ships ? path : place_new(preparing);
    if (!contract_file_open(&file, path, &why))
        return trouble_new("%s: %s", name, why);
    contract_file_close(&file);
    if (!ships && !file_copy(path, copy))
        return trouble_new("%s cannot be copied to %s", name, copy);
    path_add(preparing, copy);
    return NULL;
}

static struct trouble *take_header(struct preparing *preparing, const char *name) {
    const struct contract_source source = {.path = name};
    const char *table = place_new(preparing);
    bool wrong;
    struct trouble *trouble = contract_compile(preparing->pool, &source, table, &wrong);
    if (!trouble && wrong)
        trouble = trouble_new("the contract %s has errors; the command was not started", name);
    if (!trouble)
        path_add(preparing, table);
    return trouble;
}

static struct trouble *take(struct preparing *preparing, const char *name) {
    enum contract_form form = CONTRACT_HEADER;
    const char *path = NULL;
    struct trouble *trouble = contract_find(preparing->pool, name, &form, &path);
    if (trouble)
        return trouble;
    bool ships = !strchr(name, '/') && contract_files_named(preparing->pool, name);
    return form == CONTRACT_TABLE ? take_table(preparing, name, path, ships) : take_header(preparing, name);
}

static struct trouble *setting_make(struct preparing *preparing, const char **setting) {
    *setting = "";
    for (size_t i = 0; i < preparing->paths.count; i++) {
        const char *path = preparing->paths.items[i];
        if (strpbrk(path, ",\""))
            return trouble_new("%s: a path with ',' or '\"' in it cannot be handed to the shim; %s", path,
                               strncmp(path, preparing->folder, strlen(preparing->folder)) == 0
                                   ? "set TMPDIR, or --keep, to another folder"
                                   : "install FFISan elsewhere, or use --no-default-contracts");
        *setting = pool_text(preparing->pool, "%s%s%s", *setting, i ? "," : "", path);
    }
    return NULL;
}

struct trouble *contracts_prepare(struct pool *pool, const struct contracts_wanted *wanted, const char *folder,
                                  const char **setting) {
    struct preparing preparing = {.pool = pool, .folder = folder};
    struct trouble *trouble = NULL;
    for (size_t i = 0; i < wanted->count && !trouble; i++)
        trouble = take(&preparing, wanted->names[i]);
    const struct contract_paths shipped = wanted->no_default ? (struct contract_paths){0} : contract_files_shipped(pool);
    for (size_t i = 0; i < shipped.count; i++)
        path_add(&preparing, shipped.items[i]);
    if (!trouble)
        trouble = setting_make(&preparing, setting);
    bool usual = wanted->count == 0 && !wanted->no_default;
    if (!trouble && !usual && !contract_files_list(folder, &preparing.paths))
        trouble = trouble_new("%s cannot be written to", folder);
    return trouble;
}
