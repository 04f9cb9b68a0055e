/* SPDX-License-Identifier: Apache-2.0
 *
 * What functions are, as debug info and headers say it: that both say the same, which names of a function count, and what is not
 * believed.
 */
#include <dlfcn.h>
#include <dwarf.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "debug_info.h"
#include "looking.h"
#include "pool.h"
#include "type_words.h"

#define FUNCTIONS 25 /* of odd.h */

static struct pool *pool;
static struct symbols *symbols;
static struct prototypes *prototypes;
static struct prototype found[PROTOTYPES_MAX];

static void open_with(const char *table) {
    prototypes_free(prototypes);
    symbols_free(symbols);
    symbols = symbols_new(false);
    prototypes = prototypes_new(symbols, table);
}

static int setup(void **state) {
    (void)state;
    pool = pool_new();
    open_with(ODD_TABLE);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    prototypes_free(prototypes);
    symbols_free(symbols);
    prototypes = NULL;
    symbols = NULL;
    pool_free(pool);
    return 0;
}

static const char *gap_of(const char *path) {
    const struct symbols_gap *gaps;
    size_t count = prototypes_gaps(prototypes, &gaps);
    for (size_t i = 0; i < count; i++)
        if (strstr(gaps[i].path, path))
            return gaps[i].why;
    return "";
}

static void assert_gap(const char *path, const char *why) {
    if (!strstr(gap_of(path), why) || !gap_of(path)[0])
        fail_msg("%s: %s", path, gap_of(path));
}

static size_t ask(const struct module *module, uint64_t value, const char *asked) {
    return prototypes_of(prototypes, module, module->bias + value, asked, found, PROTOTYPES_MAX);
}

static size_t ask_by_name(const char *path, const char *name) {
    struct module module = module_of_file(pool, path);
    struct exports exports = exports_of_file(pool, path);
    const struct export *export = exports_named(&exports, name);
    assert_non_null(export);
    return ask(&module, export->value, name);
}

/* ---- debug info and header say the same ---- */

static void assert_same(const struct prototype *one, const struct prototype *other, const char *name) {
    struct type_words left = {.names = true, .parameters = true, .depth = 5}, right = left;
    assert_non_null(one);
    assert_non_null(other);
    if (strcmp(type_words(&left, one->declaration.table, one->declaration.function),
               type_words(&right, other->declaration.table, other->declaration.function)) != 0)
        fail_msg("%s:\n%s\n%s", name, left.text, right.text);
    free(left.text);
    free(right.text);
}

static size_t functions_agree(const char *path) {
    struct module module = module_of_file(pool, path);
    struct exports exports = exports_of_file(pool, path);
    size_t agreed = 0;
    for (size_t i = 0; i < exports.count; i++) {
        if (strncmp(exports.items[i].name, "odd_", 4) != 0)
            continue;
        size_t count = ask(&module, exports.items[i].value, NULL);
        assert_same(prototype_from(found, count, "debug info of libguinea-odd"), prototype_from(found, count, "odd.h"),
                    exports.items[i].name);
        agreed++;
    }
    return agreed;
}

static void variant_agrees(void **state) {
    const char *path = pool_text(pool, ODD_FOLDER "/libguinea-odd-%s.so", (const char *)*state);
    assert_int_equal(functions_agree(path), FUNCTIONS);
}

static int variant_setup(void **state) {
    return setup(state);
}

static void split_debug_info_is_not_read(void **state) {
    (void)state;
    assert_int_equal(ask_by_name(ODD_FOLDER "/libguinea-odd-split.so", "odd_nothing"), 1); /* the header's */
    assert_gap("libguinea-odd-split.so", "-gsplit-dwarf");
    assert_non_null(prototype_from(found, 1, "odd.h"));
}

