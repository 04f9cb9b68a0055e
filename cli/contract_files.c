/* SPDX-License-Identifier: Apache-2.0 */
#include "contract_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pool.h"
#include "text_file.h"
#include "trouble.h"

/* ---- what was installed ---- */

static const char *beside(struct pool *pool, const char *folder, const char *name) {
    char self[PATH_MAX] = "", absolute[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    char *slash = length > 0 ? strrchr(self, '/') : NULL;
    if (!slash)
        return NULL;
    *slash = '\0';
    return realpath(pool_text(pool, "%s/../%s/%s", self, folder, name), absolute) ? pool_copy(pool, absolute) : NULL;
}

const char *installed_data(struct pool *pool, const char *name) {
    const char *path = beside(pool, FFISAN_INSTALL_DATADIR, name);
    return path ? path : beside(pool, "share", name);
}

const char *installed_program(struct pool *pool, const char *name) {
    const char *path = beside(pool, FFISAN_INSTALL_LIBEXECDIR, name);
    return path ? path : beside(pool, "libexec", name);
}

/* ---- one file ---- */

static void *file_map(const char *path, size_t *size) {
    struct stat status;
    void *mapping = MAP_FAILED;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return NULL;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
        *size = (size_t)status.st_size;
        mapping = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, fd, 0);
    }
    close(fd);
    return mapping == MAP_FAILED ? NULL : mapping;
}

static bool is_of_another_version(const struct contract_file *file) {
    const struct ffisan_contracts *head = file->mapping;
    return file->size >= sizeof(*head) && memcmp(head->magic, FFISAN_CONTRACTS_MAGIC, sizeof(head->magic)) == 0 &&
           head->version != FFISAN_CONTRACTS_VERSION;
}

bool contract_file_open(struct contract_file *file, const char *path, const char **why) {
    *file = (struct contract_file){.path = path};
    file->mapping = file_map(path, &file->size);
    if (file->mapping && contract_table_open(&file->table, file->mapping, file->size))
        return true;
    *why = !file->mapping                ? "it is not there, or cannot be read"
           : is_of_another_version(file) ? "it was compiled by another version of FFISan; compile the contract again"
                                         : "it is no compiled contract, or a damaged one";
    contract_file_close(file);
    return false;
}

void contract_file_close(struct contract_file *file) {
    if (file->mapping)
        munmap(file->mapping, file->size);
    *file = (struct contract_file){0};
}

/* ---- those that ship ---- */

static const char *shipped_folder(struct pool *pool) {
    const char *named = getenv("FFISAN_CONTRACTS");
    char absolute[PATH_MAX];
    if (named && *named)
        return realpath(named, absolute) ? pool_copy(pool, absolute) : NULL;
    return installed_data(pool, "ffisan/contracts");
}

static void path_add(struct pool *pool, struct contract_paths *paths, const char *path) {
    *(const char **)pool_append(pool, &paths->items, &paths->count, sizeof(*paths->items)) = path;
}

bool contract_paths_have(const struct contract_paths *paths, const char *path) {
    for (size_t i = 0; i < paths->count; i++)
        if (strcmp(paths->items[i], path) == 0)
            return true;
    return false;
}

static bool is_table_name(const char *name) {
    size_t length = strlen(name), end = strlen(FFISAN_CONTRACTS_SUFFIX);
    return name[0] != '.' && length > end && strcmp(name + length - end, FFISAN_CONTRACTS_SUFFIX) == 0;
}

static int path_compare(const void *left, const void *right) {
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

struct contract_paths contract_files_shipped(struct pool *pool) {
    struct contract_paths paths = {0};
    const char *folder = shipped_folder(pool);
    DIR *directory = folder ? opendir(folder) : NULL;
    if (!directory)
        return paths;
    for (const struct dirent *entry; (entry = readdir(directory));)
        if (is_table_name(entry->d_name))
            path_add(pool, &paths, pool_text(pool, "%s/%s", folder, entry->d_name));
    closedir(directory);
    if (paths.count)
        qsort(paths.items, paths.count, sizeof(*paths.items), path_compare);
    return paths;
}

const char *contract_files_name(struct pool *pool, const char *path) {
    const char *slash = strrchr(path, '/');
    char *name = pool_copy(pool, slash ? slash + 1 : path);
    if (is_table_name(name))
        name[strlen(name) - strlen(FFISAN_CONTRACTS_SUFFIX)] = '\0';
    return name;
}

const char *contract_files_named(struct pool *pool, const char *name) {
    struct contract_paths shipped = contract_files_shipped(pool);
    for (size_t i = 0; i < shipped.count; i++)
        if (strcmp(contract_files_name(pool, shipped.items[i]), name) == 0)
            return shipped.items[i];
    return NULL;
}

/* ---- those of a run ---- */

bool contract_files_list(const char *folder, const struct contract_paths *paths) {
    char path[PATH_MAX];
    if (snprintf(path, sizeof(path), "%s/" CONTRACT_LIST, folder) >= (int)sizeof(path))
        return false;
    FILE *file = fopen(path, "we");
    for (size_t i = 0; file && i < paths->count; i++)
        fprintf(file, "%s\n", paths->items[i]);
    return file && fclose(file) == 0;
}

/* A table beside the list goes with its folder, wherever that was moved to. */
static const char *listed_path(struct pool *pool, const char *folder, const char *line) {
    const char *slash = strrchr(line, '/');
    const char *here = pool_text(pool, "%s/%s", folder, slash ? slash + 1 : line);
    return access(here, R_OK) == 0 ? here : line;
}

struct contract_paths contract_files_of(struct pool *pool, const char *folder) {
    struct contract_paths paths = {0};
    char *text = NULL, *state;
    size_t size;
    struct trouble *trouble = text_file_read(pool, pool_text(pool, "%s/" CONTRACT_LIST, folder), &text, &size);
    if (trouble) {
        trouble_free(trouble);
        return contract_files_shipped(pool);
    }
    for (char *line = strtok_r(text, "\n", &state); line; line = strtok_r(NULL, "\n", &state))
        path_add(pool, &paths, listed_path(pool, folder, line));
    return paths;
}
