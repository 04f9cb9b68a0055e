/* SPDX-License-Identifier: Apache-2.0 */
#include "core/leaks.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/memory.h"
#include "core/modules.h"
#include "core/options.h"
#include "core/records.h"
#include "core/sites.h"
#include "heap.h"

/* Not a multiple of 16: the allocator's pointer to the chunk behind would be one to the end. */
struct node {
    struct node *next;
    hidden unseen;
    size_t unused;
};

static void *volatile root; /* volatile: nobody reads it but the search */
static _Thread_local void *volatile thread_root;

#define assert_verdict(verdict) assert_int_equal(records_header()->leak_verdict, (verdict))
#define assert_silent()                                                                                                          \
    do {                                                                                                                         \
        look_for_leaks();                                                                                                        \
        assert_verdict(FFISAN_LEAKS_DONE);                                                                                       \
        assert_int_equal(found.leaks, 0);                                                                                        \
    } while (0)
#define assert_lost(blocks_, bytes_, indirect_)                                                                                  \
    do {                                                                                                                         \
        look_for_leaks();                                                                                                        \
        assert_verdict(FFISAN_LEAKS_DONE);                                                                                       \
        if (under_asan())                                                                                                        \
            skip();                                                                                                              \
        assert_int_equal(found.blocks, (blocks_));                                                                               \
        assert_int_equal(found.bytes, (bytes_));                                                                                 \
        assert_int_equal(found.indirect_blocks, (indirect_));                                                                    \
    } while (0)

/* Out of line: what a test itself computes stays in its registers. */
__attribute__((noinline)) static void store(void *where, hidden block) {
    *(void **)where = REVEAL(block);
    __asm__ volatile("" : : "r"(where) : "memory"); /* somebody may read it */
}
__attribute__((noinline)) static void keep(hidden block) {
    store((void *)&root, block);
}

__attribute__((noinline)) static void give_back(hidden block) {
    take_back(REVEAL(block));
}

/* ---- what keeps a block ---- */

static void nothing_is_lost_at_first(void **state) {
    (void)state;
    assert_silent();
}

static void lost_without_a_pointer(void **state) {
    (void)state;
    hidden block = give_hidden(100, site_here(1));
    scrub_stack();
    assert_lost(1, 100, 0);
    assert_int_equal(found.last_block.start, block);
    assert_int_equal(found.last_block.allocated, site_here(1));
    assert_int_equal(found.last.place, FFISAN_PLACE_LIVE_BLOCK);
    assert_null(found.last.origin);
    assert_true(records_header()->blocks_live >= 1);
    assert_true(records_header()->leak_scan_ns > 0);
    assert_true(records_header()->leak_scan_bytes > 0);
    give_back(block);
    assert_silent();
}

static void kept_by_static_data(void **state) {
    (void)state;
    hidden block = give_hidden(100, site_here(1));
    scrub_stack();
    keep(block);
    assert_silent();
    keep(block - 50); /* inside */
    assert_silent();
    keep(block - 100); /* the end */
    assert_silent();
    keep(block - 101);
    scrub_stack();
    assert_lost(1, 100, 0);
    root = NULL;
    give_back(block);
}

static void kept_by_the_stack(void **state) {
    (void)state;
    hidden block = give_hidden(100, site_here(1));
    scrub_stack();
    void *volatile local;
    store((void *)&local, block);
    assert_silent();
    local = NULL;
    scrub_stack();
    assert_lost(1, 100, 0);
    assert_null(local);
    give_back(block);
}

static void kept_by_a_thread_local(void **state) {
    (void)state;
    hidden block = give_hidden(100, site_here(1));
    scrub_stack();
    store((void *)&thread_root, block);
    assert_silent();
    thread_root = NULL;
    give_back(block);
}

__attribute__((noinline)) static void look_with_rbx(hidden block) {
    __asm__ volatile("movq %0, %%rbx; notq %%rbx; movq %%rsp, %%r12; subq $256, %%rsp; andq $-16, %%rsp; call look_for_leaks;"
                     "movq %%r12, %%rsp; xorl %%ebx, %%ebx"
                     :
                     : "r"(block)
                     : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "memory", "cc", "xmm0", "xmm1",
                       "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13",
                       "xmm14", "xmm15");
}

