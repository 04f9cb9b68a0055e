/* SPDX-License-Identifier: Apache-2.0 */
#include "text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pool.h"
#include "trouble.h"

static size_t read_all(int fd, char **text, int *error) {
    size_t size = 0, capacity = 0;
    for (ssize_t got = 1; got > 0 && size <= TEXT_FILE_MAX;) {
        if (size == capacity) {
            capacity = capacity ? capacity * 2 : 4096;
            char *moved = realloc(*text, capacity);
            if (!moved) {
                *error = ENOMEM;
                return size;
            }
            *text = moved;
        }
        got = read(fd, *text + size, capacity - size);
        *error = got < 0 ? errno : 0;
        size += got > 0 ? (size_t)got : 0;
        got = got < 0 && errno == EINTR ? 1 : got;
    }
    *error = size > TEXT_FILE_MAX ? EFBIG : *error;
    return size;
}

struct trouble *text_file_read(struct pool *pool, const char *path, char **text, size_t *size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), error;
    if (fd < 0)
        return trouble_new("cannot read %s: %s", path, strerror(errno));
    char *bytes = NULL;
    *size = read_all(fd, &bytes, &error);
    close(fd);
    *text = pool_get(pool, *size + 1);
    if (*size)
        memcpy(*text, bytes, *size);
    free(bytes);
    return error ? trouble_new("cannot read %s: %s", path, strerror(error)) : NULL;
}

/* What will be replaced: the end of symbolic links, or the path itself when there is nothing there yet. */
static void target_of(const char *path, char target[PATH_MAX]) {
    if (!realpath(path, target))
        snprintf(target, PATH_MAX, "%s", path);
}

static bool is_special(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

static struct trouble *cannot_write(const char *path, int error) {
    return trouble_new("cannot write %s: %s", path, strerror(error));
}

/* A new file beside `target`, with the access that a file created there would have, or that the one there has. */
static int temporary_beside(const char *target, char name[PATH_MAX]) {
    struct stat status;
    mode_t mask = umask(0);
    umask(mask);
    if (snprintf(name, PATH_MAX, "%s.XXXXXX", target) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = mkostemp(name, O_CLOEXEC);
    mode_t mode = stat(target, &status) == 0 ? status.st_mode & 0777 : 0666 & ~mask;
    if (fd >= 0 && fchmod(fd, mode) != 0) { /* a file system without modes: the file stays private, which is no harm */
    }
    return fd;
}

struct trouble *text_file_check(const char *path) {
    char target[PATH_MAX], name[PATH_MAX];
    target_of(path, target);
    if (is_special(target)) {
        if (access(target, W_OK) == 0)
            return NULL;
        return cannot_write(path, errno);
    }
    size_t length = strlen(target);
    if (length == 0 || target[length - 1] == '/')
        return cannot_write(path, length ? EISDIR : ENOENT);
    int fd = temporary_beside(target, name);
    if (fd < 0)
        return cannot_write(path, errno);
    close(fd);
    unlink(name);
    return NULL;
}

static int write_all(int fd, const char *text, size_t size) {
    while (size) {
        ssize_t done = write(fd, text, size);
        if (done < 0 && errno != EINTR)
            return errno;
        text += done > 0 ? done : 0;
        size -= done > 0 ? (size_t)done : 0;
    }
    return 0;
}

static struct trouble *write_into(const char *path, const char *text, size_t size) {
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return cannot_write(path, errno);
    int error = write_all(fd, text, size);
    close(fd);
    return error ? cannot_write(path, error) : NULL;
}

struct trouble *text_file_write(const char *path, const char *text, size_t size) {
    char target[PATH_MAX], name[PATH_MAX];
    target_of(path, target);
    if (is_special(target))
        return write_into(target, text, size);
    int fd = temporary_beside(target, name);
    if (fd < 0)
        return cannot_write(path, errno);
    int error = write_all(fd, text, size);
    if (close(fd) != 0 && !error)
        error = errno;
    if (!error && rename(name, target) != 0)
        error = errno;
    if (error)
        unlink(name);
    return error ? cannot_write(path, error) : NULL;
}