/* Which looks as if no function had parameters or a result. */
static void debug_info_of_lines_alone_says_nothing_of_types(void **state) {
    (void)state;
    struct exports exports = exports_of_file(pool, ODD_FOLDER "/libguinea-odd-lines.so");
    open_with(PROTOTYPES);
    for (size_t i = 0; i < exports.count; i++)
        assert_int_equal(ask_by_name(ODD_FOLDER "/libguinea-odd-lines.so", exports.items[i].name), 0);
    exports = exports_of_file(pool, GUINEA_CXX_LINES);
    assert_in_range(exports.count, 8, 20);
    for (size_t i = 0; i < exports.count; i++)
        assert_int_equal(ask_by_name(GUINEA_CXX_LINES, exports.items[i].name), 0);
}

static void without_debug_info_the_header_is_enough(void **state) {
    (void)state;
    assert_int_equal(ask_by_name(ODD_FOLDER "/libguinea-odd-bare.so", "odd_nothing"), 1);
    assert_string_equal(found[0].name, "odd_nothing");
    assert_string_equal(found[0].source, "odd.h of odd");
    assert_string_equal(gap_of("libguinea-odd-bare.so"), "");
}

static void debug_info_of_its_own_file_is_found(void **state) {
    (void)state;
    setenv("DEBUGINFOD_URLS", "http://127.0.0.1:9/", 1);
    assert_int_equal(ask_by_name(ODD_SEPARATE, "odd_nothing"), 2);
    assert_string_equal(found[0].source, "debug info of libodd-separate.so");
    assert_string_equal(getenv("DEBUGINFOD_URLS"), "http://127.0.0.1:9/"); /* as the user left it */
    unsetenv("DEBUGINFOD_URLS");
}

static void debug_info_of_another_file_is_not_believed(void **state) {
    (void)state;
    assert_int_equal(ask_by_name(ODD_MISLEAD, "odd_nothing"), 1);
    assert_string_equal(found[0].source, "odd.h of odd");
}

/* ---- the table ---- */

static void without_table_debug_info_is_enough(void **state) {
    (void)state;
    assert_int_equal(prototypes_known(prototypes), FUNCTIONS);
    open_with("/no/such/file");
    assert_int_equal(prototypes_known(prototypes), 0);
    assert_gap("/no/such/file", "install FFISan again");
    assert_int_equal(ask_by_name(ODD_FOLDER "/libguinea-odd-dwarf5.so", "odd_nothing"), 1);
}

static void a_file_that_is_no_table_is_said(void **state) {
    (void)state;
    open_with(GUINEA_NAMES);
    assert_gap("guinea-names", "not a prototype file");
    assert_int_equal(ask_by_name(ODD_FOLDER "/libguinea-odd-bare.so", "odd_nothing"), 0);
}

static void the_table_is_found_by_the_environment(void **state) {
    (void)state;
    setenv("FFISAN_PROTOTYPES", ODD_TABLE, 1);
    assert_string_equal(prototypes_path(pool), ODD_TABLE);
    setenv("FFISAN_PROTOTYPES", "/no/such/file", 1);
    assert_null(prototypes_path(pool));
    unsetenv("FFISAN_PROTOTYPES");
}

/* As it lies beside this test, and beside the launcher. */
static void the_table_is_found_by_where_the_program_is(void **state) {
    (void)state;
    assert_string_equal(prototypes_path(pool), PROTOTYPES);
}

/* ---- names ---- */

static struct module c_library(void **handle) {
    open_with(PROTOTYPES);
    return module_of_library(pool, "libc.so.6", handle);
}

static size_t ask_in_process(const struct module *module, const void *address, const char *asked) {
    return prototypes_of(prototypes, module, (uint64_t)address, asked, found, PROTOTYPES_MAX);
}

static void every_name_of_an_address_counts(void **state) {
    (void)state;
    void *libc;
    struct module module = c_library(&libc);
    size_t count = ask_in_process(&module, dlsym(libc, "strtol"), "strtoll");
    bool named[3] = {false};
    static const char *const names[] = {"strtol", "strtoll", "strtoimax"};
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < 3; j++)
            named[j] |= strcmp(found[i].name, names[j]) == 0 && strstr(found[i].source, "libc6-dev");
    assert_true(named[0] && named[1] && named[2]);
    assert_string_equal(found[0].name, "strtoll"); /* what it was asked by comes first */
    dlclose(libc);
}