static void kept_by_a_register_of_the_caller(void **state) {
    (void)state;
    hidden block = give_hidden(100, site_here(1));
    scrub_stack();
    look_with_rbx(block);
    assert_verdict(FFISAN_LEAKS_DONE);
    assert_int_equal(found.leaks, 0);
    scrub_stack();
    assert_lost(1, 100, 0);
    give_back(block);
}

#define CHAIN 1000000

__attribute__((noinline)) static hidden make_chain(unsigned length, site_id site) {
    hidden first = HIDE(NULL);
    for (unsigned i = 0; i < length; i++) {
        struct node *node = give(sizeof *node, site);
        node->next = REVEAL(first);
        node->unseen = first;
        first = HIDE(node);
    }
    return first;
}

static void free_chain(hidden first) {
    while (REVEAL(first)) {
        hidden next = ((struct node *)REVEAL(first))->unseen;
        give_back(first);
        first = next;
    }
}

static void a_long_chain_is_followed(void **state) {
    (void)state;
    hidden first = make_chain(CHAIN, site_here(2));
    scrub_stack();
    keep(first);
    assert_silent();
    root = NULL;
    scrub_stack();
    assert_lost(1, sizeof(struct node), CHAIN - 1);
    assert_int_equal(found.leaks, 1);
    assert_int_equal(found.indirect_bytes, (CHAIN - 1) * sizeof(struct node));
    assert_int_equal(found.last_block.start, first);
    free_chain(first);
    assert_silent();
}

__attribute__((noinline)) static void store_inside(void *where, hidden block, size_t offset) {
    store(where, HIDE((char *)REVEAL(block) + offset));
}

static void blocks_of_many_sizes(void **state) {
    (void)state;
    enum { COUNT = 3000 };
    hidden *all = give(COUNT * sizeof *all, site_here(3));
    void **seen = give(COUNT * sizeof *seen, site_here(3));
    root = all;
    thread_root = seen;
    uint64_t bytes = 0;
    for (unsigned i = 0; i < COUNT; i++) {
        size_t size = i % 100 == 0 ? 3000000 + i : i % 10 == 0 ? 70000 + i : i;
        all[i] = give_hidden(size, site_here(i));
        store_inside(seen + i, all[i], (i * 7919u) % (size + 1));
        bytes += size;
    }
    scrub_stack();
    assert_silent();
    memset(seen, 0, COUNT * sizeof *seen);
    scrub_stack();
    assert_lost(COUNT, bytes, 0);
    assert_int_equal(found.leaks, 64);
    for (unsigned i = 0; i < COUNT; i++)
        give_back(all[i]);
    root = thread_root = NULL;
    take_back(all);
    take_back(seen);
}

/* ---- what is direct, and what is counted with it ---- */

__attribute__((noinline)) static hidden make_cycle(unsigned length, site_id site) {
    struct node *first = give(sizeof *first, site), *last = first;
    last->unseen = HIDE(NULL);
    for (unsigned i = 1; i < length; i++) {
        struct node *node = give(sizeof *node, site);
        node->next = last;
        node->unseen = HIDE(last);
        last = node;
    }
    first->next = last;
    return HIDE(last);
}

static void a_cycle_counts_once(void **state) {
    (void)state;
    hidden cycle = make_cycle(10, site_here(4));
    scrub_stack();
    assert_lost(1, sizeof(struct node), 9);
    free_chain(cycle);
}

__attribute__((noinline)) static void lead(hidden from, hidden to) {
    ((struct node *)REVEAL(from))->next = REVEAL(to);
}

/* Two heads lead to one cycle, below and above it. */
static void what_leads_to_a_cycle_is_direct(void **state) {
    (void)state;
    hidden low = give_hidden(sizeof(struct node), site_here(6));
    hidden cycle = make_cycle(5, site_here(7));
    hidden high = give_hidden(sizeof(struct node), site_here(8));
    lead(low, cycle);
    lead(high, cycle);
    scrub_stack();
    assert_lost(2, 2 * sizeof(struct node), 5);
    give_back(low);
    scrub_stack();
    assert_lost(1, sizeof(struct node), 5);
    give_back(high);
    scrub_stack();
    assert_lost(1, sizeof(struct node), 4);
    free_chain(cycle);
    assert_silent();
}

