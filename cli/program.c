/* SPDX-License-Identifier: Apache-2.0 */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "pool.h"

#define SCRIPTS_MAX 5   /* the kernel follows no more "#!" lines (fs/exec.c) */
#define SCRIPT_LINE 256 /* and reads no more of one (BINPRM_BUF_SIZE) */

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool starts_with(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

/* --- Finding the file --- */

static bool is_runnable(const char *path, bool *denied) {
    struct stat info;
    if (stat(path, &info) != 0)
        return false;
    bool runnable = S_ISREG(info.st_mode) && access(path, X_OK) == 0;
    *denied |= !runnable;
    return runnable;
}

const char *program_find(struct pool *pool, const char *name, bool *denied) {
    *denied = false;
    if (strchr(name, '/'))
        return is_runnable(name, denied) ? name : NULL;
    const char *folder = getenv("PATH");
    if (!folder)
        folder = "/bin:/usr/bin"; /* as execvp */
    for (bool more = *name; more;) {
        size_t length = strcspn(folder, ":");
        const char *path = pool_text(pool, "%.*s%s%s", (int)length, folder, length ? "/" : "./", name);
        if (is_runnable(path, denied))
            return path;
        more = folder[length] == ':';
        folder += length + more;
    }
    return NULL;
}

/* --- Privileges --- */

/* What makes the kernel set AT_SECURE (fs/exec.c, security/commoncap.c): other ids than the caller's real ones, or, for whoever
 * is not root, capabilities. Neither counts on a nosuid mount or under no_new_privs. */
static bool is_privileged(int file) {
    struct stat info;
    struct statvfs mount;
    if (fstat(file, &info) != 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
        return false;
    if (fstatvfs(file, &mount) == 0 && (mount.f_flag & ST_NOSUID))
        return false;
    bool sets_user = (info.st_mode & S_ISUID) && info.st_uid != getuid();
    bool sets_group = (info.st_mode & S_ISGID) && (info.st_mode & S_IXGRP) && info.st_gid != getgid();
    return sets_user || sets_group || (getuid() != 0 && fgetxattr(file, "security.capability", NULL, 0) > 0);
}

/* --- ELF --- */

static void look_at_dynamic(struct program *program, struct pool *pool, Elf *elf, Elf_Scn *section, bool *is_pie,
                            bool *is_loader) {
    GElf_Shdr header;
    Elf_Data *data = elf_getdata(section, NULL);
    if (!gelf_getshdr(section, &header) || !data || header.sh_entsize == 0)
        return;
    GElf_Dyn entry;
    for (int i = 0; gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++) {
        const char *name = elf_strptr(elf, header.sh_link, entry.d_un.d_val);
        if (entry.d_tag == DT_NEEDED && name) {
            *(const char **)pool_append(pool, &program->needed, &program->needed_count, sizeof(name)) = pool_copy(pool, name);
            program->has_asan |= starts_with(name, "libasan.so") || starts_with(name, "libclang_rt.asan");
            program->is_python |= starts_with(name, "libpython");
        }
        *is_pie |= entry.d_tag == DT_FLAGS_1 && (entry.d_un.d_val & DF_1_PIE);
        *is_loader |= entry.d_tag == DT_SONAME && name && starts_with(name, "ld-linux");
    }
}

static void look_at_symbols(struct program *program, Elf *elf, Elf_Scn *section) {
    GElf_Shdr header;
    Elf_Data *data = elf_getdata(section, NULL);
    if (!gelf_getshdr(section, &header) || !data || header.sh_entsize == 0)
        return;
    GElf_Sym symbol;
    for (int i = 0; gelf_getsym(data, i, &symbol); i++) {
        const char *name = elf_strptr(elf, header.sh_link, symbol.st_name);
        if (!name)
            continue;
        bool defined = symbol.st_shndx != SHN_UNDEF && symbol.st_value != 0;
        /* GCC's runtime exports nothing when it is linked statically, but leaves this reference open. */
        program->has_asan |= strcmp(name, "__asan_init") == 0 || strcmp(name, "__sanitizer_malloc_hook") == 0;
        program->has_malloc |= defined && strcmp(name, "malloc") == 0;
        program->is_python |= strcmp(name, "Py_BytesMain") == 0 || strcmp(name, "Py_Main") == 0;
    }
}

static void look_at_sections(struct program *program, struct pool *pool, Elf *elf, bool *is_pie, bool *is_loader) {
    size_t names = 0;
    GElf_Shdr header;
    elf_getshdrstrndx(elf, &names);
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        if (!gelf_getshdr(section, &header))
            continue;
        const char *name = elf_strptr(elf, names, header.sh_name);
        program->is_go |= name && strcmp(name, ".go.buildinfo") == 0;
        if (header.sh_type == SHT_DYNAMIC)
            look_at_dynamic(program, pool, elf, section, is_pie, is_loader);
        else if (header.sh_type == SHT_DYNSYM)
            look_at_symbols(program, elf, section);
    }
}

static const char *loader_of(struct pool *pool, Elf *elf) {
    size_t count = 0, size = 0;
    elf_getphdrnum(elf, &count);
    const char *bytes = elf_rawfile(elf, &size);
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr header;
        if (!gelf_getphdr(elf, (int)i, &header) || header.p_type != PT_INTERP)
            continue;
        if (!bytes || header.p_offset > size || header.p_filesz > size - header.p_offset || header.p_filesz > 4096)
            return NULL;
        return pool_text(pool, "%.*s", (int)header.p_filesz, bytes + header.p_offset);
    }
    return NULL;
}

