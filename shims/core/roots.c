/* SPDX-License-Identifier: Apache-2.0
 *
 * The survey: /proc/self/maps says what is mapped, /proc/self/pagemap which pages of it are there and whose they are (Linux,
 * Documentation/admin-guide/mm/pagemap.rst). A private page that is not a file's was written to, whatever its protection is now:
 * this finds relocated constants and a JIT's closed code, and passes over gigabytes of reserved heap.
 *
 * Hazard: a page that is mapped need not be readable. A guard marker (MADV_GUARD_INSTALL) looks like a swapped page, a page of a
 * file may lie behind its end, an absent page may belong to a userfaultfd whose server stands still. Only present pages of
 * private anonymous memory are read directly.
 *
 * Where pagemap cannot be read (a process that has dropped its privileges), writable mappings are taken as a whole, up to a
 * limit.
 */
#include "core/roots.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/maps.h"
#include "core/memory.h"
#include "core/modules.h"
#include "core/peek.h"
#include "core/world.h"

#define PAGE         4096u
#define PAGE_PRESENT (1ull << 63)
#define PAGE_SWAPPED (1ull << 62)
#define PAGE_FILE    (1ull << 61) /* of a file, or shared */
#define ENTRIES      8192u        /* read at a time */
#define REGIONS      2048u        /* answered at a time */
#define BLIND_MOST   (4ull << 30)
#define WALK_MOST    (512ull << 30) /* takes half a second */
#define STACK_MOST   (64ull << 20)  /* no larger part below a stack pointer is taken for unused stack */
#define FIRST_ROOM   4096u

#define GROWTHS_MOST 24u

/* An array that grows by moving. What it has left stays mapped until the end: it may already be listed in a run, and is a hole
 * only while it is ours. */
struct list {
    void *items;
    size_t count, capacity, size_of_one;
    struct hole pieces[GROWTHS_MOST]; /* all that it ever had */
    unsigned pieces_count;
};

/* Linux 6.7, include/uapi/linux/fs.h: PAGEMAP_SCAN passes over what is not there. Older kernel headers do not have it. */
struct scan_request {
    uint64_t size, flags, start, end, walk_end, regions, regions_size, pages_most, inverted, all_of, any_of, wanted;
};
struct scan_region {
    uint64_t start, end, categories;
};
#define PAGEMAP_SCAN_CALL _IOWR('f', 16, struct scan_request)
#define SCAN_FILE         (1u << 2)
#define SCAN_PRESENT      (1u << 3)
#define SCAN_SWAPPED      (1u << 4)

struct survey {
    struct list runs, holes, stacks; /* struct run, struct hole, uintptr_t */
    size_t last;                     /* the run that was asked for last */
    long pagemap;                    /* descriptor while the survey is taken */
    uint64_t blind;                  /* bytes taken without knowing what is there */
    uintptr_t closed_end;            /* where the last inaccessible mapping ended */
    struct run heap;                 /* from the first to the last brk; empty: none */
    uint64_t walked;                 /* bytes whose pages were asked for one by one */
    bool failed, sorted;
    bool can_scan;
    union {
        uint64_t entries[ENTRIES];
        struct scan_region regions[REGIONS];
    };
    char lines[MAPS_ROOM];
};

static void *list_add(struct survey *survey, struct list *list) {
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : FIRST_ROOM;
        char *items = list->pieces_count < GROWTHS_MOST ? memory_map(capacity * list->size_of_one) : NULL;
        if (!items) {
            survey->failed = true;
            return NULL;
        }
        if (list->items)
            memcpy(items, list->items, list->count * list->size_of_one);
        list->pieces[list->pieces_count++] = (struct hole){(uintptr_t)items, (uintptr_t)items + capacity * list->size_of_one};
        list->items = items;
        list->capacity = capacity;
    }
    return (char *)list->items + list->count++ * list->size_of_one;
}

static void list_release(struct list *list) {
    for (unsigned i = 0; i < list->pieces_count; i++)
        memory_unmap((void *)list->pieces[i].start, list->pieces[i].end - list->pieces[i].start);
}

/* ---- runs ---- */

static void add_run(struct survey *survey, uintptr_t start, uintptr_t end, bool careful) {
    /* Lowest first; what is there already is not taken again. */
    struct run *last = survey->runs.count ? (struct run *)survey->runs.items + survey->runs.count - 1 : NULL;
    if (last && start < last->end)
        start = last->end;
    if (start >= end)
        return;
    if (last && last->end == start && last->careful == careful) {
        last->end = end;
        return;
    }
    struct run *run = list_add(survey, &survey->runs);
    if (run)
        *run = (struct run){start, end, careful};
}

static bool is_anonymous(const struct map *map) {
    return map->backing == MAP_BACKING_NOTHING || map->backing == MAP_BACKING_HEAP || map->backing == MAP_BACKING_STACK;
}

