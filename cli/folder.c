/* SPDX-License-Identifier: Apache-2.0 */
#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ffisan/record.h"
#include "trouble.h"

/* A place with less room than this is passed over while there is another one. XDG_RUNTIME_DIR is often a small tmpfs. */
#define ROOM_WANTED (64ull << 20)

static struct folder *at_exit; /* what exit() and the signal handler remove, or NULL */

static void remove_at_exit(void) {
    if (at_exit)
        folder_remove(at_exit, true);
}

static void remove_later(struct folder *folder) {
    static bool registered;
    if (!registered)
        registered = atexit(remove_at_exit) == 0;
    at_exit = folder;
}

uint64_t folder_room(const char *path) {
    struct statvfs info;
    return statvfs(path, &info) == 0 ? (uint64_t)info.f_bavail * info.f_frsize : 0;
}

/* --- Making it --- */

/* Absolute, since the program may change its working directory before it starts another one. */
static bool make_under(struct folder *folder, const char *base) {
    char absolute[PATH_MAX];
    if (!base || !*base || !realpath(base, absolute))
        return false;
    int length = snprintf(folder->path, sizeof(folder->path), "%s/ffisan-XXXXXX", strcmp(absolute, "/") == 0 ? "" : absolute);
    if (length < (int)sizeof(folder->path) && mkdtemp(folder->path))
        return true;
    folder->path[0] = '\0';
    return false;
}

static struct trouble *make_temporary(struct folder *folder) {
    const char *const bases[] = {getenv("XDG_RUNTIME_DIR"), getenv("TMPDIR"), "/tmp"};
    const size_t count = sizeof(bases) / sizeof(bases[0]);
    folder->made = true;
    for (size_t i = 0; i < count; i++)
        if (bases[i] && folder_room(bases[i]) >= ROOM_WANTED && make_under(folder, bases[i]))
            return NULL;
    for (size_t i = 0; i < count; i++)
        if (make_under(folder, bases[i]))
            return NULL;
    return trouble_new(
        "no folder for the records can be made under XDG_RUNTIME_DIR (%s), TMPDIR (%s) or /tmp: %s; set TMPDIR to a "
        "folder that you can write to",
        bases[0] ? bases[0] : "not set", bases[1] ? bases[1] : "not set", strerror(errno));
}

static bool is_empty(const char *path) {
    DIR *directory = opendir(path);
    if (!directory)
        return false;
    size_t entries = 0;
    while (entries <= 2 && readdir(directory))
        entries++;
    closedir(directory);
    return entries <= 2; /* "." and ".." */
}

/* An existing folder is taken when nothing is in it and it is the user's own, and is closed to others like a new one. */
static struct trouble *take_existing(const char *path) {
    struct stat info;
    if (stat(path, &info) != 0)
        return trouble_new("--keep %s: %s", path, strerror(errno));
    if (!S_ISDIR(info.st_mode))
        return trouble_new("--keep %s: this is not a folder; name one that is empty or not there yet", path);
    if (info.st_uid != geteuid())
        return trouble_new("--keep %s: the folder belongs to somebody else; name one that is yours or not there yet", path);
    if (!is_empty(path))
        return trouble_new("--keep %s: the folder is not empty; name one that is empty or not there yet", path);
    if (chmod(path, 0700) != 0)
        return trouble_new("--keep %s: cannot close the folder to others: %s", path, strerror(errno));
    return NULL;
}

static struct trouble *make_kept(struct folder *folder, const char *path) {
    folder->keep = true;
    folder->made = mkdir(path, 0700) == 0;
    if (!folder->made && errno != EEXIST)
        return trouble_new("--keep %s: cannot make this folder: %s", path, strerror(errno));
    struct trouble *trouble = folder->made ? NULL : take_existing(path);
    if (!trouble && !realpath(path, folder->path))
        trouble = trouble_new("--keep %s: %s", path, strerror(errno));
    return trouble;
}

struct trouble *folder_make(struct folder *folder, const char *keep) {
    *folder = (struct folder){0};
    struct trouble *trouble = keep ? make_kept(folder, keep) : make_temporary(folder);
    if (!trouble)
        remove_later(folder);
    return trouble;
}

/* --- Removing it --- */

/* getdents64's own record; glibc's readdir needs malloc, which a signal handler must not call. */
struct entry {
    uint64_t inode;
    int64_t offset;
    unsigned short size;
    unsigned char type;
    char name[];
};

static void empty_out(int directory) {
    _Alignas(struct entry) char buffer[4096];
    long size;
    while ((size = syscall(SYS_getdents64, directory, buffer, sizeof(buffer))) > 0)
        for (long at = 0; at < size;) {
            const struct entry *entry = (const struct entry *)(buffer + at);
            unlinkat(directory, entry->name, 0); /* "." and "..": EISDIR */
            at += entry->size;
        }
}

void folder_remove(struct folder *folder, bool keep_it) {
    if (!folder->path[0] || (folder->keep && keep_it))
        return;
    int saved = errno;
    int directory = open(folder->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (directory >= 0) {
        empty_out(directory);
        close(directory);
    }
    if (folder->made)
        rmdir(folder->path);
    folder->path[0] = '\0';
    if (at_exit == folder)
        at_exit = NULL;
    errno = saved;
}

static void remove_and_die(int signal_number) {
    remove_at_exit();
    raise(signal_number); /* held until this handler returns; SA_RESETHAND has made it the default by then */
}

void folder_guard(struct folder *folder) {
    static const int deadly[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    remove_later(folder);
    for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++) {
        struct sigaction action;
        if (sigaction(deadly[i], NULL, &action) != 0 || action.sa_handler == SIG_IGN)
            continue;
        action = (struct sigaction){.sa_handler = remove_and_die, .sa_flags = (int)SA_RESETHAND};
        sigaction(deadly[i], &action, NULL);
    }
}

/* --- Looking into it --- */

bool folder_has_records_of(const struct folder *folder, pid_t pid) {
    char prefix[32];
    int length = snprintf(prefix, sizeof(prefix), "%d-", (int)pid);
    DIR *directory = opendir(folder->path);
    if (!directory)
        return false;
    bool found = false;
    for (const struct dirent *entry; !found && (entry = readdir(directory));)
        found = strncmp(entry->d_name, prefix, (size_t)length) == 0 && strstr(entry->d_name, FFISAN_RECORD_SUFFIX);
    closedir(directory);
    return found;
}
