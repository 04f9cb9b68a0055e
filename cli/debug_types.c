/* SPDX-License-Identifier: Apache-2.0
 *
 * Sections named below are those of the DWARF 5 standard.
 */
#include "debug_types.h"

#include <dwarf.h>
#include <stdio.h>
#include <string.h>

#define CHAIN_MAX     64 /* qualifiers and typedefs in a row */
#define DEPTH_MAX     64 /* pointers to pointers, arrays of arrays */
#define PARAMETER_MAX 255
#define FIELD_MAX     2048
#define DIMENSION_MAX 16
#define NESTING_MAX   16 /* structs in structs */
#define TAG_MAX       256

#ifndef DW_LANG_C17 /* registered after DWARF 5; elfutils of today may not have them */
#define DW_LANG_C17 0x2c
#endif
#define LANGUAGE_CXX17 0x2a
#define LANGUAGE_CXX20 0x2b
#define LANGUAGE_CXX23 0x3a
#define LANGUAGE_C23   0x3e

enum debug_language debug_language(int language) {
    switch (language) {
    case DW_LANG_C89:
    case DW_LANG_C:
    case DW_LANG_C99:
    case DW_LANG_C11:
    case DW_LANG_C17:
    case LANGUAGE_C23:
        return DEBUG_C;
    case DW_LANG_C_plus_plus:
    case DW_LANG_C_plus_plus_03:
    case DW_LANG_C_plus_plus_11:
    case DW_LANG_C_plus_plus_14:
    case LANGUAGE_CXX17:
    case LANGUAGE_CXX20:
    case LANGUAGE_CXX23:
        return DEBUG_CXX;
    case DW_LANG_Rust:
        return DEBUG_RUST;
    default:
        return DEBUG_NOT_READ;
    }
}

bool debug_types_step(const struct debug_types *types) {
    if (!*types->budget)
        return false;
    --*types->budget;
    return true;
}

static bool is_rust(const struct debug_types *types) {
    return debug_language(types->language) == DEBUG_RUST;
}

/* ---- attributes ---- */

static bool has_flag(Dwarf_Die *die, unsigned name) {
    Dwarf_Attribute attribute;
    bool flag = false;
    return dwarf_attr_integrate(die, name, &attribute) && dwarf_formflag(&attribute, &flag) == 0 && flag;
}

static bool has_number(Dwarf_Die *die, unsigned name, uint64_t *number) {
    Dwarf_Attribute attribute;
    Dwarf_Word word;
    if (!dwarf_attr_integrate(die, name, &attribute) || dwarf_formudata(&attribute, &word) != 0)
        return false;
    *number = word;
    return true;
}

/* Bytes of a type; false: none are given, or no type of C has as many. */
static bool has_size(Dwarf_Die *die, uint32_t *size) {
    uint64_t number;
    *size = 0;
    if (!has_number(die, DW_AT_byte_size, &number) || number > UINT32_MAX)
        return false;
    *size = (uint32_t)number;
    return true;
}

/* The type that an entry names; false: none, which means void. */
static bool has_type(Dwarf_Die *die, Dwarf_Die *type) {
    Dwarf_Attribute attribute;
    return dwarf_attr_integrate(die, DW_AT_type, &attribute) && dwarf_formref_die(&attribute, type);
}

/* It names none, rather than one that cannot be found. */
static bool is_void(Dwarf_Die *die) {
    Dwarf_Attribute attribute;
    return !dwarf_attr_integrate(die, DW_AT_type, &attribute);
}

/* ---- qualifiers and typedefs ---- */

/* A type without them. */
struct core {
    Dwarf_Die die;
    int tag;          /* 0: void */
    bool constant;    /* const on its way */
    bool wide;        /* wchar_t on its way */
    const char *name; /* of the first typedef; NULL: none */
};

static void core_typedef(struct core *core) {
    const char *name = dwarf_diename(&core->die);
    core->wide |= name && strcmp(name, "wchar_t") == 0;
    if (!core->name)
        core->name = name;
}

