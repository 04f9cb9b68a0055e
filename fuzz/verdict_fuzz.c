/* SPDX-License-Identifier: Apache-2.0
 *
 * Any two type tables, one behind the other, as what a binding declares and what a function is: the verdict of them, in words.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mismatch.h"
#include "pool.h"
#include "prototypes.h"

#define ARGUMENTS 4u

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* All that may be known of arguments, by the first byte of the text, so that the input has a say in it. */
static struct ffisan_record_call *call_make(struct pool *pool, unsigned seed) {
    struct ffisan_record_call *call = pool_get(pool, sizeof(*call) + ARGUMENTS * sizeof(call->arguments[0]));
    call->binding = seed % FFISAN_BINDING_WATCHED;
    call->flags = seed & ~(unsigned)FFISAN_CALL_UP;
    call->result = UINT64_C(1) << 40 | seed;
    call->fixed = seed % 3;
    call->argument_count = ARGUMENTS;
    for (unsigned i = 0; i < ARGUMENTS; i++)
        call->arguments[i] =
            (struct ffisan_record_argument){.value = (uint64_t)seed << 30, .size = seed % 9, .flags = seed * (i + 1)};
    return call;
}

static void words_make(struct pool *pool, const struct call *call, const struct type_table *actual) {
    struct disagreement found[8];
    const struct declaration believed = {&call->types, 1};
    const struct prototype prototype = {{actual, 1}, "f", "f.h"};
    unsigned count = verdict(call->record, &believed, &prototype.declaration, found, 8);
    for (unsigned i = 0; i < count && i < 8; i++) {
        struct finding finding = {.rule = found[i].rule, .runtime = call->record->flags % 2 ? "ctypes" : "cffi", .function = "f"};
        mismatch_explain(&finding, pool, &(const struct disputed){call, &prototype, NULL, &found[i]});
        if (!finding.message[0] || !finding.fix[0])
            abort();
    }
}

static void tables_compare(const void *first, const void *second, size_t size, size_t rest, unsigned seed) {
    struct pool *pool = pool_new();
    struct call call = {0};
    struct type_table actual;
    bool sound = type_table_open(&call.types, first, size) && type_table_open(&actual, second, rest);
    if (sound && call.types.type_count > 1 && actual.type_count > 1 && call.types.types[1].kind == FFISAN_TYPE_FUNCTION &&
        actual.types[1].kind == FFISAN_TYPE_FUNCTION) {
        call.record = call_make(pool, seed);
        words_make(pool, &call, &actual);
    }
    pool_free(pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct ffisan_types head;
    if (size < 2 * sizeof(head))
        return 0;
    unsigned char *aligned = malloc(size); /* aligned, and its end is watched */
    memcpy(aligned, bytes, size);
    memcpy(&head, bytes, sizeof(head));
    if (head.size <= size && head.size % 8 == 0)
        for (unsigned seed = 0; seed < 256; seed += 37)
            tables_compare(aligned, aligned + head.size, head.size, size - head.size, seed + bytes[size - 1]);
    free(aligned);
    return 0;
}
