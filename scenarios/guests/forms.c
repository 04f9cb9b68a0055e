/* SPDX-License-Identifier: Apache-2.0
 *
 * malloc's family in its corners: what must succeed, what must fail and how, what stays as it was.
 */
#include <limits.h>
#include <malloc.h>

#include "guest.h"

static volatile size_t most = SIZE_MAX, signed_most = PTRDIFF_MAX;

static void say(const char *what, void *result) {
    printf("%s: %s %s\n", what, result ? "memory" : "NULL", result ? "" : strerror(errno));
    errno = 0;
    free(result);
}

static void fail(void) {
    say("malloc(SIZE_MAX)", malloc(most));
    for (size_t less = 0; less < 64; less += 9)
        MUST(!malloc(most - less) && errno == ENOMEM);
    say("malloc(PTRDIFF_MAX)", malloc(signed_most));
    say("malloc(PTRDIFF_MAX - 7)", malloc(signed_most - 7));
    say("calloc overflow", calloc(most / 2, 3));
    say("calloc huge", calloc(1, signed_most));
    say("reallocarray overflow", reallocarray(NULL, most / 2, 3));
    say("realloc(NULL, huge)", realloc(NULL, most));
    say("memalign huge", memalign(64, most - 100));
    say("aligned_alloc huge", aligned_alloc(64, most - 63));
    say("valloc huge", valloc(most - 1));
    say("pvalloc huge", pvalloc(most - 1));
    void *untouched = (void *)5;
    printf("posix_memalign(3): %d\n", posix_memalign(&untouched, 3, 10));
    printf("posix_memalign(0): %d\n", posix_memalign(&untouched, 0, 10));
    printf("posix_memalign(24): %d\n", posix_memalign(&untouched, 24, 10));
    printf("posix_memalign(4): %d\n", posix_memalign(&untouched, 4, 10));
    printf("posix_memalign huge: %d\n", posix_memalign(&untouched, 64, most - 100));
    printf("errno is left alone: %d, so is the result: %d\n", errno, untouched == (void *)5);
    errno = 0;
    char *block = strcpy(malloc(100), "intact");
    say("realloc huge", realloc(block, most - 20));
    say("reallocarray huge", reallocarray(block, most / 4, 8));
    MUST(strcmp(block, "intact") == 0 && malloc_usable_size(block) >= 100);
    free(block);
}

static void resize(void) {
    char *block = NULL;
    size_t sizes[] = {1, 8, 24, 25, 100, 1000, 5000, 200000, 3000000, 40000000, 200000, 100, 1};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t same = i == 0 ? 0 : sizes[i] < sizes[i - 1] ? sizes[i] : sizes[i - 1];
        block = realloc(block, sizes[i]);
        MUST(block);
        for (size_t at = 0; at < same; at++)
            MUST(block[at] == 'r');
        memset(block, 'r', sizes[i]);
    }
    errno = 0;
    void *none = realloc(block, 0);
    printf("realloc to 0: %s, errno %d\n", none ? "memory" : "NULL", errno);
    free(none);
    block = realloc(NULL, 0);
    printf("realloc(NULL, 0): %s\n", block ? "memory" : "NULL");
    free(block);
    free(reallocarray(reallocarray(NULL, 10, 20), 30, 40));
}

static void align(void) {
    for (size_t alignment = 1; alignment <= (1 << 20); alignment *= 2)
        for (size_t size = 0; size < 5000; size += 777) {
            char *a = memalign(alignment, size), *b = aligned_alloc(alignment, size), *c = NULL;
            MUST(a && b && (uintptr_t)a % alignment == 0 && (uintptr_t)b % alignment == 0);
            memset(a, 1, size);
            memset(b, 1, size);
            if (alignment >= sizeof(void *)) {
                MUST(posix_memalign((void **)&c, alignment, size) == 0 && (uintptr_t)c % alignment == 0);
                memset(c, 1, size);
                c = realloc(c, size + 1000);
            }
            free(a);
            free(realloc(b, size * 2 + 1));
            free(c);
        }
    void *odd = memalign(48, 100);
    MUST((uintptr_t)odd % 16 == 0);
    free(odd);
    char *whole = pvalloc(1), *page = valloc(10);
    MUST((uintptr_t)whole % 4096 == 0 && (uintptr_t)page % 4096 == 0);
    memset(whole, 1, 4096);
    free(whole);
    free(page);
}

static void use_slack(void) {
    for (size_t size = 0; size < 3000; size += 13) {
        char *block = malloc(size);
        size_t usable = malloc_usable_size(block);
        MUST(usable >= size);
        memset(block, 's', usable);
        block = realloc(block, usable);
        memset(block, 't', malloc_usable_size(block));
        block = realloc(block, usable + 1);
        MUST(!usable || block[usable - 1] == 't');
        free(block);
    }
    MUST(malloc_usable_size(NULL) == 0);
}

static void small(void) {
    char *first = malloc(0), *second = malloc(0), *zeros = calloc(100, 100), *none = calloc(0, 10);
    MUST(first && second && first != second && none);
    for (size_t i = 0; i < 10000; i++)
        MUST(zeros[i] == 0);
    errno = 77;
    free(first);
    free(second);
    free(zeros);
    free(none);
    free(NULL);
    MUST(errno == 77);
    for (size_t size = 1; size < 100000000; size = size * 3 + 1) {
        char *block = malloc(size);
        MUST(block && (uintptr_t)block % 16 == 0 && errno == 77);
        block[size - 1] = 1;
        free(block);
        MUST(errno == 77);
        block = calloc(1, size);
        MUST(block && !block[0] && !block[size - 1] && !block[size / 2]);
        free(block);
    }
}

int main(int argc, char **argv) {
    fail();
    resize();
    align();
    use_slack();
    small();
    maybe_double_free(argc, argv);
    return 0;
}
