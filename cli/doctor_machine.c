/* SPDX-License-Identifier: Apache-2.0
 *
 * `ffisan doctor` on the machine and the session that it runs in: the shim is tried once, on true(1).
 */
#include "doctor.h"

#include <dlfcn.h>
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <gnu/libc-version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "contract_files.h"
#include "environment.h"
#include "ffisan/record.h"
#include "folder.h"
#include "launch.h"
#include "pool.h"
#include "prototypes.h"
#include "shim_options.h"
#include "trouble.h"
#include "with.h"

#define MIB 1048576ull

/* --- The system --- */

static void look_at_system(struct doctor *doctor) {
    struct utsname name;
    if (uname(&name) != 0)
        return;
    bool fits = strcmp(name.machine, "x86_64") == 0;
    doctor_say(doctor, fits ? HEALTH_OK : HEALTH_NO, "architecture", "%s%s", name.machine,
               fits ? "" : ": only x86-64 is supported");
    doctor_say(doctor, HEALTH_OK, "kernel", "%s %s; neither ptrace nor other privileges are needed", name.sysname, name.release);
}

static void look_at_libraries(struct doctor *doctor) {
    const char *version = gnu_get_libc_version();
    char *end;
    long major = strtol(version, &end, 10), minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;
    bool fits = major > 2 || (major == 2 && minor >= 28);
    doctor_say(doctor, fits ? HEALTH_OK : HEALTH_NO, "glibc", "%s%s", version, fits ? "" : ": 2.28 or newer is needed");
    doctor_say(doctor, HEALTH_OK, "elfutils", "%s, for names and source lines of native frames", dwfl_version(NULL));
}

static void look_at_debug_info(struct doctor *doctor) {
    Dl_info info;
    if (!dladdr((void *)gnu_get_libc_version, &info) || !info.dli_fname)
        return;
    if (doctor_has_debug_info(doctor, info.dli_fname))
        doctor_say(doctor, HEALTH_OK, "debug info", "found for %s", info.dli_fname);
    else
        doctor_say(doctor, HEALTH_LIMIT, "debug info",
                   "none for %s: its frames have names at best and no source lines; install it (Debian: libc6-dbg)",
                   info.dli_fname);
}

static void look_at_prototypes(struct doctor *doctor) {
    struct prototypes *prototypes = prototypes_new(NULL, NULL);
    const struct symbols_gap *gaps;
    if (prototypes_gaps(prototypes, &gaps))
        doctor_say(doctor, HEALTH_LIMIT, "prototypes", "%s: %s; until then only debug info says what functions are", gaps[0].path,
                   gaps[0].why);
    else
        doctor_say(doctor, HEALTH_OK, "prototypes",
                   "%zu functions of libc and other libraries, from their headers; debug info has more",
                   prototypes_known(prototypes));
    prototypes_free(prototypes);
}

static void look_at_contracts(struct doctor *doctor) {
    size_t count = contract_files_shipped(doctor->pool).count;
    if (count)
        doctor_say(doctor, HEALTH_OK, "contracts", "%zu ship, for the libraries that 'ffisan contract show' lists", count);
    else
        doctor_say(doctor, HEALTH_LIMIT, "contracts", "those that ship are not where they belong; install FFISan again");
}

static void look_at_checkers(struct doctor *doctor) {
    const char *runtime = NULL, *valgrind = with_valgrind(doctor->pool);
    struct trouble *trouble = with_asan_runtime(doctor->pool, NULL, &runtime);
    if (trouble)
        doctor_say(doctor, HEALTH_LIMIT, "AddressSanitizer", "%s", trouble_text(trouble));
    else
        doctor_say(doctor, HEALTH_OK, "AddressSanitizer", "%s, for --with asan", runtime ? runtime : "as LD_PRELOAD has it");
    trouble_free(trouble);
    if (valgrind)
        doctor_say(doctor, HEALTH_OK, "valgrind", "%s, for --with valgrind", valgrind);
    else
        doctor_say(doctor, HEALTH_LIMIT, "valgrind", "there is none in PATH: no --with valgrind");
}

/* --- The shim --- */

/* 0: there is no readable header. */
static uint32_t record_version(const struct folder *folder, pid_t pid) {
    struct {
        char magic[8];
        uint32_t version;
    } start = {0};
    char pattern[PATH_MAX + 32];
    glob_t found;
    snprintf(pattern, sizeof(pattern), "%s/%d-*%s", folder->path, (int)pid, FFISAN_RECORD_SUFFIX);
    if (glob(pattern, 0, NULL, &found) != 0)
        return 0;
    int file = open(found.gl_pathv[0], O_RDONLY | O_CLOEXEC);
    globfree(&found);
    ssize_t size = file >= 0 ? read(file, &start, sizeof(start)) : -1;
    if (file >= 0)
        close(file);
    return size == sizeof(start) && memcmp(start.magic, FFISAN_RECORD_MAGIC, sizeof(start.magic)) == 0 ? start.version : 0;
}

static void judge_trial(struct doctor *doctor, const struct folder *folder, pid_t pid, int status) {
    uint32_t version = record_version(folder, pid);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        doctor_say(doctor, HEALTH_NO, "shim loads", "true(1) does not end well with the shim under it (wait status 0x%x)",
                   status);
    else if (version == 0)
        doctor_say(doctor, HEALTH_NO, "shim loads",
                   "true(1) ran and left no record: the loader did not take the shim (see above), or "
                   "the shim could not write to %s",
                   folder->path);
    else if (version != FFISAN_RECORD_VERSION)
        doctor_say(doctor, HEALTH_NO, "shim loads",
                   "it writes records of version %u, and this ffisan reads version %u: install both "
                   "from one build",
                   version, FFISAN_RECORD_VERSION);
    else
        doctor_say(doctor, HEALTH_OK, "shim loads", "true(1) ran under it and left its record");
}

