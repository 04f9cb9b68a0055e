/* SPDX-License-Identifier: Apache-2.0
 *
 * Any text as the annotation of a word, and as a file in which a word stands at every place.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pool.h"
#include "sources.h"
#include "words.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define WORDS_MAX 64u

static void word_try(struct pool *pool, const char *text) {
    struct spelled spelled;
    const char *wrong = NULL;
    if (!words_spell(pool, text, &spelled, &wrong)) {
        if (!wrong || !*wrong)
            abort();
        return;
    }
    for (size_t i = 0; i < spelled.count; i++)
        if (strlen(words_unquoted(pool, spelled.arguments[i])) > strlen(text))
            abort();
}

/* Every "FFISAN_" in it is taken for a word. */
static void source_try(const char *path, const char *text, size_t size) {
    struct position at = {.file = path, .line = 1, .column = 1};
    size_t length;
    unsigned tried = 0;
    for (const char *word = text; tried < WORDS_MAX && (word = memmem(word, size - (size_t)(word - text), "FFISAN_", 7));
         word++, tried++) {
        at.offset = (size_t)(word - text);
        for (size_t i = 0; i < 3; i++) {
            const struct position argument = sources_argument(at, i);
            const struct position within = sources_within(argument, "n + 1", 4);
            if (argument.offset > size || within.offset > size)
                abort();
            sources_line(path, within.line, &length);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct pool *pool = pool_new();
    char *text = malloc(size + 1), path[64];
    int fd = memfd_create("contract", MFD_CLOEXEC);
    if (!text || fd < 0 || (size && write(fd, bytes, size) != (ssize_t)size))
        abort();
    memcpy(text, bytes, size);
    text[size] = '\0';
    word_try(pool, text);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    sources_start(pool);
    source_try(path, text, size);
    close(fd);
    free(text);
    pool_free(pool);
    return 0;
}
