/* SPDX-License-Identifier: Apache-2.0
 *
 * libc, right and wrong.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <iconv.h>
#include <ifaddrs.h>
#include <locale.h>
#include <mntent.h>
#include <net/if.h>
#include <netdb.h>
#include <poll.h>
#include <pwd.h>
#include <regex.h>
#include <sys/mman.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"
#include "closures.h"

/* ---- streams ---- */

RIGHT(stream_written_and_closed) {
    FILE *file = tmpfile();
    fputs("greeting", file);
    rewind(file);
    char *line = NULL;
    size_t room = 0;
    getline(&line, &room, file);
    free(line);
    fclose(file);
}
WRONG(stream_after_its_close, "use-after-close", "fileno") {
    FILE *file = tmpfile();
    fclose(file);
    fileno(file);
}
WRONG(pipe_closed_as_a_file, "mismatched-deallocator", "fclose") {
    FILE *file = popen("true", "r");
    fclose(file);
}
RIGHT(pipe_closed_as_a_pipe) {
    FILE *file = popen("true", "r");
    pclose(file);
}
static void read_into(size_t said) {
    char *text = block_of(16, 0);
    FILE *file = tmpfile();
    fputs("greeting", file);
    rewind(file);
    fread(text, 1, said, file);
    fclose(file);
    free(text);
}
RIGHT(read_into_a_block) {
    read_into(16);
}
WRONG(read_into_less_than_said, "buffer-too-small", "fread") {
    read_into(64);
}
static void buffered(int early) {
    char *buffer = block_of(512, 0);
    FILE *file = tmpfile();
    setvbuf(file, buffer, _IOFBF, 512);
    if (early) {
        free(buffer);
        fileno(file);
    }
    fclose(file);
    if (!early)
        free(buffer);
}
RIGHT(buffer_until_the_stream_is_closed) {
    buffered(0);
}
WRONG(buffer_freed_before_the_stream, "freed-while-retained", "") {
    buffered(1);
}
static void over_memory(int early) {
    char *memory = block_of(64, 0);
    FILE *file = fmemopen(memory, 64, "w");
    if (early) {
        free(memory);
        fileno(file);
    }
    fclose(file);
    if (!early)
        free(memory);
}
RIGHT(memory_until_its_stream_is_closed) {
    over_memory(0);
}
WRONG(memory_freed_before_its_stream, "freed-while-retained", "") {
    over_memory(1);
}
RIGHT(buffer_taken_back) {
    char *buffer = block_of(512, 0);
    FILE *file = tmpfile();
    setvbuf(file, buffer, _IOFBF, 512);
    setvbuf(file, NULL, _IONBF, 0);
    free(buffer);
    fclose(file);
}
RIGHT(room_without_a_bound) {
    char *text = block_of(16, 0);
    CALLED(snprintf)(text, (size_t)-1 >> 1, "short");
    free(text);
}
WRONG(room_less_than_said, "buffer-too-small", "snprintf") {
    char *text = block_of(16, 0);
    CALLED(snprintf)(text, 64, "short");
    free(text);
}

/* ---- directories ---- */

RIGHT(directory_read_and_closed) {
    DIR *directory = opendir("/");
    readdir(directory);
    rewinddir(directory);
    readdir(directory);
    closedir(directory);
}
WRONG(directory_after_its_close, "use-after-close", "dirfd") {
    DIR *directory = opendir("/");
    closedir(directory);
    dirfd(directory);
}

/* ---- memory ---- */

RIGHT(copies_freed) {
    char *text = strdup("greeting");
    text = realloc(text, 4000);
    free(text);
    free(strndup("greeting", 3));
    free(realpath("/", NULL));
    free(getcwd(NULL, 0));
    asprintf(&text, "%d", 1);
    free(text);
}
WRONG(names_freed_as_memory, "mismatched-deallocator", "getifaddrs") {
    struct ifaddrs *list;
    getifaddrs(&list);
    free(list);
}
RIGHT(names_freed_as_names) {
    struct ifaddrs *list;
    getifaddrs(&list);
    freeifaddrs(list);
    if_freenameindex(if_nameindex());
    struct addrinfo *found, wanted = {.ai_flags = AI_NUMERICHOST};
    if (getaddrinfo("127.0.0.1", NULL, &wanted, &found) == 0)
        freeaddrinfo(found);
}

/* ---- texts ---- */

static void fill(size_t said) {
    char *text = block_of(16, 0);
    CALLED(strncpy)(text, "greeting", said);
    free(text);
}
RIGHT(text_fills_its_block) {
    fill(16);
}
WRONG(text_without_an_end, "unterminated-string", "strlen") {
    char *text = block_of(16, 'a');
    CALLED(strlen)(text);
    free(text);
}
WRONG(text_longer_than_its_room, "buffer-too-small", "strcpy") {
    char *text = block_of(20, 0);
    CALLED(strcpy)(text + 16, "four");
    free(text);
}
RIGHT(error_texts_change) {
    for (int i = 0; i < 3; i++)
        strerror(100000 + i);
    setlocale(LC_ALL, "C.UTF-8");
    setlocale(LC_ALL, "C");
    setlocale(LC_CTYPE, "C.UTF-8");
    setlocale(LC_ALL, NULL);
    setlocale(LC_ALL, "C");
}
WRONG(time_freed, "free-of-borrowed", "gmtime") {
    time_t now = 0;
    free(gmtime(&now));
}
WRONG(time_into_too_little, "buffer-too-small", "ctime_r") {
    time_t now = 0;
    char *text = block_of(25, 0);
    CALLED(ctime_r)(&now, text);
    free(text);
}
RIGHT(time_into_enough) {
    time_t now = 0;
    char *text = block_of(26, 0);
    CALLED(ctime_r)(&now, text);
    free(text);
}

