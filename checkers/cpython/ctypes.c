/* SPDX-License-Identifier: Apache-2.0
 *
 * ctypes: what a function object says of its function, and what its arguments were before they were converted.
 *
 * An argument is what ConvParam of Modules/_ctypes/callproc.c makes of it: an int without argtypes becomes a C int, and is cut without a
 * word when it is longer; bytes are a char *, str is a wchar_t * into a copy, None is a null pointer.
 *
 * Three things are remembered, each with all that has to be the same for it to be true: of a function object what was declared of it,
 * of a type what it is, and of a way of calling its description. A call that finds all of them costs some 10 ns.
 */
#include "cpython/ctypes.h"

#include <string.h>

#include "core/thread.h"
#include "cpython/arrays.h"
#include "hooks/hooks.h"

#define MODULES_MOST   4u /* imports of _ctypes that are remembered: from 3.13 on each makes types of its own */
#define UNTAGGED_MOST  1000u
#define BASES_MOST     32u
#define DECLARED_KEPT  12u /* argtypes of more are read anew each time */
#define FUNCTIONS_KEPT 512u

static struct ctypes_module modules[MODULES_MOST];
static unsigned modules_count;
static void *(*original)(void *function, void *arguments, void *keywords);
static unsigned untagged;

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

/* A c_wchar_p that was made of a text keeps its copy in a capsule (Modules/_ctypes/cfield.c, Z_set). */
static bool is_made_of_text(uintptr_t object) {
    uintptr_t kept = word(object, DATA_OBJECTS);
    return kept && kept != cpython.none && is_named(type_of(kept), "PyCapsule");
}

/* A c_char_p that was made of bytes keeps them, and leads to them as long as nobody set it anew. */
static void text_facts(uintptr_t object, struct ffisan_record_argument *fact) {
    uintptr_t kept = word(object, DATA_OBJECTS);
    if (!kept || !is_kind(kept, TYPE_IS_BYTES) || word(word(object, DATA_POINTER), 0) != kept + BYTES_DATA)
        return;
    set_size(fact, word(kept, BYTES_SIZE) + 1);
    fact->flags |= FFISAN_ARGUMENT_TEXT;
}

static void data_facts(const struct known_type *type, uintptr_t object, struct ffisan_record_argument *fact) {
    if (type->kind == ARRAY)
        set_size(fact, memory_behind(object, word(object, DATA_POINTER)));
    if (type->wide || (type->letter == 'Z' && is_made_of_text(object)))
        fact->flags |= FFISAN_ARGUMENT_WIDE;
    if (type->letter == 'z')
        text_facts(object, fact);
    if (type->kind == FUNCTION && word(object, FUNCTION_THUNK))
        fact->flags |= FFISAN_ARGUMENT_CALLBACK;
}

static inline void int_facts(uintptr_t number, struct ffisan_record_argument *fact) {
    int64_t value;
    if (!int_value(number, &value) || (value >= INT32_MIN && value <= UINT32_MAX))
        return;
    fact->value = (uint64_t)value;
    fact->flags |= FFISAN_ARGUMENT_CUT;
}

/* ---- a function object, and what was declared of it ---- */

/* A type, or whatever else stood in its place. */
struct seen {
    uintptr_t object, type;
    uint32_t version; /* 0: it is no type */
    bool simple;      /* c_int and the like: nothing that is said of it can change while somebody holds it */
};

struct known_function {
    uintptr_t function;
    uintptr_t arguments, converters, result; /* of the object, as they stand there */
    struct seen type, result_type;           /* of it, and the restype that counts */
    uintptr_t sequence, sequence_type;       /* the argtypes that count, the object's own or the prototype's; 0: none */
    uint32_t declared_count;
    uint32_t cuts; /* bit: an int for this parameter is cut to 32 bits */
    struct ctypes_module *module;
    uint64_t hash;
    const struct description *description;  /* of calls with as many arguments as are declared; NULL: not made yet */
    bool is_list;                           /* the sequence, no tuple */
    bool result_declared, result_converted; /* somebody looks at it */
    bool keeps_gil;                         /* it is PyDLL's */
    struct seen declared[DECLARED_KEPT];
};
static struct known_function functions[FUNCTIONS_KEPT];

static inline bool is_as_seen(const struct seen *seen, uintptr_t object) {
    return seen->object == object &&
           (!object || (type_of(object) == seen->type && (!seen->version || type_version(object) == seen->version)));
}

