/* SPDX-License-Identifier: Apache-2.0 */
#include "core/maps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static char room[MAPS_ROOM];

static struct map parsed(const char *line) {
    struct map map = {0};
    assert_true(map_parse(line, strlen(line), &map));
    return map;
}

static void a_line_is_understood(void **state) {
    (void)state;
    struct map map = parsed("7f1c2a400000-7f1c2a428000 r-xp 00001000 fe:00 1234                       /usr/lib/libc.so.6");
    assert_int_equal(map.start, 0x7f1c2a400000);
    assert_int_equal(map.end, 0x7f1c2a428000);
    assert_true(map.readable && !map.writable && !map.shared);
    assert_int_equal(map.backing, MAP_BACKING_FILE);
    map = parsed("1000-2000 -w-s 00000000 00:00 0 ");
    assert_true(map.readable && map.writable && map.shared);
    map = parsed("1000-2000 ---p 00000000 00:00 0");
    assert_true(!map.readable && !map.writable);
}

static void backings_are_told_apart(void **state) {
    (void)state;
    static const struct {
        const char *name;
        enum map_backing backing;
    } cases[] = {
        {"", MAP_BACKING_NOTHING},
        {"[heap]", MAP_BACKING_HEAP},
        {"[stack]", MAP_BACKING_STACK},
        {"[anon:dart-heap]", MAP_BACKING_NOTHING},
        {"[anon_shmem:x]", MAP_BACKING_NOTHING},
        {"[vvar]", MAP_BACKING_DEVICE},
        {"[vdso]", MAP_BACKING_DEVICE},
        {"anon_inode:[io_uring]", MAP_BACKING_DEVICE},
        {"socket:[123]", MAP_BACKING_DEVICE},
        {"/dev/dri/card0", MAP_BACKING_DEVICE},
        {"/dev/nvidia0 (deleted)", MAP_BACKING_DEVICE},
        {"/dev/zero (deleted)", MAP_BACKING_MEMORY},
        {"/dev/shm/sem.x", MAP_BACKING_MEMORY},
        {"/memfd:libffi (deleted)", MAP_BACKING_MEMORY},
        {"/SYSV00000000 (deleted)", MAP_BACKING_MEMORY},
        {"/tmp/ffiAbCdEf (deleted)", MAP_BACKING_MEMORY},
        {"/home/a b/data.mdb", MAP_BACKING_FILE},
        {"/x(deleted)", MAP_BACKING_FILE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[200];
        snprintf(line, sizeof line, "1000-2000 rw-s 00000000 00:01 12                  %s", cases[i].name);
        assert_int_equal(parsed(line).backing, cases[i].backing);
    }
}

static void what_is_no_line_is_refused(void **state) {
    (void)state;
    static const char *const lines[] = {
        "", "x", "1000", "1000-", "1000-2000", "1000-2000 ", "1000-2000 rw", "2000-1000 rw-p 0 0 0", "-2000 rw-p"};
    struct map map;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_false(map_parse(lines[i], strlen(lines[i]), &map));
    const char *cut = "1000-2000 rw-p 00000000 00:00 0 [heap]";
    for (size_t length = 0; length < strlen(cut); length++)
        map_parse(cut, length, &map); /* nothing is read behind it */
}

struct list {
    unsigned count;
    uintptr_t last_end, wanted;
    bool ascending, found;
    struct map holder;
};

static void look(const struct map *map, void *context) {
    struct list *list = context;
    list->count++;
    list->ascending &= map->start >= list->last_end && map->start < map->end;
    list->last_end = map->end;
    if (map->start <= list->wanted && list->wanted < map->end) {
        list->found = true;
        list->holder = *map;
    }
}

static struct list search(const void *address) {
    struct list list = {.ascending = true, .wanted = (uintptr_t)address};
    assert_true(maps_each(room, look, &list));
    assert_true(list.ascending);
    return list;
}

static void the_process_finds_itself(void **state) {
    (void)state;
    void *block = malloc(10);
    struct list list = search(&block);
    assert_true(list.found && list.holder.backing == MAP_BACKING_STACK && list.holder.writable);
    list = search((const void *)&look);
    assert_true(list.found && list.holder.backing == MAP_BACKING_FILE && !list.holder.writable);
    list = search(room);
    assert_true(list.found && list.holder.writable);
    list = search(block);
    assert_true(list.found && list.holder.writable);
    free(block);
}

/* More text than one read gives. */
static void thousands_of_mappings(void **state) {
    (void)state;
    enum { COUNT = 20000 };
    char *start = mmap(NULL, COUNT * 4096ul, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    for (unsigned i = 0; i < COUNT; i += 2)
        assert_int_equal(mprotect(start + i * 4096ul, 4096, PROT_READ), 0);
    struct list list = search(start + (COUNT - 1) * 4096ul);
    assert_true(list.count >= COUNT);
    assert_true(list.found && !list.holder.readable);
    munmap(start, COUNT * 4096ul);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_understood),       cmocka_unit_test(backings_are_told_apart),
        cmocka_unit_test(what_is_no_line_is_refused), cmocka_unit_test(the_process_finds_itself),
        cmocka_unit_test(thousands_of_mappings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
