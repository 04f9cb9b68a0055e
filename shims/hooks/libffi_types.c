/* SPDX-License-Identifier: Apache-2.0
 *
 * What libffi's own types say: widths and classes, structs without names. A binding that knows more says so itself
 * (struct managed_call).
 */
#include "hooks/libffi.h"

#define DEPTH_MOST    8u
#define ELEMENTS_MOST 256u

static const struct {
    uint8_t kind;
    bool is_unsigned;
} kinds[] = {
    [LIBFFI_VOID] = {FFISAN_TYPE_VOID, false},        [LIBFFI_INT] = {FFISAN_TYPE_INTEGER, false},
    [LIBFFI_FLOAT] = {FFISAN_TYPE_FLOAT, false},      [LIBFFI_DOUBLE] = {FFISAN_TYPE_FLOAT, false},
    [LIBFFI_LONGDOUBLE] = {FFISAN_TYPE_FLOAT, false}, [LIBFFI_UINT8] = {FFISAN_TYPE_INTEGER, true},
    [LIBFFI_SINT8] = {FFISAN_TYPE_INTEGER, false},    [LIBFFI_UINT16] = {FFISAN_TYPE_INTEGER, true},
    [LIBFFI_SINT16] = {FFISAN_TYPE_INTEGER, false},   [LIBFFI_UINT32] = {FFISAN_TYPE_INTEGER, true},
    [LIBFFI_SINT32] = {FFISAN_TYPE_INTEGER, false},   [LIBFFI_UINT64] = {FFISAN_TYPE_INTEGER, true},
    [LIBFFI_SINT64] = {FFISAN_TYPE_INTEGER, false},   [LIBFFI_STRUCT] = {FFISAN_TYPE_STRUCT, false},
    [LIBFFI_POINTER] = {FFISAN_TYPE_POINTER, false},  [LIBFFI_COMPLEX] = {FFISAN_TYPE_COMPLEX, false},
};

static uint32_t describe(struct type_writer *writer, const struct libffi_type *type, unsigned depth);

static uint32_t count_elements(const struct libffi_type *type) {
    uint32_t count = 0;
    while (type->elements && count < ELEMENTS_MOST && type->elements[count])
        count++;
    return count;
}

/* libffi lays structs out as the ABI does: each element at the next multiple of its alignment. */
static void describe_elements(struct type_writer *writer, const struct libffi_type *type, uint32_t index, unsigned depth) {
    uint32_t count = count_elements(type), first = type_add_fields(writer, count);
    size_t offset = 0;
    if (writer->full || depth == DEPTH_MOST) {
        writer->types[index].flags |= FFISAN_TYPE_FIELDS_UNKNOWN;
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct libffi_type *element = type->elements[i];
        size_t alignment = element->alignment ? element->alignment : 1;
        offset = (offset + alignment - 1) / alignment * alignment;
        writer->fields[first + i] =
            (struct ffisan_field){.type = describe(writer, element, depth + 1), .offset = (uint32_t)offset};
        offset += element->size;
    }
    writer->types[index].first = first;
    writer->types[index].count = count;
}

static uint32_t describe(struct type_writer *writer, const struct libffi_type *type, unsigned depth) {
    if (type->type >= sizeof kinds / sizeof *kinds)
        return 0;
    struct ffisan_type described = {.kind = kinds[type->type].kind, .size = (uint32_t)type->size};
    if (kinds[type->type].is_unsigned)
        described.flags = FFISAN_TYPE_UNSIGNED;
    if (type->type == LIBFFI_VOID)
        described.size = 0;
    uint32_t index = type_add(writer, described);
    if (index && type->type == LIBFFI_STRUCT)
        describe_elements(writer, type, index, depth);
    return index;
}

uint32_t libffi_describe(struct type_writer *writer, const struct libffi_cif *cif) {
    uint32_t count = cif->nargs < ARGUMENTS_MAX ? cif->nargs : ARGUMENTS_MAX;
    uint32_t function = type_add(writer, (struct ffisan_type){.kind = FFISAN_TYPE_FUNCTION});
    uint32_t first = type_add_fields(writer, count), result = describe(writer, cif->rtype, 0);
    for (uint32_t i = 0; i < count && !writer->full; i++)
        writer->fields[first + i].type = describe(writer, cif->arg_types[i], 0);
    if (writer->full)
        return 0;
    writer->types[function].to = result;
    writer->types[function].first = first;
    writer->types[function].count = count;
    return function;
}

static RARE uint64_t struct_key(uint64_t key, const struct libffi_type *type, unsigned depth) {
    uint32_t count = count_elements(type);
    key = key_mix(key, type->size << 16 | count);
    for (uint32_t i = 0; i < count && depth < DEPTH_MOST; i++) {
        const struct libffi_type *element = type->elements[i];
        key = key_mix(key, (uint64_t)element->type << 32 | element->size);
        if (element->type == LIBFFI_STRUCT)
            key = struct_key(key, element, depth + 1);
    }
    return key;
}

/* Every type but a struct is said by its code. */
static inline uint64_t type_key(uint64_t key, const struct libffi_type *type) {
    if (UNLIKELY(type->type == LIBFFI_STRUCT))
        return struct_key(key, type, 0);
    return (key ^ type->type) * 0x9e3779b97f4a7c15u;
}

uint64_t libffi_key(const struct libffi_cif *cif) {
    uint32_t count = cif->nargs < ARGUMENTS_MAX ? cif->nargs : ARGUMENTS_MAX;
    uint64_t key = key_mix(cif->nargs, cif->abi);
    key = type_key(key, cif->rtype);
    for (uint32_t i = 0; i < count; i++)
        key = type_key(key, cif->arg_types[i]);
    return key ^ key >> 32;
}