/* What stands here only refers to a type unit (5.7.1). */
static void follow_signature(Dwarf_Die *die) {
    Dwarf_Attribute attribute;
    Dwarf_Die definition;
    if (dwarf_attr(die, DW_AT_signature, &attribute) && dwarf_formref_die(&attribute, &definition))
        *die = definition;
}

/* False: it leads nowhere, or in circles. */
static bool core_of(const struct debug_types *types, const Dwarf_Die *die, struct core *core) {
    *core = (struct core){.die = *die};
    for (unsigned i = 0; i < CHAIN_MAX && debug_types_step(types); i++) {
        Dwarf_Die inner;
        follow_signature(&core->die);
        core->tag = dwarf_tag(&core->die);
        switch (core->tag) {
        case DW_TAG_typedef:
            core_typedef(core);
            break;
        case DW_TAG_const_type:
            core->constant = true;
            break;
        case DW_TAG_volatile_type:
        case DW_TAG_restrict_type:
        case DW_TAG_atomic_type:
            break;
        default:
            return core->tag != DW_TAG_invalid;
        }
        if (has_type(&core->die, &inner)) {
            core->die = inner;
            continue;
        }
        core->tag = 0;
        return is_void(&core->die);
    }
    return false;
}

/* ---- simple types ---- */

/* gcc's way to write what everybody writes otherwise. */
static const char *const base_names[][2] = {
    {"long int", "long"},
    {"long unsigned int", "unsigned long"},
    {"short int", "short"},
    {"short unsigned int", "unsigned short"},
    {"long long int", "long long"},
    {"long long unsigned int", "unsigned long long"},
    {"__int128 unsigned", "unsigned __int128"},
    {"bool", "_Bool"},
};

static const char *base_name(const char *name, const struct ffisan_type *type) {
    if (type->kind == FFISAN_TYPE_COMPLEX) /* clang does not say which */
        return type->size == 8 ? "complex float" : type->size == 16 ? "complex double" : "complex long double";
    for (size_t i = 0; name && i < sizeof(base_names) / sizeof(base_names[0]); i++)
        if (strcmp(name, base_names[i][0]) == 0)
            return base_names[i][1];
    return name;
}

/* Table 7.11. What is left out is nothing that C's ABI knows, or nothing that anybody declares. */
static struct ffisan_type base_of(uint64_t encoding, uint32_t size, bool wide) {
    struct ffisan_type type = {.size = size};
    switch (encoding) {
    case DW_ATE_boolean:
        type.kind = FFISAN_TYPE_BOOL;
        break;
    case DW_ATE_float:
        type.kind = FFISAN_TYPE_FLOAT;
        break;
    case DW_ATE_complex_float:
        type.kind = FFISAN_TYPE_COMPLEX;
        break;
    case DW_ATE_unsigned:
    case DW_ATE_unsigned_char:
    case DW_ATE_UTF:
        type.flags = FFISAN_TYPE_UNSIGNED;
        __attribute__((fallthrough));
    case DW_ATE_signed:
    case DW_ATE_signed_char:
        type.kind = size == 1 ? FFISAN_TYPE_CHARACTER : wide ? FFISAN_TYPE_WIDE : FFISAN_TYPE_INTEGER;
        break;
    default:
        type.kind = FFISAN_TYPE_UNKNOWN;
    }
    return type;
}

static uint32_t void_named(const struct debug_types *types, uint32_t name) {
    return type_maker_simple(types->maker, (struct ffisan_type){.kind = FFISAN_TYPE_VOID, .name = name});
}

static uint32_t void_type(const struct debug_types *types) {
    return void_named(types, 0);
}

static uint32_t base_type(const struct debug_types *types, struct core *core) {
    uint64_t encoding;
    uint32_t size;
    const char *name = dwarf_diename(&core->die);
    if (!has_number(&core->die, DW_AT_encoding, &encoding) || !has_size(&core->die, &size))
        return 0;
    bool wide = core->wide || (name && strcmp(name, "wchar_t") == 0); /* C++ */
    struct ffisan_type type = base_of(encoding, size, wide);
    if (type.kind == FFISAN_TYPE_UNKNOWN || (size == 0 && !is_rust(types)))
        return 0;
    if (size == 0) /* Rust's () */
        return void_type(types);
    type.name =
        core->name ? type_maker_plain_name(types->maker, core->name) : type_maker_text(types->maker, base_name(name, &type));
    return type_maker_simple(types->maker, type);
}