static void a_chosen_function_is_known_by_what_was_asked(void **state) {
    (void)state;
    void *libc;
    struct module module = c_library(&libc);
    const void *address = dlsym(libc, "memcpy");
    assert_int_equal(ask_in_process(&module, address, "memcpy"), 1);
    assert_string_equal(found[0].name, "memcpy");
    assert_int_equal(ask_in_process(&module, address, NULL), 0);
    assert_int_equal(ask_in_process(&module, address, "qsort"), 0); /* which is somewhere else */
    assert_int_equal(ask_in_process(&module, address, "no such function"), 0);
    dlclose(libc);
}

static void what_chooses_is_not_what_is_called(void **state) {
    (void)state;
    struct exports exports = exports_of_file(pool, GUINEA_NAMES);
    const struct export *export = exports_named(&exports, "guinea_chosen");
    assert_non_null(export);
    assert_true(export->indirect);
    assert_int_equal(ask_by_name(GUINEA_NAMES, "guinea_chosen"), 0);
    void *handle;
    struct module module = module_of_library(pool, GUINEA_NAMES, &handle);
    struct type_words words = {.names = true};
    assert_int_equal(ask_in_process(&module, dlsym(handle, "guinea_chosen"), "guinea_chosen"), 1);
    assert_string_equal(type_words(&words, found[0].declaration.table, found[0].declaration.function),
                        "`double` float8(`double` float8)");
    free(words.text);
    dlclose(handle);
}

static void a_version_of_old_is_not_what_the_name_says_now(void **state) {
    (void)state;
    struct module module = module_of_file(pool, GUINEA_NAMES);
    struct exports exports = exports_of_file(pool, GUINEA_NAMES);
    size_t old = 0;
    for (size_t i = 0; i < exports.count; i++)
        if (strcmp(exports.items[i].name, "guinea_versions") == 0 && exports.items[i].old) {
            assert_int_equal(ask(&module, exports.items[i].value, NULL), 1); /* by its debug info */
            assert_string_equal(found[0].name, "guinea_versions_old");
            old++;
        }
    assert_int_equal(old, 1);
    ask_by_name(GUINEA_NAMES, "guinea_versions");
    assert_string_equal(found[0].name, "guinea_versions");
}

static void the_kernels_part_of_libc_is_libc(void **state) {
    (void)state;
    struct module module = {.id = 1, .path_raw = "[vdso]", .path = "[vdso]", .name = "[vdso]"};
    open_with(PROTOTYPES);
    assert_int_equal(ask(&module, 0x100, "time"), 1);
    assert_string_equal(gap_of("vdso"), "");
    assert_non_null(prototype_from(found, 1, "time.h"));
    assert_int_equal(ask(&module, 0x100, NULL), 0);
}

static void assert_jump(const char *name, const char *header) {
    struct module module = module_of_file(pool, GUINEA_JUMPS);
    struct exports exports = exports_of_file(pool, GUINEA_JUMPS);
    for (size_t i = 0; i < exports.import_count; i++)
        if (strcmp(exports.imports[i].name, name) == 0) {
            assert_int_equal(ask(&module, exports.imports[i].value, NULL), 1);
            assert_string_equal(found[0].name, name);
            assert_non_null(strstr(found[0].source, header));
            return;
        }
    fail_msg("no import %s", name);
}

static void a_place_that_jumps_to_a_function_is_that_function(void **state) {
    (void)state;
    open_with(PROTOTYPES);
    assert_jump("qsort", "stdlib.h");
    assert_jump("crc32", "zlib.h"); /* without a version */
}

static void only_the_middle_of_a_function_is_nothing(void **state) {
    (void)state;
    struct module module = module_of_file(pool, ODD_FOLDER "/libguinea-odd-dwarf5.so");
    struct exports exports = exports_of_file(pool, module.path);
    const struct export *export = exports_named(&exports, "odd_integers");
    assert_int_equal(ask(&module, export->value + 1, NULL), 0);
    assert_int_equal(ask(&module, 0, "odd_integers"), 0);
    assert_int_equal(ask(&module, UINT64_MAX, NULL), 0);
}

/* ---- files ---- */