/* False: it is a type that has no version. */
static bool see(struct seen *seen, uintptr_t object) {
    *seen = (struct seen){.object = object, .type = object ? type_of(object) : 0};
    if (!is_type(object))
        return true;
    look_up(object, ctypes_names.type);
    seen->version = type_version(object);
    return seen->version != 0;
}

/* A list may have moved its items. */
static inline const uintptr_t *declared_items(const struct known_function *known) {
    return (const uintptr_t *)(known->is_list ? word(known->sequence, LIST_ITEMS) : known->sequence + TUPLE_ITEMS);
}

/* An item is compared before it is looked at: what was seen there once is safe to read as what it was. */
static inline bool are_as_seen(const struct known_function *known) {
    if (type_of(known->sequence) != known->sequence_type || tuple_size(known->sequence) != known->declared_count)
        return false;
    const uintptr_t *items = declared_items(known);
    for (uint32_t i = 0; i < known->declared_count; i++) {
        const struct seen *seen = &known->declared[i];
        if (!(LIKELY(seen->simple) ? seen->object == items[i] : is_as_seen(seen, items[i])))
            return false;
    }
    return true;
}

static inline bool is_known(const struct known_function *known, uintptr_t function) {
    if (known->function != function || known->arguments != word(function, FUNCTION_ARGUMENTS) ||
        known->converters != word(function, FUNCTION_CONVERT) || known->result != word(function, FUNCTION_RESULT) ||
        !is_as_seen(&known->type, type_of(function)) || (known->result && !is_as_seen(&known->result_type, known->result)))
        return false;
    return !known->sequence || are_as_seen(known);
}

static struct ctypes_module *module_of(uintptr_t function) {
    for (unsigned i = 0; i < modules_count; i++)
        if (python.is_subtype((void *)type_of(function), (void *)modules[i].base[FUNCTION]))
            return &modules[i];
    return NULL;
}

static uint64_t mix_seen(uint64_t hash, const struct seen *seen) {
    return memo_mix(hash, seen->object ^ (uint64_t)seen->version << 32);
}

/* 0: it is none of ctypes' simple types. */
static char letter_of(const struct ctypes_module *module, uintptr_t type) {
    return is_type(type) ? known_type(module, type)->letter : 0;
}

/* ctypes converts by what argtypes held when they were set. A list may have been changed since: then what converts an argument is
 * bound to another type. */
static bool is_converted_by(const struct known_function *known, size_t index, uintptr_t type) {
    uintptr_t converter = known->arguments ? tuple_item(known->converters, index) : 0;
    void *builtin = (void *)type_of((uintptr_t)known->module->sizeof_);
    return !converter || !python.is_subtype((void *)type_of(converter), builtin) || word(converter, BUILTIN_SELF) == type;
}

static bool learn_arguments(struct known_function *known, uintptr_t prototype) {
    const uintptr_t *items = NULL;
    size_t count = 0;
    bool lasting = true;
    known->sequence = known->arguments ? known->arguments : prototype;
    if (!known->sequence)
        return true;
    if (!items_of(known->sequence, &items, &count) || count > DECLARED_KEPT ||
        (known->arguments && (!known->converters || tuple_size(known->converters) != count)))
        return false;
    known->sequence_type = type_of(known->sequence);
    known->is_list = is_kind(known->sequence, TYPE_IS_LIST);
    known->declared_count = (uint32_t)count;
    known->hash = memo_mix(known->hash, count + 1);
    for (size_t i = 0; i < count && lasting; i++) {
        lasting = is_converted_by(known, i, items[i]) && see(&known->declared[i], items[i]);
        char letter = letter_of(known->module, items[i]);
        known->hash = mix_seen(known->hash, &known->declared[i]);
        known->declared[i].simple = letter != 0;
        known->cuts |= (uint32_t)(letter && strchr("iIhHbB", letter)) << i;
    }
    return lasting;
}

static bool keeps_gil(uintptr_t type) {
    uintptr_t flags = look_up(type, ctypes_names.flags);
    int64_t value;
    return flags && is_kind(flags, TYPE_IS_INT) && int_value(flags, &value) && value & FUNCTION_KEEPS_GIL;
}

