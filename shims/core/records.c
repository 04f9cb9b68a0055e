/* SPDX-License-Identifier: Apache-2.0
 *
 * The record file of this process: made, mapped, closed; then appended to with one atomic addition a record. Space is reserved on
 * the disk before it is mapped, since a write to a page that the disk has no room for is a SIGBUS, and the limit on file sizes is
 * looked at before that, since passing it is a SIGXFSZ. When there is no file, a link that nothing needs to be written for says
 * why.
 *
 * More address space is mapped than the file has bytes, so that it can grow where it stands: it is opened once more by its name,
 * and closed again. Where that cannot be (another root by now, a full disk) records are lost from then on, and counted.
 */
#include "core/records.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/confined.h"
#include "core/memory.h"
#include "core/program.h"
#include "core/thread.h"

#define CAPACITY       (1u << 20)
#define CAPACITY_SMALL (256u << 10) /* for helper programs and forked children: there may be thousands */
#define CAPACITY_LEAST (32u << 10)
#define CAPACITY_MOST  (64u << 20) /* what a file grows to */
#define PATIENCE       100000u     /* turns that another thread gets to let the file grow */
#define TAIL           (16u << 10) /* room that is left for what is found after the end was reached */

/* Where records go when there is no file: they are counted as lost. */
static struct ffisan_record_header nowhere;
static struct ffisan_record_header *header = &nowhere;
static char path[4200];
static size_t mapped_size; /* of the address space behind header */
static bool growing;

static struct {
    const char *folder;
    int argc;
    char **argv;
    bool small;
} opened; /* with what records_open was called, for the children */

/* A forked child has no file yet; until it needs one its exec records go to its parent's, which is still mapped. */
static struct ffisan_record_header *inherited;
static void (*when_owned)(void);

struct ffisan_record_header *records_header(void) {
    return header;
}

static char *append(char *to, const char *end, const char *text) {
    while (*text && to < end)
        *to++ = *text++;
    *to = 0;
    return to;
}

static char *append_number(char *to, const char *end, uint64_t number, unsigned base) {
    char digits[24];
    unsigned count = 0;
    do
        digits[count++] = "0123456789abcdef"[number % base];
    while (number /= base);
    while (count && to < end)
        *to++ = digits[--count];
    *to = 0;
    return to;
}

static void make_path(const char *folder, uint64_t start_ns, const char *suffix) {
    const char *end = path + sizeof path - 1;
    char *to = append(path, end, folder);
    to = append(to, end, "/");
    to = append_number(to, end, (uint64_t)getpid(), 10);
    to = append(to, end, "-");
    to = append_number(to, end, start_ns, 16);
    append(to, end, suffix);
}

/* How large the file may be; 0: too little to be of use. */
static size_t permitted(size_t wanted) {
    struct rlimit limit;
    if (syscall(SYS_prlimit64, 0, RLIMIT_FSIZE, NULL, &limit) != 0 || limit.rlim_cur >= wanted)
        return wanted;
    size_t whole = limit.rlim_cur & ~(rlim_t)4095;
    return whole >= CAPACITY_LEAST ? whole : 0;
}

static bool fill_with_zeros(int file, size_t from, size_t size) {
    static const char zeros[4096];
    for (size_t at = from; at < size; at += sizeof zeros)
        if (syscall(SYS_pwrite64, file, zeros, sizeof zeros, at) != (long)sizeof zeros)
            return false;
    return true;
}

/* Room on the disk from `from` to `size`. */
static bool reserve(int file, size_t from, size_t size) {
    return syscall(SYS_fallocate, file, 0, from, size - from) == 0 ||
           ((errno == EOPNOTSUPP || errno == ENOSYS) && fill_with_zeros(file, from, size));
}

/* As much address space as the file may ever need; where there is a limit on that, what it needs now. */
static void *map_growing(int file, size_t size) {
    mapped_size = CAPACITY_MOST;
    void *mapped = mmap(NULL, mapped_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file, 0);
    if (mapped != MAP_FAILED)
        return mapped;
    return mmap(NULL, mapped_size = size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
}

/* NULL: it failed, with *error. */
static void *map_file(size_t size, int *error) {
    long file = syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0) {
        *error = errno;
        return NULL;
    }
    void *mapped = NULL;
    if (!reserve((int)file, 0, size))
        *error = errno ? errno : ENOSPC;
    else if ((mapped = map_growing((int)file, size)) == MAP_FAILED) {
        *error = errno;
        mapped = NULL;
    }
    syscall(SYS_close, file);
    if (!mapped)
        syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    return mapped;
}

static void leave_word(const char *folder, uint64_t start_ns, int error) {
    char why[24];
    append_number(why, why + sizeof why - 1, (uint64_t)error, 10);
    make_path(folder, start_ns, FFISAN_LOST_SUFFIX);
    syscall(SYS_symlinkat, why, AT_FDCWD, path);
    path[0] = 0;
}

static void copy_arguments(struct ffisan_record_header *fresh) {
    size_t used = 0;
    for (int i = 0; i < opened.argc && opened.argv && opened.argv[i]; i++) {
        size_t length = strlen(opened.argv[i]) + 1;
        if (used + length > sizeof fresh->argv) {
            fresh->argv_cut = 1;
            return;
        }
        memcpy(fresh->argv + used, opened.argv[i], length);
        used += length;
        fresh->argc++;
    }
}

static void fill_header(struct ffisan_record_header *fresh, size_t capacity, uint64_t start_ns, bool forked) {
    fresh->version = FFISAN_RECORD_VERSION;
    fresh->header_size = sizeof *fresh;
    fresh->capacity = capacity;
    fresh->used = sizeof *fresh;
    fresh->lost = nowhere.lost;
    fresh->pid = (uint32_t)getpid();
    fresh->ppid = (uint32_t)getppid();
    fresh->start_ns = start_ns;
    fresh->forked = forked;
    memcpy(fresh->executable, program_path(), strnlen(program_path(), sizeof fresh->executable - 1));
    copy_arguments(fresh);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    memcpy(fresh->magic, FFISAN_RECORD_MAGIC, sizeof fresh->magic); /* last: from now on it is a record file */
}