/* ---- what is kept ---- */

WRONG(environment_freed, "freed-while-retained", "") {
    char *text = strdup("GREETING=hello");
    putenv(text);
    free(text);
    clearenv();
}
RIGHT(environment_taken_back) {
    char *text = strdup("GREETING=hello");
    putenv(text);
    unsetenv("GREETING");
    free(text);
}
WRONG(name_of_the_log_freed, "freed-while-retained", "") {
    char *name = strdup("greeting");
    openlog(name, 0, LOG_USER);
    free(name);
}
RIGHT(name_of_the_log_until_it_is_closed) {
    char *name = strdup("greeting");
    openlog(name, 0, LOG_USER);
    closelog();
    free(name);
}

/* ---- sockets, expressions, character sets ---- */

static void print_address(size_t room, socklen_t said) {
    struct in_addr address = {0};
    char *text = block_of(room, 0);
    CALLED(inet_ntop)(AF_INET, &address, text, said);
    free(text);
}
RIGHT(address_into_enough) {
    print_address(INET_ADDRSTRLEN, INET_ADDRSTRLEN);
}
WRONG(address_into_less_than_said, "buffer-too-small", "inet_ntop") {
    print_address(INET_ADDRSTRLEN, INET6_ADDRSTRLEN);
}
static void match(size_t said) {
    regmatch_t *matches = block_of(2 * sizeof(*matches), 0);
    regex_t expression;
    regcomp(&expression, "g.*g", 0);
    CALLED(regexec)(&expression, "greeting", said, matches, 0);
    regfree(&expression);
    free(matches);
}
RIGHT(matches_fit) {
    match(2);
}
RIGHT(text_within_bounds_needs_no_end) {
    char *text = block_of(16, 'a');
    regmatch_t bounds = {0, 16};
    regex_t expression;
    regcomp(&expression, "a", 0);
    CALLED(regexec)(&expression, text, 1, &bounds, REG_STARTEND);
    regfree(&expression);
    free(text);
}
RIGHT(converter_opened_and_closed) {
    iconv_t converter = iconv_open("UTF-16", "UTF-8");
    iconv(converter, NULL, NULL, NULL, NULL);
    iconv_close(converter);
    iconv_open("no such set", "UTF-8");
}
WRONG(converter_freed_as_memory, "mismatched-deallocator", "iconv_open") {
    free(iconv_open("UTF-8", "UTF-8"));
}

/* ---- sorting, descriptors, users ---- */

static int compare(const void *one, const void *other) {
    return memcmp(one, other, sizeof(int));
}
static void look_up(size_t said) {
    int *numbers = block_of(4 * sizeof(int), 0), wanted = 0;
    CALLED(bsearch)(&wanted, numbers, said, sizeof(int), compare);
    free(numbers);
}
RIGHT(all_numbers_looked_through) {
    look_up(4);
}
WRONG(more_numbers_than_there_are, "buffer-too-small", "bsearch") {
    look_up(5);
}
static void read_descriptor(size_t said) {
    char *text = block_of(16, 0);
    int fd = memfd_create("text", 0);
    CALLED(write)(fd, "greeting", 8);
    lseek(fd, 0, SEEK_SET);
    CALLED(read)(fd, text, said);
    close(fd);
    free(text);
}
RIGHT(descriptor_read_into_a_block) {
    read_descriptor(16);
}
WRONG(descriptor_read_into_less_than_said, "buffer-too-small", "read") {
    read_descriptor(64);
}
static void wait_for(nfds_t said) {
    struct pollfd *descriptors = block_of(2 * sizeof(*descriptors), 0);
    descriptors[0].fd = descriptors[1].fd = -1;
    CALLED(poll)(descriptors, said, 0);
    free(descriptors);
}
RIGHT(wait_for_all_of_them) {
    wait_for(2);
}
WRONG(wait_for_more_than_there_are, "buffer-too-small", "poll") {
    wait_for(3);
}
RIGHT(users_looked_up) {
    getpwuid(0);
    getpwnam("root");
}
WRONG(user_freed, "free-of-borrowed", "getpwuid") {
    free(getpwuid(0));
}
RIGHT(mounts_read_and_closed) {
    endmntent(setmntent("/proc/mounts", "r"));
    fclose(setmntent("/proc/mounts", "r"));
}
WRONG(mounts_after_their_close, "use-after-close", "fileno") {
    FILE *file = setmntent("/proc/mounts", "r");
    endmntent(file);
    fileno(file);
}
WRONG(interfaces_freed_as_memory, "mismatched-deallocator", "if_nameindex") {
    free(if_nameindex());
}
static void with_state(int early) {
    char *state = block_of(64, 0), other[64];
    initstate(1, state, 64);
    if (!early)
        initstate(1, other, sizeof(other));
    free(state);
    if (early)
        initstate(1, other, sizeof(other));
}
RIGHT(state_of_random_until_another) {
    with_state(0);
}
WRONG(state_of_random_freed, "freed-while-retained", "initstate") {
    with_state(1);
}

/* ---- callbacks ---- */

RIGHT(called_at_the_end) {
    static struct closure closure;
    on_exit(closure_make(&closure, &ffi_type_void, 2), NULL);
}
RIGHT(called_while_sorting_only) {
    struct closure closure = {0};
    int numbers[] = {2, 1};
    CALLED(qsort)(numbers, 2, sizeof(int), closure_make(&closure, &ffi_type_sint, 2));
    closure_drop(&closure);
}
WRONG(dropped_before_the_end, "collected-callback", "on_exit") {
    struct closure closure = {0};
    on_exit(closure_make(&closure, &ffi_type_void, 2), NULL);
    closure_drop(&closure);
}