/* What the prototype says counts where the object itself says nothing. False: it cannot be told, or not for long. */
static bool learn(struct known_function *known, uintptr_t function) {
    uintptr_t type = type_of(function), prototype = look_up(type, ctypes_names.arguments);
    *known = (struct known_function){.arguments = word(function, FUNCTION_ARGUMENTS),
                                     .converters = word(function, FUNCTION_CONVERT),
                                     .result = word(function, FUNCTION_RESULT),
                                     .module = module_of(function)};
    known->result_declared = known->result || prototype;
    uintptr_t result = known->result ? known->result : look_up(type, ctypes_names.result);
    if (!known->module || !see(&known->type, type) || !see(&known->result_type, result))
        return false;
    known->result_converted = result && result != cpython.none && (!is_type(result) || kind_of(known->module, result) == NO_KIND);
    known->keeps_gil = keeps_gil(type);
    known->hash = memo_mix(mix_seen(mix_seen(1, &known->type), &known->result_type), known->result_declared);
    if (!learn_arguments(known, prototype))
        return false;
    known->function = function;
    return true;
}

static RARE bool learn_quietly(struct known_function *known, uintptr_t function) {
    void *type, *value, *traceback;
    if (untagged >= UNTAGGED_MOST)
        return false;
    python.fetch(&type, &value, &traceback);
    bool learnt = learn(known, function);
    python.clear();
    python.restore(type, value, traceback);
    if (!learnt) {
        known->function = 0;
        untagged++;
    }
    return learnt;
}

static inline struct known_function *known_function(uintptr_t function) {
    struct known_function *known = &functions[(function >> 4 ^ function >> 13) % FUNCTIONS_KEPT];
    return LIKELY(is_known(known, function)) || learn_quietly(known, function) ? known : NULL;
}

/* ---- a call ---- */

/* What a reference (byref) adds to the way of calling. */
static uint64_t look_at_reference(struct ctypes_module *module, uintptr_t reference, struct ffisan_record_argument *fact) {
    uintptr_t object = word(reference, REFERENCE_OBJECT), address = word(reference, REFERENCE_VALUE);
    uint64_t tag = *(const uint8_t *)(reference + REFERENCE_TAG);
    if (!object)
        return tag;
    const struct known_type *type = known_type(module, type_of(object));
    uint64_t way = memo_mix(memo_mix(type->type, type->version), tag);
    if (tag != 'P' || type->kind == NO_KIND)
        return way;
    set_size(fact, memory_behind(object, address));
    fact->flags |= type->wide ? FFISAN_ARGUMENT_WIDE : 0;
    return way + (word(object, DATA_POINTER) != address);
}

/* ---- arrays ---- */

static bool is_address(const struct known_type *type) {
    return type->kind == POINTER || (type->kind == SIMPLE && (type->letter == 'P' || type->letter == 'z'));
}

/* The array that the argument was made of, or is (numpy.ctypeslib.ndpointer, ndarray.ctypes). */
static bool find_array(const struct known_type *type, uintptr_t object, struct array *array) {
    if (type->kind == NO_KIND)
        return arrays_possible() &&
               (array_read(object, array) || (is_named(type_of(object), "_ctypes") && array_kept(object, 0, array)));
    uintptr_t kept = word(object, DATA_OBJECTS), address = word(object, DATA_POINTER);
    if (LIKELY(!kept || kept == cpython.none) || !(is_address(type) || type->kind == ARRAY))
        return false;
    address = is_address(type) ? word(address, 0) : address;
    return array_among(kept, address, array) || (is_address(type) && arrays_possible() && array_kept(object, address, array));
}

static void add_numbers(const struct known_function *known, uintptr_t object, struct array_numbers *numbers) {
    uintptr_t type = type_of(object);
    struct array array;
    int64_t value;
    if (word(type, TYPE_FLAGS) & TYPE_IS_INT) {
        if (int_value(object, &value))
            array_number(numbers, value);
        return;
    }
    if (is_reference(known->module, type)) {
        uintptr_t of = word(object, REFERENCE_OBJECT);
        array_memory(numbers, word(object, REFERENCE_VALUE), of ? word(of, DATA_SIZE) : 0);
        return;
    }
    const struct known_type *what = known_type(known->module, type);
    uintptr_t memory = what->kind != NO_KIND ? word(object, DATA_POINTER) : 0;
    if (memory)
        array_memory(numbers, is_address(what) ? word(memory, 0) : memory, is_address(what) ? 16 : word(object, DATA_SIZE));
    else if (find_array(what, object, &array) && array.kind == FFISAN_TYPE_INTEGER)
        array_memory(numbers, array.address, (size_t)array.item * 2);
}

/* The function is told of the strides, or reads no further than they matter. */
static RARE bool is_explained(const struct known_function *known, uintptr_t arguments, size_t index, const struct array *array) {
    struct array_numbers numbers = {0};
    for (size_t i = 0; i < tuple_size(arguments); i++)
        if (i != index)
            add_numbers(known, tuple_item(arguments, i), &numbers);
    return !array_is_misread(array, &numbers);
}