static bool make_file(bool forked) {
    uint64_t start_ns = clock_ns();
    make_path(opened.folder, start_ns, FFISAN_RECORD_SUFFIX);
    size_t capacity = permitted(forked || opened.small ? CAPACITY_SMALL : CAPACITY);
    int error = EFBIG;
    void *mapped = capacity ? map_file(capacity, &error) : NULL;
    if (!mapped) {
        leave_word(opened.folder, start_ns, error);
        return false;
    }
    memory_note(mapped, mapped_size);
    fill_header(mapped, capacity, start_ns, forked);
    __atomic_store_n(&header, mapped, __ATOMIC_RELEASE);
    return true;
}

bool records_open(const char *folder, int argc, char **argv, bool small) {
    opened.small = small;
    opened.folder = folder;
    opened.argc = argc;
    opened.argv = argv;
    return make_file(false);
}

void records_forked(void) {
    if (!inherited) /* else: a child of a child that has no file either */
        inherited = header;
    memset(&nowhere, 0, sizeof nowhere);
    header = &nowhere;
    growing = false;
}

void records_on_own(void (*callback)(void)) {
    when_owned = callback;
}

void records_own(void) {
    struct ffisan_record_header *parent = __atomic_exchange_n(&inherited, NULL, __ATOMIC_ACQ_REL);
    if (!parent)
        return;
    if (!confined()) /* else it has none, and all that it has to say is lost */
        make_file(true);
    if (when_owned)
        when_owned();
}

void records_shrink(size_t room) {
    if (header == &nowhere || !path[0] || confined())
        return;
    uint64_t used = __atomic_load_n(&header->used, __ATOMIC_RELAXED);
    uint64_t keep = (used + TAIL + room + 4095) & ~4095ull;
    if (header->capacity <= CAPACITY_SMALL || keep >= header->capacity) /* shrinking costs more than it gives back */
        return;
    __atomic_store_n(&header->capacity, keep, __ATOMIC_SEQ_CST);
    /* A record that another thread reserved between the two lines reaches at most into TAIL. */
    syscall(SYS_truncate, path, keep);
}

/* Doubles the file, as often as it takes. */
static bool enlarge(struct ffisan_record_header *file, uint64_t least) {
    uint64_t now = __atomic_load_n(&file->capacity, __ATOMIC_RELAXED), wanted = now;
    while (wanted < least)
        wanted *= 2;
    wanted = permitted(wanted);
    if (wanted < least || wanted > mapped_size)
        return false;
    long descriptor = syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0);
    bool done = descriptor >= 0 && reserve((int)descriptor, now, wanted);
    if (descriptor >= 0)
        syscall(SYS_close, descriptor);
    if (done)
        __atomic_store_n(&file->capacity, wanted, __ATOMIC_RELEASE);
    return done;
}

/* One thread at a time; a signal handler that comes in between waits in vain, and loses its record. */
static RARE bool grow(struct ffisan_record_header *file, uint64_t least) {
    if (file != header || !path[0] || confined())
        return false;
    int error = errno;
    unsigned turns = 0;
    while (__atomic_exchange_n(&growing, true, __ATOMIC_ACQUIRE))
        if (++turns == PATIENCE)
            return false;
    bool large = __atomic_load_n(&file->capacity, __ATOMIC_ACQUIRE) >= least || enlarge(file, least);
    __atomic_store_n(&growing, false, __ATOMIC_RELEASE);
    errno = error;
    return large;
}

static void *append_to(struct ffisan_record_header *file, enum ffisan_record_type type, size_t size) {
    uint64_t at = __atomic_fetch_add(&file->used, size, __ATOMIC_RELAXED);
    if (UNLIKELY(at + size > __atomic_load_n(&file->capacity, __ATOMIC_RELAXED)) && !grow(file, at + size)) {
        __atomic_fetch_sub(&file->used, size, __ATOMIC_RELAXED);
        __atomic_fetch_add(&file->lost, 1, __ATOMIC_RELAXED);
        return NULL;
    }
    struct ffisan_record *record = (struct ffisan_record *)((char *)file + at);
    record->type = type;
    __atomic_store_n(&record->size, (uint32_t)size, __ATOMIC_RELEASE);
    return record;
}

void *record_begin(enum ffisan_record_type type, size_t size) {
    size = (size + 7) & ~(size_t)7;
    struct ffisan_record_header *parent = __atomic_load_n(&inherited, __ATOMIC_ACQUIRE);
    if (UNLIKELY(parent != NULL) && type == FFISAN_RECORD_EXEC)
        return append_to(parent, type, size);
    if (UNLIKELY(parent != NULL))
        records_own();
    return append_to(__atomic_load_n(&header, __ATOMIC_ACQUIRE), type, size);
}

void record_commit(void *record) {
    __atomic_store_n(&((struct ffisan_record *)record)->committed, FFISAN_COMMITTED, __ATOMIC_RELEASE);
}

void record_lost(void) {
    __atomic_fetch_add(&records_header()->lost, 1, __ATOMIC_RELAXED);
}

void record_note(enum ffisan_note note, const char *detail) {
    size_t length = strnlen(detail, 1000);
    struct ffisan_record_note *record = record_begin(FFISAN_RECORD_NOTE, sizeof *record + length + 1);
    if (!record)
        return;
    record->note = note;
    memcpy(record->detail, detail, length);
    record_commit(record);
}
