/* SPDX-License-Identifier: Apache-2.0
 *
 * Other programs being started: each is recorded, and those that --follow leaves out get an environment without the shim's
 * variables. Nobody is forced to carry them: who starts a program with an emptied environment is recorded as doing so, and that
 * is all.
 *
 * All of this runs in children of vfork as well, on the parent's memory, thread-locals and stack, with a successful exec as the
 * only way out: nothing is held across the call (`busy` would stay held in the parent), nothing is allocated, and the program's
 * own environment is never written to. Environments and paths are read as the kernel reads them: a bad pointer is EFAULT there,
 * not a crash here.
 *
 * A process that has confined itself (core/confined.h) hands its filter on to what it starts, where the shim could not even
 * begin: that is started without it. As long as no filter is known of, the program is looked at, by no system calls but those
 * that its loader will make as well; and from no_new_privs on addresses are believed.
 *
 * Not seen: what libc starts for itself (system, popen), which keeps the environment anyway, and raw system calls.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/confined.h"
#include "core/glob.h"
#include "core/options.h"
#include "core/peek.h"
#include "core/records.h"
#include "core/thread.h"
#include "hooks/hooks.h"

#define LIBRARY      "libffisan.so"
#define PRELOAD      "LD_PRELOAD="
#define OPTIONS      "FFISAN_OPTIONS="
#define SEARCH       "PATH="
#define SEARCH_USUAL "/bin:/usr/bin" /* what execvp looks through without PATH */
#define PAGE         4096u
#define PATH_SIZE    1024        /* of what is recorded */
#define ENTRIES      1024        /* of an environment that is cleaned; a larger one stays as it is */
#define PRELOAD_SIZE 2048        /* likewise */
#define ROOM_LEFT    (64u << 10) /* for the records of a process whose exec fails; each image has a file, and few fill it */

/* One call, whichever of the functions it was made by. */
struct start {
    enum { BY_PATH, BY_NAME, BY_DESCRIPTOR, AT_FOLDER, SPAWN, SPAWN_BY_NAME } how;
    const char *file;
    char *const *arguments, *const *environment;
    int folder, flags; /* BY_DESCRIPTOR (folder is the file), AT_FOLDER */
    pid_t *child;      /* SPAWN, SPAWN_BY_NAME: these three */
    const posix_spawn_file_actions_t *actions;
    const posix_spawnattr_t *attributes;
};

/* The real call. execveat is younger than the oldest glibc that the shim runs with. */
static int carry_out(const struct start *start, char *const *environment) {
    switch (start->how) {
    case BY_PATH:
        return NEXT(execve)(start->file, start->arguments, environment);
    case BY_NAME:
        return NEXT(execvpe)(start->file, start->arguments, environment);
    case BY_DESCRIPTOR:
        return NEXT(fexecve)(start->folder, start->arguments, environment);
    case SPAWN:
        return NEXT(posix_spawn)(start->child, start->file, start->actions, start->attributes, start->arguments, environment);
    case SPAWN_BY_NAME:
        return NEXT(posix_spawnp)(start->child, start->file, start->actions, start->attributes, start->arguments, environment);
    case AT_FOLDER:
        break;
    }
    return (int)syscall(SYS_execveat, start->folder, start->file, start->arguments, environment, start->flags);
}

/* What is about to be started, by the best name there is. */

struct path {
    char text[PATH_SIZE];
    size_t used;
};

static void add(struct path *path, const char *text, size_t length) {
    size_t room = sizeof path->text - 1 - path->used;
    if (length > room)
        length = room;
    memcpy(path->text + path->used, text, length);
    path->used += length;
    path->text[path->used] = 0;
}

static void add_descriptor(struct path *path, int descriptor) {
    if (confined())
        return;
    char link[40] = "/proc/self/fd/", digits[12];
    unsigned at = sizeof digits, number = (unsigned)descriptor;
    do
        digits[--at] = (char)('0' + number % 10);
    while (number /= 10);
    memcpy(link + 14, digits + at, sizeof digits - at);
    char target[PATH_SIZE];
    ssize_t length = readlink(link, target, sizeof target);
    if (length > 0)
        add(path, target, (size_t)length);
}

