/* SPDX-License-Identifier: Apache-2.0
 *
 * cffi: what a function of a library that was opened with ffi.dlopen was declared as, and its callbacks when they die.
 *
 * A function is a cdata whose ctype says everything, since cffi has no calls without a declaration; and it refuses what does not fit
 * it. A ctype never changes what it said once, but may die; a weak reference tells. Objects are read as c/_cffi_backend.c lays them
 * out, the same in 1.12 to 2.0; sizes of the types are compared before that is believed. Functions of modules that cffi compiled
 * (API mode) do not come here: a C compiler has seen them.
 *
 * Callbacks are closures from a pool of cffi's own (c/malloc_closure.h), which writes into what it takes back. When one dies the
 * pool is given another piece of memory instead (callback_exchange), and the closure stays as it was, for C to call.
 */
#include <string.h>

#include "core/thread.h"
#include "cpython/arrays.h"
#include "cpython/callables.h"
#include "hooks/closures.h"
#include "hooks/hooks.h"

/* Of a CTypeDescrObject: */
#define CTYPE_ITEM   24u /* ct_itemdescr */
#define CTYPE_STUFF  32u /* ct_stuff; of a function a tuple: abi, result, arguments */
#define CTYPE_EXTRA  40u /* ct_extra; of a function NULL when it is variadic */
#define CTYPE_SIZE   64u /* ct_size */
#define CTYPE_LENGTH 72u
#define CTYPE_FLAGS  80u
#define CTYPE_OLD    88u /* where the name begins, and what the type says is its size: up to 1.17, */
#define CTYPE_NEW    96u /* from 2.0 on */
/* ct_flags: */
#define CT_SIGNED   0x001u
#define CT_UNSIGNED 0x002u
#define CT_CHAR     0x004u
#define CT_FLOAT    0x008u
#define CT_POINTER  0x010u
#define CT_ARRAY    0x020u
#define CT_STRUCT   0x040u
#define CT_UNION    0x080u
#define CT_FUNCTION 0x100u
#define CT_VOID     0x200u
#define CT_COMPLEX  0x400u
#define CT_OPAQUE   0x4000u /* or not known to be more yet */
#define CT_ENUM     0x8000u
#define CT_OWNED    0x10000u /* a pointer to a struct that is an object of its own */
#define CT_BOOL     0x80000u
/* Of a CDataObject: */
#define CDATA_TYPE    16u
#define CDATA_POINTER 24u
#define CDATA_WHOLE   40u
#define CDATA_LENGTH  40u /* of an own array without a length in its type */
#define CDATA_CLOSURE 40u /* of a callback */
#define CDATA_VIEW    48u /* of from_buffer: its Py_buffer */
#define CDATA_VIEWING 56u
#define CDATA_GC      48u
/* Of a CFieldObject: */
#define CFIELD_TYPE   16u
#define CFIELD_OFFSET 24u
#define CFIELD_SHIFT  32u  /* a short: of a bit-field, its first bit; below 0: it is none, */
#define CFIELD_EMPTY  (-2) /* or an array without a size */
#define CFIELD_BITS   34u
#define CFIELD_WHOLE  48u

#define KNOWN_TYPES     256u /* of one description */
#define DEPTH_MOST      8u
#define FIELDS_MOST     1024u
#define FUNCTIONS_KEPT  1024u
#define PRIMITIVES_NAME 64u

static void *(*original)(void *function, void *arguments, void *keywords);
static void (*original_dealloc)(void *object);
static uintptr_t ctype_type, cfield_type, own_type, view_type; /* view_type 0: it has none that we know */
static size_t name_offset;
static uintptr_t fields_name;

/* ---- types ---- */

struct describer {
    struct type_writer *writer;
    unsigned depth, known_count;
    struct {
        uintptr_t ctype;
        uint32_t index;
    } known[KNOWN_TYPES];
};

static uint32_t flags_of(uintptr_t ctype) {
    return *(const uint32_t *)(ctype + CTYPE_FLAGS);
}