static uint32_t type_of(const struct debug_types *types, const Dwarf_Die *die, unsigned depth);

/* What an entry's DW_AT_type says. */
static uint32_t type_named_by(const struct debug_types *types, Dwarf_Die *die, unsigned depth) {
    Dwarf_Die type;
    if (has_type(die, &type))
        return type_of(types, &type, depth);
    return is_void(die) ? void_type(types) : 0;
}

/* "struct tm", "FILE", "size_t"; C++ has tags for names. 0: it has none. */
static uint32_t name_of(const struct debug_types *types, struct core *core, const char *keyword) {
    char text[TAG_MAX];
    const char *tag = core->name ? NULL : dwarf_diename(&core->die);
    if (core->name)
        return type_maker_plain_name(types->maker, core->name);
    if (!tag || debug_language(types->language) != DEBUG_C)
        return type_maker_text(types->maker, tag);
    snprintf(text, sizeof(text), "%s %s", keyword, tag);
    return type_maker_text(types->maker, text);
}

/* C leaves it to the compiler: gcc and clang take unsigned ones as long as no value is negative. */
static bool has_negative(const struct debug_types *types, Dwarf_Die *die) {
    Dwarf_Die child;
    for (int rest = dwarf_child(die, &child); rest == 0 && debug_types_step(types); rest = dwarf_siblingof(&child, &child)) {
        Dwarf_Attribute attribute;
        Dwarf_Sword value;
        if (dwarf_attr(&child, DW_AT_const_value, &attribute) && dwarf_formsdata(&attribute, &value) == 0 && value < 0)
            return true;
    }
    return false;
}

/* Said only since DWARF 3, and not by all. */
static uint32_t enum_integer(const struct debug_types *types, Dwarf_Die *die, uint32_t size, unsigned depth) {
    Dwarf_Die integer;
    if (has_type(die, &integer))
        return type_of(types, &integer, depth);
    bool negative = has_negative(types, die);
    const char *name = size == 4 ? (negative ? "int" : "unsigned int") : size == 8 ? (negative ? "long" : "unsigned long") : NULL;
    return name ? type_maker_simple(types->maker, (struct ffisan_type){.kind = FFISAN_TYPE_INTEGER,
                                                                       .flags = negative ? 0 : FFISAN_TYPE_UNSIGNED,
                                                                       .size = size,
                                                                       .name = type_maker_text(types->maker, name)})
                : 0;
}

static uint32_t enum_type(const struct debug_types *types, struct core *core, unsigned depth) {
    struct ffisan_type type = {.kind = FFISAN_TYPE_ENUM};
    if (is_rust(types))
        return 0;
    if (!has_size(&core->die, &type.size) || has_flag(&core->die, DW_AT_declaration))
        type.flags = FFISAN_TYPE_INCOMPLETE;
    else
        type.to = enum_integer(types, &core->die, type.size, depth);
    type.flags |= types->maker->writer.types[type.to].flags & FFISAN_TYPE_UNSIGNED;
    type.name = name_of(types, core, "enum");
    return type_maker_simple(types->maker, type);
}

/* ---- pointers ---- */

/* const of an array is its elements'. */
static bool is_constant(const struct debug_types *types, struct core core) {
    for (unsigned i = 0; i < DIMENSION_MAX && core.tag == DW_TAG_array_type && !core.constant; i++) {
        Dwarf_Die element;
        if (!has_type(&core.die, &element) || !core_of(types, &element, &core))
            return false;
    }
    return core.constant;
}

