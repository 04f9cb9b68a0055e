/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "reader.h"
#include "record_writer.h"
#include "trouble.h"

static struct record_writer writer;
static struct record_file file;

static int setup(void **state) {
    (void)state;
    writer_start(&writer);
    writer_module(&writer, 1, 0x10000, "/lib/libgreeting.so.1");
    writer_finding(&writer, FFISAN_RULE_DOUBLE_FREE, "free");
    writer_stack(&writer, FFISAN_ROLE_DETECTED, (const uint64_t[]){0x10010, 0x10020}, 2);
    writer_python(&writer, FFISAN_ROLE_DETECTED, &(const struct writer_python_frame){"main", "app.py", 3, 1}, 1);
    writer_note(&writer, FFISAN_NOTE_NAMESPACE, "libx.so");
    return 0;
}

static int teardown(void **state) {
    (void)state;
    record_file_free(&file);
    return 0;
}

static struct trouble *parse(void) {
    writer_finish(&writer);
    return record_file_parse(&file, writer.bytes, writer.used, "test");
}

/* Types of the records that are read, as digits. */
static const char *types_read(void) {
    static char types[64];
    size_t count = 0;
    for (struct record record = {0}; record_next(&file, &record) && count < sizeof(types) - 1;)
        types[count++] = (char)('0' + record.type);
    types[count] = 0;
    return types;
}

static struct ffisan_record *record_at(size_t offset) {
    return (void *)(writer.bytes + offset);
}

static size_t finding_offset(void) {
    size_t first = sizeof(struct ffisan_record_header);
    return first + record_at(first)->size;
}

static void sound_file_is_read(void **state) {
    (void)state;
    assert_null(parse());
    assert_string_equal(types_read(), "134");
    assert_int_equal(file.damage, 0);
    assert_false(file.cut || file.blank);
    assert_int_equal(file.header.pid, 100);
}

static void items_are_read(void **state) {
    (void)state;
    assert_null(parse());
    struct record record = {0};
    struct record_item item = {0};
    assert_true(record_next(&file, &record) && record_next(&file, &record));
    assert_true(record_items_sound(&record));
    assert_true(record_item_next(&record, &item));
    assert_int_equal(item.stack->depth, 2);
    assert_true(record_item_next(&record, &item));
    assert_string_equal(record_python_text(item.python, item.python->frames[0].file), "app.py");
    assert_string_equal(record_python_text(item.python, 5000), "");
    assert_false(record_item_next(&record, &item));
}

static void calls_are_read(void **state) {
    (void)state;
    writer_finding(&writer, FFISAN_RULE_FOREIGN_CRASH, "");
    struct ffisan_record_call *call = writer_call(&writer, FFISAN_ROLE_LENT, 0x1234, 1, "sqlite3_busy_handler");
    assert_null(parse());
    struct record record = {0};
    struct record_item item = {0};
    while (record_next(&file, &record) && record.offset < writer.last)
        ;
    assert_true(record_item_next(&record, &item));
    assert_null(item.stack);
    assert_int_equal(item.call->function, 0x1234);
    assert_string_equal(record_call_text(item.call, item.call->name), "sqlite3_busy_handler");
    assert_string_equal(record_call_text(item.call, 0), "");
    assert_string_equal(record_call_text(item.call, 5000), "");
    record_file_free(&file);
    call->argument_count = 0x0aaaaaaa;
    assert_null(parse());
    record = (struct record){0};
    while (record_next(&file, &record) && record.offset < writer.last)
        ;
    item = (struct record_item){0};
    assert_false(record_item_next(&record, &item));
    assert_false(record_items_sound(&record));
}

static void terms_are_read(void **state) {
    (void)state;
    writer_finding(&writer, FFISAN_RULE_NULL_ARGUMENT, "fread");
    struct ffisan_record_term *term = writer_term(
        &writer, &(const struct writer_term){.role = FFISAN_ROLE_DETECTED, .argument = 3, .name = "fread", .place = "stream"});
    assert_null(parse());
    struct record record = {0};
    while (record_next(&file, &record) && record.offset < writer.last)
        ;
    struct record_item item = {0};
    assert_true(record_item_next(&record, &item) && item.term);
    assert_int_equal(item.term->argument, 3);
    assert_string_equal(record_term_text(item.term, item.term->name), "fread");
    assert_string_equal(record_term_text(item.term, item.term->place), "stream");
    assert_string_equal(record_term_text(item.term, 0), "");
    assert_string_equal(record_term_text(item.term, 0x7fffffff), "");
    assert_true(record_items_sound(&record));
    record_file_free(&file);
    term->text_size = 0x7fffffff;
    assert_null(parse());
    record = (struct record){0};
    while (record_next(&file, &record) && record.offset < writer.last)
        ;
    assert_false(record_items_sound(&record));
}

static void subjects_are_read(void **state) {
    (void)state;
    writer_finding(&writer, FFISAN_RULE_BORROWED_DECREF, "");
    struct ffisan_record_subject *subject = writer_subject(
        &writer,
        &(const struct writer_subject){.what = FFISAN_SUBJECT_OBJECT, .argument = 1, .name = "list", .detail = "item 0"});
    assert_null(parse());
    struct record record = {0};
    while (record_next(&file, &record) && record.offset < writer.last)
        ;
    struct record_item item = {0};
    assert_true(record_item_next(&record, &item) && item.subject);
    assert_int_equal(item.subject->argument, 1);
    assert_string_equal(record_subject_text(item.subject, item.subject->name), "list");
    assert_string_equal(record_subject_text(item.subject, item.subject->detail), "item 0");
    assert_string_equal(record_subject_text(item.subject, 0), "");
    assert_string_equal(record_subject_text(item.subject, 0x7fffffff), "");
    assert_true(record_items_sound(&record));
    record_file_free(&file);
    subject->what = FFISAN_SUBJECTS;
    assert_null(parse());
    record = (struct record){0};
    while (record_next(&file, &record) && record.offset < writer.last)
        ;
    assert_false(record_items_sound(&record));
}

