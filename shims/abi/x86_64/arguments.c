/* SPDX-License-Identifier: Apache-2.0 */
#include "abi/x86_64/arguments.h"

#define GENERAL_MOST  6u
#define VECTOR_MOST   8u
#define EIGHTBYTE     8u
#define DEPTH_MOST    16u /* structs in structs; a table that no compiler made may go in circles */
#define ELEMENTS_MOST 64u /* of an array inside a struct of 16 bytes there are fewer */

/* Classes of eightbytes, the stronger one higher (3.2.3, Classification, 4). */
enum class { CLASS_NONE, CLASS_SSE, CLASS_INTEGER, CLASS_MEMORY, CLASS_UNKNOWN };

struct classes {
    uint8_t eightbyte[2];
    bool memory, unknown;
};

static void merge(struct classes *classes, uint64_t offset, enum class class) {
    uint8_t *to = offset < 2 * EIGHTBYTE ? &classes->eightbyte[offset / EIGHTBYTE] : NULL;
    classes->memory = classes->memory || class == CLASS_MEMORY || !to;
    classes->unknown = classes->unknown || class == CLASS_UNKNOWN;
    if (to && *to < class)
        *to = (uint8_t) class;
}

static enum class scalar_class(const struct ffisan_type *type) {
    switch (type->kind){
        case FFISAN_TYPE_BOOL : case FFISAN_TYPE_CHARACTER : case FFISAN_TYPE_WIDE : case FFISAN_TYPE_INTEGER : case
        FFISAN_TYPE_ENUM : case FFISAN_TYPE_POINTER : case FFISAN_TYPE_FUNCTION : return CLASS_INTEGER;
        case FFISAN_TYPE_FLOAT : return type->size == 4 || type->size == 8 ? CLASS_SSE
        : type->size == 16                                                 ? CLASS_MEMORY
                                                                           : CLASS_UNKNOWN;
        default : return CLASS_UNKNOWN;
    }
}

static void classify(const struct type_table *types, uint32_t index, uint64_t offset, unsigned depth, struct classes *classes);

static void classify_fields(const struct type_table *types, const struct ffisan_type *type, uint64_t offset, unsigned depth,
                            struct classes *classes) {
    for (uint32_t i = 0; i < type->count; i++) {
        const struct ffisan_field *field = &types->fields[type->first + i];
        if (field->bit_width)
            merge(classes, offset + field->offset + field->bit_offset / 8, CLASS_INTEGER);
        else
            classify(types, field->type, offset + field->offset, depth + 1, classes);
    }
    if (!type->count || (type->flags & (FFISAN_TYPE_FIELDS_UNKNOWN | FFISAN_TYPE_PACKED)))
        classes->unknown = true;
}

static void classify_array(const struct type_table *types, const struct ffisan_type *type, uint64_t offset, unsigned depth,
                           struct classes *classes) {
    uint32_t each = types->types[type->to].size, count = each ? type->size / each : 0;
    if (!count || count > ELEMENTS_MOST)
        classes->unknown = true;
    for (uint32_t i = 0; i < count && count <= ELEMENTS_MOST; i++)
        classify(types, type->to, offset + (uint64_t)i * each, depth + 1, classes);
}

static void classify(const struct type_table *types, uint32_t index, uint64_t offset, unsigned depth, struct classes *classes) {
    const struct ffisan_type *type = &types->types[index];
    if (depth > DEPTH_MOST || !type->size || type->size > 2 * EIGHTBYTE) {
        classes->unknown = classes->unknown || depth > DEPTH_MOST || !type->size;
        classes->memory = true;
        return;
    }
    if (type->kind == FFISAN_TYPE_STRUCT || type->kind == FFISAN_TYPE_UNION)
        classify_fields(types, type, offset, depth, classes);
    else if (type->kind == FFISAN_TYPE_ARRAY)
        classify_array(types, type, offset, depth, classes);
    else
        for (uint32_t part = 0; part < type->size; part += EIGHTBYTE)
            merge(classes, offset + part, scalar_class(type));
}

/* ---- places ---- */

struct places {
    uint32_t general, vector, stack; /* taken so far */
};

/* A struct that wants more than eight bytes of alignment on the stack (alignas, a long double inside) would be taken for one that does not. */
static void on_stack(struct places *places, struct passed_value *value, uint32_t size, uint32_t alignment) {
    places->stack = (places->stack + alignment - 1) & ~(alignment - 1);
    value->at = (uint16_t)places->stack;
    places->stack += (size + EIGHTBYTE - 1) & ~(EIGHTBYTE - 1);
}

static void place_integer(struct places *places, struct passed_value *value) {
    if (places->general < GENERAL_MOST) {
        value->place = PASSED_REGISTER;
        value->at = (uint16_t)places->general++;
        return;
    }
    on_stack(places, value, EIGHTBYTE, EIGHTBYTE);
    value->place = PASSED_ON_STACK;
}