static enum program_kind elf_kind_of(struct program *program, struct pool *pool, Elf *elf) {
    GElf_Ehdr header;
    if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header))
        return PROGRAM_NOT_ELF;
    if (header.e_machine != EM_X86_64 || header.e_ident[EI_CLASS] != ELFCLASS64)
        return PROGRAM_OTHER_MACHINE;
    bool is_pie = false, is_loader = false;
    look_at_sections(program, pool, elf, &is_pie, &is_loader);
    program->loader = loader_of(pool, elf);
    if (program->loader)
        return starts_with(base_name(program->loader), "ld-linux-x86-64.so") ? PROGRAM_DYNAMIC : PROGRAM_OTHER_LIBC;
    if (is_loader)
        return PROGRAM_DYNAMIC; /* ld-linux-x86-64.so.2 PROGRAM */
    return header.e_type == ET_DYN || is_pie ? PROGRAM_STATIC_PIE : PROGRAM_STATIC;
}

static void examine_elf(struct program *program, struct pool *pool, int file) {
    elf_version(EV_CURRENT);
    Elf *elf = elf_begin(file, ELF_C_READ_MMAP, NULL);
    program->kind = elf ? elf_kind_of(program, pool, elf) : PROGRAM_NOT_ELF;
    elf_end(elf);
    if (program->kind == PROGRAM_DYNAMIC && is_privileged(file))
        program->kind = PROGRAM_PRIVILEGED;
}

/* --- Scripts --- */

/* The program that `env` starts, given what stands behind it in a "#!" line: env's own options and assignments come first. */
static const char *behind_env(struct pool *pool, const char *arguments, bool *denied) {
    char *state = NULL;
    for (char *word = strtok_r(pool_copy(pool, arguments), " \t", &state); word; word = strtok_r(NULL, " \t", &state))
        if (word[0] != '-' && !strchr(word, '='))
            return program_find(pool, word, denied);
    return NULL;
}

/* The file that runs this one, when it is a script: for `#!/usr/bin/env python3` the python3. NULL: none was found, and
 * program->missing says which was meant. */
static const char *interpreter_of(struct program *program, struct pool *pool, const char *line, bool *denied) {
    line += 2 + strspn(line + 2, " \t");
    size_t length = strcspn(line, " \t\n");
    const char *interpreter = pool_text(pool, "%.*s", (int)length, line);
    const char *rest = line + length + strspn(line + length, " \t");
    const char *arguments = pool_text(pool, "%.*s", (int)strcspn(rest, "\n"), rest);
    program->missing = interpreter;
    *denied = false;
    if (!is_runnable(interpreter, denied))
        return NULL;
    if (strcmp(base_name(interpreter), "env") == 0 && *arguments) {
        program->missing = arguments;
        interpreter = behind_env(pool, arguments, denied);
    }
    if (interpreter)
        program->missing = NULL;
    return interpreter;
}

/* --- All together --- */

/* One file of the chain. The next one when it is a script, else NULL, and program->kind is known. */
static const char *examine_file(struct program *program, struct pool *pool, const char *path) {
    char start[SCRIPT_LINE + 1] = "";
    bool denied = false;
    const char *next = NULL;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    program->file = path;
    program->kind = PROGRAM_UNREADABLE;
    if (file < 0)
        return NULL;
    ssize_t size = pread(file, start, SCRIPT_LINE, 0);
    if (size >= 2 && start[0] == '#' && start[1] == '!') {
        next = interpreter_of(program, pool, start, &denied);
        program->kind = denied ? PROGRAM_NOT_EXECUTABLE : PROGRAM_NOT_FOUND;
        program->scripts++;
    } else if (size >= SELFMAG && memcmp(start, ELFMAG, SELFMAG) == 0) {
        examine_elf(program, pool, file);
    } else {
        program->kind = PROGRAM_NOT_ELF;
        next = program->scripts++ == 0 ? "/bin/sh" : NULL; /* ENOEXEC, which execvp answers as a shell does */
    }
    close(file);
    return next;
}

void program_examine(struct program *program, struct pool *pool, const char *name) {
    bool denied;
    *program = (struct program){.path = name, .file = name};
    const char *path = program_find(pool, name, &denied);
    program->kind = denied ? PROGRAM_NOT_EXECUTABLE : PROGRAM_NOT_FOUND;
    if (path)
        program->path = path;
    while (path && program->scripts <= SCRIPTS_MAX)
        path = examine_file(program, pool, path);
}

const char *program_obstacle(const struct program *program, struct pool *pool) {
    const char *file = program->file;
    switch (program->kind) {
    case PROGRAM_STATIC:
    case PROGRAM_STATIC_PIE:
        return pool_text(pool, "%s is statically linked: no loader runs that could load the shim", file);
    case PROGRAM_PRIVILEGED:
        return pool_text(
            pool, "%s runs with more rights than its caller (set-uid, set-gid or capabilities): the loader ignores LD_PRELOAD",
            file);
    case PROGRAM_OTHER_LIBC:
        return pool_text(pool, "%s is started by %s, which is not glibc's loader", file, program->loader);
    case PROGRAM_OTHER_MACHINE:
        return pool_text(pool, "%s is not a program for 64-bit x86", file);
    case PROGRAM_NOT_ELF:
        return pool_text(pool, "%s is neither an ELF program nor a script with a '#!' line", file);
    case PROGRAM_NOT_EXECUTABLE:
        return pool_text(pool, "%s cannot be run", program->missing ? program->missing : file);
    case PROGRAM_NOT_FOUND:
        return pool_text(pool, "%s is not found", program->missing ? program->missing : file);
    case PROGRAM_DYNAMIC:
    case PROGRAM_UNREADABLE:
    default:
        return NULL;
    }
}
