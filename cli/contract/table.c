/* SPDX-License-Identifier: Apache-2.0
 *
 * The compiled contract as bytes (ffisan/contract_table.h), from what the builder has gathered.
 */
#include <stdlib.h>
#include <string.h>

#include "builder.h"

uint32_t builder_text(struct builder *builder, const char *text) {
    return type_maker_text(builder->maker, text);
}

void builder_number(struct builder *builder, uint32_t number) {
    *(uint32_t *)pool_append(builder->pool, &builder->numbers, &builder->number_count, sizeof(number)) = number;
}

static void code_byte(struct builder *builder, uint8_t byte) {
    *(uint8_t *)pool_append(builder->pool, &builder->code, &builder->code_size, 1) = byte;
}

uint32_t builder_code(struct builder *builder, const struct code *code) {
    if (!builder->code_size)
        code_byte(builder, FFISAN_CODE_END); /* offset 0 is no expression */
    for (size_t i = 0; i < builder->code_count; i++)
        if (builder->codes[i].size == code->size && memcmp(builder->code + builder->codes[i].at, code->bytes, code->size) == 0)
            return builder->codes[i].at;
    struct built_code *built = pool_append(builder->pool, &builder->codes, &builder->code_count, sizeof(*built));
    *built = (struct built_code){(uint32_t)builder->code_size, (uint32_t)code->size};
    for (size_t i = 0; i < code->size; i++)
        code_byte(builder, code->bytes[i]);
    code_byte(builder, FFISAN_CODE_END);
    return built->at;
}

uint32_t builder_function(const struct builder *builder, const struct function *function) {
    for (size_t i = 0; i < builder->order_count; i++)
        if (builder->order[i] == function)
            return (uint32_t)i;
    return UINT32_MAX;
}

/* ---- the file ---- */

struct layout {
    char *bytes; /* NULL: it is only measured */
    size_t size;
};

static uint32_t part_put(struct layout *layout, const void *items, size_t size) {
    uint32_t offset = (uint32_t)layout->size;
    if (layout->bytes && size)
        memcpy(layout->bytes + offset, items, size);
    layout->size = (layout->size + size + 7) & ~(size_t)7;
    return offset;
}

static void layout_fill(struct layout *layout, const struct builder *builder, const struct ffisan_types *types,
                        size_t types_size) {
    struct ffisan_contracts head = {.magic = FFISAN_CONTRACTS_MAGIC,
                                    .version = FFISAN_CONTRACTS_VERSION,
                                    .library_count = (uint32_t)builder->library_count,
                                    .function_count = (uint32_t)builder->function_count,
                                    .symbol_count = (uint32_t)builder->symbol_count,
                                    .term_count = (uint32_t)builder->term_count,
                                    .number_count = (uint32_t)builder->number_count,
                                    .code_size = (uint32_t)builder->code_size};
    layout->size = sizeof(head);
    head.libraries = part_put(layout, builder->libraries, builder->library_count * sizeof(*builder->libraries));
    head.functions = part_put(layout, builder->functions, builder->function_count * sizeof(*builder->functions));
    head.symbols = part_put(layout, builder->symbols, builder->symbol_count * sizeof(*builder->symbols));
    head.terms = part_put(layout, builder->terms, builder->term_count * sizeof(*builder->terms));
    head.numbers = part_put(layout, builder->numbers, builder->number_count * sizeof(*builder->numbers));
    head.code = part_put(layout, builder->code, builder->code_size);
    head.types = part_put(layout, types, types_size);
    head.size = (uint32_t)layout->size;
    if (layout->bytes)
        memcpy(layout->bytes, &head, sizeof(head));
}

struct ffisan_contracts *table_make(struct builder *builder, size_t *size) {
    size_t types_size = 0;
    struct layout layout = {0};
    if (!builder->code_size)
        code_byte(builder, FFISAN_CODE_END);
    type_maker_settle(builder->maker);
    struct ffisan_types *types = type_maker_table(builder->maker, &types_size);
    if (!types)
        return NULL;
    layout_fill(&layout, builder, types, types_size);
    if (layout.size <= UINT32_MAX) {
        layout.bytes = pool_get(builder->pool, layout.size);
        layout_fill(&layout, builder, types, types_size);
    }
    free(types);
    *size = layout.size;
    return (struct ffisan_contracts *)layout.bytes;
}