static void leaks_of_one_site_are_one_finding(void **state) {
    (void)state;
    hidden all[10];
    for (unsigned i = 0; i < 10; i++)
        all[i] = give_hidden(10 + i, site_here(i < 7 ? 9 : 10));
    scrub_stack();
    assert_lost(10, 145, 0);
    assert_int_equal(found.leaks, 2);
    for (unsigned i = 0; i < 10; i++)
        give_back(all[i]);
}

static void the_heaviest_comes_first(void **state) {
    (void)state;
    hidden light = give_hidden(10, site_here(11)), heavy = give_hidden(1000, site_here(12)),
           middle = give_hidden(100, site_here(13));
    scrub_stack();
    assert_lost(3, 1110, 0);
    assert_int_equal(found.last_block.start, light);
    give_back(light);
    give_back(heavy);
    give_back(middle);
}

/* ---- what the books do not know, and what they know wrong ---- */

static void a_tombstone_keeps_nothing(void **state) {
    (void)state;
    hidden block = give_hidden(100, site_here(1)), holder = give_hidden(1000, site_here(1));
    store((char *)REVEAL(holder) + 400, block);
    struct block dead;
    assert_int_equal(block_death(REVEAL(holder), 0, &dead), BLOCK_LIVE);
    memset(&dead, 0, sizeof dead);
    scrub_stack();
    assert_lost(1, 100, 0);
    free(REVEAL(holder));
    give_back(block);
}

/* As the hooks treat what they do not book. */
__attribute__((noinline)) static hidden make_unbooked(hidden content) {
    void **early = calloc(8, sizeof *early);
    block_forget(early);
    early[3] = REVEAL(content);
    return HIDE(early); /* NOLINT(clang-analyzer-unix.Malloc): that it is hidden is the point */
}

__attribute__((noinline)) static void free_unbooked(hidden early) {
    ((void *volatile *)REVEAL(early))[3] = NULL;
    free(REVEAL(early));
}

static void a_block_from_before_the_books_keeps(void **state) {
    (void)state;
    hidden block = give_hidden(100, site_here(1)), early = make_unbooked(block);
    scrub_stack();
    assert_silent();
    free_unbooked(early);
    give_back(block);
}

static void overlapping_blocks_are_not_reported(void **state) {
    (void)state;
    hidden outer = give_hidden(200, site_here(1));
    block_birth((char *)REVEAL(outer) + 64, 40, FFISAN_FAMILY_MALLOC, site_here(2));
    scrub_stack();
    assert_silent();
    block_forget((char *)REVEAL(outer) + 64);
    give_back(outer);
}

