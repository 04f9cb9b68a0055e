/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernel knows the file that was started. That is the dynamic linker itself when it was started by its own name
 * (ld-linux-x86-64.so.2 PROGRAM); then it is not mapped as anybody's interpreter, which AT_BASE tells (getauxval(3)), and the
 * program is the file that the first object of the loader's list comes from. The arguments would not do: PROGRAM may be found by
 * a search, and be called something else (--argv0).
 */
#include "core/program.h"

#include <link.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/maps.h"

static char program[4096];
static bool asked;

static int take_first(struct dl_phdr_info *info, size_t size, void *context) {
    (void)size;
    for (unsigned i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_LOAD) {
            *(uintptr_t *)context = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
            break;
        }
    return 1;
}

static void take_path(const struct map *map, void *context) {
    uintptr_t address = *(const uintptr_t *)context;
    if (address < map->start || address >= map->end || map->path_length >= sizeof program)
        return;
    memcpy(program, map->path, map->path_length);
    program[map->path_length] = 0;
}

/* False: there is no such list. */
static __attribute__((noinline)) bool find_mapped(void) {
    char room[MAPS_ROOM];
    uintptr_t first = 0;
    dl_iterate_phdr(take_first, &first);
    return maps_each(room, take_path, &first) && program[0] == '/';
}

const char *program_path(void) {
    if (asked)
        return program;
    asked = true;
    if (getauxval(AT_BASE) == 0 && find_mapped())
        return program;
    long length = syscall(SYS_readlink, "/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = 0;
    return program;
}
