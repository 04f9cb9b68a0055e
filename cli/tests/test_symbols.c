/* SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <elfutils/libdwelf.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "findings.h"
#include "pool.h"
#include "symbols.h"

static struct pool *pool;
static struct frame *frames;
static size_t count;

static int setup(void **state) {
    (void)state;
    pool = pool_new();
    frames = NULL;
    count = 0;
    return 0;
}
static int teardown(void **state) {
    (void)state;
    pool_free(pool);
    return 0;
}

static struct link_map *map_of(const char *path, const char *symbol, uint64_t *address) {
    void *library = dlopen(path, RTLD_NOW);
    struct link_map *map;
    assert_non_null(library);
    assert_int_equal(dlinfo(library, RTLD_DI_LINKMAP, &map), 0);
    *address = (uint64_t)dlsym(library, symbol);
    return map;
}

static struct module guinea_module(uint64_t *address) {
    struct link_map *map = map_of(GUINEA_INLINE, "guinea_outer", address);
    return (struct module){.id = 1, .bias = map->l_addr, .path_raw = GUINEA_INLINE, .path = GUINEA_INLINE, .name = "guinea"};
}

/* Some address of the function has the inlined one in it, whatever the compiler did with the rest. */
static void inlined_functions_become_frames(void **state) {
    (void)state;
    uint64_t start;
    struct module module = guinea_module(&start);
    struct symbols *symbols = symbols_new(false);
    for (uint64_t at = start; at < start + 32 && count < 2; at++) {
        count = 0;
        symbols_frames(symbols, pool, &module, at, false, &frames, &count);
    }
    assert_int_equal(count, 2);
    assert_true(frames[0].inlined && !frames[1].inlined);
    assert_string_equal(frames[0].function, "guinea_inner");
    assert_string_equal(frames[1].function, "guinea_outer");
    assert_int_equal(frames[0].line, 9);
    assert_int_equal(frames[1].line, 13);
    assert_string_equal(path_name(frames[0].file), "inline.c");
    assert_string_equal(path_name(frames[1].file), "inline.c");
    symbols_free(symbols);
}

static void names_alone_are_enough_for_some(void **state) {
    (void)state;
    uint64_t start;
    struct module module = guinea_module(&start);
    struct symbols *symbols = symbols_new(true);
    symbols_frames(symbols, pool, &module, start + 1, true, &frames, &count);
    assert_int_equal(count, 1);
    assert_string_equal(frames[0].function, "guinea_outer");
    assert_null(frames[0].file);
    assert_int_equal(frames[0].offset, start - module.bias);
    symbols_free(symbols);
}

static void assert_gap(const struct module *module, const char *why) {
    const struct symbols_gap *gaps;
    struct symbols *symbols = symbols_new(false);
    for (int i = 0; i < 2; i++) { /* listed once */
        symbols_frames(symbols, pool, module, module->bias + 0x10, false, &frames, &count);
        assert_null(frames[count - 1].function);
    }
    assert_int_equal(symbols_gaps(symbols, &gaps), why ? 1 : 0);
    if (why)
        if (!strstr(gaps[0].why, why))
            fail_msg("%s: %s", module->path, gaps[0].why);
    assert_null(symbols_elf(symbols, module));
    symbols_free(symbols);
}

static void files_that_are_not_the_loaded_ones_are_not_believed(void **state) {
    (void)state;
    uint64_t start;
    struct module module = guinea_module(&start);
    module.build_id_size = 20;
    assert_gap(&module, "build-id");
    module.path_raw = module.path = "/no/such/file";
    assert_gap(&module, "gone");
    module.path_raw = module.path = "/dev/null";
    assert_gap(&module, "regular");
    module.path_raw = module.path = "/etc/passwd";
    assert_gap(&module, "elfutils"); /* no ELF file */
    module.path_raw = module.path = "[vdso]";
    assert_gap(&module, NULL);
}

static void addresses_in_no_module_stay(void **state) {
    (void)state;
    struct symbols *symbols = symbols_new(false);
    symbols_frames(symbols, pool, NULL, 0x1234, false, &frames, &count);
    symbols_frames(symbols, pool, NULL, 0, true, &frames, &count);
    assert_int_equal(count, 2);
    assert_null(frames[0].module);
    assert_int_equal(frames[0].offset, 0x1234);
    assert_int_equal(frames[1].offset, 0);
    symbols_free(symbols);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {TEST(inlined_functions_become_frames), TEST(names_alone_are_enough_for_some),
                                       TEST(files_that_are_not_the_loaded_ones_are_not_believed),
                                       TEST(addresses_in_no_module_stay)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