static uint32_t pointer_type(const struct debug_types *types, struct core *core, unsigned depth) {
    uint64_t size;
    uint32_t name = type_maker_plain_name(types->maker, core->name);
    struct core target;
    Dwarf_Die die;
    if (has_number(&core->die, DW_AT_byte_size, &size) && size != 8)
        return 0;
    if (is_rust(types) || is_void(&core->die)) /* what Rust's types look like to C is not written down */
        return type_maker_pointer(types->maker, is_rust(types) ? 0 : void_type(types), false, name);
    if (!has_type(&core->die, &die) || !core_of(types, &die, &target))
        return type_maker_pointer(types->maker, 0, false, name);
    return type_maker_pointer(types->maker, type_of(types, &die, depth), is_constant(types, target), name);
}

/* ---- arrays ---- */

/* Elements of one dimension (5.13); 0: not known, or none. */
static uint64_t dimension_count(Dwarf_Die *range) {
    uint64_t count, last, first = 0;
    if (has_number(range, DW_AT_count, &count))
        return count;
    has_number(range, DW_AT_lower_bound, &first);
    return has_number(range, DW_AT_upper_bound, &last) && last + 1 > first ? last + 1 - first : 0;
}

/* In the order in which C writes them. */
static unsigned dimensions_of(const struct debug_types *types, Dwarf_Die *array, uint64_t counts[DIMENSION_MAX]) {
    Dwarf_Die child;
    unsigned count = 0;
    for (int rest = dwarf_child(array, &child); rest == 0 && debug_types_step(types); rest = dwarf_siblingof(&child, &child))
        if (dwarf_tag(&child) == DW_TAG_subrange_type && count < DIMENSION_MAX)
            counts[count++] = dimension_count(&child);
    return count;
}

static uint32_t array_type(const struct debug_types *types, struct core *core, unsigned depth) {
    uint64_t counts[DIMENSION_MAX];
    struct ffisan_type vector = {.kind = FFISAN_TYPE_VECTOR, .name = type_maker_plain_name(types->maker, core->name)};
    unsigned dimensions = dimensions_of(types, &core->die, counts);
    uint32_t of = type_named_by(types, &core->die, depth);
    const struct type_writer *writer = &types->maker->writer;
    if (has_flag(&core->die, DW_AT_GNU_vector)) {
        vector.size = (uint32_t)(counts[0] * writer->types[of].size);
        return dimensions == 1 ? type_maker_simple(types->maker, vector) : 0;
    }
    while (dimensions-- > 0) {
        uint64_t size;
        if (__builtin_mul_overflow(counts[dimensions], writer->types[of].size, &size) || size > UINT32_MAX)
            size = 0;
        of = type_maker_simple(
            types->maker, (struct ffisan_type){
                              .kind = FFISAN_TYPE_ARRAY, .size = (uint32_t)size, .to = of, .name = dimensions ? 0 : vector.name});
    }
    return writer->types[of].kind == FFISAN_TYPE_ARRAY ? of : 0;
}

/* ---- structs and unions ---- */

static bool is_record(int tag) {
    return tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_union_type;
}

static uint32_t record_type(const struct debug_types *types, struct core *core) {
    bool is_union = core->tag == DW_TAG_union_type;
    struct ffisan_type type = {.kind = is_union ? FFISAN_TYPE_UNION : FFISAN_TYPE_STRUCT};
    if (is_rust(types))
        return 0;
    if (has_flag(&core->die, DW_AT_declaration) || !has_size(&core->die, &type.size))
        type.flags = FFISAN_TYPE_INCOMPLETE;
    if (type.flags & FFISAN_TYPE_INCOMPLETE)
        type.size = 0;
    type.name = name_of(types, core, is_union ? "union" : "struct");
    uint32_t known = types->maker->record_count;
    uint32_t index = type_maker_record(types->maker, type, (uintptr_t)core->die.addr);
    if (types->maker->record_count > known)
        types->dies[known] = core->die;
    return index;
}

