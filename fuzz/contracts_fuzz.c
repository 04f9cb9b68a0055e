/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a compiled contract: every expression of one that opens is worked out, and all of it is shown.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract_show.h"
#include "core/contract_table.h"
#include "pool.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define FUNCTIONS_SHOWN 64u
#define TERMS_SHOWN     256u

/* A program in which everything can be read. */
static bool argument(const void *context, uint32_t index, uint64_t *value) {
    (void)context;
    *value = index * 4096u;
    return index < 24;
}

static bool result(const void *context, uint64_t *value) {
    (void)context;
    *value = UINT64_MAX;
    return true;
}

static bool load(const void *context, uintptr_t address, void *to, size_t size) {
    (void)context;
    memset(to, (int)(address & 0xff), size);
    return size == 1 || size == 2 || size == 4 || size == 8;
}

static bool length(const void *context, uintptr_t text, uint64_t *characters) {
    (void)context;
    *characters = text & 0xff;
    return true;
}

static const struct contract_inputs inputs = {argument, result, load, length};

static void term_try(const struct contract_table *table, const struct ffisan_contract_term *term) {
    const uint32_t codes[] = {term->value, term->when, term->size, term->other};
    uint64_t value;
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (codes[i])
            contract_evaluate(table, codes[i], &inputs, NULL, &value);
}

static void function_try(struct pool *pool, const struct contract_table *table, const struct ffisan_contract_function *function) {
    for (uint32_t i = 0; i < function->count && i < TERMS_SHOWN; i++) {
        const struct ffisan_contract_term *term = &table->terms[function->first + i];
        term_try(table, term);
        if (strlen(contract_term(pool, table, function, term)) == 0)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct contract_table table;
    void *copy = malloc(size ? size : 1); /* aligned, and with nothing behind it */
    struct pool *pool = pool_new();
    if (!copy)
        return 0;
    memcpy(copy, bytes, size);
    if (contract_table_open(&table, copy, size)) {
        for (uint32_t i = 0; i < table.function_count && i < FUNCTIONS_SHOWN; i++)
            function_try(pool, &table, &table.functions[i]);
        for (uint32_t i = 0; i < table.library_count; i++)
            contract_table_function(&table, &table.libraries[i], "doc_open");
    }
    pool_free(pool);
    free(copy);
    return 0;
}
