/* SPDX-License-Identifier: Apache-2.0
 *
 * `ffisan doctor -- COMMAND`: what kind of program that is, which libraries come with it, and what that means.
 */
#include "doctor.h"

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pool.h"
#include "program.h"

/* --- Debug info --- */

static bool has_section(Elf *elf, const char *wanted) {
    size_t names = 0;
    elf_getshdrstrndx(elf, &names);
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        GElf_Shdr header;
        const char *name = gelf_getshdr(section, &header) ? elf_strptr(elf, names, header.sh_name) : NULL;
        if (name && strcmp(name, wanted) == 0)
            return true;
    }
    return false;
}

/* /usr/lib/debug/.build-id/ab/cdef….debug */
static bool has_separate_file(Elf *elf) {
    const void *note;
    ssize_t size = dwelf_elf_gnu_build_id(elf, &note);
    if (size < 2 || size > 64)
        return false;
    const unsigned char *id = note;
    char path[256];
    int used = snprintf(path, sizeof(path), "/usr/lib/debug/.build-id/%02x/", id[0]);
    for (ssize_t i = 1; i < size; i++)
        used += snprintf(path + used, sizeof(path) - (size_t)used, "%02x", id[i]);
    snprintf(path + used, sizeof(path) - (size_t)used, ".debug");
    return access(path, R_OK) == 0;
}

bool doctor_has_debug_info(struct doctor *doctor, const char *path) {
    elf_version(EV_CURRENT);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    Elf *elf = file >= 0 ? elf_begin(file, ELF_C_READ_MMAP, NULL) : NULL;
    bool has = elf && (has_section(elf, ".debug_info") || has_separate_file(elf) ||
                       access(pool_text(doctor->pool, "/usr/lib/debug%s", path), R_OK) == 0 ||
                       access(pool_text(doctor->pool, "/usr/lib/debug%s.debug", path), R_OK) == 0);
    elf_end(elf);
    if (file >= 0)
        close(file);
    return has;
}

/* --- Libraries --- */

static const struct {
    const char *start, *meaning;
} notable[] = {
    {"libasan.so", "AddressSanitizer owns malloc: the shim stands aside and watches no memory here"},
    {"libclang_rt.asan", "AddressSanitizer owns malloc: the shim stands aside and watches no memory here"},
    {"libtsan.so", "ThreadSanitizer owns malloc: the shim stands aside and watches no memory here"},
    {"libjemalloc", "another allocator (jemalloc): blocks got by its own functions (mallocx) are not seen"},
    {"libtcmalloc", "another allocator (tcmalloc): blocks from its own operator new are not seen"},
    {"libmimalloc", "another allocator (mimalloc): blocks got by its own functions (mi_malloc) are not seen"},
};

static void judge_library(struct doctor *doctor, const char *name) {
    for (size_t i = 0; i < sizeof(notable) / sizeof(notable[0]); i++)
        if (strncmp(name, notable[i].start, strlen(notable[i].start)) == 0)
            doctor_say(doctor, HEALTH_LIMIT, name, "%s", notable[i].meaning);
}

/* What the loader would load, by its own word (ld.so --list): the program's code does not run. NULL: it would not say. */
static FILE *ask_loader(const struct program *program, pid_t *pid) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return NULL;
    fflush(stdout);
    *pid = fork();
    if (*pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execl(program->loader, program->loader, "--list", program->file, (char *)NULL);
        _exit(1);
    }
    close(ends[1]);
    if (*pid < 0) {
        close(ends[0]);
        return NULL;
    }
    return fdopen(ends[0], "re");
}

/* "\tNAME => PATH (ADDRESS)" */
static void judge_dependency(struct doctor *doctor, char *line, unsigned *count, unsigned *with_debug_info) {
    char *arrow = strstr(line, " => "), *name = line + strspn(line, " \t");
    if (!arrow)
        return;
    *arrow = '\0';
    char *path = arrow + 4;
    path[strcspn(path, " \n")] = '\0';
    if (*path != '/') {
        doctor_say(doctor, HEALTH_NO, name, "the loader does not find this library: COMMAND does not start as it is");
        return;
    }
    ++*count;
    *with_debug_info += doctor_has_debug_info(doctor, path);
    judge_library(doctor, name);
}

static void look_at_dependencies(struct doctor *doctor, const struct program *program) {
    pid_t pid;
    FILE *list = program->loader ? ask_loader(program, &pid) : NULL;
    if (!list)
        return;
    char *line = NULL;
    size_t size = 0;
    unsigned count = 0, with_debug_info = 0;
    while (getline(&line, &size, list) > 0)
        judge_dependency(doctor, line, &count, &with_debug_info);
    free(line);
    fclose(list);
    waitpid(pid, NULL, 0);
    doctor_say(doctor, count == with_debug_info ? HEALTH_OK : HEALTH_LIMIT, "source lines",
               "debug info for %u of its %u libraries%s", with_debug_info, count,
               count == with_debug_info ? "" : "; frames of the others have names at best (install the -dbgsym packages)");
}

/* --- The program --- */

static void look_at_features(struct doctor *doctor, const struct program *program) {
    if (program->has_asan)
        doctor_say(doctor, HEALTH_LIMIT, "sanitizer",
                   "built with AddressSanitizer, which owns malloc: the shim stands aside, unless you run it '--with asan'");
    else if (program->has_malloc)
        doctor_say(doctor, HEALTH_LIMIT, "allocator",
                   "%s brings a malloc of its own, which comes before the shim's: its blocks are not "
                   "watched",
                   program->file);
    if (program->is_go)
        doctor_say(doctor, HEALTH_LIMIT, "Go", "memory of Go's own heap is not watched; what cgo allocates with malloc is");
    if (program->is_python)
        doctor_say(doctor, HEALTH_OK, "CPython",
                   "stacks of both languages, extensions' references, GIL and exceptions (3.8 to 3.13 with the GIL); "
                   "--python-memory says "
                   "how much of its own memory is watched");
}

void doctor_program(struct doctor *doctor, const char *name) {
    struct program program;
    program_examine(&program, doctor->pool, name);
    const char *obstacle = program_obstacle(&program, doctor->pool);
    if (obstacle) {
        doctor_say(doctor, HEALTH_NO, "command", "%s", obstacle);
        return;
    }
    if (program.kind == PROGRAM_UNREADABLE)
        doctor_say(doctor, HEALTH_LIMIT, "command", "%s may be run but not read: what it is, is not known", program.file);
    else if (program.scripts > 0)
        doctor_say(doctor, HEALTH_OK, "command", "%s, a script that %s runs", program.path, program.file);
    else
        doctor_say(doctor, HEALTH_OK, "command", "%s, dynamically linked to glibc", program.path);
    look_at_features(doctor, &program);
    look_at_dependencies(doctor, &program);
}
