/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "bindings.h"

static enum binding_reach reach(const char *name, const char *path) {
    const char *product;
    elf_version(EV_CURRENT);
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
    assert_non_null(elf);
    enum binding_reach answer = binding_reach(name, elf, &product);
    elf_end(elf);
    close(fd);
    return answer;
}

static void one_that_calls_a_libffi_elsewhere_is_seen(void **state) {
    (void)state;
    assert_int_equal(reach("some_binding.so", GUINEA_FFI_IMPORTED), BINDING_SEEN);
    assert_int_equal(reach("libjnidispatch.so", GUINEA_FFI_IMPORTED), BINDING_SEEN);
}

static void one_that_exports_its_own_is_seen(void **state) {
    (void)state;
    assert_int_equal(reach("some_binding.so", GUINEA_FFI_EXPORTED), BINDING_SEEN);
}

static void one_that_exports_its_own_and_is_bound_to_it_is_not(void **state) {
    (void)state;
    assert_int_equal(reach("some_binding.so", GUINEA_FFI_BOUND), BINDING_HIDDEN);
    assert_int_equal(reach("libjnidispatch.so", GUINEA_FFI_BOUND), BINDING_HIDDEN);
}

static void one_that_hides_its_own_is_not(void **state) {
    (void)state;
    assert_int_equal(reach("some_binding.so", GUINEA_FFI_HIDDEN), BINDING_HIDDEN);
}

static void a_library_without_any_is_no_binding(void **state) {
    (void)state;
    assert_int_equal(reach("libother.so", GUINEA_INLINE), BINDING_NONE);
    assert_int_equal(reach("libffi.so.8", GUINEA_FFI_HIDDEN), BINDING_NONE);
}

static void a_known_binding_that_imports_none_has_one_inside(void **state) {
    (void)state;
    assert_int_equal(reach("libjnidispatch.so", GUINEA_INLINE), BINDING_HIDDEN);
}

static void some_make_calls_of_their_own(void **state) {
    (void)state;
    const char *product;
    assert_int_equal(binding_reach("koffi.node", NULL, &product), BINDING_OWN);
    assert_string_equal(product, "koffi");
    assert_int_equal(binding_reach("luajit", NULL, &product), BINDING_OWN);
    assert_int_equal(binding_reach("jna10938271.tmp", NULL, &product), BINDING_OWN);
}

static void of_a_file_that_cannot_be_read_nothing_is_said(void **state) {
    (void)state;
    const char *product;
    assert_int_equal(binding_reach("libother.so", NULL, &product), BINDING_NONE);
    assert_int_equal(binding_reach("libjnidispatch.so", NULL, &product), BINDING_SEEN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_calls_a_libffi_elsewhere_is_seen),
        cmocka_unit_test(one_that_exports_its_own_is_seen),
        cmocka_unit_test(one_that_exports_its_own_and_is_bound_to_it_is_not),
        cmocka_unit_test(one_that_hides_its_own_is_not),
        cmocka_unit_test(a_library_without_any_is_no_binding),
        cmocka_unit_test(a_known_binding_that_imports_none_has_one_inside),
        cmocka_unit_test(some_make_calls_of_their_own),
        cmocka_unit_test(of_a_file_that_cannot_be_read_nothing_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
