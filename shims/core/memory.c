/* SPDX-License-Identifier: Apache-2.0
 *
 * Mappings of our own, and the list of them. An entry is reserved (a new one, or one whose mapping has gone) and then published
 * by its start, so that a fork or a signal in between leaves at most one unlisted mapping.
 */
#include "core/memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/confined.h"

#define PAGE        4096u
#define CARVE_SIZE  (256u << 10)
#define CARVE_LIMIT (64u << 10)
#define LISTED      65536u
#define GONE        UINTPTR_MAX /* the start of an entry whose mapping has gone */

static struct mapping {
    uintptr_t start;
    size_t size;
} listed[LISTED];
static uint32_t listed_count, gone_count;
static uint64_t losses, mapped;

/* mmap without libc's errno: a hook must leave that alone. */
static void *map_pages(size_t size, long protection) {
    long result = -1;
    register long r10 __asm__("r10") = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    register long r8 __asm__("r8") = -1;
    register long r9 __asm__("r9") = 0;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(SYS_mmap), "D"(0), "S"(size), "d"(protection), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return (unsigned long)result > -4096UL ? NULL : (void *)result;
}

/* An entry that is free again: threads come and go by the thousand, each with its mapping. */
static struct mapping *entry_again(void) {
    uint32_t count = __atomic_load_n(&listed_count, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < count && i < LISTED && __atomic_load_n(&gone_count, __ATOMIC_RELAXED); i++) {
        uintptr_t gone = GONE;
        if (listed[i].start == GONE &&
            __atomic_compare_exchange_n(&listed[i].start, &gone, 0, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
            __atomic_fetch_sub(&gone_count, 1, __ATOMIC_RELAXED);
            return &listed[i];
        }
    }
    return NULL;
}

static struct mapping *entry_new(void) {
    uint32_t place = __atomic_fetch_add(&listed_count, 1, __ATOMIC_RELAXED);
    if (place < LISTED)
        return &listed[place];
    __atomic_store_n(&listed_count, LISTED, __ATOMIC_RELAXED);
    return NULL;
}

void memory_note(void *start, size_t size) {
    struct mapping *entry = entry_again();
    entry = entry ? entry : entry_new();
    if (!entry)
        return;
    entry->size = size;
    __atomic_store_n(&entry->start, (uintptr_t)start, __ATOMIC_RELEASE);
}

static void *map_counted(size_t size, long protection) {
    if (size == 0 || size > SIZE_MAX - PAGE)
        return NULL;
    size = (size + PAGE - 1) & ~(size_t)(PAGE - 1);
    void *start = confinement_now() == CONFINED_STRICT ? NULL : map_pages(size, protection);
    __atomic_fetch_add(start ? &mapped : &losses, start ? size : 1, __ATOMIC_RELAXED);
    return start;
}

void *memory_map(size_t size) {
    void *start = map_counted(size, PROT_READ | PROT_WRITE);
    if (start)
        memory_note(start, (size + PAGE - 1) & ~(size_t)(PAGE - 1));
    return start;
}

void *memory_map_theirs(size_t size, bool code) {
    return map_counted(size, code ? PROT_READ | PROT_WRITE | PROT_EXEC : PROT_READ | PROT_WRITE);
}

void memory_unmap(void *start, size_t size) {
    size = (size + PAGE - 1) & ~(size_t)(PAGE - 1);
    uint32_t count = __atomic_load_n(&listed_count, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < count && i < LISTED; i++)
        if (listed[i].start == (uintptr_t)start) {
            __atomic_store_n(&listed[i].start, GONE, __ATOMIC_RELEASE);
            __atomic_fetch_add(&gone_count, 1, __ATOMIC_RELAXED);
        }
    if (confinement_now() == CONFINED_STRICT)
        return;
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(SYS_munmap), "D"(start), "S"(size) : "rcx", "r11", "memory");
    __atomic_fetch_sub(&mapped, size, __ATOMIC_RELAXED);
}

/* The current area is one word: its start, and how much of it is gone. Areas are CARVE_SIZE-aligned, so both fit. */
static uint64_t carving;

static void *carve_area(void) {
    char *start = memory_map(2 * CARVE_SIZE);
    return start ? (void *)(((uintptr_t)start + CARVE_SIZE - 1) & ~(uintptr_t)(CARVE_SIZE - 1)) : NULL;
}

void *memory_carve(size_t size) {
    size = (size + 15) & ~(size_t)15;
    if (size == 0 || size > CARVE_LIMIT)
        return NULL;
    for (;;) {
        uint64_t now = __atomic_load_n(&carving, __ATOMIC_ACQUIRE);
        uint64_t used = now & (CARVE_SIZE - 1); /* 0 in a fresh process: there is no area yet; a full one never counts to 0 */
        if (now != 0 && used + size < CARVE_SIZE) {
            if (__atomic_compare_exchange_n(&carving, &now, now + size, true, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
                return (void *)(uintptr_t)now;
            continue;
        }
        uintptr_t area = (uintptr_t)carve_area();
        if (!area)
            return NULL;
        /* The first 16 bytes stay unused, so that `used` is never 0 while an area is current. */
        if (!__atomic_compare_exchange_n(&carving, &now, area + 16, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            continue; /* another thread was faster; ours stays untouched, so it costs address space only */
    }
}

void memory_each(void (*each)(uintptr_t start, uintptr_t end, void *context), void *context) {
    uint32_t count = __atomic_load_n(&listed_count, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < count && i < LISTED; i++) {
        uintptr_t start = __atomic_load_n(&listed[i].start, __ATOMIC_ACQUIRE);
        if (start && start != GONE)
            each(start, start + listed[i].size, context);
    }
}

uint64_t memory_losses(void) {
    return __atomic_load_n(&losses, __ATOMIC_RELAXED);
}

uint64_t memory_mapped(void) {
    return __atomic_load_n(&mapped, __ATOMIC_RELAXED);
}

const void *memory_map_file(const char *path, size_t *size) {
    long file = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    void *start = MAP_FAILED;
    if (file < 0)
        return NULL;
    long end = syscall(SYS_lseek, file, 0, SEEK_END);
    if (end > 0)
        start = mmap(NULL, *size = (size_t)end, PROT_READ, MAP_PRIVATE | MAP_POPULATE, (int)file, 0);
    syscall(SYS_close, file);
    if (start == MAP_FAILED)
        return NULL;
    memory_note(start, *size);
    return start;
}