static void a_block_that_was_unmapped_is_not_reported(void **state) {
    (void)state;
    void *memory = mmap(NULL, 3 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    hidden block = HIDE((char *)memory + 16);
    block_birth(REVEAL(block), 2 << 20, FFISAN_FAMILY_MALLOC, site_here(1));
    munmap(memory, 3 << 20);
    memory = NULL;
    scrub_stack();
    assert_silent();
    assert_int_equal(found.overflows, 0);
    block_forget(REVEAL(block));
}

__attribute__((noinline)) static void *page_in(hidden block) {
    return (void *)(((uintptr_t)REVEAL(block) + 8191) & ~(uintptr_t)4095);
}

static void a_block_with_a_closed_page_is_looked_through(void **state) {
    (void)state;
    hidden block = give_hidden(100, site_here(1)), large = give_hidden(64 << 10, site_here(2));
    store((char *)page_in(large) + 16384, block);
    assert_int_equal(mprotect(page_in(large), 4096, PROT_NONE), 0);
    keep(large);
    scrub_stack();
    assert_silent();
    root = NULL;
    mprotect(page_in(large), 4096, PROT_READ | PROT_WRITE);
    give_back(large);
    give_back(block);
}

static void overflows_are_found_with_leaks_off(void **state) {
    (void)state;
    hidden block = give_hidden(33, site_here(14));
    keep(block);
    ((char *)root)[34] = 'x';
    options.leaks = 0;
    look_for_leaks();
    options.leaks = 1;
    assert_verdict(FFISAN_LEAKS_OFF);
    assert_int_equal(found.overflows, 1);
    assert_int_equal(found.last.offset, 34);
    assert_int_equal(found.last.byte, 'x');
    assert_int_equal(found.last.place, FFISAN_PLACE_BEHIND_BLOCK);
    assert_int_equal(found.last_block.size, 33);
    root = NULL;
    give_back(block);
}

/* ---- memory of other kinds ---- */

static void *map(size_t size, int protection, int flags, int file) {
    void *start = mmap(NULL, size, protection, flags, file, 0);
    assert_ptr_not_equal(start, MAP_FAILED);
    return start;
}

static void kept_by_a_managed_heap(void **state) {
    (void)state;
    hidden block = give_hidden(100, site_here(1));
    void **heap = map(8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    store(&heap[500000], block);
    scrub_stack();
    assert_silent();
    mprotect(heap, 8 << 20, PROT_READ); /* written, then closed */
    assert_silent();
    mprotect(heap, 8 << 20, PROT_NONE);
    scrub_stack();
    assert_lost(1, 100, 0);
    munmap(heap, 8 << 20);
    give_back(block);
}

__attribute__((noinline)) static void keep_digits(uintptr_t *where, uintptr_t count, hidden block) {
    const uint64_t address = ~block;
    where[0] = count;
    where[1] = (address & 0x3fffffff) | (address >> 30 << 32);
    __asm__ volatile("" : : "r"(where) : "memory");
}

static void kept_by_a_python_int(void **state) {
    (void)state;
    hidden block = give_hidden(100, site_here(1));
    uintptr_t *heap = map(4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    keep_digits(heap + 2, 2, block); /* to 3.11 */
    scrub_stack();
    assert_silent();
    keep_digits(heap + 2, 16, block); /* from 3.12 on */
    scrub_stack();
    assert_silent();
    keep_digits(heap + 2, 3, block);
    scrub_stack();
    assert_lost(1, 100, 0);
    munmap(heap, 4096);
    give_back(block);
}

__attribute__((noinline)) static void book(hidden block, size_t size, site_id site) {
    block_birth(REVEAL(block), size, FFISAN_FAMILY_MALLOC, site);
}

__attribute__((noinline)) static void keep_both(hidden first, hidden second) {
    const uint32_t pair[2] = {(uint32_t)~first, (uint32_t)~second};
    memcpy((void *)&root, pair, sizeof(pair));
    __asm__ volatile("" : : "r"(&root) : "memory");
}

static void kept_by_pointers_of_four_bytes(void **state) {
    (void)state;
    hidden heap = HIDE(map(4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1));
    hidden first = heap - 16, second = heap - 128;
    book(first, 100, site_here(1));
    book(second, 100, site_here(2));
    keep_both(first, second);
    scrub_stack();
    assert_silent();
    keep_both(HIDE(NULL), second);
    scrub_stack();
    assert_lost(1, 100, 0);
    root = NULL;
    block_forget(REVEAL(first));
    block_forget(REVEAL(second));
    munmap(REVEAL(heap), 4096);
}

static void a_hole_in_a_heap_is_passed_over(void **state) {
    (void)state;
    hidden block = give_hidden(100, site_here(1));
    char *heap = map(3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    memset(heap, 0, 3 * 4096);
    store(heap + 8192, block);
    mprotect(heap + 4096, 4096, PROT_NONE);
    scrub_stack();
    assert_silent();
    munmap(heap, 3 * 4096);
    give_back(block);
}

static void a_reserved_heap_costs_little(void **state) {
    (void)state;
    const size_t size = 64ull << 30;
    hidden block = give_hidden(100, site_here(1));
    char *heap = map(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
    store(heap + size - 8, block);
    scrub_stack();
    assert_silent();
    print_message("64 GiB reserved: %.1f ms\n", (double)records_header()->leak_scan_ns / 1e6);
    assert_true(records_header()->leak_scan_ns < 2000000000u);
    assert_true(records_header()->leak_scan_bytes < 64 << 20 || under_asan());
    munmap(heap, size);
    give_back(block);
}

static void shared_memory_keeps_and_shared_files_do_not(void **state) {
    (void)state;
    char name[] = "/tmp/ffisan-leaks-XXXXXX";
    hidden block = give_hidden(100, site_here(1));
    int file = mkstemp(name);
    assert_int_equal(ftruncate(file, 4096), 0);
    void **shared = map(4096, PROT_READ | PROT_WRITE, MAP_SHARED, file);
    store(&shared[7], block);
    scrub_stack();
    assert_lost(1, 100, 0);
    unlink(name); /* nothing but memory from now on, as libffi makes it for closures */
    assert_silent();
    assert_int_equal(ftruncate(file, 0), 0); /* reading it now is a SIGBUS */
    scrub_stack();
    assert_lost(1, 100, 0);
    munmap(shared, 4096);
    close(file);
    shared = map(4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
    store(&shared[7], block);
    scrub_stack();
    assert_silent();
    munmap(shared, 4096);
    give_back(block);
}

static void a_neighbour_of_our_own_memory_is_a_root(void **state) {
    (void)state;
    hidden block = give_hidden(100, site_here(1));
    char *two = map(8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1); /* one mapping, half of it ours */
    memory_note(two, 4096);
    store(two + 4096, block);
    scrub_stack();
    assert_silent();
    *(void **)(two + 4096) = NULL;
    store(two, block);
    scrub_stack();
    assert_lost(1, 100, 0);
    memory_unmap(two, 4096);
    munmap(two + 4096, 4096);
    give_back(block);
}

/* ---- threads ---- */

static struct holding {
    hidden block;
    const char *how;
    volatile int ready, over;
    int pipe[2];
    uint32_t word;
} holding;

/* The pointer is in r12 and nowhere else while these last. */
static void hold_busily(void) {
    __asm__ volatile("movq %0, %%r12; notq %%r12; movl $1, %1; 1: pause; cmpl $0, %2; je 1b; xorl %%r12d, %%r12d"
                     :
                     : "m"(holding.block), "m"(holding.ready), "m"(holding.over)
                     : "r12", "memory", "cc");
}

static void hold_in_call(long call, long first, long second, long third) {
    register long r10 __asm__("r10") = 0;
    __asm__ volatile(
        "movq %0, %%r12; notq %%r12; movl $1, %1; 1: movq %2, %%rax; syscall; cmpl $0, %3; je 1b; xorl %%r12d, %%r12d"
        :
        : "m"(holding.block), "m"(holding.ready), "r"(call), "m"(holding.over), "D"(first), "S"(second), "d"(third), "r"(r10)
        : "r12", "rax", "rcx", "r11", "memory", "cc");
}

static void hold_in_vector(void) {
    __asm__ volatile("movq %0, %%rax; notq %%rax; movq %%rax, %%xmm9; pslldq $8, %%xmm9; xorl %%eax, %%eax;"
                     "movl $1, %1; 1: pause; cmpl $0, %2; je 1b; pxor %%xmm9, %%xmm9"
                     :
                     : "m"(holding.block), "m"(holding.ready), "m"(holding.over)
                     : "rax", "xmm9", "memory", "cc");
}

#include <linux/futex.h>
#include <sys/syscall.h>
static void *hold(void *unused) {
    char byte;
    const struct timespec second = {1, 0};
    if (strcmp(holding.how, "busy") == 0)
        hold_busily();
    else if (strcmp(holding.how, "vector") == 0)
        hold_in_vector();
    else if (strcmp(holding.how, "read") == 0)
        hold_in_call(SYS_read, holding.pipe[0], (long)&byte, 1);
    else if (strcmp(holding.how, "futex") == 0)
        hold_in_call(SYS_futex, (long)&holding.word, FUTEX_WAIT_PRIVATE, 0);
    else
        hold_in_call(SYS_nanosleep, (long)&second, 0, 0);
    return unused;
}

static void hold_and_look(const char *how) {
    pthread_t thread;
    scrub_stack();
    memset(&holding, 0, sizeof holding);
    holding.how = how;
    holding.block = give_hidden(100, site_here(15));
    assert_int_equal(pipe(holding.pipe), 0);
    assert_int_equal(pthread_create(&thread, NULL, hold, NULL), 0);
    while (!holding.ready)
        usleep(1000);
    usleep(10000);
    scrub_stack();
    assert_silent();
    assert_true(records_header()->blocks_live > 0);
    holding.over = 1;
    holding.word = 1;
    assert_int_equal(write(holding.pipe[1], "", 1), 1);
    syscall(SYS_futex, &holding.word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    pthread_join(thread, NULL); /* its stack stays, and what the kernel saved there */
    close(holding.pipe[0]);
    close(holding.pipe[1]);
    give_back(holding.block);
}

static void kept_by_a_register_of_a_thread(void **state) {
    (void)state;
    hold_and_look("busy");
    hold_and_look("read");
    hold_and_look("futex");
    hold_and_look("sleep");
    hold_and_look("vector");
}

static void *sleep_deaf(void *ready) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    *(volatile int *)ready = 1;
    while (*(volatile int *)ready != 2)
        usleep(1000);
    return NULL;
}

static void no_verdict_with_a_deaf_thread(void **state) {
    (void)state;
    volatile int ready = 0;
    pthread_t thread;
    /* Of a size that no test before has had: the stack of one that ended may be used again, with what it held. */
    hidden block = give_hidden(1234, site_here(1));
    assert_int_equal(pthread_create(&thread, NULL, sleep_deaf, (void *)&ready), 0);
    while (!ready)
        usleep(1000);
    scrub_stack();
    look_for_leaks();
    assert_verdict(FFISAN_LEAKS_THREADS);
    assert_int_equal(found.leaks, 0);
    ready = 2;
    pthread_join(thread, NULL);
    scrub_stack();
    assert_lost(1, 1234, 0);
    give_back(block);
}

/* ---- whose it is ---- */

__attribute__((noinline)) static hidden lose_for(row_id row, uintptr_t frame) {
    site_id site = site_intern(row, modules_generation(), 0, &frame, 1, true);
    return give_hidden(100, site);
}

static void of_nobody_known_is_kept(void **state) {
    (void)state;
    hidden block = lose_for(0, 0x1234), unsited = give_hidden(77, 0), behind = give_hidden(50, site_here(1));
    lead(block, behind);
    scrub_stack();
    assert_silent();
    give_back(block);
    give_back(unsited);
    give_back(behind);
}

static row_id row_named(const char *prefix) {
    const struct module *module;
    for (uint32_t id = 1; (module = module_by_id(id)); id++)
        if (strncmp(module_name(module), prefix, strlen(prefix)) == 0)
            return module->row;
    return 0;
}

static void of_libc_is_of_its_caller(void **state) {
    (void)state;
    row_id libc = row_named("libc.so"), cmocka = row_named("libcmocka");
    assert_true(libc && cmocka);
    hidden inner = lose_for(libc, (uintptr_t)&strlen), ours = lose_for(libc, (uintptr_t)&row_named + 1),
           library = lose_for(cmocka, 0);
    scrub_stack();
    assert_lost(2, 200, 0);
    memcpy(options.only_library, "nothing,libcmocka*", sizeof "nothing,libcmocka*");
    scrub_stack();
    assert_lost(1, 100, 0);
    assert_int_equal(found.last_block.start, library);
    memcpy(options.only_library, "libc.so.6", sizeof "libc.so.6");
    scrub_stack();
    assert_lost(1, 100, 0);
    assert_int_equal(found.last_block.start, inner);
    options.only_library[0] = 0;
    give_back(inner);
    give_back(ours);
    give_back(library);
}

static void no_patch(struct module *module) {
    (void)module;
}

static void no_change(bool unloaded) {
    (void)unloaded;
}

/* As PHP's extensions are at its end. */
static void of_a_library_that_is_gone_is_lost(void **state) {
    (void)state;
    void *handle = dlopen("libcrypt.so.1", RTLD_NOW);
    assert_non_null(handle);
    assert_true(modules_refresh(true, no_patch, no_change));
    uintptr_t frame = (uintptr_t)dlsym(handle, "crypt") + 1;
    /* Of a size of its own, as in no_verdict_with_a_deaf_thread. */
    hidden block = give_hidden(4321, site_intern(0, modules_generation(), 0, &frame, 1, true));
    dlclose(handle);
    assert_true(modules_refresh(true, no_patch, no_change));
    scrub_stack();
    assert_lost(1, 4321, 0);
    give_back(block);
}

static void of_who_links_by_offsets_is_kept(void **state) {
    (void)state;
    row_id cmocka = row_named("libcmocka");
    hidden library = lose_for(cmocka, 0);
    struct module *module = (struct module *)(uintptr_t)module_of_row(cmocka);
    module->kind |= MODULE_OFFSETS;
    scrub_stack();
    assert_silent();
    module->kind &= ~MODULE_OFFSETS;
    scrub_stack();
    assert_lost(1, 100, 0);
    give_back(library);
}

/* ---- once, and not at all ---- */

static void looks_once(void **state) {
    (void)state;
    hidden block = give_hidden(100, site_here(1));
    scrub_stack();
    assert_lost(1, 100, 0);
    memset(&found, 0, sizeof found);
    leaks_check(NULL);
    assert_int_equal(found.leaks, 0);
    give_back(block);
}

static int in_child(void (*run)(void)) {
    int status;
    pid_t child = fork();
    if (child == 0) {
        run();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

static void look_in_child_of_threads(void) {
    leaks_forked(true);
    leaks_check(NULL);
    if (records_header()->leak_verdict != FFISAN_LEAKS_FORKED || found.leaks || found.overflows != 1)
        _exit(1);
}

static void look_without_blocks(void) {
    leaks_forgo(FFISAN_LEAKS_NO_BLOCKS);
    leaks_forgo(FFISAN_LEAKS_OFF);
    look_for_leaks();
    if (records_header()->leak_verdict != FFISAN_LEAKS_NO_BLOCKS || found.leaks || found.overflows)
        _exit(1);
}

static void look_in_child(void) {
    look_for_leaks();
    bool lost = found.leaks == 1 || under_asan();
    if (records_header()->leak_verdict != FFISAN_LEAKS_DONE || !lost || found.overflows != 1)
        _exit(1);
}

/* With its address in no frame that stays. */
static __attribute__((noinline)) void overflow(hidden block, size_t size) {
    ((char *)REVEAL(block))[size] = 0;
}

static void children_of_threads_have_no_verdict(void **state) {
    (void)state;
    hidden block = give_hidden(712, site_here(1)); /* of a size that nothing else has */
    overflow(block, 712);
    scrub_stack();
    memset(&found, 0, sizeof found);
    assert_int_equal(in_child(look_in_child_of_threads), 0);
    assert_int_equal(in_child(look_without_blocks), 0);
    assert_int_equal(in_child(look_in_child), 0);
    give_back(block);
}

static int forget_all(void **state) {
    root = thread_root = NULL;
    options.leaks = 1;
    options.only_library[0] = 0;
    return heap_teardown(state);
}

/* ---- what only a library leads to ---- */

/* As the search is to have them, but for their addresses, which nothing of ours may hold. */
static struct leaks_held held[2];
static hidden held_at[2];
static unsigned told;

static bool nothing_is_owed(uintptr_t start) {
    (void)start;
    return false;
}
static void count_told(struct finding *finding) {
    told += (unsigned)finding->blocks;
    finding_report(finding);
}
static size_t list_held(struct leaks_held *to, size_t limit) {
    (void)limit;
    for (unsigned i = 0; i < 2; i++) {
        to[i] = held[i];
        to[i].start = (uintptr_t)REVEAL(held_at[i]);
    }
    return 2;
}

/* Two of one kind, of which the second leads to the first, as in a list; `library` has a pointer to the second one. */
static void hold_two(const struct module *library) {
    static const struct leaks_objects objects = {nothing_is_owed, count_told, list_held};
    hidden first = give_hidden(100, site_here(1)), second = give_hidden(100, site_here(2));
    if (REVEAL(second) < REVEAL(first)) {
        hidden lower = second;
        second = first;
        first = lower;
    }
    store(REVEAL(second), first);
    keep(second);
    held[0] = held[1] = (struct leaks_held){.library = library, .kind = 1, .telling = true};
    held_at[0] = first;
    held_at[1] = second;
    leaks_on_objects(&objects);
    told = 0;
    scrub_stack();
}

static void drop_two(void) {
    leaks_on_objects(NULL);
    root = NULL;
}

static void what_only_its_library_leads_to_is_lost(void **state) {
    (void)state;
    if (under_asan())
        skip();
    hold_two(module_at((uintptr_t)&root));
    look_for_leaks();
    assert_int_equal(told, 2);
    drop_two();
}

static void what_the_program_leads_to_is_not_but_its_neighbour_in_the_list(void **state) {
    (void)state;
    static struct module elsewhere = {.start = 0x1000, .end = 0x2000};
    if (under_asan())
        skip();
    hold_two(&elsewhere);
    look_for_leaks();
    assert_int_equal(told, 1);
    drop_two();
}

static void of_another_kind_it_leads_on(void **state) {
    (void)state;
    static struct module elsewhere = {.start = 0x1000, .end = 0x2000};
    hold_two(&elsewhere);
    held[1].kind = 2;
    look_for_leaks();
    assert_int_equal(told, 0);
    drop_two();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(nothing_is_lost_at_first, forget_all),
        cmocka_unit_test_teardown(lost_without_a_pointer, forget_all),
        cmocka_unit_test_teardown(kept_by_static_data, forget_all),
        cmocka_unit_test_teardown(kept_by_the_stack, forget_all),
        cmocka_unit_test_teardown(kept_by_a_thread_local, forget_all),
        cmocka_unit_test_teardown(kept_by_a_register_of_the_caller, forget_all),
        cmocka_unit_test_teardown(a_long_chain_is_followed, forget_all),
        cmocka_unit_test_teardown(blocks_of_many_sizes, forget_all),
        cmocka_unit_test_teardown(a_cycle_counts_once, forget_all),
        cmocka_unit_test_teardown(what_leads_to_a_cycle_is_direct, forget_all),
        cmocka_unit_test_teardown(leaks_of_one_site_are_one_finding, forget_all),
        cmocka_unit_test_teardown(the_heaviest_comes_first, forget_all),
        cmocka_unit_test_teardown(a_tombstone_keeps_nothing, forget_all),
        cmocka_unit_test_teardown(a_block_from_before_the_books_keeps, forget_all),
        cmocka_unit_test_teardown(overlapping_blocks_are_not_reported, forget_all),
        cmocka_unit_test_teardown(a_block_that_was_unmapped_is_not_reported, forget_all),
        cmocka_unit_test_teardown(a_block_with_a_closed_page_is_looked_through, forget_all),
        cmocka_unit_test_teardown(overflows_are_found_with_leaks_off, forget_all),
        cmocka_unit_test_teardown(kept_by_a_managed_heap, forget_all),
        cmocka_unit_test_teardown(kept_by_a_python_int, forget_all),
        cmocka_unit_test_teardown(kept_by_pointers_of_four_bytes, forget_all),
        cmocka_unit_test_teardown(a_hole_in_a_heap_is_passed_over, forget_all),
        cmocka_unit_test_teardown(a_reserved_heap_costs_little, forget_all),
        cmocka_unit_test_teardown(shared_memory_keeps_and_shared_files_do_not, forget_all),
        cmocka_unit_test_teardown(a_neighbour_of_our_own_memory_is_a_root, forget_all),
        cmocka_unit_test_teardown(kept_by_a_register_of_a_thread, forget_all),
        cmocka_unit_test_teardown(no_verdict_with_a_deaf_thread, forget_all),
        cmocka_unit_test_teardown(of_nobody_known_is_kept, forget_all),
        cmocka_unit_test_teardown(of_libc_is_of_its_caller, forget_all),
        cmocka_unit_test_teardown(of_who_links_by_offsets_is_kept, forget_all),
        cmocka_unit_test_teardown(what_only_its_library_leads_to_is_lost, forget_all),
        cmocka_unit_test_teardown(what_the_program_leads_to_is_not_but_its_neighbour_in_the_list, forget_all),
        cmocka_unit_test_teardown(of_another_kind_it_leads_on, forget_all),
        cmocka_unit_test_teardown(looks_once, forget_all),
        cmocka_unit_test_teardown(children_of_threads_have_no_verdict, forget_all),
        /* Last: what the loader frees in it still leads to places that later blocks get. */
        cmocka_unit_test_teardown(of_a_library_that_is_gone_is_lost, forget_all),
    };
    return cmocka_run_group_tests(tests, heap_setup, NULL);
}
