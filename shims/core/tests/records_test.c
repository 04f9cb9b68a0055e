/* SPDX-License-Identifier: Apache-2.0
 * The record file: what is written is there for another process at once; what finds no room is counted; nothing that the
 * surroundings do (no room on the disk, a limit on files, a fork) harms the program.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/records.h"
#include "unit.h"

static char folder[64];
static char argument[] = "argument";
static char *arguments[] = {argument, NULL};

static int make_folder(void **state) {
    (void)state;
    strcpy(folder, "/tmp/ffisan-records-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

/* The names in the folder that end so. */
static int count(const char *suffix, char *name, size_t size) {
    DIR *open = opendir(folder);
    int found = 0;
    for (struct dirent *entry; (entry = readdir(open));)
        if (strlen(entry->d_name) > strlen(suffix) &&
            strcmp(entry->d_name + strlen(entry->d_name) - strlen(suffix), suffix) == 0) {
            found++;
            snprintf(name, size, "%s/%s", folder, entry->d_name);
        }
    closedir(open);
    return found;
}

static const struct ffisan_record_header *read_file(const char *name, size_t *size) {
    int file = open(name, O_RDONLY);
    assert_true(file >= 0);
    struct stat status;
    fstat(file, &status);
    *size = (size_t)status.st_size;
    void *mapped = mmap(NULL, *size, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    assert_ptr_not_equal(mapped, MAP_FAILED);
    return mapped;
}

/* Runs in a child, since a process has one record file; answers what it exits with. */
static int in_child(void (*what)(void)) {
    pid_t child = fork();
    if (child == 0) {
        what();
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void write_and_die(void) {
    records_open(folder, 1, arguments, false);
    record_note(FFISAN_NOTE_OPTION, "what=ever");
    void *unfinished = record_begin(FFISAN_RECORD_FINDING, 1000);
    record_note(FFISAN_NOTE_MEMORY, "");
    if (unfinished)
        kill(getpid(), SIGKILL);
}

static void records_survive_sigkill(void **state) {
    (void)state;
    assert_int_equal(in_child(write_and_die), 1000 + SIGKILL);
    char name[512];
    assert_int_equal(count(".ffr", name, sizeof name), 1);
    size_t size;
    const struct ffisan_record_header *header = read_file(name, &size);
    assert_string_equal(header->magic, FFISAN_RECORD_MAGIC);
    assert_int_equal(header->version, FFISAN_RECORD_VERSION);
    assert_string_equal(header->argv, "argument");
    const struct ffisan_record_note *note = (const void *)((const char *)header + header->header_size);
    assert_int_equal(note->record.type, FFISAN_RECORD_NOTE);
    assert_int_equal(note->record.committed, FFISAN_COMMITTED);
    assert_string_equal(note->detail, "what=ever");
    const struct ffisan_record *cut = (const void *)((const char *)note + note->record.size);
    assert_int_equal(cut->size, 1000);
    assert_int_equal(cut->committed, 0);
    const struct ffisan_record *last = (const void *)((const char *)cut + cut->size);
    assert_int_equal(last->committed, FFISAN_COMMITTED);
    struct stat status;
    stat(name, &status);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void fill_up(unsigned notes) {
    records_open(folder, 1, arguments, false);
    for (unsigned i = 0; i < notes; i++)
        record_note(FFISAN_NOTE_OPTION,
                    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
                    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
                    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
                    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789");
}

static void more_than_a_file_holds(void) {
    fill_up(20000);
}

static void a_file_that_is_full_grows(void **state) {
    (void)state;
    assert_int_equal(in_child(more_than_a_file_holds), 0);
    char name[512];
    assert_int_equal(count(".ffr", name, sizeof name), 1);
    size_t size;
    const struct ffisan_record_header *header = read_file(name, &size);
    assert_int_equal(header->lost, 0);
    assert_true(header->used > 20000 * 400);
    assert_int_equal(header->capacity, size);
}

static void more_than_is_permitted(void) {
    struct rlimit limit = {3 << 20, 3 << 20};
    setrlimit(RLIMIT_FSIZE, &limit);
    fill_up(20000);
}

static void what_finds_no_room_is_counted(void **state) {
    (void)state;
    assert_int_equal(in_child(more_than_is_permitted), 0);
    char name[512];
    assert_int_equal(count(".ffr", name, sizeof name), 1);
    size_t size;
    const struct ffisan_record_header *header = read_file(name, &size);
    assert_true(header->lost > 0);
    assert_true(header->used <= size);
    assert_int_equal(size, 3 << 20);
}

static void without_its_file(void) {
    records_open(folder, 1, arguments, false);
    char name[512];
    count(".ffr", name, sizeof name);
    unlink(name);
    fill_up(0); /* another one, at another name */
    count(".ffr", name, sizeof name);
    unlink(name);
    for (int i = 0; i < 30000; i++)
        record_note(FFISAN_NOTE_OPTION, "0123456789012345678901234567890123456789012345678901234567890123456789");
    _exit(records_header()->lost > 0 ? 0 : 1);
}

static void a_file_that_was_removed_does_not_grow(void **state) {
    (void)state;
    assert_int_equal(in_child(without_its_file), 0);
}

static void limited(void) {
    struct rlimit limit = {8192, 8192};
    setrlimit(RLIMIT_FSIZE, &limit);
    if (records_open(folder, 1, arguments, false))
        _exit(1);
    record_note(FFISAN_NOTE_OPTION, "lost");
    _exit(records_header()->lost == 1 ? 0 : 2);
}

static void a_limit_on_files_leaves_a_word(void **state) {
    (void)state;
    assert_int_equal(in_child(limited), 0);
    char name[512], why[32] = "";
    assert_int_equal(count(".ffr", name, sizeof name), 0);
    assert_int_equal(count(FFISAN_LOST_SUFFIX, name, sizeof name), 1);
    assert_true(readlink(name, why, sizeof why - 1) > 0);
    assert_int_equal(strtol(why, NULL, 10), EFBIG);
}

static void limited_but_enough(void) {
    struct rlimit limit = {100000, 100000};
    setrlimit(RLIMIT_FSIZE, &limit);
    _exit(records_open(folder, 1, arguments, false) ? 0 : 1);
}

static void a_limit_that_is_large_enough_makes_a_small_file(void **state) {
    (void)state;
    assert_int_equal(in_child(limited_but_enough), 0);
    char name[512];
    struct stat status;
    assert_int_equal(count(".ffr", name, sizeof name), 1);
    stat(name, &status);
    assert_int_equal(status.st_size, 98304);
}

static void shrink(void) {
    records_open(folder, 1, arguments, false);
    record_note(FFISAN_NOTE_OPTION, "before");
    records_shrink(0);
    record_note(FFISAN_NOTE_OPTION, "after");
    _exit(records_header()->lost == 0 ? 0 : 1);
}

static void shrink_and_go_on(void) {
    records_open(folder, 1, arguments, false);
    records_shrink(0);
    for (int i = 0; i < 10000; i++) /* far beyond the end: no SIGBUS */
        record_note(FFISAN_NOTE_OPTION, "more");
    _exit(records_header()->lost == 0 ? 0 : 1);
}

static void a_shrunk_file_takes_a_little_more(void **state) {
    (void)state;
    assert_int_equal(in_child(shrink), 0);
    char name[512];
    struct stat status;
    assert_int_equal(count(".ffr", name, sizeof name), 1);
    stat(name, &status);
    assert_in_range(status.st_size, 16384, 32768);
}

static void a_shrunk_file_grows_again(void **state) {
    (void)state;
    assert_int_equal(in_child(shrink_and_go_on), 0);
}

static int owned;

static void take_over(void) {
    owned++;
}

static void fork_once(void) {
    records_open(folder, 1, arguments, false);
    records_on_own(take_over);
    if (fork() == 0) {
        records_forked();
        struct ffisan_record_exec *exec = record_begin(FFISAN_RECORD_EXEC, sizeof *exec + 8);
        record_commit(exec); /* goes to the parent's file */
        char name[512];
        if (count(".ffr", name, sizeof name) != 1)
            _exit(1);
        record_note(FFISAN_NOTE_OPTION, "mine");
        _exit(count(".ffr", name, sizeof name) == 2 && owned == 1 && records_header()->forked == 1 ? 0 : 2);
    }
    int status;
    wait(&status);
    const struct ffisan_record *first = (const void *)((const char *)records_header() + records_header()->header_size);
    _exit(status == 0 && first->type == FFISAN_RECORD_EXEC ? 0 : 3);
}

static void a_forked_child_gets_its_file_when_it_needs_one(void **state) {
    (void)state;
    assert_int_equal(in_child(fork_once), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(records_survive_sigkill, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_file_that_is_full_grows, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(what_finds_no_room_is_counted, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_file_that_was_removed_does_not_grow, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_limit_on_files_leaves_a_word, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_limit_that_is_large_enough_makes_a_small_file, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_shrunk_file_takes_a_little_more, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_shrunk_file_grows_again, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_forked_child_gets_its_file_when_it_needs_one, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