static void files_that_are_not_the_loaded_ones_say_nothing(void **state) {
    (void)state;
    const char *path = ODD_FOLDER "/libguinea-odd-dwarf5.so";
    struct exports exports = exports_of_file(pool, path);
    struct module module = module_of_file(pool, path);
    uint64_t value = exports_named(&exports, "odd_nothing")->value;
    module.build_id[0] ^= 1;
    module.build_id_size = 20;
    assert_int_equal(ask(&module, value, "odd_nothing"), 0);
    assert_gap(path, "not the one that was loaded");
    module = module_of_file(pool, path);
    module.path_raw = module.path = pool_text(pool, "%s (deleted)", path);
    assert_int_equal(ask(&module, value, "odd_nothing"), 0);
    assert_gap("(deleted)", "gone");
}

static void no_module_is_no_answer(void **state) {
    (void)state;
    assert_int_equal(prototypes_of(prototypes, NULL, 1, "malloc", found, PROTOTYPES_MAX), 0);
    assert_int_equal(prototypes_of(NULL, NULL, 1, "malloc", found, PROTOTYPES_MAX), 0);
}

static void what_nobody_describes_is_said(void **state) {
    (void)state;
    open_with(PROTOTYPES);
    assert_int_equal(ask_by_name(ODD_FOLDER "/libguinea-odd-bare.so", "odd_nothing"), 0);
    assert_gap("libguinea-odd-bare.so", "no debug info");
    assert_gap("libguinea-odd-bare.so", "odd_nothing");
    struct module module = module_of_file(pool, GUINEA_JUMPS);
    assert_int_equal(ask(&module, 0x123, NULL), 0);
    assert_string_equal(gap_of("guinea-jumps"), ""); /* a pointer that nobody has a name for */
}

static void answers_are_kept(void **state) {
    (void)state;
    assert_int_equal(ask_by_name(ODD_FOLDER "/libguinea-odd-dwarf5.so", "odd_circles"), 2);
    const struct type_table *table = found[0].declaration.table;
    assert_int_equal(ask_by_name(ODD_FOLDER "/libguinea-odd-dwarf5.so", "odd_circles"), 2);
    assert_ptr_equal(found[0].declaration.table, table);
}

static void no_more_than_was_asked_for(void **state) {
    (void)state;
    struct module module = module_of_file(pool, ODD_FOLDER "/libguinea-odd-dwarf5.so");
    struct exports exports = exports_of_file(pool, module.path);
    uint64_t value = exports_named(&exports, "odd_nothing")->value;
    struct prototype one[2] = {{.name = "untouched"}, {.name = "untouched"}};
    assert_int_equal(prototypes_of(prototypes, &module, value, NULL, one, 1), 1);
    assert_string_equal(one[1].name, "untouched");
}

/* What is left of the budget after a question is all that there is for the next ones. */
static void debug_info_without_end_is_given_up(void **state) {
    (void)state;
    const char *path = ODD_FOLDER "/libguinea-odd-dwarf5.so";
    struct exports exports = exports_of_file(pool, path);
    struct module module = module_of_file(pool, path);
    uint64_t bias;
    Dwarf *dwarf = symbols_dwarf(symbols, &module, &bias);
    struct debug_info *info = debug_info_new(pool, dwarf, bias, 3000);
    struct described described[2];
    const char *why = NULL;
    size_t answered = 0, i;
    for (i = 0; i < 1000 && !why; i++)
        answered += debug_info_functions(info, pool, exports_named(&exports, "odd_nothing")->value, NULL, 0, described, 2, &why);
    assert_in_range(answered, 1, 100);
    assert_string_equal(why, "its debug info is too large, or damaged");
    debug_info_free(info);
}

