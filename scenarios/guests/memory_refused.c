/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernel refuses memory: with the address space (`as`) or the data segments (`data`) limited to little more than is in use,
 * allocations fail in the usual way, what could be allocated can be freed, and afterwards everything works again.
 */
#include <sys/resource.h>

#include "guest.h"

static bool limited;

static size_t in_use(void) {
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    MUST(file && fscanf(file, "%ld", &pages) == 1);
    fclose(file);
    return (size_t)pages * 4096;
}

static void *work(void *argument) {
    void **blocks = argument;
    unsigned count = 0;
    while (count < 100000 && (blocks[count] = malloc(1000)))
        count++;
    MUST(count == 100000 || errno == ENOMEM);
    void *huge = malloc((size_t)1 << 30);
    MUST(!huge == limited && (huge || errno == ENOMEM));
    free(huge);
    while (count-- > 0)
        free(blocks[count]);
    return NULL;
}

int main(int argc, char **argv) {
    MUST(argc > 1);
    static void *blocks[100000];
    pthread_t thread;
    bool data = strcmp(argv[1], "data") == 0;
    struct rlimit before, now;
    int which = data ? RLIMIT_DATA : RLIMIT_AS;
    MUST(getrlimit(which, &before) == 0);
    now = before;
    now.rlim_cur = data ? 30 << 20 : in_use() + (20 << 20);
    MUST(setrlimit(which, &now) == 0);
    limited = true;
    work(blocks);
    int status = pthread_create(&thread, NULL, work, blocks);
    if (status == 0)
        pthread_join(thread, NULL);
    MUST(setrlimit(which, &before) == 0);
    limited = false;
    work(blocks);
    churn(4, 100);
    maybe_double_free(argc, argv);
    puts("refused");
    return 0;
}