static RARE void array_facts(const struct known_function *known, uintptr_t arguments, size_t index, struct array *array,
                             struct ffisan_record_argument *fact) {
    array->strided = array->strided && !is_explained(known, arguments, index, array);
    array_tell(array, fact);
}

#define WAY_OF_INT 1

/* What the argument adds to the way of calling; what is known about it goes to `fact`. */
static inline uint64_t look_at(const struct known_function *known, size_t index, uintptr_t arguments,
                               struct ffisan_record_argument *fact) {
    uintptr_t object = tuple_item(arguments, index);
    uintptr_t type = type_of(object), flags = word(type, TYPE_FLAGS);
    if (flags & TYPE_IS_INT) {
        if (UNLIKELY(!int_is_small(object)) && (index >= known->declared_count || known->cuts >> index & 1))
            int_facts(object, fact);
        return WAY_OF_INT;
    }
    if (object == cpython.none)
        return 2;
    if (flags & TYPE_IS_BYTES) {
        set_size(fact, word(object, BYTES_SIZE) + 1);
        fact->flags |= made_for_call(object) | FFISAN_ARGUMENT_TEXT;
        return 3;
    }
    if (flags & TYPE_IS_TEXT) {
        set_size(fact, (word(object, TEXT_LENGTH) + 1) * 4);
        fact->flags |= FFISAN_ARGUMENT_WIDE;
        return 4;
    }
    if (is_reference(known->module, type))
        return look_at_reference(known->module, object, fact);
    const struct known_type *what = known_type(known->module, type);
    if (what->kind != NO_KIND)
        data_facts(what, object, fact);
    struct array array;
    if (UNLIKELY(find_array(what, object, &array)))
        array_facts(known, arguments, index, &array, fact);
    return memo_mix(type, what->version);
}

/* Of everything that a description depends on, but what the function object says of it. */
static inline uint64_t look_at_all(const struct known_function *known, uintptr_t arguments, struct call_level *level,
                                   struct call_facts *facts) {
    size_t count = tuple_size(arguments);
    uint64_t hash = known->hash + count;
    struct ffisan_record_argument nowhere;
    facts->count = count < CALL_ARGUMENTS ? (uint32_t)count : CALL_ARGUMENTS;
    for (size_t i = 0; i < count; i++) {
        struct ffisan_record_argument *fact = i < CALL_ARGUMENTS ? &level->arguments[i] : &nowhere;
        *fact = (struct ffisan_record_argument){0};
        uintptr_t object = tuple_item(arguments, i);
        bool int_that_fits = type_of(object) == python.int_type && int_is_small(object);
        uint64_t way = int_that_fits ? WAY_OF_INT : look_at(known, i, arguments, fact);
        if (i >= known->declared_count)
            hash = memo_mix(hash, way);
        if (UNLIKELY(fact->flags & ~(unsigned)(FFISAN_ARGUMENT_SIZED | FFISAN_ARGUMENT_FRESH | FFISAN_ARGUMENT_TEXT)))
            facts->hash = memo_mix(facts->hash, array_identity(fact, i)) + (fact->flags & FFISAN_ARGUMENT_CALLBACK ? way : 0);
    }
    return hash;
}

static void describe_arguments(struct describer *to, const struct known_function *known, uintptr_t arguments, uint32_t first) {
    for (size_t i = 0; i < tuple_size(arguments) && !to->writer->full; i++) {
        uint32_t type = i < known->declared_count ? describe_parameter(to, known->declared[i].object)
                                                  : describe_object(to, tuple_item(arguments, i));
        to->writer->fields[first + i].type = type;
    }
}

static const struct description *describe(const struct known_function *known, uintptr_t arguments) {
    struct describer describer;
    struct type_writer *writer = description_begin();
    uint32_t count = (uint32_t)tuple_size(arguments);
    if (!writer)
        return NULL;
    describer_start(&describer, known->module, writer);
    uint32_t function = type_add(writer, (struct ffisan_type){.kind = FFISAN_TYPE_FUNCTION}),
             first = type_add_fields(writer, count);
    describe_arguments(&describer, known, arguments, first);
    writer->types[function] = (struct ffisan_type){.kind = FFISAN_TYPE_FUNCTION, .first = first, .count = count};
    uint32_t result = describe_result(&describer, known->result_type.object);
    writer->types[function].to = result;
    /* callproc.c takes what comes after the declared ones for variadic, where something was declared. */
    bool variadic = known->declared_count && count > known->declared_count;
    struct description made = {.binding = FFISAN_BINDING_CTYPES, .fixed = variadic ? known->declared_count : 0};
    made.flags = (known->sequence ? FFISAN_CALL_ARGUMENTS_DECLARED : 0) |
                 (known->result_declared ? FFISAN_CALL_RESULT_DECLARED : 0) | (variadic ? FFISAN_CALL_VARIADIC : 0);
    return description_intern(&made);
}

