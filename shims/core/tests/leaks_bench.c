/* SPDX-License-Identifier: Apache-2.0
 *
 * What a search for leaks costs: a managed heap of raw memory, blocks of a usual size that lead to one another, and ten million
 * live blocks.
 *
 *     leaks_bench [MILLIONS OF BLOCKS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "core/leaks.h"
#include "core/memory.h"
#include "core/records.h"
#include "core/shadow.h"
#include "heap.h"

static void **volatile root;

/* NOLINTNEXTLINE(readability-non-const-parameter): the type is shadow_each's */
static bool add_chunk(uintptr_t address, uint32_t *words, void *context) {
    (void)address;
    (void)words;
    *(size_t *)context += SHADOW_WORDS * sizeof(uint32_t);
    return true;
}

/* What the books take. */
static size_t shadow_bytes(void) {
    size_t bytes = 0;
    shadow_each(add_chunk, &bytes);
    return bytes;
}

static uint64_t state = 88172645463325252u;

static uint64_t draw(void) {
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

/* Of /proc/self/status. */
static double megabytes(const char *field) {
    FILE *status = fopen("/proc/self/status", "r");
    char line[200];
    unsigned long kilobytes = 0;
    while (fgets(line, sizeof line, status))
        if (strncmp(line, field, strlen(field)) == 0)
            kilobytes = strtoul(line + strlen(field), NULL, 10);
    fclose(status);
    return (double)kilobytes / 1024;
}

static void measure(const char *what) {
    double resident = megabytes("VmRSS:") - (double)shadow_bytes() / (1 << 20), before = megabytes("VmHWM:");
    struct timespec start, end;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    look_for_leaks();
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    double ms = (double)(end.tv_sec - start.tv_sec) * 1e3 + (double)(end.tv_nsec - start.tv_nsec) / 1e6;
    printf("%-44s %9.1f ms CPU %6.0f MiB %7.3f ms/MiB %9lu blocks %8lu lost, peak +%.0f MiB\n", what, ms, resident, ms / resident,
           (unsigned long)records_header()->blocks_live, (unsigned long)(found.blocks + found.indirect_blocks),
           megabytes("VmHWM:") - before);
    fflush(stdout);
}

/* Words as a heap has them: small numbers, text, addresses of its own. */
static void managed_heap(size_t size) {
    uintptr_t *words = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (size_t i = 0; i < size / sizeof *words; i++)
        words[i] = i % 3 == 0 ? (uintptr_t)words + draw() % size : i % 3 == 1 ? draw() : draw() & 0xffff;
    measure("a managed heap of raw memory");
    munmap(words, size);
}

/* Each block leads to two others, anywhere; `size` bytes each. */
static void graph(const char *what, size_t count, size_t size, bool keep) {
    void **all = calloc(count, sizeof *all);
    for (size_t i = 0; i < count; i++)
        all[i] = give(size, site_here((unsigned)i));
    for (size_t i = 0; i < count; i++) {
        ((void **)all[i])[0] = all[draw() % count];
        ((void **)all[i])[1] = all[(i + 1) % count];
    }
    root = all[0];
    if (!keep) {
        root = NULL;
        for (size_t i = 0; i < count; i++)
            all[i] = (void *)HIDE(all[i]);
    }
    measure(what);
    for (size_t i = 0; i < count; i++)
        take_back(keep ? all[i] : REVEAL((hidden)all[i]));
    free(all);
}

int main(int argc, char **argv) {
    size_t millions = argc > 1 ? strtoul(argv[1], NULL, 10) : 10;
    heap_setup(NULL);
    measure("an empty program");
    managed_heap(512u << 20);
    graph("a million blocks of 200 bytes", 1000000, 200, true);
    graph("a million blocks of 24 bytes, all lost", 1000000, 24, false);
    for (size_t part = 1; part <= millions; part = part * 10 < millions || part == millions ? part * 10 : millions) {
        char what[64];
        snprintf(what, sizeof what, "%zu million blocks of 24 bytes, at random", part);
        graph(what, part * 1000000, 24, true);
    }
    return 0;
}