/* `entry`: PAGE_... of all these pages. */
static void add_pages(struct survey *survey, const struct map *map, uintptr_t start, uintptr_t end, uint64_t entry) {
    if (!(entry & (PAGE_PRESENT | PAGE_SWAPPED)) || (!map->shared && (entry & PAGE_FILE)))
        return;
    bool careful = map->shared || !is_anonymous(map) || !(entry & PAGE_PRESENT);
    add_run(survey, start, end, careful);
}

/* False: this kernel cannot; nothing was done. After many regions `walk_end` may lie before what was answered last
 * (fs/proc/task_mmu.c sets it only where its own buffer was full): some come twice. */
static bool scan_pages(struct survey *survey, const struct map *map) {
    struct scan_request request = {.size = sizeof request, .start = map->start, .end = map->end};
    request.regions = (uintptr_t)survey->regions;
    request.regions_size = REGIONS;
    request.any_of = SCAN_PRESENT | SCAN_SWAPPED;
    request.wanted = SCAN_FILE | SCAN_PRESENT | SCAN_SWAPPED;
    while (request.start < request.end) {
        request.walk_end = 0;
        long count = syscall(SYS_ioctl, survey->pagemap, PAGEMAP_SCAN_CALL, &request);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 || request.walk_end <= request.start)
            return request.start > map->start && (survey->failed = true);
        for (long i = 0; i < count; i++) {
            const struct scan_region *region = &survey->regions[i];
            uint64_t entry = (region->categories & SCAN_PRESENT ? PAGE_PRESENT : 0) |
                             (region->categories & SCAN_SWAPPED ? PAGE_SWAPPED : 0) |
                             (region->categories & SCAN_FILE ? PAGE_FILE : 0);
            add_pages(survey, map, region->start, region->end, entry);
        }
        request.start = request.walk_end;
    }
    return true;
}

/* As many entries as there are from `page` on, up to ENTRIES; 0: pagemap cannot be read. */
static size_t read_entries(struct survey *survey, uintptr_t page, uintptr_t end) {
    size_t wanted = (end - page) / PAGE;
    wanted = wanted < ENTRIES ? wanted : ENTRIES;
    long got = -1;
    while (survey->pagemap >= 0 && got < 0) {
        got = syscall(SYS_pread64, survey->pagemap, survey->entries, wanted * sizeof(uint64_t), page / PAGE * sizeof(uint64_t));
        if (got < 0 && errno != EINTR)
            return 0;
    }
    return got > 0 ? (size_t)got / sizeof(uint64_t) : 0;
}

static void add_blindly(struct survey *survey, const struct map *map, uintptr_t start) {
    if (!map->writable)
        return;
    survey->blind += map->end - start;
    add_run(survey, start, map->end, map->shared || !is_anonymous(map));
}

static void add_mapping(struct survey *survey, const struct map *map) {
    if (survey->can_scan && (survey->can_scan = scan_pages(survey, map)))
        return;
    survey->walked += map->end - map->start;
    for (uintptr_t page = map->start; page < map->end && survey->walked <= WALK_MOST;) {
        size_t count = read_entries(survey, page, map->end);
        if (count == 0) {
            add_blindly(survey, map, page);
            return;
        }
        for (size_t i = 0; i < count; i++, page += PAGE)
            add_pages(survey, map, page, page + PAGE, survey->entries[i]);
    }
}

/* Of shared mappings only those that nobody else can have written a file through. */
static bool can_hold_pointers(const struct map *map) {
    if (!map->readable || map->backing == MAP_BACKING_DEVICE)
        return false;
    return !map->shared || map->backing == MAP_BACKING_MEMORY || map->backing == MAP_BACKING_NOTHING;
}

/* ---- holes ---- */

static void add_hole(struct survey *survey, uintptr_t start, uintptr_t end) {
    struct hole *hole = start < end ? list_add(survey, &survey->holes) : NULL;
    if (hole)
        *hole = (struct hole){start, end};
}

static void add_own(uintptr_t start, uintptr_t end, void *context) {
    add_hole(context, start, (end + PAGE - 1) & ~(uintptr_t)(PAGE - 1));
}

/* Unit tests link the core into the program itself, whose data are roots all the same. */
static void add_shim(const struct module *module, void *context) {
    if ((module->kind & MODULE_SHIM) && !(module->kind & MODULE_EXECUTABLE))
        add_hole(context, module->start, module->end);
}

static void note_stack(const struct stopped_thread *thread, void *context) {
    struct survey *survey = context;
    uintptr_t *stack = list_add(survey, &survey->stacks);
    if (stack)
        *stack = thread->stack_pointer;
}

/* The unused part of a stack is full of pointers that were. It is known to be unused only where the stack is known to begin at
 * the mapping's start: the kernel's own [stack], and whatever has an inaccessible guard right below. With several stack pointers
 * in one mapping, below the lowest. */
static void add_unused_stack(struct survey *survey, const struct map *map) {
    if (map->backing != MAP_BACKING_STACK && (map->shared || survey->closed_end != map->start))
        return;
    const uintptr_t *stacks = survey->stacks.items;
    uintptr_t lowest = 0;
    for (size_t i = 0; i < survey->stacks.count; i++)
        if (stacks[i] > map->start && stacks[i] <= map->end && (!lowest || stacks[i] < lowest))
            lowest = stacks[i];
    if (lowest)
        add_hole(survey, lowest - map->start > STACK_MOST ? lowest - STACK_MOST : map->start, lowest);
}

