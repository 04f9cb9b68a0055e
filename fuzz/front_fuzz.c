/* SPDX-License-Identifier: Apache-2.0
 *
 * Any text behind a sound beginning as a contract, compiled in this process. libclang itself is not instrumented: what it
 * makes of the text is its own affair, what we make of its answers is ours.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "complaints.h"
#include "front.h"
#include "libclang.h"
#include "sources.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define TEXT_MAX 4096u

static const char beginning[] = "#include <ffisan/contract.h>\n"
                                "FFISAN_LIBRARY(\"libdoc.so.1\")\n"
                                "typedef struct doc doc;\n"
                                "typedef unsigned long size_t;\n"
                                "struct part { char *at FFISAN_IN(length); unsigned length : 5; };\n"
                                "void doc_close(doc *d FFISAN_CONSUMED);\n";

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    const char *why = NULL;
    (void)argc;
    (void)argv;
    if (!libclang_open(&why))
        exit(EXIT_FAILURE);
    return 0;
}

/* No other file: what is in /dev or grows while it is read is not looked for. */
static bool is_tame(const char *text) {
    return !strstr(text, "include") &&
           !strstr(text, "?"
                         "?/") &&
           !strstr(text, "embed") && !strstr(text, "import");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static const char *flags[] = {"-I" CONTRACT_HEADERS};
    char text[sizeof(beginning) + TEXT_MAX] = "";
    struct pool *pool = pool_new();
    struct front front = {.pool = pool, .flags = flags, .flag_count = 1};
    struct contract contract = {.pool = pool, .path = "/nowhere/doc.h", .text = text};
    size_t table = 0;
    if (size < TEXT_MAX && !memchr(bytes, '\0', size)) {
        memcpy(text, beginning, sizeof(beginning) - 1);
        memcpy(text + sizeof(beginning) - 1, bytes, size);
    }
    if (*text && is_tame(text + sizeof(beginning))) {
        contract.size = strlen(text);
        complaints_start(pool);
        sources_start(pool);
        const void *made = front_compile(&front, &contract, &table);
        if (!made != (complaints_errors() > 0))
            abort();
        front_close(&contract);
    }
    pool_free(pool);
    return 0;
}
