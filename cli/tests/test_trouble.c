/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "trouble.h"

static void says_what_it_was_given(void **state) {
    (void)state;
    struct trouble *trouble = trouble_new("cannot read %s: %d", "file", 7);
    assert_string_equal(trouble_text(trouble), "cannot read file: 7");
    trouble_free(trouble);
}

static void none_can_be_freed(void **state) {
    (void)state;
    trouble_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(says_what_it_was_given), cmocka_unit_test(none_can_be_freed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