static uint32_t size_of(uintptr_t ctype) {
    uintptr_t size = word(ctype, CTYPE_SIZE);
    return size <= UINT32_MAX ? (uint32_t)size : 0;
}

static const char *name_of_ctype(uintptr_t ctype) {
    return (const char *)ctype + name_offset;
}

static uint32_t describe_type(struct describer *to, uintptr_t ctype);

static struct ffisan_type primitive_type(uintptr_t ctype, uint32_t flags) {
    struct ffisan_type made = {.size = size_of(ctype)};
    if (flags & CT_ENUM)
        made.kind = FFISAN_TYPE_ENUM;
    else if (flags & CT_BOOL)
        made.kind = FFISAN_TYPE_BOOL;
    else if (flags & CT_FLOAT)
        made.kind = FFISAN_TYPE_FLOAT;
    else if (flags & CT_COMPLEX)
        made.kind = FFISAN_TYPE_COMPLEX;
    else if (made.size == 1)
        made.kind = FFISAN_TYPE_CHARACTER;
    else if (flags & CT_CHAR && strcmp(name_of_ctype(ctype), "wchar_t") == 0)
        made.kind = FFISAN_TYPE_WIDE;
    else
        made.kind = FFISAN_TYPE_INTEGER;
    bool counts = made.kind == FFISAN_TYPE_INTEGER || made.kind == FFISAN_TYPE_CHARACTER;
    made.flags = counts && flags & CT_UNSIGNED ? FFISAN_TYPE_UNSIGNED : 0;
    return made;
}

static uint32_t describe_primitive(struct describer *to, uintptr_t ctype, uint32_t flags) {
    struct ffisan_type made = primitive_type(ctype, flags);
    const char *name = name_of_ctype(ctype);
    made.name = type_add_text(to->writer, name, strnlen(name, PRIMITIVES_NAME));
    return type_add(to->writer, made);
}

/* The FUNCTION at `index`, with `more` parameters of which nothing is known behind its own. */
static void describe_function(struct describer *to, uintptr_t ctype, uint32_t index, uint32_t more) {
    uintptr_t signature = word(ctype, CTYPE_STUFF);
    uint32_t count = (uint32_t)tuple_size(signature) - 2;
    struct ffisan_type made = {.kind = FFISAN_TYPE_FUNCTION, .count = count + more};
    made.first = type_add_fields(to->writer, made.count);
    for (uint32_t i = 0; i < count && !to->writer->full; i++) {
        uint32_t type = describe_type(to, tuple_item(signature, i + 2));
        to->writer->fields[made.first + i].type = type;
    }
    made.flags = word(ctype, CTYPE_EXTRA) ? 0 : FFISAN_TYPE_VARIADIC;
    made.to = describe_type(to, tuple_item(signature, 1));
    to->writer->types[index] = made;
}

static bool describe_field(struct describer *to, uint32_t index, uintptr_t entry, uint16_t *flags) {
    if (!is_kind(entry, TYPE_IS_TUPLE) || tuple_size(entry) != 2 || type_of(tuple_item(entry, 1)) != cfield_type)
        return false;
    uintptr_t field = tuple_item(entry, 1);
    intptr_t size;
    const char *name = python.utf8((void *)tuple_item(entry, 0), &size);
    int16_t shift = *(const int16_t *)(field + CFIELD_SHIFT), bits = *(const int16_t *)(field + CFIELD_BITS);
    struct ffisan_field made = {.offset = (uint32_t)word(field, CFIELD_OFFSET)};
    if (shift >= 0) {
        made.offset += (uint32_t)shift / 8;
        made.bit_offset = (uint16_t)(shift % 8);
        made.bit_width = (uint16_t)bits;
    }
    *flags |= shift == CFIELD_EMPTY ? FFISAN_TYPE_FLEXIBLE : 0;
    made.name = name && size < 256 ? type_add_text(to->writer, name, (size_t)size) : 0;
    made.type = describe_type(to, word(field, CFIELD_TYPE));
    to->writer->fields[index] = made;
    return true;
}