/* Passed by value in pieces: in registers all, or none. */
static bool place_struct(const struct type_table *types, uint32_t index, struct places *places, struct passed_value *value) {
    const struct ffisan_type *type = &types->types[index];
    struct classes classes = {0};
    classify(types, index, 0, 0, &classes);
    if (!type->size || (classes.unknown && type->size <= 2 * EIGHTBYTE))
        return false;
    uint32_t general = 0, vector = 0;
    for (unsigned i = 0; i < 2; i++) {
        general += classes.eightbyte[i] == CLASS_INTEGER;
        vector += classes.eightbyte[i] == CLASS_SSE;
    }
    if (!classes.memory && places->general + general <= GENERAL_MOST && places->vector + vector <= VECTOR_MOST) {
        if (!vector && general)
            *value = (struct passed_value){
                .place = PASSED_STRUCT_IN_REGISTER, .size = (uint8_t)(general * EIGHTBYTE), .at = (uint16_t)places->general};
        places->general += general;
        places->vector += vector;
    } else {
        *value = (struct passed_value){.place = PASSED_STRUCT_ON_STACK, .size = EIGHTBYTE};
        on_stack(places, value, type->size, EIGHTBYTE);
    }
    return true;
}

static void place_vectors(struct places *places, struct passed_value *value, uint32_t count, uint32_t size, uint32_t alignment) {
    if (places->vector + count <= VECTOR_MOST)
        places->vector += count;
    else
        on_stack(places, value, size, alignment);
}

static bool place_floating(const struct ffisan_type *type, struct places *places, struct passed_value *value) {
    bool complex = type->kind == FFISAN_TYPE_COMPLEX;
    if (type->size == 16 && !complex)
        on_stack(places, value, 16, 16); /* long double */
    else if (type->size == 32)
        on_stack(places, value, 32, 16);
    else if (type->size == 4 || type->size == 8)
        place_vectors(places, value, 1, EIGHTBYTE, EIGHTBYTE);
    else if (type->size == 16)
        place_vectors(places, value, 2, 16, EIGHTBYTE);
    else
        return false;
    return true;
}

/* False: where it is cannot be told, nor where those behind it are. */
static bool place_one(const struct type_table *types, uint32_t index, struct places *places, struct passed_value *value) {
    const struct ffisan_type *type = &types->types[index];
    switch (type->kind) {
    case FFISAN_TYPE_STRUCT:
    case FFISAN_TYPE_UNION:
        return place_struct(types, index, places, value);
    case FFISAN_TYPE_FLOAT:
    case FFISAN_TYPE_COMPLEX:
        return place_floating(type, places, value);
    case FFISAN_TYPE_VECTOR:
        if (type->size == 16)
            place_vectors(places, value, 1, 16, 16);
        return type->size == 16;
    case FFISAN_TYPE_ARRAY: /* a pointer, in truth */
    case FFISAN_TYPE_POINTER:
    case FFISAN_TYPE_FUNCTION:
        *value = (struct passed_value){.size = EIGHTBYTE, .is_pointer = true};
        place_integer(places, value);
        return true;
    default:
        break;
    }
    if (scalar_class(type) != CLASS_INTEGER || !type->size || type->size > EIGHTBYTE)
        return false;
    const struct ffisan_type *integer = type->kind == FFISAN_TYPE_ENUM && type->to ? &types->types[type->to] : type;
    *value = (struct passed_value){.size = (uint8_t)type->size,
                                   .is_signed = !(integer->flags & FFISAN_TYPE_UNSIGNED) && type->kind != FFISAN_TYPE_BOOL};
    place_integer(places, value);
    return true;
}

/* False: it is not known whether there is a hidden pointer to where the result goes. */
static bool place_result(const struct type_table *types, uint32_t index, struct places *places, struct passed_value *value) {
    const struct ffisan_type *type = &types->types[index];
    if (type->kind == FFISAN_TYPE_VOID)
        return true;
    if (type->kind == FFISAN_TYPE_STRUCT || type->kind == FFISAN_TYPE_UNION) {
        struct classes classes = {0};
        classify(types, index, 0, 0, &classes);
        places->general += classes.memory;
        return type->size && (!classes.unknown || type->size > 2 * EIGHTBYTE);
    }
    if (type->kind == FFISAN_TYPE_FLOAT || type->kind == FFISAN_TYPE_COMPLEX || type->kind == FFISAN_TYPE_VECTOR)
        return type->size != 0;
    struct places none = {0};
    return place_one(types, index, &none, value);
}

void passed_by(const struct type_table *types, uint32_t function, struct passed *to) {
    const struct ffisan_type *type = &types->types[function];
    struct places places = {0};
    *to = (struct passed){.count = type->count};
    bool known = place_result(types, type->to, &places, &to->result) && !(type->flags & FFISAN_TYPE_NO_PROTOTYPE);
    uint32_t i = 0;
    for (; known && i < type->count && i < PASSED_MOST; i++)
        known = place_one(types, types->fields[type->first + i].type, &places, &to->arguments[i]);
    if (known && (type->flags & FFISAN_TYPE_VARIADIC) && i == type->count && i < PASSED_MOST) {
        to->arguments[i] = (struct passed_value){.size = EIGHTBYTE};
        place_integer(&places, &to->arguments[i]);
        to->count++;
    }
    to->whole = known && i == type->count;
    to->count = to->count < PASSED_MOST ? to->count : PASSED_MOST;
    to->stack_bytes = places.stack;
}
