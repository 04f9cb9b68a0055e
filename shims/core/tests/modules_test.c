/* SPDX-License-Identifier: Apache-2.0
 * The list of loaded objects, and looking symbols up in them: compared with what the loader itself says.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/modules.h"
#include "unit.h"

static unsigned patched, changes;

static void patch(struct module *module) {
    (void)module;
    patched++;
}

static void changed(bool unloaded) {
    (void)unloaded;
    changes++;
}

static int look(void **state) {
    (void)state;
    static bool before;
    bool first = !before;
    before = true;
    patched = changes = 0;
    return modules_refresh(first, patch, changed) ? 0 : -1;
}

static void addresses_belong_to_their_module(void **state) {
    (void)state;
    const struct module *own = module_at((uintptr_t)&addresses_belong_to_their_module), *libc = module_at((uintptr_t)&getppid);
    assert_non_null(own);
    assert_true(own->kind & MODULE_EXECUTABLE);
    assert_string_equal(module_name(own), "modules_test");
    assert_non_null(libc);
    assert_true(libc->kind & MODULE_LIBC);
    assert_true(libc->kind & MODULE_PERMANENT);
    assert_true(libc->build_id_size == 20);
    assert_null(module_at((uintptr_t)&own));
    assert_null(module_at(0));
    assert_null(module_at(UINTPTR_MAX));
    assert_ptr_equal(module_by_id(libc->id), libc);
    assert_ptr_equal(module_of_row(libc->row), libc);
}

static void symbols_are_those_of_dlsym(void **state) {
    (void)state;
    static const char *const names[] = {"malloc",         "free",    "strlen", "memcpy", "dlsym",
                                        "pthread_create", "environ", "qsort",  "stdout"};
    const struct module *libc = module_at((uintptr_t)&getppid);
    void *handle = dlopen("libc.so.6", RTLD_LAZY);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(module_symbol(libc, names[i]), (uintptr_t)dlsym(handle, names[i]));
    assert_int_equal(module_symbol(libc, "no_such_function_in_libc"), 0);
    assert_int_equal(module_symbol(libc, ""), 0);
    dlclose(handle);
}

static void opening_and_closing_is_seen(void **state) {
    (void)state;
    uint32_t before = modules_generation();
    void *handle = dlopen("libz.so.1", RTLD_NOW);
    if (!handle)
        handle = dlopen("libcrypt.so.1", RTLD_NOW);
    assert_non_null(handle);
    assert_true(modules_refresh(false, patch, changed));
    assert_true(patched >= 1);
    assert_int_equal(changes, 1);
    assert_int_equal(modules_generation(), before + 1);
    void *function = dlsym(handle, "zlibVersion");
    function = function ? function : dlsym(handle, "crypt");
    const struct module *module = module_at((uintptr_t)function);
    assert_non_null(module);
    assert_int_equal(module->born, before + 1);
    assert_false(module->kind & MODULE_PERMANENT);
    modules_closing();
    assert_null(module_pinned_at((uintptr_t)function));
    assert_non_null(module_pinned_at((uintptr_t)&getppid));
    dlclose(handle);
    assert_true(modules_refresh(false, patch, changed));
    assert_null(module_at((uintptr_t)function));
    assert_int_equal(module->gone, before + 2);
    assert_ptr_equal(module_by_id(module->id), module);
}

static void nothing_new_changes_nothing(void **state) {
    (void)state;
    uint32_t before = modules_generation();
    assert_true(modules_refresh(false, patch, changed));
    assert_int_equal(patched, 0);
    assert_int_equal(changes, 0);
    assert_int_equal(modules_generation(), before);
}

static void count_one(const struct module *module, void *context) {
    uintptr_t *last = context;
    assert_true(module->start >= *last);
    *last = module->start;
}

static void each_is_visited_in_order(void **state) {
    (void)state;
    uintptr_t last = 0;
    modules_each(count_one, &last);
    assert_true(last > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(addresses_belong_to_their_module, look), cmocka_unit_test_setup(symbols_are_those_of_dlsym, look),
        cmocka_unit_test_setup(opening_and_closing_is_seen, look),      cmocka_unit_test_setup(nothing_new_changes_nothing, look),
        cmocka_unit_test_setup(each_is_visited_in_order, look),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