/* Asking for the fields makes cffi work them out, where it has not yet. An opaque struct must not be asked: cffi 2.1 aborts
 * (ctypeget_fields, an assertion that its wheels were built with). */
static void describe_struct(struct describer *to, uintptr_t ctype, uint32_t index, bool is_union) {
    struct ffisan_type made = {.kind = is_union ? FFISAN_TYPE_UNION : FFISAN_TYPE_STRUCT};
    const char *name = name_of_ctype(ctype);
    made.name = type_add_text(to->writer, name, strnlen(name, PRIMITIVES_NAME));
    void *fields = flags_of(ctype) & CT_OPAQUE ? NULL : python.attribute((void *)ctype, (void *)fields_name);
    size_t count = fields && is_kind((uintptr_t)fields, TYPE_IS_LIST) ? word((uintptr_t)fields, LIST_SIZE) : 0;
    made.size = size_of(ctype);
    made.first = count <= FIELDS_MOST ? type_add_fields(to->writer, (uint32_t)count) : 0;
    bool whole = count && count <= FIELDS_MOST && !to->writer->full;
    made.count = whole ? (uint32_t)count : 0;
    for (size_t i = 0; i < count && whole; i++) {
        const uintptr_t *items = (const uintptr_t *)word((uintptr_t)fields, LIST_ITEMS);
        whole = describe_field(to, made.first + (uint32_t)i, items[i], &made.flags);
    }
    made.flags |= !made.size ? FFISAN_TYPE_INCOMPLETE : whole ? 0 : FFISAN_TYPE_FIELDS_UNKNOWN;
    if (!whole)
        made.count = 0;
    if (fields)
        python.release(fields);
    python.clear();
    to->writer->types[index] = made;
}

static void describe_compound(struct describer *to, uintptr_t ctype, uint32_t flags, uint32_t index) {
    if (flags & (CT_STRUCT | CT_UNION)) {
        describe_struct(to, ctype, index, flags & CT_UNION);
        return;
    }
    uint32_t of = 0;
    if (!(flags & CT_FUNCTION))
        of = describe_type(to, word(ctype, CTYPE_ITEM));
    else if ((of = type_add(to->writer, (struct ffisan_type){.kind = FFISAN_TYPE_FUNCTION})))
        describe_function(to, ctype, of, 0);
    to->writer->types[index] = flags & CT_ARRAY
                                   ? (struct ffisan_type){.kind = FFISAN_TYPE_ARRAY, .size = size_of(ctype), .to = of}
                                   : (struct ffisan_type){.kind = FFISAN_TYPE_POINTER, .size = 8, .to = of};
}

/* Its place in the table is taken before what it consists of is looked at: types lead back to themselves. */
static uint32_t describe_type(struct describer *to, uintptr_t ctype) {
    if (type_of(ctype) != ctype_type)
        return 0;
    uint32_t flags = flags_of(ctype);
    for (unsigned i = 0; i < to->known_count; i++)
        if (to->known[i].ctype == ctype)
            return to->known[i].index;
    if (to->depth == DEPTH_MOST || to->known_count == KNOWN_TYPES)
        return 0;
    bool compound = flags & (CT_POINTER | CT_ARRAY | CT_STRUCT | CT_UNION | CT_FUNCTION);
    uint32_t index = compound          ? type_add(to->writer, (struct ffisan_type){0})
                     : flags & CT_VOID ? type_add(to->writer, (struct ffisan_type){.kind = FFISAN_TYPE_VOID})
                                       : describe_primitive(to, ctype, flags);
    if (!index)
        return 0;
    to->known[to->known_count].ctype = ctype;
    to->known[to->known_count++].index = index;
    to->depth++;
    if (compound)
        describe_compound(to, ctype, flags, index);
    to->depth--;
    return index;
}

/* ---- functions ---- */

/* A ctype that was described, for calls with that many arguments. */
struct known_function {
    uintptr_t ctype, reference; /* a weak one, ours */
    size_t count;
    const struct description *description;
};
static struct known_function functions[FUNCTIONS_KEPT];

