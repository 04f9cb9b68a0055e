/* SPDX-License-Identifier: Apache-2.0 */
#include "looking.h"

#include <dlfcn.h>
#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pool.h"

static Elf *file_open(const char *path, int *fd) {
    elf_version(EV_CURRENT);
    *fd = open(path, O_RDONLY | O_CLOEXEC);
    Elf *elf = *fd >= 0 ? elf_begin(*fd, ELF_C_READ, NULL) : NULL;
    if (!elf) {
        perror(path);
        abort();
    }
    return elf;
}

static void file_close(Elf *elf, int fd) {
    elf_end(elf);
    close(fd);
}

struct module module_of_file(struct pool *pool, const char *path) {
    struct module module = {.id = 1, .path_raw = pool_copy(pool, path)};
    const void *build_id;
    int fd;
    Elf *elf = file_open(path, &fd);
    ssize_t size = dwelf_elf_gnu_build_id(elf, &build_id);
    module.build_id_size = size > 0 && size <= 20 ? (size_t)size : 0;
    if (module.build_id_size)
        memcpy(module.build_id, build_id, module.build_id_size);
    file_close(elf, fd);
    module.path = module.path_raw;
    module.name = path_name(module.path);
    return module;
}

struct module module_of_library(struct pool *pool, const char *soname, void **handle) {
    struct link_map *map;
    *handle = dlopen(soname, RTLD_NOW);
    if (!*handle || dlinfo(*handle, RTLD_DI_LINKMAP, &map) != 0) {
        fprintf(stderr, "%s\n", dlerror());
        abort();
    }
    struct module module = module_of_file(pool, map->l_name);
    module.bias = map->l_addr;
    return module;
}

struct exports exports_of_file(struct pool *pool, const char *path) {
    struct exports exports;
    int fd;
    Elf *elf = file_open(path, &fd);
    exports_read(&exports, pool, elf);
    file_close(elf, fd);
    return exports;
}

const struct prototype *prototype_from(const struct prototype *found, size_t count, const char *source) {
    for (size_t i = 0; i < count; i++)
        if (strstr(found[i].source, source))
            return &found[i];
    return NULL;
}
