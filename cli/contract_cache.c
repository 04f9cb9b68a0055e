/* SPDX-License-Identifier: Apache-2.0 */
#include "contract_cache.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "contract_compile.h"
#include "ffisan/contract_table.h"
#include "pool.h"

/* ---- hashes ---- */

/* FNV-1a (draft-eastlake-fnv), 64 bits, from two starts: not against malice, for the folder is the user's own. */
struct hash {
    uint64_t one, other;
};
#define HASH_START ((struct hash){UINT64_C(14695981039346656037), UINT64_C(0x9e3779b97f4a7c15)})

static void hash_add(struct hash *hash, const void *bytes, size_t size) {
    const unsigned char *at = bytes;
    for (size_t i = 0; i < size; i++) {
        hash->one = (hash->one ^ at[i]) * UINT64_C(1099511628211);
        hash->other = (hash->other ^ at[i]) * UINT64_C(1099511628211);
    }
}

/* With its NUL: "a" "bc" is not "ab" "c". */
static void hash_text(struct hash *hash, const char *text) {
    hash_add(hash, text, strlen(text) + 1);
}

static const char *hash_name(struct pool *pool, struct hash hash) {
    return pool_text(pool, "%016" PRIx64 "%016" PRIx64, hash.one, hash.other);
}

/* NULL: it cannot be read. */
static const char *hash_file(struct pool *pool, const char *path) {
    struct hash hash = HASH_START;
    char bytes[65536];
    ssize_t got = -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    while (fd >= 0 && (got = read(fd, bytes, sizeof(bytes))) > 0)
        hash_add(&hash, bytes, (size_t)got);
    if (fd >= 0)
        close(fd);
    return got == 0 ? hash_name(pool, hash) : NULL;
}

/* ---- the folder ---- */

static bool folder_usable(const char *path) {
    struct stat status;
    mkdir(path, 0700);
    return lstat(path, &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid() &&
           (!(status.st_mode & 077) || chmod(path, 0700) == 0);
}

/* NULL: there is none. */
static const char *cache_folder(struct pool *pool) {
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (!cache || cache[0] != '/')
        cache = home && home[0] == '/' ? pool_text(pool, "%s/.cache", home) : NULL;
    if (cache)
        mkdir(cache, 0700);
    const char *folder = cache ? pool_text(pool, "%s/ffisan", cache) : NULL;
    return folder && folder_usable(folder) ? folder : NULL;
}

/* ---- entries ---- */

const char *cache_key(struct pool *pool, const struct contract_source *source, const char *compiler) {
    struct hash hash = HASH_START;
    struct stat status = {0};
    char absolute[PATH_MAX];
    const uint32_t version = FFISAN_CONTRACTS_VERSION;
    char here[PATH_MAX];
    hash_text(&hash, getcwd(here, sizeof(here)) ? here : "");
    stat(compiler, &status);
    hash_add(&hash, &version, sizeof(version));
    hash_add(&hash, &status.st_mtim, sizeof(status.st_mtim));
    hash_add(&hash, &status.st_size, sizeof(status.st_size));
    hash_text(&hash, realpath(source->path, absolute) ? absolute : source->path);
    for (size_t i = 0; i < source->flag_count; i++)
        hash_text(&hash, source->flags[i]);
    return hash_name(pool, hash);
}

/* "HASH PATH" of each file, and of the table first. */
static bool line_holds(struct pool *pool, char *line) {
    char *space = strchr(line, ' ');
    const char *hash = space ? hash_file(pool, space + 1) : NULL;
    return hash && strncmp(hash, line, (size_t)(space - line)) == 0 && strlen(hash) == (size_t)(space - line);
}

const char *cache_find(struct pool *pool, const char *key) {
    const char *folder = cache_folder(pool), *table = NULL;
    FILE *list = folder ? fopen(pool_text(pool, "%s/%s.list", folder, key), "re") : NULL;
    char line[PATH_MAX + 64];
    bool holds = list;
    while (holds && fgets(line, sizeof(line), list)) {
        line[strcspn(line, "\n")] = '\0';
        holds = line_holds(pool, line);
        if (holds && !table)
            table = pool_copy(pool, strchr(line, ' ') + 1);
    }
    if (list)
        fclose(list);
    return holds ? table : NULL;
}

bool file_copy(const char *from, const char *to) {
    char bytes[65536];
    FILE *in = fopen(from, "re"), *out = in ? fopen(to, "we") : NULL;
    bool good = out;
    for (size_t got; good && (got = fread(bytes, 1, sizeof(bytes), in)) > 0;)
        good = fwrite(bytes, 1, got, out) == got;
    good &= in && !ferror(in);
    if (in)
        fclose(in);
    return out && fclose(out) == 0 && good;
}

static bool lines_write(struct pool *pool, const char *path, const char *table, const char *files) {
    char line[PATH_MAX + 2];
    FILE *in = fopen(files, "re"), *out = in ? fopen(path, "we") : NULL;
    const char *hash = hash_file(pool, table);
    bool good = out && hash && fprintf(out, "%s %s\n", hash, table) > 0;
    while (good && fgets(line, sizeof(line), in)) {
        line[strcspn(line, "\n")] = '\0';
        hash = hash_file(pool, line);
        good = hash && line[0] == '/' && fprintf(out, "%s %s\n", hash, line) > 0;
    }
    if (in)
        fclose(in);
    return out && fclose(out) == 0 && good;
}

void cache_keep(struct pool *pool, const char *key, const char *table, const char *files) {
    const char *folder = cache_folder(pool), *hash = hash_file(pool, table);
    if (!folder || !hash || strchr(folder, '\n'))
        return;
    const char *kept = pool_text(pool, "%s/%s" FFISAN_CONTRACTS_SUFFIX, folder, hash);
    const char *list = pool_text(pool, "%s/%s.list", folder, key);
    const char *new_table = pool_text(pool, "%s.%d", kept, (int)getpid()),
               *new_list = pool_text(pool, "%s.%d", list, (int)getpid());
    bool good = file_copy(table, new_table) && rename(new_table, kept) == 0 && lines_write(pool, new_list, kept, files) &&
                rename(new_list, list) == 0;
    if (!good) {
        unlink(new_table);
        unlink(new_list);
    }
}