static const struct description *describe(uintptr_t ctype, size_t count) {
    struct describer describer;
    size_t fixed = tuple_size(word(ctype, CTYPE_STUFF)) - 2;
    bool variadic = !word(ctype, CTYPE_EXTRA);
    if (variadic ? count < fixed : count != fixed)
        return NULL; /* cffi is going to refuse it */
    describer.writer = description_begin();
    describer.depth = describer.known_count = 0;
    if (!describer.writer)
        return NULL;
    uint32_t function = type_add(describer.writer, (struct ffisan_type){.kind = FFISAN_TYPE_FUNCTION});
    describe_function(&describer, ctype, function, (uint32_t)(count - fixed));
    return description_intern(&(struct description){.binding = FFISAN_BINDING_CFFI,
                                                    .flags = FFISAN_CALL_ARGUMENTS_DECLARED | FFISAN_CALL_RESULT_DECLARED |
                                                             (variadic ? FFISAN_CALL_VARIADIC : 0),
                                                    .fixed = variadic ? (uint32_t)fixed : 0});
}

static bool is_function(uintptr_t ctype) {
    uintptr_t signature = word(ctype, CTYPE_STUFF);
    return type_of(ctype) == ctype_type && flags_of(ctype) & CT_FUNCTION && signature && is_kind(signature, TYPE_IS_TUPLE) &&
           tuple_size(signature) >= 2;
}

static RARE const struct description *learn(struct known_function *known, uintptr_t ctype, size_t count) {
    void *type, *value, *traceback;
    if (count > ARGUMENTS_MAX || !is_function(ctype))
        return NULL;
    python.fetch(&type, &value, &traceback);
    const struct description *made = describe(ctype, count);
    void *reference = made ? python.weakref((void *)ctype, NULL) : NULL;
    if (reference) {
        void *before = (void *)known->reference;
        *known = (struct known_function){ctype, (uintptr_t)reference, count, made};
        if (before)
            python.release(before);
    }
    python.clear();
    python.restore(type, value, traceback);
    return made;
}

static inline const struct description *known_function(uintptr_t ctype, size_t count) {
    struct known_function *known = &functions[(ctype >> 4 ^ ctype >> 14 ^ count) % FUNCTIONS_KEPT];
    bool same = known->ctype == ctype && known->count == count && word(known->reference, WEAKREF_OBJECT) == ctype;
    return LIKELY(same) ? known->description : learn(known, ctype, count);
}

/* The memory that ffi.new made, as part of the object itself; 0: it is not that, or may be more. */
static size_t own_memory(uintptr_t object) {
    uintptr_t ctype = word(object, CDATA_TYPE), item = word(ctype, CTYPE_ITEM), flags = flags_of(ctype);
    if (type_of(object) != own_type || word(object, CDATA_POINTER) - object > CDATA_WHOLE + 24 || flags & CT_OWNED)
        return 0;
    if (flags & CT_POINTER)
        return size_of(item) << (flags_of(item) & CT_CHAR ? 1 : 0); /* a NUL stands behind a character */
    if (!(flags & CT_ARRAY))
        return 0;
    intptr_t length = (intptr_t)word(ctype, CTYPE_LENGTH);
    length = length < 0 ? (intptr_t)word(object, CDATA_LENGTH) : length;
    return length > 0 ? (size_t)length * size_of(item) : 0;
}

/* What ffi.from_buffer made its pointer of; it takes nothing that has gaps. */
static bool read_viewed(uintptr_t object, struct array *array) {
    uintptr_t view = word(object, CDATA_VIEW), of = view ? word(view, BUFFER_OBJECT) : 0;
    bool known = of && array_read(of, array) && array->address == word(object, CDATA_POINTER);
    array->strided = false;
    return known;
}

