/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "judge.h"
#include "record_writer.h"
#include "trouble.h"

static char *folder;
static char path[4200], formats[2][4300];

static int setup(void **state) {
    (void)state;
    folder = writer_folder();
    snprintf(path, sizeof(path), "%s/report", folder);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    writer_folder_remove(folder);
    return 0;
}

static struct plan plan_with(const char *first, const char *second) {
    struct plan plan = {.exit_code = 99, .report_formats_count = (size_t)(first != NULL) + (second != NULL)};
    plan.report_formats = calloc(2, sizeof(char *));
    plan.report_formats[0] = first;
    plan.report_formats[1] = second;
    return plan;
}

/* NULL: no trouble. */
static void assert_check(struct plan plan, const char *says) {
    struct trouble *trouble = plan_check(&plan);
    if (!says)
        assert_null(trouble);
    else
        assert_non_null(strstr(trouble_text(trouble), says));
    trouble_free(trouble);
    plan_free(&plan);
}

static void formats_are_known(void **state) {
    (void)state;
    assert_check(plan_with(NULL, NULL), NULL);
    assert_check(plan_with("text", "json:/dev/null"), NULL);
    assert_check(plan_with("sarif:x", NULL), "not in this version");
    assert_check(plan_with("junit", NULL), "not in this version");
    assert_check(plan_with("jsn:x", NULL), "there is no report format 'jsn'");
    assert_check(plan_with("json:", NULL), "names no file");
}

static void each_file_is_written_once(void **state) {
    (void)state;
    snprintf(formats[0], sizeof(formats[0]), "json:%s", path);
    snprintf(formats[1], sizeof(formats[1]), "text:%s", path);
    assert_check(plan_with(formats[0], formats[1]), "a file of its own");
    struct plan plan = plan_with(formats[0], NULL);
    plan.write_baseline = path;
    assert_check(plan, "a file of its own");
}

static void files_are_checked(void **state) {
    (void)state;
    assert_check(plan_with("json:/no/such/folder/x", NULL), "cannot write /no/such/folder/x");
    struct plan plan = plan_with(NULL, NULL);
    plan.suppressions = "/no/such/file";
    assert_check(plan, "cannot read /no/such/file");
    plan = plan_with(NULL, NULL);
    plan.baseline = "/no/such/file";
    assert_check(plan, "cannot read /no/such/file");
    plan = plan_with(NULL, NULL);
    plan.rules = "leek";
    assert_check(plan, "near it: leak");
    plan = plan_with(NULL, NULL);
    plan.exit_code = 256;
    assert_check(plan, "between 0 and 255");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {TEST(formats_are_known), TEST(each_file_is_written_once), TEST(files_are_checked)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
