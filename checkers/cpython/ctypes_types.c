/* SPDX-License-Identifier: Apache-2.0
 *
 * ctypes' types as a type table. They are read where ctypes puts what it believes: `_type_`, `_argtypes_`, `_restype_` in the dicts of
 * classes, fields' places in the descriptors that it made (CField), sizes by its own sizeof.
 */
#include "cpython/ctypes.h"

#include <string.h>

#define DEPTH_MOST 8u
#define BASES_MOST 32u

struct ctypes_names ctypes_names;
struct known_type known_types[KNOWN_TYPES];

/* ---- what an object or a type is ---- */

bool is_named(uintptr_t type, const char *name) {
    const char *actual = (const char *)word(type, TYPE_NAME), *dot = strrchr(actual, '.');
    return strcmp(dot ? dot + 1 : actual, name) == 0;
}

/* Most classes have the metaclass of their kind; of those that do not, few are ctypes' at all. */
static enum kind find_kind(const struct ctypes_module *module, uintptr_t type) {
    uintptr_t meta = type_of(type);
    if (meta == python.type_type)
        return NO_KIND;
    for (enum kind kind = 0; kind < KINDS; kind++)
        if (module->meta[kind] == meta)
            return kind;
    for (enum kind kind = 0; kind < KINDS; kind++)
        if (python.is_subtype((void *)type, (void *)module->base[kind]))
            return kind;
    return NO_KIND;
}

static char letter_of(uintptr_t type) {
    uintptr_t code = look_up(type, ctypes_names.type);
    intptr_t size = 0;
    const char *letter = code && is_kind(code, TYPE_IS_TEXT) ? python.utf8((void *)code, &size) : NULL;
    python.clear();
    return letter && size == 1 ? *letter : 0;
}

static bool has_wide_items(const struct ctypes_module *module, uintptr_t type) {
    uintptr_t item = look_up(type, ctypes_names.type);
    return is_type(item) && find_kind(module, item) == SIMPLE && letter_of(item) == 'u';
}

RARE const struct known_type *known_type_slow(const struct ctypes_module *module, uintptr_t type) {
    static struct known_type passing;
    enum kind kind = find_kind(module, type);
    struct known_type made = {.type = type, .module = module, .kind = (uint8_t)kind};
    made.letter = kind == SIMPLE ? letter_of(type) : 0;
    made.wide = kind == ARRAY && has_wide_items(module, type);
    look_up(type, ctypes_names.type); /* gives it a version, where it can have one */
    made.version = type_version(type);
    struct known_type *to = made.version ? &known_types[(type >> 4 ^ type >> 13) % KNOWN_TYPES] : &passing;
    *to = made;
    return to;
}

RARE bool is_reference_slow(struct ctypes_module *module, uintptr_t type) {
    if (module->reference || type_of(type) != python.type_type || !is_named(type, "CArgObject") ||
        word(type, TYPE_BASIC_SIZE) != REFERENCE_WHOLE)
        return false;
    python.retain((void *)type);
    module->reference = type;
    return true;
}

/* ctypes.sizeof of a type; 0: not known. */
static size_t size_of(const struct ctypes_module *module, uintptr_t type) {
    void *number = python.call(module->sizeof_, (void *)type, NULL);
    intptr_t size = number ? python.as_size(number) : -1;
    if (number)
        python.release(number);
    python.clear();
    return size > 0 && size <= UINT32_MAX ? (size_t)size : 0;
}

/* ---- types ---- */

void describer_start(struct describer *describer, struct ctypes_module *module, struct type_writer *writer) {
    describer->module = module;
    describer->writer = writer;
    describer->depth = describer->known_count = 0;
}

static uint32_t add_type(struct describer *to, enum ffisan_type_kind kind, uint32_t size, uint16_t flags, uint32_t of) {
    return type_add(to->writer, (struct ffisan_type){.kind = kind, .size = size, .flags = flags, .to = of});
}

static uint32_t add_text(struct describer *to, uintptr_t text) {
    intptr_t size;
    const char *utf8 = python.utf8((void *)text, &size);
    if (!utf8)
        python.clear();
    return utf8 && size < 256 ? type_add_text(to->writer, utf8, (size_t)size) : 0;
}

static uint32_t add_type_name(struct describer *to, uintptr_t type) {
    const char *name = (const char *)word(type, TYPE_NAME), *dot = strrchr(name, '.');
    name = dot ? dot + 1 : name;
    return type_add_text(to->writer, name, strlen(name));
}

static uint32_t describe_type(struct describer *to, uintptr_t type);

