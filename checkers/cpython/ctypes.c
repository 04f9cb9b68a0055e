/* SPDX-License-Identifier: Apache-2.0
 *
 * ctypes: what a function object says of its function, and what its arguments were before they were converted.
 *
 * Types are read where ctypes puts what it believes: `_type_`, `_length_`, `_argtypes_`, `_restype_` in the dicts of classes, fields'
 * places in the descriptors that it made (CField), sizes by its own sizeof. Objects are read as Modules/_ctypes/ctypes.h lays them
 * out, which is the same from 3.8 to 3.13; sizes of the types are compared before that is believed.
 *
 * An argument is what ConvParam of Modules/_ctypes/callproc.c makes of it: an int without argtypes becomes a C int, and is cut without a
 * word when it is longer; bytes are a char *, str is a wchar_t * into a copy, None is a null pointer.
 */
#include <string.h>

#include "core/thread.h"
#include "cpython/callables.h"
#include "hooks/hooks.h"

/* Of a CDataObject: */
#define DATA_POINTER    16u /* b_ptr */
#define DATA_NEEDS_FREE 24u /* b_needsfree: the memory is the object's own */
#define DATA_BASE       32u /* b_base: the object that the memory belongs to */
#define DATA_SIZE       40u /* b_size */
#define DATA_OBJECTS    64u /* b_objects: what is kept alive for it */
#define DATA_WHOLE      96u
/* Of a PyCFuncPtrObject: */
#define FUNCTION_THUNK     96u /* the callback that it is */
#define FUNCTION_CALLABLE  104u
#define FUNCTION_CONVERT   112u /* a tuple of what converts the arguments */
#define FUNCTION_ARGUMENTS 120u /* argtypes, as it was given: a list may have changed since */
#define FUNCTION_RESULT    128u /* restype */
#define FUNCTION_CHECK     144u /* errcheck */
#define FUNCTION_FLAGS     152u /* paramflags */
#define FUNCTION_WHOLE     160u
/* Of a PyCArgObject (byref): */
#define REFERENCE_TAG    24u
#define REFERENCE_VALUE  32u
#define REFERENCE_OBJECT 48u
#define REFERENCE_WHOLE  64u
/* Of a CFieldObject: */
#define FIELD_OFFSET 16u
#define FIELD_SIZE   24u /* of a bit-field: its width << 16, and the bit that it begins at */
#define FIELD_WHOLE  72u

#define TYPES_KNOWN   256u /* of one description */
#define DEPTH_MOST    8u
#define FIELDS_MOST   1024u
#define BASES_MOST    32u
#define MODULES_MOST  4u /* imports of _ctypes that are remembered: from 3.13 on each makes types of its own */
#define UNTAGGED_MOST 1000u

enum kind { SIMPLE, POINTER, ARRAY, STRUCT, UNION, FUNCTION, KINDS, NO_KIND = KINDS };
static const char *const base_names[KINDS] = {"_SimpleCData", "_Pointer", "Array", "Structure", "Union", "CFuncPtr"};

/* One import of the module. What is remembered here is kept alive. */
struct ctypes_module {
    uintptr_t base[KINDS], meta[KINDS];
    uintptr_t data;      /* _CData, the base of all */
    uintptr_t reference; /* the type of byref's results; 0: none was seen yet */
    void *sizeof_;
};
static struct ctypes_module modules[MODULES_MOST];
static unsigned modules_count;

static struct { uintptr_t type, fields, pack, swapped, arguments, result, from_param, as_parameter; } names;

static void *(*original)(void *function, void *arguments, void *keywords);
static unsigned untagged;

static bool named(uintptr_t type, const char *name) {
    const char *actual = (const char *)word(type, TYPE_NAME), *dot = strrchr(actual, '.');
    return strcmp(dot ? dot + 1 : actual, name) == 0;
}

/* ---- what an object or a type is ---- */

static inline enum kind kind_by_meta(const struct ctypes_module *module, uintptr_t meta) {
    for (enum kind kind = 0; kind < KINDS; kind++)
        if (module->meta[kind] == meta)
            return kind;
    return NO_KIND;
}

static RARE enum kind kind_slow(const struct ctypes_module *module, uintptr_t type) {
    for (enum kind kind = 0; kind < KINDS; kind++)
        if (python.is_subtype((void *)type, (void *)module->base[kind]))
            return kind;
    return NO_KIND;
}

