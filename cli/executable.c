/* SPDX-License-Identifier: Apache-2.0 */
#include "executable.h"

#include <fcntl.h>
#include <gelf.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum executable_kind interpreter_kind(Elf *elf, const GElf_Phdr *header) {
    size_t size;
    const char *file = elf_rawfile(elf, &size);
    if (!file || header->p_offset >= size || header->p_filesz > size - header->p_offset)
        return EXECUTABLE_NONE;
    const char *interpreter = file + header->p_offset;
    bool glibc = memmem(interpreter, header->p_filesz, "/ld-linux-x86-64.so.2", strlen("/ld-linux-x86-64.so.2"));
    return glibc ? EXECUTABLE_WATCHABLE : EXECUTABLE_OTHER_LIBC;
}

static enum executable_kind program_kind(Elf *elf) {
    GElf_Ehdr ehdr;
    GElf_Phdr header;
    size_t count;
    if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &ehdr))
        return EXECUTABLE_NONE;
    if (ehdr.e_machine != EM_X86_64 || gelf_getclass(elf) != ELFCLASS64)
        return EXECUTABLE_OTHER_CLASS;
    if (elf_getphdrnum(elf, &count) != 0)
        return EXECUTABLE_NONE;
    for (size_t i = 0; i < count; i++)
        if (gelf_getphdr(elf, (int)i, &header) && header.p_type == PT_INTERP)
            return interpreter_kind(elf, &header);
    return EXECUTABLE_STATIC;
}

/* For this user: a program of his own id gives him nothing, and is loaded like any other (ld.so(8), secure-execution mode). */
static bool is_setuid(const struct stat *status) {
    bool other_user = (status->st_mode & S_ISUID) && status->st_uid != geteuid();
    bool other_group = (status->st_mode & S_ISGID) && status->st_gid != getegid();
    return other_user || other_group;
}

static enum executable_kind file_kind(int fd) {
    char start[2];
    if (pread(fd, start, sizeof(start), 0) == (ssize_t)sizeof(start) && memcmp(start, "#!", sizeof(start)) == 0)
        return EXECUTABLE_SCRIPT;
    Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
    enum executable_kind kind = elf ? program_kind(elf) : EXECUTABLE_NONE;
    elf_end(elf);
    return kind;
}

enum executable_kind executable_kind(const char *path) {
    struct stat status;
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode) || !(status.st_mode & 0111))
        return EXECUTABLE_NONE;
    if (is_setuid(&status))
        return EXECUTABLE_SETUID;
    elf_version(EV_CURRENT);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) /* it can be executed and not be read */
        return EXECUTABLE_WATCHABLE;
    enum executable_kind kind = file_kind(fd);
    close(fd);
    return kind;
}

const char *executable_reason(enum executable_kind kind) {
    switch (kind) {
    case EXECUTABLE_STATIC:
        return "it is statically linked, and takes no preloaded library";
    case EXECUTABLE_SETUID:
        return "it is set-uid or set-gid, and the system lets nothing be preloaded into it";
    case EXECUTABLE_OTHER_LIBC:
        return "it runs on another C library than glibc";
    case EXECUTABLE_OTHER_CLASS:
        return "it is for another architecture than x86-64";
    default:
        return NULL;
    }
}