/* Ten thousand structs are within reach: those that are near are known, and the others are structs of that size. */
static void what_is_far_away_is_left_out(void **state) {
    (void)state;
    open_with(PROTOTYPES);
    assert_int_equal(ask_by_name(GUINEA_WIDE, "wide_graph"), 1);
    const struct type_table *table = found[0].declaration.table;
    size_t known = 0, left_out = 0;
    for (uint32_t i = 1; i < table->type_count; i++)
        if (table->types[i].kind == FFISAN_TYPE_STRUCT) {
            known += table->types[i].count == 10;
            left_out += (table->types[i].flags & FFISAN_TYPE_FIELDS_UNKNOWN) && table->types[i].size == 80;
        }
    assert_in_range(known, 11, 1111);
    assert_in_range(left_out, 100, 1000);
    const struct ffisan_type *function = &table->types[found[0].declaration.function];
    const struct ffisan_type *pointer = &table->types[table->fields[function->first].type];
    assert_string_equal(type_text(table, table->types[pointer->to].name), "struct s");
    assert_int_equal(table->types[pointer->to].count, 10);
}

static void other_names_must_be_accounted_for(void **state) {
    (void)state;
    assert_int_equal(ask_by_name(GUINEA_NAMES, "guinea_second"), 0); /* debug info knows it as guinea_first */
    assert_int_equal(ask_by_name(GUINEA_NAMES, "guinea_same"), 1);   /* "_guinea_same" is no other name */
}

/* ---- other languages ---- */

static void assert_words(const char *path, const char *name, const char *expected) {
    struct type_words words = {.names = true, .depth = 2};
    assert_int_equal(ask_by_name(path, name), 1);
    assert_string_equal(type_words(&words, found[0].declaration.table, found[0].declaration.function), expected);
    free(words.text);
}

static void cxx_is_read_as_its_abi_has_it(void **state) {
    (void)state;
    assert_words(GUINEA_CXX, "cxx_simple",
                 "`int` int4(`int` int4, pointer(const `char` char1), `_Bool` bool1, `wchar_t` wide4, `char16_t` uint2)");
    assert_words(GUINEA_CXX, "cxx_plain",
                 "`plain` struct16{0 number=`int` int4 8 inside=struct8{0 real=`double` float8}}(`plain` struct16{0 number=`int` "
                 "int4 8 inside=struct8{0 real=`double` float8}})");
    assert_words(GUINEA_CXX, "_ZN5space5takesERiRK5plainOi",
                 "`int` int4(pointer(`int` int4), pointer(const `plain` struct16{0 number=`int` int4 8 inside=struct8{0 "
                 "real=`double` float8}}), pointer(`int` int4))");
    assert_words(GUINEA_CXX, "_ZN4base12of_the_classEc", "`int` int4(`char` char1)");
}

static void cxx_methods_have_their_object(void **state) {
    (void)state;
    struct type_words words = {.parameters = true};
    assert_int_equal(ask_by_name(GUINEA_CXX, "_ZNK4base6methodEl"), 1);
    assert_string_equal(type_words(&words, found[0].declaration.table, found[0].declaration.function),
                        "int4(pointer(const struct16) this, int8 a)");
    free(words.text);
}

/* How an object with a destructor is handed over is known to clang's debug info and not to gcc's: never as a struct. */
static void cxx_objects_are_not_taken_for_structs(void **state) {
    (void)state;
    struct module module = module_of_file(pool, GUINEA_CXX);
    struct exports exports = exports_of_file(pool, GUINEA_CXX);
    assert_int_equal(ask(&module, exports_named(&exports, "_Z12cxx_returnediRN5space5movedE")->value, NULL), 0);
    assert_int_equal(ask_by_name(GUINEA_CXX, "cxx_moved"), 1);
    const struct type_table *table = found[0].declaration.table;
    const struct ffisan_type *function = &table->types[found[0].declaration.function];
    unsigned kind = table->types[table->fields[function->first].type].kind;
    assert_true(kind == FFISAN_TYPE_UNKNOWN || kind == FFISAN_TYPE_POINTER);
}