/* Most classes have the metaclass of their kind; of those that do not, few are ctypes' at all. */
static inline enum kind kind_of(const struct ctypes_module *module, uintptr_t type) {
    uintptr_t meta = type_of(type);
    if (LIKELY(meta == python.type_type))
        return NO_KIND;
    enum kind kind = kind_by_meta(module, meta);
    return LIKELY(kind != NO_KIND) ? kind : kind_slow(module, type);
}

static bool is_type(uintptr_t object) {
    return object && is_kind(object, TYPE_IS_TYPE);
}

static uintptr_t look_up(uintptr_t type, uintptr_t name) {
    return (uintptr_t)python.lookup((void *)type, (void *)name);
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

struct describer {
    const struct ctypes_module *module;
    struct type_writer *writer;
    unsigned depth, known_count;
    struct {
        uintptr_t type;
        uint32_t index;
    } known[TYPES_KNOWN];
};

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
    uintptr_t code = look_up(type, names.type);
    intptr_t size = 0;
    const char *letter = code && is_kind(code, TYPE_IS_TEXT) ? python.utf8((void *)code, &size) : NULL;
    python.clear();
    uint32_t index = letter && size == 1 && *letter != 'v' && *letter != 'o' ? describe_letter(to, *letter) : 0;
    if (index && to->writer->types[index].kind != FFISAN_TYPE_POINTER)
        to->writer->types[index].name = add_type_name(to, type);
    return index;
}

static uint32_t describe_pointer(struct describer *to, uintptr_t type, uint32_t index) {
    uintptr_t target = look_up(type, names.type);
    uint32_t of = is_type(target) ? describe_type(to, target) : 0;
    to->writer->types[index] = (struct ffisan_type){.kind = FFISAN_TYPE_POINTER, .size = 8, .to = of};
    return index;
}

static uint32_t describe_array(struct describer *to, uintptr_t type, uint32_t index) {
    uintptr_t item = look_up(type, names.type);
    uint32_t of = is_type(item) ? describe_type(to, item) : 0;
    to->writer->types[index] =
        (struct ffisan_type){.kind = FFISAN_TYPE_ARRAY, .size = (uint32_t)size_of(to->module, type), .to = of};
    return index;
}

/* A list or a tuple, exact or derived, as ctypes left it: the program may have changed a list since. */
static bool items_of(uintptr_t sequence, const uintptr_t **items, size_t *count) {
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
    bool is_field = field && named(type_of(field), "CField") && word(type_of(field), TYPE_BASIC_SIZE) == FIELD_WHOLE;
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
        uintptr_t class = tuple_item(mro, i - 1), own = dict_item(word(class, TYPE_DICT), names.fields);
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
        if (!items_of(dict_item(word(classes[i], TYPE_DICT), names.fields), &items, &more))
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
    made.flags = look_up(type, names.pack) ? FFISAN_TYPE_PACKED : 0;
    bool said = look_up(type, names.fields);
    count = classes_of(type, classes, &fields);
    made.count = (uint32_t)fields;
    made.first = type_add_fields(to->writer, made.count);
    if (!said && !size)
        made.flags |= FFISAN_TYPE_INCOMPLETE;
    else if (!size || !fields || !count || to->writer->full ||
             !describe_fields(to, made.first, classes, count, look_up(type, names.swapped)))
        made.flags |= FFISAN_TYPE_FIELDS_UNKNOWN;
    if (made.flags & (FFISAN_TYPE_INCOMPLETE | FFISAN_TYPE_FIELDS_UNKNOWN))
        made.first = made.count = 0;
    to->writer->types[index] = made;
    return index;
}

/* ctypes' own converters are the metaclasses' or, for c_void_p and its like, written in C (PyCSimpleType_new). */
static bool converts_itself(uintptr_t type) {
    uintptr_t own = look_up(type, names.from_param);
    return own && !named(type_of(own), "classmethod_descriptor");
}

/* As an argument: an array is a pointer to its items. */
static uint32_t describe_passed(struct describer *to, uintptr_t type) {
    if (kind_of(to->module, type) != ARRAY)
        return describe_type(to, type);
    uintptr_t item = look_up(type, names.type);
    uint32_t of = is_type(item) ? describe_type(to, item) : 0;
    return add_type(to, FFISAN_TYPE_POINTER, 8, 0, of);
}

static uint32_t describe_parameter(struct describer *to, uintptr_t type) {
    return is_type(type) && !converts_itself(type) ? describe_passed(to, type) : 0;
}