static void look_at(uintptr_t object, struct ffisan_record_argument *fact) {
    uintptr_t type = type_of(object);
    bool text = word(type, TYPE_FLAGS) & TYPE_IS_BYTES;
    size_t size = text ? word(object, BYTES_SIZE) + 1 : type == own_type ? own_memory(object) : 0;
    *fact = (struct ffisan_record_argument){.size = size, .flags = size ? FFISAN_ARGUMENT_SIZED | made_for_call(object) : 0};
    fact->flags |= text ? FFISAN_ARGUMENT_TEXT : 0;
    struct array array;
    if (UNLIKELY(view_type && type == view_type && read_viewed(object, &array)))
        array_tell(&array, fact);
}

static inline void tell(const struct call_frame *frame, uintptr_t function, uintptr_t arguments) {
    size_t count = tuple_size(arguments);
    const struct description *description = known_function(word(function, CDATA_TYPE), count);
    if (UNLIKELY(!description))
        return;
    struct call_facts facts = {.function = word(function, CDATA_POINTER)};
    facts.count = count < CALL_ARGUMENTS ? (uint32_t)count : CALL_ARGUMENTS;
    for (size_t i = 0; i < facts.count; i++) {
        struct ffisan_record_argument *fact = &frame->level->arguments[i];
        look_at(tuple_item(arguments, i), fact);
        if (UNLIKELY(fact->flags & FFISAN_ARGUMENT_ARRAY))
            facts.hash = memo_mix(facts.hash, array_identity(fact, i));
    }
    bool drops;
    facts.place = place_of_call(&drops);
    facts.flags = drops ? FFISAN_CALL_RESULT_DROPPED : 0;
    facts.edges = edges_of(facts.function, false);
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

/* ---- callbacks ---- */

/* Only what is known as a callback by its closure and its code is one; anything else of the type has other words there. */
static void deallocated(void *object) {
    struct origin origin = ORIGIN_HERE();
    uintptr_t closure = word((uintptr_t)object, CDATA_CLOSURE);
    const struct callback *callback = self.busy || hooks_off ? NULL : callback_of(closure);
    if (UNLIKELY(callback && callback->code == word((uintptr_t)object, CDATA_POINTER))) {
        uintptr_t other = callback_exchange(closure, &origin);
        if (other)
            *(uintptr_t *)((uintptr_t)object + CDATA_CLOSURE) = other;
    }
    original_dealloc(object);
}

/* ---- in place ---- */

static uintptr_t find_type(uintptr_t dict, const char *name, size_t size) {
    uintptr_t key = name_for_ever(name), type = key ? dict_item(dict, key) : 0;
    if (key)
        python.release((void *)key);
    return type && is_kind(type, TYPE_IS_TYPE) && word(type, TYPE_BASIC_SIZE) == size ? type : 0;
}

static bool read_types(uintptr_t dict) {
    ctype_type = find_type(dict, "CType", CTYPE_OLD);
    ctype_type = ctype_type ? ctype_type : find_type(dict, "CType", CTYPE_NEW);
    cfield_type = find_type(dict, "CField", CFIELD_WHOLE);
    own_type = find_type(dict, "__CDataOwn", CDATA_WHOLE);
    view_type = find_type(dict, "__CDataFromBuf", CDATA_VIEWING);
    name_offset = ctype_type ? word(ctype_type, TYPE_BASIC_SIZE) : 0;
    fields_name = fields_name ? fields_name : name_for_ever("fields");
    return ctype_type && cfield_type && own_type && fields_name;
}

/* Its types are static (up to 2.0): found once, they stay. */
void cffi_found(uintptr_t dict) {
    uintptr_t base = find_type(dict, "_CDataBase", CDATA_WHOLE), collected = find_type(dict, "__CDataOwnGC", CDATA_GC);
    if (original || !base || !read_types(dict))
        return;
    original = (void *(*)(void *, void *, void *))word(base, TYPE_CALL);
    callables_replace(base, word(base, TYPE_CALL), (uintptr_t)called);
    if (collected) {
        original_dealloc = (void (*)(void *))word(collected, TYPE_DEALLOC);
        __atomic_store_n((uintptr_t *)(collected + TYPE_DEALLOC), (uintptr_t)deallocated, __ATOMIC_RELEASE);
    }
    callables_done("_cffi_backend");
}
