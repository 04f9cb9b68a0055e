/* SPDX-License-Identifier: Apache-2.0
 *
 * Opens COUNT distinct copies of a library while other threads allocate: `closed` one after the other, `open` all at once.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "giver.h"

static atomic_bool done;

static void *allocate(void *argument) {
    for (unsigned i = 0; !atomic_load(&done); i++)
        churn(i + (unsigned)(uintptr_t)argument, 50);
    return NULL;
}

static void copy(const char *from, const char *to) {
    struct stat status;
    int source = open(from, O_RDONLY), target = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0700);
    MUST(source >= 0 && target >= 0 && fstat(source, &status) == 0);
    MUST(sendfile(target, source, NULL, (size_t)status.st_size) == status.st_size);
    close(source);
    close(target);
}

int main(int argc, char **argv) {
    MUST(argc > 3);
    unsigned count = (unsigned)atoi(argv[2]);
    bool keep = strcmp(argv[3], "open") == 0;
    struct giver *givers = calloc(count, sizeof *givers);
    char folder[] = "/tmp/guest-XXXXXX", path[100];
    pthread_t threads[2];
    MUST(givers && mkdtemp(folder));
    for (uintptr_t i = 0; i < 2; i++)
        MUST(pthread_create(&threads[i], NULL, allocate, (void *)i) == 0);
    for (unsigned i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%u.so", folder, i);
        copy(argv[1], path);
        givers[i] = giver_open(path, RTLD_NOW);
        unlink(path);
        char *mine = malloc(30), *theirs = givers[i].give(40);
        givers[i].take(mine);
        if (!keep)
            MUST(dlclose(givers[i].handle) == 0);
        free(theirs);
    }
    for (unsigned i = 0; keep && i < count; i++) {
        givers[i].take(givers[i + 1 < count ? i + 1 : i].give(50));
        MUST(dlclose(givers[i].handle) == 0);
    }
    atomic_store(&done, true);
    for (unsigned i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    rmdir(folder);
    free(givers);
    maybe_double_free(argc, argv);
    printf("%u opened\n", count);
    return 0;
}