/* Where a member begins, in bytes; false: it takes a computation to know (a virtual base). */
static bool member_offset(Dwarf_Die *member, uint64_t *offset) {
    Dwarf_Attribute attribute;
    Dwarf_Op *operations;
    size_t count;
    *offset = 0;
    if (!dwarf_attr_integrate(member, DW_AT_data_member_location, &attribute))
        return true;
    if (has_number(member, DW_AT_data_member_location, offset))
        return true;
    bool simple = dwarf_getlocation(&attribute, &operations, &count) == 0 && count == 1 &&
                  operations[0].atom == DW_OP_plus_uconst; /* DWARF 2 and 3 */
    *offset = simple ? operations[0].number : 0;
    return simple;
}

/* The first bit of a bit-field, from the start of the struct. Before DWARF 4 it was counted from the highest bit of its storage, the
 * first byte of which was the member's location (DWARF 3, 5.5.6). */
static bool member_bits(Dwarf_Die *member, uint64_t width, uint64_t *first) {
    uint64_t from_top, size, offset;
    Dwarf_Die type;
    if (has_number(member, DW_AT_data_bit_offset, first))
        return true;
    if (!has_number(member, DW_AT_bit_offset, &from_top) || !member_offset(member, &offset))
        return false;
    if (!has_number(member, DW_AT_byte_size, &size)) {
        int given = has_type(member, &type) ? dwarf_bytesize(&type) : -1;
        size = given > 0 ? (uint64_t)given : 0;
    }
    *first = offset * 8 + size * 8 - from_top - width;
    return size > 0 && size <= 16 && from_top + width <= size * 8;
}

/* False: the layout is not to be known. */
static bool field_of(const struct debug_types *types, Dwarf_Die *member, struct ffisan_field *field) {
    uint64_t first, width = 0;
    *field = (struct ffisan_field){.name = type_maker_text(types->maker, dwarf_diename(member))};
    field->type = type_named_by(types, member, DEPTH_MAX);
    if (has_number(member, DW_AT_bit_size, &width)) {
        if (!width || width > 128 || !member_bits(member, width, &first))
            return false;
        field->bit_width = (uint16_t)width;
        field->bit_offset = (uint16_t)(first % 8);
        first /= 8;
    } else if (!member_offset(member, &first)) {
        return false;
    }
    field->offset = (uint32_t)first;
    return first <= UINT32_MAX;
}

/* A part of each object: no static member (5.7.6), no function, no nested type. */
static bool is_part(Dwarf_Die *die) {
    int tag = dwarf_tag(die);
    return tag == DW_TAG_inheritance ||
           (tag == DW_TAG_member && !has_flag(die, DW_AT_external) && !has_flag(die, DW_AT_declaration));
}

static void record_fill(const struct debug_types *types, const struct type_record *record, Dwarf_Die *die) {
    static struct ffisan_field fields[FIELD_MAX]; /* too large for the stack; nothing here calls itself */
    Dwarf_Die child;
    uint32_t count = 0;
    int rest = dwarf_child(die, &child);
    for (; rest == 0 && debug_types_step(types); rest = dwarf_siblingof(&child, &child)) {
        if (!is_part(&child))
            continue;
        if (count == FIELD_MAX || !field_of(types, &child, &fields[count]))
            return;
        count++;
    }
    if (rest == 1)
        type_maker_fields(types->maker, record, fields, count);
}

/* Until everything within reach has its fields. */
static void records_fill(const struct debug_types *types) {
    struct type_maker *maker = types->maker;
    for (uint32_t i = 0; i < maker->record_count && maker->records[i].level <= types->levels; i++) {
        struct type_record record = maker->records[i];
        maker->level = record.level;
        if (!(maker->writer.types[record.type].flags & FFISAN_TYPE_INCOMPLETE) && !type_maker_fields_known(maker, &record))
            record_fill(types, &record, &types->dies[i]);
    }
}

/* ---- functions ---- */

struct parameters {
    struct ffisan_field fields[PARAMETER_MAX];
    uint32_t count;
    bool variadic;
};

/* The Itanium C++ ABI (3.1.1, 3.1.3) hands objects over by address, and takes them back by one that nobody declares, when they
 * cannot be copied byte by byte. */
enum passing { BY_VALUE, BY_ADDRESS, BY_SOMETHING };