static void uncommitted_record_is_stepped_over(void **state) {
    (void)state;
    record_at(finding_offset())->committed = 0;
    assert_null(parse());
    assert_string_equal(types_read(), "14");
    assert_int_equal(file.damage, 0);
}

static void space_without_a_record_is_stepped_over(void **state) {
    (void)state;
    writer.used += 256; /* given out, and its writer killed before it wrote a size */
    writer_note(&writer, FFISAN_NOTE_MEMORY, "");
    assert_null(parse());
    assert_string_equal(types_read(), "1344");
    assert_int_equal(file.damage, 0);
}

static void what_comes_before_damage_is_kept(void **state) {
    (void)state;
    static const uint32_t sizes[] = {1, 8, 15, 33, 0x7fffffff, 0xfffffff8};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        record_at(finding_offset())->size = sizes[i];
        assert_null(parse());
        assert_string_equal(types_read(), "1");
        assert_int_equal(file.damage, finding_offset());
        record_file_free(&file);
    }
}

static void unsound_items_end_the_items(void **state) {
    (void)state;
    struct ffisan_record_stack *stack = (void *)(writer.bytes + finding_offset() + sizeof(struct ffisan_record_finding));
    stack->depth = 0x20000001;
    assert_null(parse());
    struct record record = {0};
    struct record_item item = {0};
    assert_true(record_next(&file, &record) && record_next(&file, &record));
    assert_false(record_item_next(&record, &item));
    assert_false(record_items_sound(&record));
}

static void cut_file_says_so(void **state) {
    (void)state;
    writer_finish(&writer);
    size_t end = finding_offset() + 64;
    assert_null(record_file_parse(&file, writer.bytes, end, "test"));
    assert_true(file.cut);
    assert_string_equal(types_read(), "1");
}

static void every_cut_and_every_flip_is_survived(void **state) {
    (void)state;
    writer_finish(&writer);
    for (size_t size = 0; size <= writer.used; size += size < sizeof(struct ffisan_record_header) ? 97 : 1) {
        trouble_free(record_file_parse(&file, writer.bytes, size, "test"));
        types_read();
        record_file_free(&file);
    }
    for (size_t at = sizeof(struct ffisan_record_header); at < writer.used; at++) {
        writer.bytes[at] ^= 0xff;
        trouble_free(record_file_parse(&file, writer.bytes, writer.used, "test"));
        types_read();
        record_file_free(&file);
        writer.bytes[at] ^= 0xff;
    }
}

static void assert_refused(const char *part) {
    struct trouble *trouble = parse();
    assert_non_null(trouble);
    assert_non_null(strstr(trouble_text(trouble), part));
    trouble_free(trouble);
}

static void other_files_are_refused(void **state) {
    (void)state;
    writer_header(&writer)->header_size = 16;
    assert_refused("damaged");
    writer_header(&writer)->version = 99;
    assert_refused("records of version 99");
    writer_header(&writer)->magic[0] = 'X';
    assert_refused("not a record file");
    struct trouble *trouble = record_file_parse(&file, "short", 5, "test");
    assert_non_null(strstr(trouble_text(trouble), "too short"));
    trouble_free(trouble);
}

static void process_that_died_at_once_is_blank(void **state) {
    (void)state;
    static const char zeros[8192];
    assert_null(record_file_parse(&file, zeros, sizeof(zeros), "test"));
    assert_true(file.blank);
    assert_null(record_file_parse(&file, zeros, 0, "test"));
    assert_true(file.blank);
    assert_string_equal(types_read(), "");
}

static void only_regular_files_are_opened(void **state) {
    (void)state;
    char *folder = writer_folder(), path[4200];
    snprintf(path, sizeof(path), "%s/pipe", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    const char *const paths[] = {folder, path, "/dev/null", "/no/such/file"};
    for (size_t i = 0; i < 4; i++) {
        struct trouble *trouble = record_file_read(&file, paths[i]);
        assert_non_null(trouble);
        trouble_free(trouble);
    }
    snprintf(path, sizeof(path), "%s/1-2.ffr", folder);
    writer_save(&writer, path);
    assert_null(record_file_read(&file, path));
    assert_string_equal(types_read(), "134");
    writer_folder_remove(folder);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(sound_file_is_read),
        TEST(items_are_read),
        TEST(calls_are_read),
        TEST(terms_are_read),
        TEST(subjects_are_read),
        TEST(uncommitted_record_is_stepped_over),
        TEST(space_without_a_record_is_stepped_over),
        TEST(what_comes_before_damage_is_kept),
        TEST(unsound_items_end_the_items),
        TEST(cut_file_says_so),
        TEST(every_cut_and_every_flip_is_survived),
        TEST(other_files_are_refused),
        TEST(process_that_died_at_once_is_blank),
        TEST(only_regular_files_are_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
