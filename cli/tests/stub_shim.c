/* SPDX-License-Identifier: Apache-2.0
 *
 * The least that a shim can be: an image that is loaded leaves one record file with a sound header, as
 * FFISAN_OPTIONS=records=DIR... says. With FFISAN_STUB_FINDING set, a double-free stands in it. What the launcher does with a run
 * is tested with it, so that these tests say something about the launcher only.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ffisan/record.h"

static int open_records(uint64_t start_ns) {
    const char *options = getenv("FFISAN_OPTIONS");
    const char *folder = options ? strstr(options, "records=") : NULL;
    if (!folder)
        return -1;
    folder += strlen("records=");
    const char *end = *folder == '"' ? "\"" : ":";
    folder += *folder == '"';
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%.*s/%d-%llx" FFISAN_RECORD_SUFFIX, (int)strcspn(folder, end), folder, (int)getpid(),
             (unsigned long long)start_ns);
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

static void add_finding(struct ffisan_record_header *header, struct ffisan_record_finding *finding) {
    finding->record = (struct ffisan_record){FFISAN_RECORD_FINDING, sizeof(*finding), FFISAN_COMMITTED, 0};
    finding->rule = FFISAN_RULE_DOUBLE_FREE;
    finding->count = 1;
    snprintf(finding->function, sizeof(finding->function), "free");
    header->used += sizeof(*finding);
}

__attribute__((constructor)) static void leave_a_record(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct {
        struct ffisan_record_header header;
        struct ffisan_record_finding finding;
    } file = {.header = {.magic = FFISAN_RECORD_MAGIC,
                         .version = FFISAN_RECORD_VERSION,
                         .header_size = sizeof(file.header),
                         .capacity = sizeof(file),
                         .used = sizeof(file.header),
                         .pid = (uint32_t)getpid(),
                         .ppid = (uint32_t)getppid(),
                         .start_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec}};
    if (getenv("FFISAN_STUB_FINDING"))
        add_finding(&file.header, &file.finding);
    int records = open_records(file.header.start_ns);
    if (records < 0)
        return;
    ssize_t written = write(records, &file, sizeof(file));
    (void)written;
    close(records);
}