/* A copy of a C library whose debug info says that it is another language. */
static const char *library_in(int language) {
    char *path = pool_text(pool, "%s/libffisan-%d-%d.so", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", (int)getpid(), language);
    struct stat status;
    int from = open(ODD_FOLDER "/libguinea-odd-unoptimized.so", O_RDONLY | O_CLOEXEC);
    assert_int_equal(fstat(from, &status), 0);
    char *bytes = pool_get(pool, (size_t)status.st_size);
    assert_int_equal(read(from, bytes, (size_t)status.st_size), status.st_size);
    Elf *elf = elf_memory(bytes, (size_t)status.st_size);
    Dwarf *dwarf = dwarf_begin_elf(elf, DWARF_C_READ, NULL);
    Dwarf_CU *unit = NULL;
    Dwarf_Die die;
    Dwarf_Attribute attribute;
    assert_non_null(dwarf);
    while (dwarf_get_units(dwarf, unit, &unit, NULL, NULL, &die, NULL) == 0)
        if (dwarf_attr(&die, DW_AT_language, &attribute))
            *attribute.valp = (unsigned char)language; /* of one byte in both compilers' output, or the lower one of two */
    int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_int_equal(write(to, bytes, (size_t)status.st_size), status.st_size);
    dwarf_end(dwarf);
    elf_end(elf);
    close(from);
    close(to);
    return path;
}

static void other_languages_have_conventions_of_their_own(void **state) {
    (void)state;
    static const int languages[] = {DW_LANG_Go, DW_LANG_D, DW_LANG_Fortran90, DW_LANG_Ada95, DW_LANG_Pascal83};
    open_with(PROTOTYPES);
    for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++) {
        const char *path = library_in(languages[i]);
        assert_int_equal(ask_by_name(path, "odd_integers"), 0);
        unlink(path);
    }
}

static void of_rust_only_numbers_and_pointers_are_read(void **state) {
    (void)state;
    const char *path = library_in(DW_LANG_Rust);
    open_with(PROTOTYPES);
    assert_words(path, "odd_floats", "`double` float8(`float` float4, `long double` float16)");
    assert_words(path, "odd_by_value", "unknown(unknown, unknown, unknown)");
    assert_words(path, "odd_opaque", "pointer(unknown)(pointer(unknown), pointer(unknown), pointer(unknown))");
    unlink(path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define VARIANT(variant)                                                                                                         \
    {.name = "agrees: " #variant,                                                                                                \
     .test_func = variant_agrees,                                                                                                \
     .setup_func = variant_setup,                                                                                                \
     .teardown_func = teardown,                                                                                                  \
     .initial_state = (void *)#variant},
int main(void) {
    const struct CMUnitTest variants[] = {ODD_VARIANTS};
    const struct CMUnitTest tests[] = {TEST(split_debug_info_is_not_read),
                                       TEST(debug_info_of_lines_alone_says_nothing_of_types),
                                       TEST(without_debug_info_the_header_is_enough),
                                       TEST(debug_info_of_its_own_file_is_found),
                                       TEST(debug_info_of_another_file_is_not_believed),
                                       TEST(without_table_debug_info_is_enough),
                                       TEST(a_file_that_is_no_table_is_said),
                                       TEST(the_table_is_found_by_the_environment),
                                       TEST(the_table_is_found_by_where_the_program_is),
                                       TEST(every_name_of_an_address_counts),
                                       TEST(a_chosen_function_is_known_by_what_was_asked),
                                       TEST(what_chooses_is_not_what_is_called),
                                       TEST(a_version_of_old_is_not_what_the_name_says_now),
                                       TEST(the_kernels_part_of_libc_is_libc),
                                       TEST(a_place_that_jumps_to_a_function_is_that_function),
                                       TEST(only_the_middle_of_a_function_is_nothing),
                                       TEST(files_that_are_not_the_loaded_ones_say_nothing),
                                       TEST(no_module_is_no_answer),
                                       TEST(what_nobody_describes_is_said),
                                       TEST(answers_are_kept),
                                       TEST(debug_info_without_end_is_given_up),
                                       TEST(what_is_far_away_is_left_out),
                                       TEST(other_names_must_be_accounted_for),
                                       TEST(no_more_than_was_asked_for),
                                       TEST(cxx_is_read_as_its_abi_has_it),
                                       TEST(cxx_methods_have_their_object),
                                       TEST(cxx_objects_are_not_taken_for_structs),
                                       TEST(other_languages_have_conventions_of_their_own),
                                       TEST(of_rust_only_numbers_and_pointers_are_read)};
    int failed = cmocka_run_group_tests_name("debug info and header", variants, NULL, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL) + failed;
}