/* By heapsort: the order in which they come is no order at all. */
static void sift_down(struct hole *holes, size_t at, size_t count) {
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && holes[child + 1].start > holes[child].start)
            child++;
        if (holes[at].start >= holes[child].start)
            return;
        struct hole swap = holes[at];
        holes[at] = holes[child];
        holes[child] = swap;
    }
}

static void sort_holes(struct hole *holes, size_t count) {
    for (size_t at = count / 2; at-- > 0;)
        sift_down(holes, at, count);
    for (size_t end = count; end-- > 1;) {
        struct hole swap = holes[0];
        holes[0] = holes[end];
        holes[end] = swap;
        sift_down(holes, 0, end);
    }
}

/* ---- the survey ---- */

static void add_map(const struct map *map, void *context) {
    struct survey *survey = context;
    if (!map->readable) {
        survey->closed_end = map->end;
        return;
    }
    if (!can_hold_pointers(map))
        return;
    if (map->backing == MAP_BACKING_HEAP) {
        survey->heap.start = survey->heap.end ? survey->heap.start : map->start;
        survey->heap.end = map->end;
    }
    add_unused_stack(survey, map);
    add_mapping(survey, map);
}

struct survey *survey_take(uintptr_t stack_pointer) {
    struct survey *survey = memory_map(sizeof *survey);
    if (!survey)
        return NULL;
    survey->runs.size_of_one = sizeof(struct run);
    survey->holes.size_of_one = sizeof(struct hole);
    survey->stacks.size_of_one = sizeof(uintptr_t);
    survey->can_scan = true;
    world_each(note_stack, survey);
    if (stack_pointer)
        note_stack(&(struct stopped_thread){.stack_pointer = stack_pointer}, survey);
    survey->pagemap = syscall(SYS_openat, AT_FDCWD, "/proc/self/pagemap", O_RDONLY | O_CLOEXEC, 0);
    bool whole = maps_each(survey->lines, add_map, survey);
    if (survey->pagemap >= 0)
        syscall(SYS_close, survey->pagemap);
    memory_each(add_own, survey); /* after the list of mappings: what we mapped meanwhile is in both, or in neither */
    modules_each(add_shim, survey);
    if (!whole || survey->failed || survey->blind > BLIND_MOST || survey->walked > WALK_MOST) {
        survey_release(survey);
        return NULL;
    }
    return survey;
}

void survey_release(struct survey *survey) {
    list_release(&survey->runs);
    list_release(&survey->holes);
    list_release(&survey->stacks);
    memory_unmap(survey, sizeof *survey);
}

static size_t search_run(const struct run *runs, size_t count, uintptr_t address) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (runs[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct run *survey_run(struct survey *survey, uintptr_t address) {
    const struct run *runs = survey->runs.items;
    size_t count = survey->runs.count, last = survey->last;
    if (LIKELY(last < count && runs[last].start <= address && address < runs[last].end))
        return &runs[last];
    if (!(last + 1 < count && runs[last].end <= address && address < runs[last + 1].end))
        last = search_run(runs, count, address);
    else
        last++;
    if (last == count)
        return NULL;
    survey->last = last;
    return &runs[last];
}

bool survey_holds(struct survey *survey, uintptr_t start, uintptr_t end) {
    while (start < end) {
        const struct run *run = survey_run(survey, start);
        char byte;
        if (!run || run->start > start || (run->careful && !peek(&byte, start, 1)))
            return false;
        uintptr_t page_end = (start & ~(uintptr_t)(PAGE - 1)) + PAGE;
        start = run->careful && page_end < run->end ? page_end : run->end;
    }
    return true;
}

struct run survey_heap(const struct survey *survey) {
    return survey->heap;
}

void survey_exclude(struct survey *survey, uintptr_t start, uintptr_t end) {
    add_hole(survey, start, end);
    survey->sorted = false;
}

void survey_roots(struct survey *survey, void (*each)(const struct run *part, void *context), void *context) {
    if (!survey->sorted)
        sort_holes(survey->holes.items, survey->holes.count);
    survey->sorted = true;
    const struct run *runs = survey->runs.items;
    const struct hole *hole = survey->holes.items, *last = hole + survey->holes.count;
    for (size_t i = 0; i < survey->runs.count; i++) {
        uintptr_t at = runs[i].start;
        for (const struct hole *inner = hole; at < runs[i].end;) {
            while (inner < last && inner->end <= at)
                inner++;
            uintptr_t stop = inner < last && inner->start < runs[i].end ? inner->start : runs[i].end;
            if (stop > at)
                each(&(struct run){at, stop, runs[i].careful}, context);
            at = inner < last && inner->end > stop ? inner->end : stop;
        }
        while (hole < last && hole->end <= runs[i].end)
            hole++;
    }
}