static struct trouble *try_shim(struct doctor *doctor, const struct folder *folder) {
    struct shim_settings settings = {.pool = doctor->pool};
    struct environment environment = {0};
    struct trouble *trouble = shim_setting(&settings, SHIM_OPTION_records, "the folder for the records", folder->path);
    if (!trouble)
        trouble = environment_compose(&environment, doctor->pool, &settings);
    if (trouble)
        return trouble;
    char command[] = "true", *const argv[] = {command, NULL};
    struct signals signals;
    pid_t pid;
    int error, status = 0;
    signals_hold(&signals);
    trouble = launch_start(argv, &environment, &signals, &pid, &error);
    if (!trouble && error)
        trouble = trouble_new("cannot run true(1) to try it: %s", strerror(error));
    if (!trouble && waitpid(pid, &status, 0) == pid)
        judge_trial(doctor, folder, pid, status);
    signals_release(&signals);
    return trouble;
}

static void look_at_shim(struct doctor *doctor, const struct folder *folder) {
    const char *library = NULL;
    struct trouble *trouble = environment_library(doctor->pool, &library);
    if (trouble)
        doctor_say(doctor, HEALTH_NO, "shim", "%s", trouble_text(trouble));
    else
        doctor_say(doctor, HEALTH_OK, "shim", "%s", library);
    trouble_free(trouble);
    if (!library || !folder->path[0])
        return;
    trouble = try_shim(doctor, folder);
    if (trouble)
        doctor_say(doctor, HEALTH_NO, "shim loads", "%s", trouble_text(trouble));
    trouble_free(trouble);
}

static void look_at_folder(struct doctor *doctor, const struct folder *folder, struct trouble *trouble) {
    if (trouble) {
        doctor_say(doctor, HEALTH_NO, "record folder", "%s", trouble_text(trouble));
        return;
    }
    uint64_t room = folder_room(folder->path) / MIB;
    const char *parent = pool_text(doctor->pool, "%.*s", (int)(strrchr(folder->path, '/') - folder->path), folder->path);
    if (room < 64)
        doctor_say(doctor, HEALTH_LIMIT, "record folder",
                   "%s has %llu MiB left: records of many processes will not fit; set TMPDIR to "
                   "a place with more",
                   parent, (unsigned long long)room);
    else
        doctor_say(doctor, HEALTH_OK, "record folder", "%s, %llu MiB free", parent, (unsigned long long)room);
}

void doctor_machine(struct doctor *doctor) {
    struct folder folder;
    look_at_system(doctor);
    look_at_libraries(doctor);
    struct trouble *trouble = folder_make(&folder, NULL);
    look_at_folder(doctor, &folder, trouble);
    trouble_free(trouble);
    look_at_shim(doctor, &folder);
    look_at_debug_info(doctor);
    look_at_prototypes(doctor);
    look_at_contracts(doctor);
    look_at_checkers(doctor);
    folder_remove(&folder, false);
}

/* --- Limits of this session --- */

static void look_at_rlimit(struct doctor *doctor, int resource, const char *what, const char *flag, const char *consequence) {
    struct rlimit limit;
    if (getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        doctor_say(doctor, HEALTH_OK, what, "no limit");
    else
        doctor_say(doctor, HEALTH_LIMIT, what, "%llu MiB (ulimit %s): %s", (unsigned long long)(limit.rlim_cur / MIB), flag,
                   consequence);
}

static void look_at_overcommit(struct doctor *doctor) {
    FILE *file = fopen("/proc/sys/vm/overcommit_memory", "re");
    int mode = file ? fgetc(file) : EOF;
    if (file)
        fclose(file);
    if (mode == '2')
        doctor_say(doctor, HEALTH_LIMIT, "overcommit",
                   "vm.overcommit_memory is 2: the shim's tables count as memory in use, and where they "
                   "do not fit it watches less");
    else
        doctor_say(doctor, HEALTH_OK, "overcommit", "vm.overcommit_memory is %c", mode == EOF ? '?' : mode);
}

static void look_at_variables(struct doctor *doctor) {
    const char *preload = getenv("LD_PRELOAD"), *memory = getenv("PYTHONMALLOC"), *options = getenv("FFISAN_OPTIONS");
    if (preload && *preload)
        doctor_say(doctor, HEALTH_OK, "LD_PRELOAD", "%s is kept, and the shim is added", preload);
    if (memory && *memory)
        doctor_say(doctor, HEALTH_LIMIT, "PYTHONMALLOC", "%s is left as it is; --python-memory full would set it to malloc",
                   memory);
    else
        doctor_say(doctor, HEALTH_OK, "PYTHONMALLOC",
                   "not set: Python's blocks up to 512 bytes lie in its own arenas; --python-memory full "
                   "tracks each of them");
    struct shim_settings settings = {.pool = doctor->pool};
    struct trouble *trouble = options ? shim_settings_read(&settings, options) : NULL;
    if (trouble)
        doctor_say(doctor, HEALTH_NO, "FFISAN_OPTIONS", "%s", trouble_text(trouble));
    else if (options)
        doctor_say(doctor, HEALTH_OK, "FFISAN_OPTIONS", "%s", options);
    trouble_free(trouble);
}

void doctor_limits(struct doctor *doctor) {
    look_at_rlimit(doctor, RLIMIT_FSIZE, "file size", "-f", "record files that do not fit are not written; raise it");
    look_at_rlimit(doctor, RLIMIT_AS, "address space", "-v",
                   "the shim's tables need some of it, and where they do not fit it watches less; raise it");
    look_at_overcommit(doctor);
    look_at_variables(doctor);
}