/* Nothing but data, as C has it: whoever has functions or bases may have a destructor that is not mentioned. */
static bool is_plain(const struct debug_types *types, Dwarf_Die *record, unsigned depth) {
    Dwarf_Die child, type;
    struct core core;
    int rest = dwarf_child(record, &child);
    for (; rest == 0; rest = dwarf_siblingof(&child, &child)) {
        int tag = dwarf_tag(&child);
        if (!depth || !debug_types_step(types) || tag == DW_TAG_subprogram || tag == DW_TAG_inheritance)
            return false;
        if (tag != DW_TAG_member || !has_type(&child, &type))
            continue;
        if (!core_of(types, &type, &core) || (is_record(core.tag) && !is_plain(types, &core.die, depth - 1)))
            return false;
    }
    return rest == 1;
}

static enum passing passing_of(const struct debug_types *types, Dwarf_Die *type) {
    struct core core;
    uint64_t convention;
    if (debug_language(types->language) != DEBUG_CXX || !core_of(types, type, &core) || !is_record(core.tag))
        return BY_VALUE;
    if (has_number(&core.die, DW_AT_calling_convention, &convention)) /* clang says it, gcc does not */
        return convention == DW_CC_pass_by_reference ? BY_ADDRESS : BY_VALUE;
    return is_plain(types, &core.die, NESTING_MAX) ? BY_VALUE : BY_SOMETHING;
}

static struct ffisan_field parameter_of(const struct debug_types *types, Dwarf_Die *die, unsigned depth) {
    Dwarf_Die type;
    struct ffisan_field field = {.name = type_maker_plain_name(types->maker, dwarf_diename(die))};
    enum passing passing = has_type(die, &type) ? passing_of(types, &type) : BY_VALUE;
    if (passing == BY_SOMETHING)
        return field;
    field.type = type_named_by(types, die, depth);
    if (passing == BY_ADDRESS)
        field.type = type_maker_pointer(types->maker, field.type, false, 0);
    return field;
}

/* What gcc lists among the parameters of a constructor's description, and each of its instances has, or has not. */
static bool is_hidden(Dwarf_Die *die) {
    const char *name = has_flag(die, DW_AT_artificial) ? dwarf_diename(die) : NULL;
    return name && (strcmp(name, "__in_chrg") == 0 || strcmp(name, "__vtt_parm") == 0);
}

static bool parameters_read(const struct debug_types *types, Dwarf_Die *die, struct parameters *parameters, unsigned depth) {
    Dwarf_Die child;
    int rest = dwarf_child(die, &child);
    for (; rest == 0; rest = dwarf_siblingof(&child, &child)) {
        if (!debug_types_step(types) || parameters->count == PARAMETER_MAX || is_hidden(&child))
            return false;
        if (dwarf_tag(&child) == DW_TAG_formal_parameter)
            parameters->fields[parameters->count++] = parameter_of(types, &child, depth);
        parameters->variadic |= dwarf_tag(&child) == DW_TAG_unspecified_parameters;
    }
    return rest == 1;
}

/* In C a function may be declared without its parameters, or with promoted ones; C23 did away with both. */
static bool lacks_prototype(const struct debug_types *types, Dwarf_Die *die) {
    return debug_language(types->language) == DEBUG_C && types->language != LANGUAGE_C23 && !has_flag(die, DW_AT_prototyped);
}

/* `die`: who has the parameters as its children. */
static uint32_t function_of(const struct debug_types *types, Dwarf_Die *die, uint32_t name, unsigned depth) {
    struct parameters parameters = {.count = 0};
    struct ffisan_type type = {.kind = FFISAN_TYPE_FUNCTION, .name = name};
    Dwarf_Die result;
    if (has_type(die, &result) && passing_of(types, &result) != BY_VALUE)
        return 0;
    type.to = type_named_by(types, die, depth);
    if (!parameters_read(types, die, &parameters, depth))
        return 0;
    type.flags |= parameters.variadic ? FFISAN_TYPE_VARIADIC : 0;
    if (lacks_prototype(types, die)) {
        type.flags = FFISAN_TYPE_NO_PROTOTYPE;
        parameters.count = 0;
    }
    return type_maker_function(types->maker, type, parameters.fields, parameters.count);
}

