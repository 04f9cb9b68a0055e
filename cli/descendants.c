/* SPDX-License-Identifier: Apache-2.0 */
#include "descendants.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pool.h"

/* The fields of /proc/PID/stat that matter: "PID (NAME) STATE PARENT ...", where NAME may hold anything, also ')' and newlines.
 */
static bool parse_stat(char *text, struct descendant *process) {
    char *name = strchr(text, '('), *end = strrchr(text, ')'), *behind;
    if (!name || !end || end < name || strlen(end) < 5)
        return false;
    char state = end[2];
    process->pid = (pid_t)strtol(text, NULL, 10);
    process->parent = (pid_t)strtol(end + 3, &behind, 10);
    *end = '\0';
    snprintf(process->name, sizeof(process->name), "%s", name + 1);
    for (char *byte = process->name; *byte; byte++)
        if (!isprint((unsigned char)*byte))
            *byte = '?';
    return state != 'Z' && state != 'X' && behind != end + 3;
}

/* False: no process, or gone or dead by now. */
static bool read_process(const char *pid, struct descendant *process) {
    char path[64], text[512];
    snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    size_t size = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[size] = '\0';
    return parse_stat(text, process);
}

static struct descendants all_processes(struct pool *pool) {
    struct descendants all = {0};
    DIR *directory = opendir("/proc");
    if (!directory)
        return all;
    for (const struct dirent *entry; (entry = readdir(directory));) {
        struct descendant process = {0};
        if (isdigit((unsigned char)entry->d_name[0]) && read_process(entry->d_name, &process))
            *(struct descendant *)pool_append(pool, &all.list, &all.count, sizeof(process)) = process;
    }
    closedir(directory);
    return all;
}

bool descendants_contain(const struct descendants *processes, pid_t pid) {
    for (size_t i = 0; processes && i < processes->count; i++)
        if (processes->list[i].pid == pid)
            return true;
    return false;
}

/* Takes over from `all` the children of `parent`. */
static void add_children(struct pool *pool, struct descendants *found, const struct descendants *all, pid_t parent,
                         const struct descendants *except) {
    for (size_t i = 0; i < all->count; i++) {
        const struct descendant *process = &all->list[i];
        if (process->parent == parent && !descendants_contain(except, process->pid) && !descendants_contain(found, process->pid))
            *(struct descendant *)pool_append(pool, &found->list, &found->count, sizeof(*process)) = *process;
    }
}

struct descendants descendants_living(struct pool *pool, const struct descendants *except) {
    struct descendants all = all_processes(pool), found = {0};
    add_children(pool, &found, &all, getpid(), except);
    for (size_t i = 0; i < found.count; i++)
        add_children(pool, &found, &all, found.list[i].pid, except);
    return found;
}

struct descendants descendants_children(struct pool *pool) {
    struct descendants all, found = {0};
    siginfo_t info;
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD)
        return found;
    all = all_processes(pool);
    add_children(pool, &found, &all, getpid(), NULL);
    return found;
}
