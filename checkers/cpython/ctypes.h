/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files about ctypes share. Objects are read as Modules/_ctypes/ctypes.h lays them out, which is the same from 3.8 to 3.13;
 * sizes of the types are compared before that is believed.
 */
#ifndef FFISAN_CPYTHON_CTYPES_H
#define FFISAN_CPYTHON_CTYPES_H

#include "cpython/callables.h"

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
#define FUNCTION_KEEPS_GIL 4 /* of a class's _flags_: FUNCFLAG_PYTHONAPI, PyDLL */
/* Of a PyCArgObject (byref): */
#define REFERENCE_TAG    24u
#define REFERENCE_VALUE  32u
#define REFERENCE_OBJECT 48u
#define REFERENCE_WHOLE  64u
/* Of a CFieldObject: */
#define FIELD_OFFSET 16u
#define FIELD_SIZE   24u /* of a bit-field: its width << 16, and the bit that it begins at */
#define FIELD_WHOLE  72u

enum kind { SIMPLE, POINTER, ARRAY, STRUCT, UNION, FUNCTION, KINDS, NO_KIND = KINDS };

/* One import of the module. What is remembered here is kept alive. */
struct ctypes_module {
    uintptr_t base[KINDS], meta[KINDS];
    uintptr_t data;      /* _CData, the base of all */
    uintptr_t reference; /* the type of byref's results; 0: none was seen yet */
    void *sizeof_;
};

struct ctypes_names {
    uintptr_t type, fields, pack, swapped, arguments, result, from_param, as_parameter, flags;
};
extern struct ctypes_names ctypes_names;

static inline uintptr_t look_up(uintptr_t type, uintptr_t name) {
    return (uintptr_t)python.lookup((void *)type, (void *)name);
}
static inline bool is_type(uintptr_t object) {
    return object && is_kind(object, TYPE_IS_TYPE);
}
/* The last part of the type's name. */
bool is_named(uintptr_t type, const char *name);

/* What a type is, once it was looked at. */
struct known_type {
    uintptr_t type;
    const struct ctypes_module *module;
    uint32_t version;
    uint8_t kind; /* enum kind */
    char letter;  /* of a simple type; 0: has none that means something */
    bool wide;    /* its memory is wide characters: an array of them */
};
#define KNOWN_TYPES 512u
extern struct known_type known_types[KNOWN_TYPES];
const struct known_type *known_type_slow(const struct ctypes_module *module, uintptr_t type);
/* Valid until the next call. About 2 ns. */
static inline const struct known_type *known_type(const struct ctypes_module *module, uintptr_t type) {
    const struct known_type *known = &known_types[(type >> 4 ^ type >> 13) % KNOWN_TYPES];
    bool same = known->type == type && known->module == module && known->version == type_version(type);
    return LIKELY(same) ? known : known_type_slow(module, type);
}
static inline enum kind kind_of(const struct ctypes_module *module, uintptr_t type) {
    return known_type(module, type)->kind;
}

/* The type of byref's results; learns it when it sees it. */
bool is_reference_slow(struct ctypes_module *module, uintptr_t type);
static inline bool is_reference(struct ctypes_module *module, uintptr_t type) {
    return LIKELY(type == module->reference) || is_reference_slow(module, type);
}

/* A list or a tuple, exact or derived, of at most FIELDS_MOST items. */
#define FIELDS_MOST 1024u
bool items_of(uintptr_t sequence, const uintptr_t **items, size_t *count);

/* ctypes_types.c: types as they are written into a table. */
#define TYPES_DESCRIBED 256u
struct describer {
    struct ctypes_module *module;
    struct type_writer *writer;
    unsigned depth, known_count;
    struct {
        uintptr_t type;
        uint32_t index;
    } known[TYPES_DESCRIBED];
};
void describer_start(struct describer *describer, struct ctypes_module *module, struct type_writer *writer);
/* Each answers an index, 0: not known. What stands in argtypes, what stands in restype (0: nothing does), what was passed without
 * argtypes. */
uint32_t describe_parameter(struct describer *to, uintptr_t type);
uint32_t describe_result(struct describer *to, uintptr_t result);
uint32_t describe_object(struct describer *to, uintptr_t object);

#endif