/* None is void; anything else that can be called is given a C int. */
static uint32_t describe_result(struct describer *to, uintptr_t result) {
    if (!result || result == cpython.none)
        return describe_letter(to, result ? 'v' : 'i');
    if (!is_type(result) || kind_of(to->module, result) == NO_KIND)
        return describe_letter(to, 'i');
    return describe_type(to, result);
}

static uint32_t describe_prototype(struct describer *to, uintptr_t type, uint32_t index) {
    uintptr_t arguments = look_up(type, names.arguments);
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
    made.to = describe_result(to, look_up(type, names.result));
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
    if (kind == NO_KIND || to->depth == DEPTH_MOST || to->known_count == TYPES_KNOWN)
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

static bool is_reference(struct ctypes_module *module, uintptr_t type) {
    if (LIKELY(type == module->reference))
        return true;
    if (module->reference || type_of(type) != python.type_type || !named(type, "CArgObject") ||
        word(type, TYPE_BASIC_SIZE) != REFERENCE_WHOLE)
        return false;
    python.retain((void *)type);
    module->reference = type;
    return true;
}

/* An object's `_as_parameter_`, if it can be had without running code of its class; 0: it cannot, or is no ctypes object. */
static uintptr_t as_parameter(const struct ctypes_module *module, uintptr_t object) {
    uintptr_t found = look_up(type_of(object), names.as_parameter);
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

static uint32_t describe_object(struct describer *to, struct ctypes_module *module, uintptr_t object) {
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
    return parameter ? describe_object(to, module, parameter) : 0;
}

/* ---- what is known of the memory behind an argument ---- */

/* From `address` to the end of the memory that the object is a view of; 0: not known. */
static size_t memory_behind(uintptr_t object, uintptr_t address) {
    for (unsigned i = 0; i < BASES_MOST && word(object, DATA_BASE); i++)
        object = word(object, DATA_BASE);
    uintptr_t start = word(object, DATA_POINTER);
    size_t size = word(object, DATA_SIZE);
    bool own = *(const int32_t *)(object + DATA_NEEDS_FREE) && !word(object, DATA_BASE);
    return own && address - start <= size ? start + size - address : 0;
}

static inline void set_size(struct ffisan_record_argument *fact, size_t size) {
    fact->size = size;
    fact->flags |= size ? FFISAN_ARGUMENT_SIZED : 0;
}

static char letter_of(uintptr_t type) {
    uintptr_t code = look_up(type, names.type);
    return code && is_kind(code, TYPE_IS_TEXT) && word(code, TEXT_LENGTH) == 1 &&
                   TEXT_ASCII(*(const uint32_t *)(code + TEXT_STATE))
               ? *(const char *)(code + cpython.layout->text_ascii)
               : 0;
}

/* Wide characters that ctypes made of a text, or has a type for. */
static bool is_wide(const struct ctypes_module *module, uintptr_t object, enum kind kind) {
    if (kind == ARRAY) {
        uintptr_t item = look_up(type_of(object), names.type);
        return is_type(item) && kind_of(module, item) == SIMPLE && letter_of(item) == 'u';
    }
    uintptr_t kept = word(object, DATA_OBJECTS);
    return kind == SIMPLE && kept && kept != cpython.none && letter_of(type_of(object)) == 'Z' &&
           named(type_of(kept), "PyCapsule");
}

static void data_facts(const struct ctypes_module *module, uintptr_t object, enum kind kind,
                       struct ffisan_record_argument *fact) {
    if (kind == ARRAY)
        set_size(fact, memory_behind(object, word(object, DATA_POINTER)));
    if ((kind == ARRAY || kind == SIMPLE) && is_wide(module, object, kind))
        fact->flags |= FFISAN_ARGUMENT_WIDE;
    if (kind == FUNCTION && word(object, FUNCTION_THUNK))
        fact->flags |= FFISAN_ARGUMENT_CALLBACK;
}

static void reference_facts(const struct ctypes_module *module, uintptr_t reference, struct ffisan_record_argument *fact) {
    uintptr_t object = word(reference, REFERENCE_OBJECT);
    if (*(const char *)(reference + REFERENCE_TAG) != 'P' || !object)
        return;
    enum kind kind = kind_of(module, type_of(object));
    if (kind == NO_KIND)
        return;
    set_size(fact, memory_behind(object, word(reference, REFERENCE_VALUE)));
    if (kind == ARRAY && is_wide(module, object, kind))
        fact->flags |= FFISAN_ARGUMENT_WIDE;
}

static inline void int_facts(uintptr_t number, struct ffisan_record_argument *fact) {
    int64_t value;
    if (!int_value(number, &value) || (value >= INT32_MIN && value <= UINT32_MAX))
        return;
    fact->value = (uint64_t)value;
    fact->flags |= FFISAN_ARGUMENT_CUT;
}

/* ---- a call ---- */

struct calling {
    struct ctypes_module *module;
    uintptr_t function, arguments;
    const uintptr_t *declared; /* argtypes that count, the object's own or the prototype's; NULL: none */
    size_t declared_count;
    uintptr_t result; /* and restype; 0: none */
    bool result_declared;
};

/* Whether an int that stands for this parameter is cut to 32 bits: the default, and what is declared as at most that. */
static bool takes_32_bits(const struct calling *call, size_t index) {
    if (index >= call->declared_count)
        return true;
    uintptr_t type = call->declared[index];
    char letter = is_type(type) && kind_of(call->module, type) == SIMPLE ? letter_of(type) : 0;
    return letter && strchr("iIhHbB", letter);
}

/* What the argument adds to the way of calling; what is known about it goes to `fact`. */
static inline uint64_t look_at(const struct calling *call, size_t index, struct ffisan_record_argument *fact) {
    uintptr_t object = tuple_item(call->arguments, index), type = type_of(object), flags = word(type, TYPE_FLAGS);
    *fact = (struct ffisan_record_argument){0};
    if (flags & TYPE_IS_INT) {
        if (UNLIKELY(!int_is_small(object)) && takes_32_bits(call, index))
            int_facts(object, fact);
        return 1;
    }
    if (object == cpython.none)
        return 2;
    if (flags & TYPE_IS_BYTES) {
        set_size(fact, word(object, BYTES_SIZE) + 1);
        return 3;
    }
    if (flags & TYPE_IS_TEXT) {
        set_size(fact, (word(object, TEXT_LENGTH) + 1) * 4);
        fact->flags |= FFISAN_ARGUMENT_WIDE;
        return 4;
    }
    enum kind kind = kind_of(call->module, type);
    if (LIKELY(kind != NO_KIND)) {
        data_facts(call->module, object, kind, fact);
        return memo_mix(type, type_version(type));
    }
    if (is_reference(call->module, type)) {
        reference_facts(call->module, object, fact);
        uintptr_t of = word(object, REFERENCE_OBJECT);
        uint64_t shifted =
            of && kind_of(call->module, type_of(of)) != NO_KIND && word(of, DATA_POINTER) != word(object, REFERENCE_VALUE);
        uint64_t tag = *(const uint8_t *)(object + REFERENCE_TAG);
        return of ? memo_mix(memo_mix(type_of(of), type_version(type_of(of))), tag << 1 | shifted) : tag;
    }
    return memo_mix(type, type_version(type));
}

static inline uint64_t mix_type(uint64_t hash, uintptr_t type) {
    return is_type(type) ? memo_mix(hash, type ^ (uint64_t)type_version(type) << 32) : memo_mix(hash, type);
}

/* Of everything that a description depends on. */
static uint64_t hash_call(const struct calling *call, struct call_level *level, struct call_facts *facts) {
    size_t count = tuple_size(call->arguments);
    uint64_t hash = mix_type(mix_type(count + 1, type_of(call->function)), call->result);
    struct ffisan_record_argument nowhere;
    for (size_t i = 0; i < call->declared_count; i++)
        hash = mix_type(hash, call->declared[i]);
    facts->count = count < CALL_ARGUMENTS ? (uint32_t)count : CALL_ARGUMENTS;
    for (size_t i = 0; i < count; i++) {
        struct ffisan_record_argument *fact = i < facts->count ? &level->arguments[i] : &nowhere;
        uint64_t way = look_at(call, i, fact);
        uint32_t telling = fact->flags & (FFISAN_ARGUMENT_CUT | FFISAN_ARGUMENT_WIDE);
        if (i >= call->declared_count)
            hash = memo_mix(hash, way);
        if (UNLIKELY(telling))
            facts->hash = memo_mix(facts->hash, (uint64_t)telling << 32 | i);
        if (UNLIKELY(fact->flags & FFISAN_ARGUMENT_CALLBACK))
            facts->hash = memo_mix(facts->hash, way + i);
    }
    return memo_mix(hash, (uint64_t)call->declared_count << 1 | call->result_declared);
}

static uint32_t describe_argument(struct describer *to, const struct calling *call, size_t index) {
    if (index < call->declared_count)
        return describe_parameter(to, call->declared[index]);
    return describe_object(to, call->module, tuple_item(call->arguments, index));
}

static void describe_function(struct describer *to, const struct calling *call, size_t count) {
    struct type_writer *writer = to->writer;
    uint32_t function = add_type(to, FFISAN_TYPE_FUNCTION, 0, 0, 0), first = type_add_fields(writer, (uint32_t)count);
    for (size_t i = 0; i < count && !writer->full; i++) {
        uint32_t type = describe_argument(to, call, i);
        writer->fields[first + i].type = type;
    }
    uint32_t result = describe_result(to, call->result);
    writer->types[function] =
        (struct ffisan_type){.kind = FFISAN_TYPE_FUNCTION, .to = result, .first = first, .count = (uint32_t)count};
}

static const struct description *describe_it(const struct calling *call, size_t count) {
    struct describer describer;
    describer.module = call->module;
    describer.writer = description_begin();
    describer.depth = describer.known_count = 0;
    if (!describer.writer)
        return NULL;
    struct description description = {.binding = FFISAN_BINDING_CTYPES};
    if (call->declared) {
        description.flags |= FFISAN_CALL_ARGUMENTS_DECLARED;
        if (count > call->declared_count) {
            description.flags |= FFISAN_CALL_VARIADIC;
            description.fixed = (uint32_t)call->declared_count;
        }
    }
    description.flags |= call->result_declared ? FFISAN_CALL_RESULT_DECLARED : 0;
    describe_function(&describer, call, count);
    return description_intern(&description);
}

/* By looking them up types get a version, where they can have one. False: one has none. */
static bool have_versions(const struct calling *call) {
    bool all = true;
    for (size_t i = 0; i < call->declared_count; i++) {
        uintptr_t type = call->declared[i];
        if (is_type(type))
            look_up(type, names.type);
        all = all && (!is_type(type) || type_version(type));
    }
    for (size_t i = 0; i < tuple_size(call->arguments); i++) {
        look_up(type_of(tuple_item(call->arguments, i)), names.type);
        all = all && type_version(type_of(tuple_item(call->arguments, i)));
    }
    look_up(type_of(call->function), names.type);
    if (is_type(call->result))
        look_up(call->result, names.type);
    return all && type_version(type_of(call->function)) && (!is_type(call->result) || type_version(call->result));
}

static RARE const struct description *describe(const struct calling *call, struct call_level *level, struct call_facts *facts) {
    void *type, *value, *traceback;
    const struct description *made = NULL;
    size_t count = tuple_size(call->arguments);
    python.fetch(&type, &value, &traceback);
    bool lasting = have_versions(call), worth_it = lasting || untagged++ < UNTAGGED_MOST;
    facts->hash = 0;
    uint64_t hash = hash_call(call, level, facts);
    struct memo_slot *slot = memo_slot(hash);
    if (worth_it && count <= ARGUMENTS_MAX && !(made = memo_recall(slot, hash)) && (made = describe_it(call, count)) && lasting)
        memo_remember(slot, hash, made);
    python.clear();
    python.restore(type, value, traceback);
    return made;
}

static struct ctypes_module *module_of_function(uintptr_t function) {
    uintptr_t meta = type_of(type_of(function));
    for (unsigned i = 0; i < modules_count; i++)
        if (modules[i].meta[FUNCTION] == meta)
            return &modules[i];
    for (unsigned i = 0; i < modules_count; i++)
        if (python.is_subtype((void *)type_of(function), (void *)modules[i].base[FUNCTION]))
            return &modules[i];
    return NULL;
}

/* What the prototype says counts where the object itself says nothing. False: it cannot be told what was declared. */
static bool read_declaration(struct calling *call) {
    uintptr_t type = type_of(call->function), own = word(call->function, FUNCTION_ARGUMENTS);
    uintptr_t prototype = look_up(type, names.arguments), declared = own ? own : prototype;
    call->result = word(call->function, FUNCTION_RESULT);
    call->result_declared = call->result || prototype;
    call->result = call->result ? call->result : look_up(type, names.result);
    if (!declared)
        return true;
    uintptr_t converters = word(call->function, FUNCTION_CONVERT);
    return items_of(declared, &call->declared, &call->declared_count) &&
           (!own || (converters && tuple_size(converters) == call->declared_count));
}

/* A result that somebody looks at is not thrown away. */
static bool drops_result(const struct calling *call) {
    bool made_into = call->result_declared && (!is_type(call->result) || kind_of(call->module, call->result) == NO_KIND);
    bool looked_at = word(call->function, FUNCTION_CHECK) || (made_into && call->result != cpython.none);
    return !looked_at && place_drops_result();
}

static void tell(const struct call_frame *frame, uintptr_t function, uintptr_t arguments) {
    struct calling call = {.module = module_of_function(function), .function = function, .arguments = arguments};
    if (!call.module || word(function, FUNCTION_FLAGS) || !read_declaration(&call))
        return;
    struct call_facts facts = {.function = word(word(function, DATA_POINTER), 0)};
    uint64_t hash = hash_call(&call, frame->level, &facts);
    const struct description *description = memo_recall(memo_slot(hash), hash);
    if (UNLIKELY(!description) && !(description = describe(&call, frame->level, &facts)))
        return;
    facts.flags = drops_result(&call) ? FFISAN_CALL_RESULT_DROPPED : 0;
    callable_tell(frame, description, &facts);
}

static void *called(void *function, void *arguments, void *keywords) {
    if (UNLIKELY(self.busy || hooks_off || domains_saw_the_end()))
        return original(function, arguments, keywords);
    struct call_frame frame;
    callable_enter(&frame, (uintptr_t)__builtin_frame_address(0));
    if (LIKELY(frame.level && !keywords))
        tell(&frame, (uintptr_t)function, (uintptr_t)arguments);
    void *result = original(function, arguments, keywords);
    callable_leave(&frame);
    return result;
}

/* ---- in place ---- */

static bool know_names(void) {
    names.type = name_for_ever("_type_");
    names.fields = name_for_ever("_fields_");
    names.pack = name_for_ever("_pack_");
    names.swapped = name_for_ever("_swappedbytes_");
    names.arguments = name_for_ever("_argtypes_");
    names.result = name_for_ever("_restype_");
    names.from_param = name_for_ever("from_param");
    names.as_parameter = name_for_ever("_as_parameter_");
    return names.type && names.fields && names.pack && names.swapped && names.arguments && names.result && names.from_param &&
           names.as_parameter;
}

static uintptr_t item(uintptr_t dict, const char *name) {
    uintptr_t key = name_for_ever(name), found = key ? dict_item(dict, key) : 0;
    if (key)
        python.release((void *)key);
    return found;
}

/* Objects are laid out as is written above. */
static bool fits(const struct ctypes_module *module) {
    return module->data && word(module->data, TYPE_BASIC_SIZE) == DATA_WHOLE &&
           word(module->base[FUNCTION], TYPE_BASIC_SIZE) == FUNCTION_WHOLE && named(module->data, "_CData");
}

static bool read_module(struct ctypes_module *module, uintptr_t dict) {
    *module = (struct ctypes_module){.sizeof_ = (void *)item(dict, "sizeof")};
    for (enum kind kind = 0; kind < KINDS; kind++) {
        module->base[kind] = item(dict, base_names[kind]);
        if (!is_type(module->base[kind]))
            return false;
        module->meta[kind] = type_of(module->base[kind]);
    }
    module->data = word(module->base[SIMPLE], TYPE_BASE);
    return module->sizeof_ && named(type_of((uintptr_t)module->sizeof_), "builtin_function_or_method") && fits(module);
}

static bool is_known(const struct ctypes_module *module) {
    for (unsigned i = 0; i < modules_count; i++)
        if (modules[i].base[FUNCTION] == module->base[FUNCTION])
            return true;
    return false;
}

void ctypes_found(uintptr_t dict) {
    struct ctypes_module module;
    if (modules_count == MODULES_MOST || !read_module(&module, dict) || is_known(&module) || (!names.type && !know_names()))
        return;
    uintptr_t slot = word(module.base[FUNCTION], TYPE_CALL);
    if (slot == (uintptr_t)called || (original && slot != (uintptr_t)original))
        return;
    for (enum kind kind = 0; kind < KINDS; kind++)
        python.retain((void *)module.base[kind]);
    python.retain(module.sizeof_);
    original = (void *(*)(void *, void *, void *))slot;
    modules[modules_count] = module;
    __atomic_store_n(&modules_count, modules_count + 1, __ATOMIC_RELEASE);
    callables_replace(module.base[FUNCTION], slot, (uintptr_t)called);
    callables_done("_ctypes");
}