/* By the code letters of ctypes (Modules/_ctypes/cfield.c, formattable). */
static uint32_t describe_letter(struct describer *to, char letter) {
    static const struct {
        char letter;
        uint8_t kind, size, flags, of; /* of: the letter behind a pointer */
    } table[] = {
        {'c', FFISAN_TYPE_CHARACTER, 1, 0, 0},
        {'b', FFISAN_TYPE_CHARACTER, 1, 0, 0},
        {'B', FFISAN_TYPE_CHARACTER, 1, FFISAN_TYPE_UNSIGNED, 0},
        {'h', FFISAN_TYPE_INTEGER, 2, 0, 0},
        {'H', FFISAN_TYPE_INTEGER, 2, FFISAN_TYPE_UNSIGNED, 0},
        {'i', FFISAN_TYPE_INTEGER, 4, 0, 0},
        {'I', FFISAN_TYPE_INTEGER, 4, FFISAN_TYPE_UNSIGNED, 0},
        {'l', FFISAN_TYPE_INTEGER, 8, 0, 0},
        {'L', FFISAN_TYPE_INTEGER, 8, FFISAN_TYPE_UNSIGNED, 0},
        {'q', FFISAN_TYPE_INTEGER, 8, 0, 0},
        {'Q', FFISAN_TYPE_INTEGER, 8, FFISAN_TYPE_UNSIGNED, 0},
        {'f', FFISAN_TYPE_FLOAT, 4, 0, 0},
        {'d', FFISAN_TYPE_FLOAT, 8, 0, 0},
        {'g', FFISAN_TYPE_FLOAT, 16, 0, 0},
        {'?', FFISAN_TYPE_BOOL, 1, 0, 0},
        {'u', FFISAN_TYPE_WIDE, 4, 0, 0},
        {'v', FFISAN_TYPE_VOID, 0, 0, 0}, /* ctypes has no such letter that Linux knows; ours for void */
        {'z', FFISAN_TYPE_POINTER, 8, 0, 'c'},
        {'Z', FFISAN_TYPE_POINTER, 8, 0, 'u'},
        {'P', FFISAN_TYPE_POINTER, 8, 0, 'v'},
        {'O', FFISAN_TYPE_POINTER, 8, 0, 'o'},
        {'o', FFISAN_TYPE_STRUCT, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (table[i].letter != letter)
            continue;
        uint32_t of = table[i].of ? describe_letter(to, (char)table[i].of) : 0;
        if (letter == 'o')
            return type_add(to->writer, (struct ffisan_type){.kind = FFISAN_TYPE_STRUCT,
                                                             .flags = FFISAN_TYPE_INCOMPLETE,
                                                             .name = type_add_text(to->writer, "PyObject", 8)});
        return add_type(to, table[i].kind, table[i].size, table[i].flags, of);
    }
    return 0;
}

static uint32_t describe_simple(struct describer *to, uintptr_t type) {
    char letter = known_type(to->module, type)->letter;
    uint32_t index = letter && letter != 'v' && letter != 'o' ? describe_letter(to, letter) : 0;
    if (index && to->writer->types[index].kind != FFISAN_TYPE_POINTER)
        to->writer->types[index].name = add_type_name(to, type);
    return index;
}

static uint32_t describe_pointer(struct describer *to, uintptr_t type, uint32_t index) {
    uintptr_t target = look_up(type, ctypes_names.type);
    uint32_t of = is_type(target) ? describe_type(to, target) : 0;
    to->writer->types[index] = (struct ffisan_type){.kind = FFISAN_TYPE_POINTER, .size = 8, .to = of};
    return index;
}

static uint32_t describe_array(struct describer *to, uintptr_t type, uint32_t index) {
    uintptr_t item = look_up(type, ctypes_names.type);
    uint32_t of = is_type(item) ? describe_type(to, item) : 0;
    to->writer->types[index] =
        (struct ffisan_type){.kind = FFISAN_TYPE_ARRAY, .size = (uint32_t)size_of(to->module, type), .to = of};
    return index;
}

/* A list or a tuple, exact or derived, as ctypes left it: the program may have changed a list since. */
bool items_of(uintptr_t sequence, const uintptr_t **items, size_t *count) {
    if (!sequence || !is_kind(sequence, TYPE_IS_LIST | TYPE_IS_TUPLE))
        return false;
    bool list = is_kind(sequence, TYPE_IS_LIST);
    *count = word(sequence, TUPLE_SIZE); /* a list has it at the same place */
    *items = list ? (const uintptr_t *)word(sequence, LIST_ITEMS) : (const uintptr_t *)(sequence + TUPLE_ITEMS);
    return *count <= FIELDS_MOST;
}

/* The descriptor by which the class finds its field. */
static uintptr_t field_of(uintptr_t class, uintptr_t name) {
    uintptr_t field = dict_item(word(class, TYPE_DICT), name);
    bool is_field = field && is_named(type_of(field), "CField") && word(type_of(field), TYPE_BASIC_SIZE) == FIELD_WHOLE;
    return is_field ? field : 0;
}

static bool describe_field(struct describer *to, uint32_t index, uintptr_t class, uintptr_t entry) {
    size_t parts = is_kind(entry, TYPE_IS_TUPLE) ? tuple_size(entry) : 0;
    if (parts < 2 || parts > 3 || !is_kind(tuple_item(entry, 0), TYPE_IS_TEXT) || !is_type(tuple_item(entry, 1)))
        return false;
    uintptr_t name = tuple_item(entry, 0), field = field_of(class, name);
    if (!field)
        return false;
    uint64_t offset = word(field, FIELD_OFFSET), bits = parts == 3 ? word(field, FIELD_SIZE) : 0;
    uint32_t type = describe_type(to, tuple_item(entry, 1)), text = add_text(to, name);
    to->writer->fields[index] = (struct ffisan_field){.type = type,
                                                      .offset = (uint32_t)(offset + (bits & 0xffff) / 8),
                                                      .bit_offset = (uint16_t)((bits & 0xffff) % 8),
                                                      .bit_width = (uint16_t)(bits >> 16),
                                                      .name = text};
    return offset <= UINT32_MAX;
}

/* The classes of the mro that say `_fields_`, outermost base first, and how many fields there are in all. */
static size_t classes_of(uintptr_t type, uintptr_t *classes, size_t *fields) {
    uintptr_t mro = word(type, TYPE_MRO);
    size_t count = 0;
    *fields = 0;
    for (size_t i = mro ? tuple_size(mro) : 0; i > 0; i--) {
        const uintptr_t *items;
        size_t more;
        uintptr_t class = tuple_item(mro, i - 1), own = dict_item(word(class, TYPE_DICT), ctypes_names.fields);
        if (!own)
            continue;
        if (count == BASES_MOST || !items_of(own, &items, &more))
            return 0;
        classes[count++] = class;
        *fields += more;
    }
    return *fields <= FIELDS_MOST ? count : 0;
}

static bool describe_fields(struct describer *to, uint32_t first, const uintptr_t *classes, size_t count, bool swapped) {
    uint32_t at = first;
    for (size_t i = 0; i < count; i++) {
        const uintptr_t *items;
        size_t more;
        if (!items_of(dict_item(word(classes[i], TYPE_DICT), ctypes_names.fields), &items, &more))
            return false;
        for (size_t j = 0; j < more; j++, at++)
            if (!describe_field(to, at, classes[i], items[j]) || (swapped && to->writer->fields[at].bit_width))
                return false;
    }
    return true;
}

static uint32_t describe_struct(struct describer *to, uintptr_t type, uint32_t index, bool is_union) {
    uintptr_t classes[BASES_MOST];
    size_t count, fields = 0, size = size_of(to->module, type);
    struct ffisan_type made = {.kind = is_union ? FFISAN_TYPE_UNION : FFISAN_TYPE_STRUCT, .size = (uint32_t)size};
    made.name = add_type_name(to, type);
    made.flags = look_up(type, ctypes_names.pack) ? FFISAN_TYPE_PACKED : 0;
    bool said = look_up(type, ctypes_names.fields);
    count = classes_of(type, classes, &fields);
    made.count = (uint32_t)fields;
    made.first = type_add_fields(to->writer, made.count);
    if (!said && !size)
        made.flags |= FFISAN_TYPE_INCOMPLETE;
    else if (!size || !fields || !count || to->writer->full ||
             !describe_fields(to, made.first, classes, count, look_up(type, ctypes_names.swapped)))
        made.flags |= FFISAN_TYPE_FIELDS_UNKNOWN;
    if (made.flags & (FFISAN_TYPE_INCOMPLETE | FFISAN_TYPE_FIELDS_UNKNOWN))
        made.first = made.count = 0;
    to->writer->types[index] = made;
    return index;
}

/* ctypes' own converters are the metaclasses' or, for c_void_p and its like, written in C (PyCSimpleType_new). */
static bool converts_itself(uintptr_t type) {
    uintptr_t own = look_up(type, ctypes_names.from_param);
    return own && !is_named(type_of(own), "classmethod_descriptor");
}

/* As an argument: an array is a pointer to its items. */
static uint32_t describe_passed(struct describer *to, uintptr_t type) {
    if (kind_of(to->module, type) != ARRAY)
        return describe_type(to, type);
    uintptr_t item = look_up(type, ctypes_names.type);
    uint32_t of = is_type(item) ? describe_type(to, item) : 0;
    return add_type(to, FFISAN_TYPE_POINTER, 8, 0, of);
}

uint32_t describe_parameter(struct describer *to, uintptr_t type) {
    return is_type(type) && !converts_itself(type) ? describe_passed(to, type) : 0;
}

/* None is void; anything else that can be called is given a C int. */
uint32_t describe_result(struct describer *to, uintptr_t result) {
    if (!result || result == cpython.none)
        return describe_letter(to, result ? 'v' : 'i');
    if (!is_type(result) || kind_of(to->module, result) == NO_KIND)
        return describe_letter(to, 'i');
    return describe_type(to, result);
}

static uint32_t describe_prototype(struct describer *to, uintptr_t type, uint32_t index) {
    uintptr_t arguments = look_up(type, ctypes_names.arguments);
    uint32_t function = add_type(to, FFISAN_TYPE_FUNCTION, 0, 0, 0);
    if (!function)
        return 0;
    to->writer->types[index] = (struct ffisan_type){.kind = FFISAN_TYPE_POINTER, .size = 8, .to = function};
    struct ffisan_type made = {.kind = FFISAN_TYPE_FUNCTION};
    if (arguments && is_kind(arguments, TYPE_IS_TUPLE)) {
        made.count = (uint32_t)tuple_size(arguments);
        made.first = type_add_fields(to->writer, made.count);
        for (uint32_t i = 0; i < made.count && !to->writer->full; i++) {
            uint32_t parameter = describe_parameter(to, tuple_item(arguments, i));
            to->writer->fields[made.first + i].type = parameter;
        }
    } else {
        made.flags = FFISAN_TYPE_NO_PROTOTYPE;
    }
    made.to = describe_result(to, look_up(type, ctypes_names.result));
    to->writer->types[function] = made;
    return index;
}

static uint32_t describe_kind(struct describer *to, uintptr_t type, enum kind kind, uint32_t index) {
    switch (kind) {
    case POINTER:
        return describe_pointer(to, type, index);
    case ARRAY:
        return describe_array(to, type, index);
    case FUNCTION:
        return describe_prototype(to, type, index);
    default:
        return describe_struct(to, type, index, kind == UNION);
    }
}

/* Its place in the table is taken before what it consists of is looked at: types lead back to themselves. */
static uint32_t describe_type(struct describer *to, uintptr_t type) {
    enum kind kind = kind_of(to->module, type);
    for (unsigned i = 0; i < to->known_count; i++)
        if (to->known[i].type == type)
            return to->known[i].index;
    if (kind == NO_KIND || to->depth == DEPTH_MOST || to->known_count == TYPES_DESCRIBED)
        return 0;
    uint32_t index = kind == SIMPLE ? describe_simple(to, type) : add_type(to, FFISAN_TYPE_UNKNOWN, 0, 0, 0);
    if (!index)
        return 0;
    to->known[to->known_count].type = type;
    to->known[to->known_count++].index = index;
    to->depth++;
    uint32_t made = kind == SIMPLE ? index : describe_kind(to, type, kind, index);
    to->depth--;
    return made;
}

/* ---- arguments ---- */

/* An object's `_as_parameter_`, if it can be had without running code of its class; 0: it cannot, or is no ctypes object. */
static uintptr_t as_parameter(const struct ctypes_module *module, uintptr_t object) {
    uintptr_t found = look_up(type_of(object), ctypes_names.as_parameter);
    return found && kind_of(module, type_of(found)) != NO_KIND ? found : 0;
}

static uint32_t describe_reference(struct describer *to, uintptr_t reference) {
    char tag = *(const char *)(reference + REFERENCE_TAG);
    uintptr_t object = word(reference, REFERENCE_OBJECT);
    bool data = object && kind_of(to->module, type_of(object)) != NO_KIND;
    if (tag == 'V')
        return data ? describe_type(to, type_of(object)) : 0;
    if (tag != 'P' || !data || word(object, DATA_POINTER) != word(reference, REFERENCE_VALUE))
        return tag != 'v' && tag != 'o' ? describe_letter(to, tag) : 0;
    uint32_t of = describe_type(to, type_of(object));
    return add_type(to, FFISAN_TYPE_POINTER, 8, 0, of);
}

uint32_t describe_object(struct describer *to, uintptr_t object) {
    struct ctypes_module *module = to->module;
    if (kind_of(module, type_of(object)) != NO_KIND)
        return describe_passed(to, type_of(object));
    if (is_reference(module, type_of(object)))
        return describe_reference(to, object);
    if (object == cpython.none)
        return describe_letter(to, 'P');
    if (is_kind(object, TYPE_IS_INT))
        return describe_letter(to, 'i');
    if (is_kind(object, TYPE_IS_BYTES))
        return describe_letter(to, 'z');
    if (is_kind(object, TYPE_IS_TEXT))
        return describe_letter(to, 'Z');
    uintptr_t parameter = as_parameter(module, object);
    return parameter ? describe_object(to, parameter) : 0;
}
