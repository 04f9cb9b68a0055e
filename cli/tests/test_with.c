/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "environment.h"
#include "pool.h"
#include "program.h"
#include "shim_options.h"
#include "trouble.h"
#include "with.h"

static struct pool *pool;

static int with_pool(void **state) {
    (void)state;
    pool = pool_new();
    unsetenv("LD_PRELOAD");
    unsetenv("ASAN_OPTIONS");
    unsetenv("LSAN_OPTIONS");
    unsetenv("VALGRIND_OPTS");
    return 0;
}

static int drop_pool(void **state) {
    (void)state;
    pool_free(pool);
    return 0;
}

static void a_choice_is_read_from_its_name(void **state) {
    (void)state;
    static const char *const names[] = {CHOICES_with};
    struct shim_settings settings = {.pool = pool};
    assert_int_equal(with_chosen(&settings), FFISAN_WITH_NATIVE);
    for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
        assert_null(shim_setting(&settings, SHIM_OPTION_with, "--with", names[i]));
        assert_int_equal(with_chosen(&settings), i);
    }
}

static void python_memory_is_made_visible(void **state) {
    (void)state;
    struct shim_settings settings = {.pool = pool};
    assert_null(with_settings(&settings));
    assert_null(settings.values[SHIM_OPTION_python_memory]);
    assert_null(shim_setting(&settings, SHIM_OPTION_with, "--with", "asan"));
    assert_null(with_settings(&settings));
    assert_string_equal(settings.values[SHIM_OPTION_python_memory], "full");
}

/* With the runtime that the user has chosen, so that none need be there. */
static struct environment with_asan(const struct program *program) {
    static char only[] = "program";
    char *const argv[] = {only, NULL}, *const *command = argv;
    struct environment environment = {.preload = "/l/libclang_rt.asan-x86_64.so:/shim.so"};
    setenv("LD_PRELOAD", "/l/libclang_rt.asan-x86_64.so", 1);
    assert_null(with_apply(pool, FFISAN_WITH_ASAN, program, "/records", &environment, &command));
    assert_ptr_equal(command, argv);
    return environment;
}

static const char *behind(const char *text, const char *part) {
    const char *found = strstr(text, part);
    assert_non_null(found);
    return found + strlen(part);
}

static void asans_report_goes_to_the_records_whatever_the_user_says(void **state) {
    (void)state;
    setenv("ASAN_OPTIONS", "log_path=/elsewhere:detect_leaks=1", 1);
    const char *options = with_asan(&(struct program){0}).asan_options;
    const char *rest = behind(options, "log_path=/elsewhere:detect_leaks=1:");
    assert_non_null(strstr(rest, "log_path=\"/records/asan\""));
    assert_null(strstr(rest, "detect_leaks"));
}

static void leaks_are_asans_in_what_is_built_with_it(void **state) {
    (void)state;
    assert_non_null(strstr(with_asan(&(struct program){0}).asan_options, "detect_leaks=0"));
    assert_non_null(strstr(with_asan(&(struct program){.has_asan = true}).asan_options, "detect_leaks=1"));
}

static void suppressions_of_the_users_need_names(void **state) {
    (void)state;
    assert_non_null(strstr(with_asan(&(struct program){0}).asan_options, "symbolize=0"));
    setenv("LSAN_OPTIONS", "suppressions=file", 1);
    assert_non_null(strstr(with_asan(&(struct program){0}).asan_options, "symbolize=1"));
}

static void a_runtime_is_preloaded_once(void **state) {
    (void)state;
    assert_string_equal(with_asan(&(struct program){0}).preload, "/l/libclang_rt.asan-x86_64.so:/shim.so");
    const char *path = "";
    assert_null(with_asan_runtime(pool, &(struct program){.has_asan = true}, &path));
    assert_null(path); /* it is linked into the program */
}

static void a_runtime_that_is_not_there_is_named(void **state) {
    (void)state;
    const char *needed[] = {"libc.so.6", "libasan.so.99"}, *path = NULL;
    const struct program program = {.path = "/x/prog", .needed = needed, .needed_count = 2, .has_asan = true};
    struct trouble *trouble = with_asan_runtime(pool, &program, &path);
    assert_non_null(trouble);
    assert_non_null(strstr(trouble_text(trouble), "/x/prog needs libasan.so.99"));
    trouble_free(trouble);
}

static void valgrind_comes_before_the_command(void **state) {
    (void)state;
    char name[] = "prog", argument[] = "--xml=no";
    char *const argv[] = {name, argument, NULL}, *const *command = argv;
    struct environment environment = {.preload = "/shim.so"};
    setenv("VALGRIND_OPTS", "--num-callers=12", 1);
    struct trouble *trouble = with_apply(pool, FFISAN_WITH_VALGRIND, &(struct program){0}, "/records", &environment, &command);
    if (!with_valgrind(pool)) {
        assert_non_null(trouble);
        trouble_free(trouble);
        skip();
    }
    assert_null(trouble);
    size_t count = 0;
    bool xml_file = false, callers = false;
    for (; command[count]; count++) {
        xml_file |= strcmp(command[count], "--xml-file=/records/valgrind.%p.xml") == 0;
        callers |= strncmp(command[count], "--num-callers", strlen("--num-callers")) == 0;
    }
    assert_true(xml_file);
    assert_false(callers);
    assert_ptr_equal(command[count - 2], name);
    assert_ptr_equal(command[count - 1], argument);
    assert_string_equal(environment.preload, "/shim.so");
}

static void no_valgrind_is_a_sentence(void **state) {
    (void)state;
    char name[] = "prog";
    char *const argv[] = {name, NULL}, *const *command = argv;
    const char *path = getenv("PATH");
    char *kept = path ? pool_copy(pool, path) : NULL;
    setenv("PATH", "/no/such/place", 1);
    struct environment environment = {0};
    struct trouble *trouble = with_apply(pool, FFISAN_WITH_VALGRIND, &(struct program){0}, "/records", &environment, &command);
    if (kept)
        setenv("PATH", kept, 1);
    assert_non_null(trouble);
    assert_non_null(strstr(trouble_text(trouble), "install"));
    trouble_free(trouble);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, with_pool, drop_pool)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_choice_is_read_from_its_name),
        TEST(python_memory_is_made_visible),
        TEST(asans_report_goes_to_the_records_whatever_the_user_says),
        TEST(leaks_are_asans_in_what_is_built_with_it),
        TEST(suppressions_of_the_users_need_names),
        TEST(a_runtime_is_preloaded_once),
        TEST(a_runtime_that_is_not_there_is_named),
        TEST(valgrind_comes_before_the_command),
        TEST(no_valgrind_is_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