/* By system call: stat() itself is a newer symbol than glibc 2.28 has. */
static bool can_be_started(const char *path) {
    struct stat status;
    if (confinement_now() >= CONFINED_SURELY)
        return true;
    return syscall(SYS_newfstatat, AT_FDCWD, path, &status, 0) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

static const char *search_path(void) {
    for (char **entry = environ; entry && *entry; entry++)
        if (strncmp(*entry, SEARCH, sizeof SEARCH - 1) == 0)
            return *entry + sizeof SEARCH - 1;
    return SEARCH_USUAL;
}

/* As execvp finds it: an empty part of PATH is the working folder. False: nowhere. */
static bool find_by_name(struct path *path, const char *name) {
    for (const char *part = search_path();; part++) {
        size_t length = strcspn(part, ":");
        path->used = 0;
        add(path, part, length);
        add(path, "/", length > 0);
        add(path, name, strlen(name));
        if (can_be_started(path->text))
            return true;
        part += length;
        if (!*part)
            return false;
    }
}

/* Beneath a folder that file actions may enter, and cut off, a path says nothing about what is there. */
static bool is_telling(const struct start *start, const struct path *path) {
    return !start->actions && path->used + 1 < sizeof path->text;
}

static bool take_text(char to[PATH_SIZE], const char *from) {
    if (!confined())
        return peek_text(to, (uintptr_t)from, PATH_SIZE);
    memcpy(to, from ? from : "", from ? strnlen(from, PATH_SIZE - 1) : 0);
    return from != NULL;
}

/* False: there is nothing there that could be started, so the call will fail and is not worth a record (who looks through PATH by
 * calling exec for each part makes many of those). */
static bool find(const struct start *start, struct path *path) {
    char file[PATH_SIZE] = "";
    path->text[0] = 0;
    path->used = 0;
    if (start->how != BY_DESCRIPTOR && !take_text(file, start->file))
        return false;
    bool by_name = start->how == BY_NAME || start->how == SPAWN_BY_NAME;
    if (by_name && !strchr(file, '/') && confinement_now() < CONFINED_SURELY)
        return file[0] && find_by_name(path, file);
    bool beneath = start->how == BY_DESCRIPTOR || (start->how == AT_FOLDER && file[0] != '/' && start->folder != AT_FDCWD);
    if (beneath)
        add_descriptor(path, start->folder);
    if (beneath && !file[0])
        return path->used > 0; /* the open file itself, which may have no name any more */
    if (beneath && path->used)
        add(path, "/", path->text[path->used - 1] != '/');
    add(path, file, strlen(file));
    return !is_telling(start, path) || can_be_started(path->text);
}

/* What the environment says about the shim. */

struct variables {
    uintptr_t preload, options; /* addresses of the entries, 0: none */
    unsigned entries;
    bool readable;
};

/* Memory of the caller's, page by page: what was found readable last is not asked for again. */
struct reader {
    uintptr_t page;
};

static bool can_read(struct reader *reader, uintptr_t address) {
    uintptr_t page = address / PAGE;
    if (page == reader->page || confined())
        return page != 0;
    reader->page = peek_page(address) ? page : 0;
    return reader->page != 0;
}

static bool can_read_both_ends(struct reader *reader, uintptr_t address, size_t size) {
    return can_read(reader, address) && can_read(reader, address + size - 1);
}

/* As much of an entry as is looked at, which may end before the page does. */
static bool can_read_start(struct reader *reader, const char *entry) {
    uintptr_t start = (uintptr_t)entry, rest = PAGE - start % PAGE;
    if (!can_read(reader, start))
        return false;
    return rest >= sizeof OPTIONS || memchr(entry, 0, rest) || can_read(reader, start + rest);
}

static struct variables look_through(char *const *environment) {
    struct variables found = {.readable = true};
    struct reader array = {0}, text = {0};
    for (; environment; found.entries++) {
        uintptr_t place = (uintptr_t)(environment + found.entries);
        found.readable = can_read_both_ends(&array, place, sizeof(char *));
        const char *entry = found.readable ? environment[found.entries] : NULL;
        if (!entry)
            break;
        found.readable = can_read_start(&text, entry);
        if (!found.readable)
            break;
        if (strncmp(entry, PRELOAD, sizeof PRELOAD - 1) == 0)
            found.preload = (uintptr_t)entry;
        else if (strncmp(entry, OPTIONS, sizeof OPTIONS - 1) == 0)
            found.options = (uintptr_t)entry;
    }
    return found;
}

static size_t entry_length(const char *list) {
    return strcspn(list, ": ");
}

/* One entry of LD_PRELOAD, with or without a folder (ld.so(8): separated by colons or spaces). */
static bool is_ours(const char *entry, size_t length) {
    size_t own = sizeof LIBRARY - 1;
    return length >= own && memcmp(entry + length - own, LIBRARY, own) == 0 && (length == own || entry[length - own - 1] == '/');
}

/* The launcher has put AddressSanitizer's runtime there (--with asan), which is as little for other loaders as we are. */
static bool is_companion(const char *entry, size_t length) {
    static const char *const names[] = {"libasan.so", "libclang_rt.asan"};
    const char *slash = memrchr(entry, '/', length), *name = slash ? slash + 1 : entry;
    size_t rest = length - (size_t)(name - entry);
    for (unsigned i = 0; i < sizeof names / sizeof *names && options.with == FFISAN_WITH_ASAN; i++)
        if (rest >= strlen(names[i]) && memcmp(name, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static bool names_us(const char *list) {
    while (*list) {
        size_t length = entry_length(list);
        if (is_ours(list, length))
            return true;
        list += length + (list[length] != 0);
    }
    return false;
}

static bool carries_us(const struct variables *variables) {
    return variables->preload && variables->options && names_us((const char *)variables->preload + sizeof PRELOAD - 1);
}

/* The list without our entry, as LD_PRELOAD=...; false: nothing is left of it, or it does not fit. */
static bool without_us(const char *list, char *to, size_t size) {
    if (strlen(list) + sizeof PRELOAD > size)
        return false;
    size_t used = sizeof PRELOAD - 1, left = 0;
    memcpy(to, PRELOAD, sizeof PRELOAD);
    while (*list) {
        size_t length = entry_length(list);
        if (length && !is_ours(list, length) && !is_companion(list, length)) {
            if (left++)
                to[used++] = ':';
            memcpy(to + used, list, length);
            used += length;
        }
        list += length + (list[length] != 0);
    }
    to[used] = 0;
    return left > 0;
}

static RARE int start_unwatched(const struct start *start, const struct variables *variables) {
    char *cleaned[ENTRIES + 1];
    char preload[PRELOAD_SIZE];
    unsigned count = 0;
    const char *list = variables->preload ? (const char *)variables->preload + sizeof PRELOAD - 1 : "";
    bool keeps_preload = without_us(list, preload, sizeof preload);
    for (unsigned i = 0; i < variables->entries; i++) {
        char *entry = start->environment[i];
        if ((uintptr_t)entry == variables->preload)
            entry = keeps_preload ? preload : NULL;
        if (entry && (uintptr_t)entry != variables->options)
            cleaned[count++] = entry;
    }
    cleaned[count] = NULL;
    return carry_out(start, cleaned);
}

static bool can_be_cleaned(const struct variables *variables) {
    return variables->entries <= ENTRIES && (!variables->preload || strlen((const char *)variables->preload) < PRELOAD_SIZE);
}

static bool followed(const char *path) {
    const char *pattern = options.follow, *slash = strrchr(path, '/');
    if (strcmp(pattern, "all") == 0)
        return true;
    if (strcmp(pattern, "none") == 0)
        return false;
    size_t length = strlen(pattern);
    return glob_match(pattern, length, path) || glob_match(pattern, length, slash ? slash + 1 : path);
}

static struct ffisan_record_exec *record(const struct path *path, enum ffisan_exec_watch watch) {
    struct ffisan_record_exec *record = record_begin(FFISAN_RECORD_EXEC, sizeof *record + path->used + 1);
    if (!record)
        return NULL;
    record->pid = process_id();
    record->watch = watch;
    record->time_ns = clock_ns();
    memcpy(record->path, path->text, path->used + 1);
    record_commit(record);
    return record;
}

/* What the kernel is about to run, as far as it matters here. Loaders of other libcs and of 32-bit programs do not skip what they
 * cannot preload: musl's ends the program, glibc's for i386 writes to its standard error. */

#define SCRIPTS_MOST 5u /* the kernel follows no more "#!" lines (fs/exec.c) */

static const char own_loader[] = "/ld-linux-x86-64.so.";

static bool read_at(int file, void *to, size_t size, off_t offset) {
    return syscall(SYS_pread64, file, to, size, offset) == (long)size;
}

static bool has_own_loader(int file, const Elf64_Ehdr *elf) {
    if (elf->e_ident[EI_CLASS] != ELFCLASS64 || elf->e_machine != EM_X86_64)
        return false;
    Elf64_Phdr segment;
    for (unsigned i = 0; i < elf->e_phnum; i++) {
        char loader[PATH_SIZE] = "";
        if (!read_at(file, &segment, sizeof segment, (off_t)(elf->e_phoff + i * sizeof segment)))
            return true;
        if (segment.p_type != PT_INTERP)
            continue;
        return segment.p_filesz >= sizeof loader || !read_at(file, loader, segment.p_filesz, (off_t)segment.p_offset) ||
               strstr(loader, own_loader);
    }
    return true; /* static: reads no variables */
}

/* The interpreter of a script goes to `path`. False: it is none, and *ours says whether its loader takes us. */
static bool is_script(char path[PATH_SIZE], bool *ours) {
    union {
        char text[sizeof(Elf64_Ehdr)];
        Elf64_Ehdr elf;
    } start = {0};
    char line[256] = ""; /* BINPRM_BUF_SIZE */
    long file = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    bool script = syscall(SYS_pread64, file, line, sizeof line - 1, 0) > 2 && line[0] == '#' && line[1] == '!';
    if (script) {
        const char *name = line + 2 + strspn(line + 2, " \t");
        size_t length = strcspn(name, " \t\n");
        memcpy(path, name, length);
        path[length] = 0;
    } else if (read_at((int)file, &start, sizeof start, 0) && memcmp(start.text, ELFMAG, SELFMAG) == 0) {
        *ours = has_own_loader((int)file, &start.elf);
    }
    syscall(SYS_close, file);
    return script;
}

static bool takes_us(const char *program) {
    char path[PATH_SIZE];
    bool ours = true;
    memcpy(path, program, strlen(program) + 1);
    for (unsigned i = 0; i <= SCRIPTS_MOST && is_script(path, &ours); i++) {
    }
    return ours;
}

/* What was decided, and what came of it. */
struct announced {
    struct variables variables;
    enum ffisan_exec_watch watch;
    struct ffisan_record_exec *record;
};

static enum ffisan_exec_watch decide(const struct path *path, const struct variables *variables) {
    if (confinement_now() >= CONFINED_SURELY)
        return FFISAN_EXEC_CONFINED;
    if (!followed(path->text))
        return FFISAN_EXEC_NOT_FOLLOWED;
    if (!variables->readable || !carries_us(variables))
        return FFISAN_EXEC_EMPTIED;
    return takes_us(path->text) ? FFISAN_EXEC_WATCHED : FFISAN_EXEC_OTHER_LOADER;
}

static struct announced announce(const struct start *start) {
    struct path path;
    bool exists = find(start, &path);
    struct announced announced = {.variables = look_through(start->environment)};
    announced.watch = decide(&path, &announced.variables);
    if (exists && announced.variables.readable)
        announced.record = record(&path, announced.watch);
    return announced;
}

/* Nothing was started. In a child of vfork, too: the record is in memory that is shared with the parent. */
static void take_back(const struct announced *announced) {
    if (announced->record)
        __atomic_store_n(&announced->record->watch, FFISAN_EXEC_FAILED, __ATOMIC_RELEASE);
}

/* The header says that this process is about to become another program; what it said before is for when it does not. */
static uint32_t set_end(uint32_t end) {
    return process_is_ours() ? __atomic_exchange_n(&records_header()->end, end, __ATOMIC_ACQ_REL) : end;
}

static RARE int start_recorded(const struct start *start) {
    struct inside inside = inside_enter();
    struct announced announced = announce(start);
    const struct variables *variables = &announced.variables;
    bool replaces = start->how != SPAWN && start->how != SPAWN_BY_NAME;
    uint32_t before = replaces ? set_end(FFISAN_END_EXEC) : 0;
    if (replaces && announced.record && process_is_ours())
        records_shrink(ROOM_LEFT);
    inside_leave(inside);
    bool unwatched = announced.watch == FFISAN_EXEC_NOT_FOLLOWED || announced.watch == FFISAN_EXEC_OTHER_LOADER ||
                     announced.watch == FFISAN_EXEC_CONFINED;
    bool clean = unwatched && variables->readable && can_be_cleaned(variables);
    int result = clean ? start_unwatched(start, variables) : carry_out(start, start->environment);
    if (result != 0) {
        inside = inside_enter();
        take_back(&announced);
        if (replaces)
            set_end(before);
        inside_leave(inside);
    }
    return result;
}

static int begin(const struct start *start) {
    if (UNLIKELY(__atomic_load_n(&hooks_off, __ATOMIC_RELAXED) || self.busy))
        return carry_out(start, start->environment);
    return start_recorded(start);
}

/* The functions themselves. Those that glibc defines by another one here go straight to that one. */

EXPORT int execve(const char *path, char *const arguments[], char *const environment[]) {
    return begin(&(struct start){.how = BY_PATH, .file = path, .arguments = arguments, .environment = environment});
}

EXPORT int execv(const char *path, char *const arguments[]) {
    return execve(path, arguments, environ);
}

EXPORT int execvpe(const char *file, char *const arguments[], char *const environment[]) {
    return begin(&(struct start){.how = BY_NAME, .file = file, .arguments = arguments, .environment = environment});
}

EXPORT int execvp(const char *file, char *const arguments[]) {
    return execvpe(file, arguments, environ);
}

EXPORT int fexecve(int file, char *const arguments[], char *const environment[]) {
    return begin(&(struct start){.how = BY_DESCRIPTOR, .folder = file, .arguments = arguments, .environment = environment});
}

EXPORT int execveat(int folder, const char *path, char *const arguments[], char *const environment[], int flags) {
    return begin(&(struct start){
        .how = AT_FOLDER, .file = path, .arguments = arguments, .environment = environment, .folder = folder, .flags = flags});
}

EXPORT int posix_spawn(pid_t *restrict child, const char *restrict path, const posix_spawn_file_actions_t *restrict actions,
                       const posix_spawnattr_t *restrict attributes, char *const arguments[restrict],
                       char *const environment[restrict]) {
    return begin(&(struct start){.how = SPAWN,
                                 .file = path,
                                 .arguments = arguments,
                                 .environment = environment,
                                 .child = child,
                                 .actions = actions,
                                 .attributes = attributes});
}

EXPORT int posix_spawnp(pid_t *restrict child, const char *restrict file, const posix_spawn_file_actions_t *restrict actions,
                        const posix_spawnattr_t *restrict attributes, char *const arguments[restrict],
                        char *const environment[restrict]) {
    return begin(&(struct start){.how = SPAWN_BY_NAME,
                                 .file = file,
                                 .arguments = arguments,
                                 .environment = environment,
                                 .child = child,
                                 .actions = actions,
                                 .attributes = attributes});
}

/* execl and its kin: the arguments stand behind each other up to a NULL. As in glibc the list is built on the stack, whatever its
 * length: there is nowhere else in a child of vfork. */

static size_t count_behind(const char *first, va_list *list) {
    size_t count = 0;
    for (const char *last = first; last; count++)
        last = va_arg(*list, const char *);
    return count;
}

/* The first and `count` behind it, the last of them NULL. */
static void collect(char **to, const char *first, va_list *list, size_t count) {
    *to++ = (char *)first;
    while (count--)
        *to++ = va_arg(*list, char *);
}

#define COUNT_ARGUMENTS(first, count)                                                                                            \
    do {                                                                                                                         \
        va_list list_;                                                                                                           \
        va_start(list_, first);                                                                                                  \
        (count) = count_behind(first, &list_);                                                                                   \
        va_end(list_);                                                                                                           \
    } while (0)

EXPORT int execl(const char *path, const char *first, ...) {
    size_t count;
    va_list list;
    COUNT_ARGUMENTS(first, count);
    char **arguments = __builtin_alloca((count + 1) * sizeof *arguments);
    va_start(list, first);
    collect(arguments, first, &list, count);
    va_end(list);
    return execve(path, arguments, environ);
}

EXPORT int execlp(const char *file, const char *first, ...) {
    size_t count;
    va_list list;
    COUNT_ARGUMENTS(first, count);
    char **arguments = __builtin_alloca((count + 1) * sizeof *arguments);
    va_start(list, first);
    collect(arguments, first, &list, count);
    va_end(list);
    return execvpe(file, arguments, environ);
}

EXPORT int execle(const char *path, const char *first, ...) {
    size_t count;
    va_list list;
    COUNT_ARGUMENTS(first, count);
    char **arguments = __builtin_alloca((count + 1) * sizeof *arguments);
    va_start(list, first);
    collect(arguments, first, &list, count);
    char *const *environment = va_arg(list, char *const *);
    va_end(list);
    return execve(path, arguments, environment);
}