static bool have_versions(const struct known_function *known, uintptr_t arguments) {
    bool all = true;
    for (size_t i = known->declared_count; i < tuple_size(arguments); i++) {
        look_up(type_of(tuple_item(arguments, i)), ctypes_names.type);
        all = all && type_version(type_of(tuple_item(arguments, i)));
    }
    return all;
}

/* Looks again first: looking types up may have given them versions, by which they are found. */
static RARE const struct description *describe_quietly(const struct known_function *known, uintptr_t arguments,
                                                       struct call_level *level, struct call_facts *facts) {
    void *type, *value, *traceback;
    const struct description *made = NULL;
    python.fetch(&type, &value, &traceback);
    bool lasting = have_versions(known, arguments);
    facts->hash = 0;
    uint64_t hash = look_at_all(known, arguments, level, facts);
    struct memo_slot *slot = memo_slot(hash);
    if (tuple_size(arguments) <= ARGUMENTS_MAX && (lasting || untagged++ < UNTAGGED_MOST) && !(made = memo_recall(slot, hash)) &&
        (made = describe(known, arguments)) && lasting)
        memo_remember(slot, hash, made);
    python.clear();
    python.restore(type, value, traceback);
    return made;
}

static inline const struct description *find(struct known_function *known, uintptr_t arguments, struct call_level *level,
                                             struct call_facts *facts) {
    uint64_t hash = look_at_all(known, arguments, level, facts);
    bool plain = tuple_size(arguments) == known->declared_count;
    const struct description *description = plain ? known->description : memo_recall(memo_slot(hash), hash);
    if (LIKELY(description != NULL))
        return description;
    description = describe_quietly(known, arguments, level, facts);
    if (plain)
        known->description = description;
    return description;
}

static inline void tell(const struct call_frame *frame, uintptr_t function, uintptr_t arguments) {
    struct known_function *known = known_function(function);
    if (UNLIKELY(!known || word(function, FUNCTION_FLAGS)))
        return;
    struct call_facts facts = {.function = word(word(function, DATA_POINTER), 0)};
    const struct description *description = find(known, arguments, frame->level, &facts);
    if (UNLIKELY(!description))
        return;
    bool drops;
    facts.place = place_of_call(&drops);
    if (drops && !known->result_converted && !word(function, FUNCTION_CHECK))
        facts.flags = FFISAN_CALL_RESULT_DROPPED;
    facts.edges = edges_of(facts.function, known->keeps_gil);
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

static const char *const base_names[KINDS] = {"_SimpleCData", "_Pointer", "Array", "Structure", "Union", "CFuncPtr"};

static bool know_names(void) {
    static const char *const texts[] = {"_type_",    "_fields_",   "_pack_",         "_swappedbytes_", "_argtypes_",
                                        "_restype_", "from_param", "_as_parameter_", "_flags_"};
    uintptr_t *name = &ctypes_names.type; /* in the order of the members */
    _Static_assert(sizeof ctypes_names == sizeof texts / sizeof *texts * sizeof *name, "a text for each name");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!(name[i] = name_for_ever(texts[i])))
            return false;
    return true;
}

static uintptr_t item(uintptr_t dict, const char *name) {
    uintptr_t key = name_for_ever(name), found = key ? dict_item(dict, key) : 0;
    if (key)
        python.release((void *)key);
    return found;
}

/* Objects are laid out as ctypes.h says. */
static bool fits(const struct ctypes_module *module) {
    return module->data && word(module->data, TYPE_BASIC_SIZE) == DATA_WHOLE &&
           word(module->base[FUNCTION], TYPE_BASIC_SIZE) == FUNCTION_WHOLE && is_named(module->data, "_CData");
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
    return module->sizeof_ && is_named(type_of((uintptr_t)module->sizeof_), "builtin_function_or_method") && fits(module);
}

static bool is_remembered(const struct ctypes_module *module) {
    for (unsigned i = 0; i < modules_count; i++)
        if (modules[i].base[FUNCTION] == module->base[FUNCTION])
            return true;
    return false;
}

void ctypes_found(uintptr_t dict) {
    struct ctypes_module module;
    if (modules_count == MODULES_MOST || !read_module(&module, dict) || is_remembered(&module) ||
        (!ctypes_names.type && !know_names()))
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