static uint32_t subroutine_type(const struct debug_types *types, struct core *core, unsigned depth) {
    return is_rust(types) ? 0 : function_of(types, &core->die, type_maker_plain_name(types->maker, core->name), depth);
}

static uint32_t type_of(const struct debug_types *types, const Dwarf_Die *die, unsigned depth) {
    struct core core;
    if (!depth || !core_of(types, die, &core))
        return 0;
    switch (core.tag) {
    case 0:
        return void_named(types, type_maker_plain_name(types->maker, core.name));
    case DW_TAG_base_type:
        return base_type(types, &core);
    case DW_TAG_pointer_type:
    case DW_TAG_reference_type:
    case DW_TAG_rvalue_reference_type:
        return pointer_type(types, &core, depth - 1);
    case DW_TAG_array_type:
        return array_type(types, &core, depth - 1);
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
    case DW_TAG_union_type:
        return record_type(types, &core);
    case DW_TAG_enumeration_type:
        return enum_type(types, &core, depth - 1);
    case DW_TAG_subroutine_type:
        return subroutine_type(types, &core, depth - 1);
    default: /* pointers to members, blocks, sets: nothing that C's ABI knows */
        return 0;
    }
}

/* What was compiled is one instance of a function that is described once (3.3.8.2). */
static bool abstract_function(const struct debug_types *types, Dwarf_Die *die) {
    Dwarf_Attribute attribute;
    for (unsigned i = 0; i < CHAIN_MAX && debug_types_step(types); i++) {
        if (!dwarf_attr(die, DW_AT_abstract_origin, &attribute))
            return true;
        if (!dwarf_formref_die(&attribute, die))
            return false;
    }
    return false;
}

/* Functions that are no functions of the platform's C: another convention, or a name that says another language. */
static bool has_own_convention(const struct debug_types *types, Dwarf_Die *die) {
    uint64_t convention;
    Dwarf_Attribute attribute;
    const char *linkage = dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute) ? dwarf_formstring(&attribute) : NULL;
    if (has_number(die, DW_AT_calling_convention, &convention) && convention != DW_CC_normal)
        return true;
    return is_rust(types) && linkage && (strncmp(linkage, "_ZN", 3) == 0 || strncmp(linkage, "_R", 2) == 0);
}

/* With -g1 (-gline-tables-only, Rust's debuginfo=1) functions are there and types are not: every one looks like void f(). A unit with
 * types has some of those. dwz moves what several units have in common into units that they import. */
static bool has_types(const struct debug_types *types, Dwarf_Die *unit, unsigned depth) {
    Dwarf_Die child, imported;
    Dwarf_Attribute attribute;
    int rest = dwarf_child(unit, &child);
    for (; rest == 0 && debug_types_step(types); rest = dwarf_siblingof(&child, &child)) {
        int tag = dwarf_tag(&child);
        if (tag == DW_TAG_base_type || tag == DW_TAG_pointer_type)
            return true;
        if (tag == DW_TAG_imported_unit && depth && dwarf_attr(&child, DW_AT_import, &attribute) &&
            dwarf_formref_die(&attribute, &imported) && has_types(types, &imported, depth - 1))
            return true;
    }
    return false;
}

static bool is_in_typed_unit(const struct debug_types *types, Dwarf_Die *die) {
    Dwarf_Die unit;
    return dwarf_diecu(die, &unit, NULL, NULL) && has_types(types, &unit, NESTING_MAX);
}

uint32_t debug_types_function(const struct debug_types *types, Dwarf_Die *subprogram) {
    Dwarf_Die die = *subprogram;
    type_maker_start(types->maker);
    if (has_own_convention(types, subprogram) || !abstract_function(types, &die) || !is_in_typed_unit(types, &die))
        return 0;
    uint32_t function = function_of(types, &die, 0, DEPTH_MAX);
    if (function)
        records_fill(types);
    type_maker_settle(types->maker);
    return function;
}
