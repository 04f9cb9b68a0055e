/* SPDX-License-Identifier: Apache-2.0
 *
 * From a table to stubs: PyMethodDef, PyGetSetDef, a type's slots, each function pointer is replaced where it stands.
 *
 * Descriptors and builtin functions keep the address of their PyMethodDef or PyGetSetDef, so that these may be changed at any time. Slots
 * are copied when a type is made ready, into the types that inherit them and into slot wrappers, and compared from then on
 * (Objects/typeobject.c: tp_new_wrapper, hackcheck; Objects/abstract.c: binary_op1): they are replaced before that, or never, and one
 * function has one stub.
 *
 * What an extension compares itself is in its code: see taken.h.
 */
#include "cpython/tables.h"

#include <string.h>
#include <sys/mman.h>

#include "core/memory.h"
#include "core/modules.h"
#include "core/peek.h"
#include "core/thread.h"
#include "cpython/api.h"
#include "cpython/callables.h"
#include "cpython/heap.h"
#include "cpython/methods.h"
#include "cpython/objects.h"
#include "hooks/hooks.h"

#define PAGE          4096u
#define TABLE_MOST    4096u /* rows of one table */
#define BASES_MOST    64u
#define SCOPE_MOST    300u
#define OBJECT_MOST   512u
#define TYPE_IS_READY (1u << 12)

/* Include/methodobject.h */
#define FLAG_VARARGS  0x0001
#define FLAG_KEYWORDS 0x0002
#define FLAG_NONE     0x0004
#define FLAG_ONE      0x0008
#define FLAG_FAST     0x0080
#define FLAG_METHOD   0x0200
#define FLAGS_KNOWN   0x02ff /* with METH_CLASS, METH_STATIC, METH_COEXIST */
#define FLAGS_BINDING 0x0070 /* these, which say nothing about the arguments */

struct method_definition { /* PyMethodDef */
    const char *name;
    uintptr_t function;
    int flags;
    const char *doc;
};
struct property_definition { /* PyGetSetDef */
    const char *name;
    uintptr_t getter, setter;
    const char *doc;
    void *closure;
};
struct module_slot { /* PyModuleDef_Slot */
    int slot;
    uintptr_t value;
};
#define MODULE_SLOT_EXEC 2 /* Py_mod_exec */
struct module_definition { /* PyModuleDef */
    uintptr_t head[5];
    const char *name, *doc;
    intptr_t size;
    struct method_definition *methods;
    struct module_slot *slots;
};
struct type_slot { /* PyType_Slot */
    int slot;
    uintptr_t value;
};
struct type_spec { /* PyType_Spec */
    const char *name;
    int basic_size, item_size;
    unsigned flags;
    struct type_slot *slots;
};
#define SLOT_METHODS    64 /* Py_tp_methods */
#define SLOT_PROPERTIES 73 /* Py_tp_getset */

enum slot_table { TABLE_TYPE, TABLE_ASYNC, TABLE_NUMBER, TABLE_SEQUENCE, TABLE_MAPPING, TABLE_BUFFER, TABLES };
/* Where a PyTypeObject has the address of the sub-table. */
static const uint16_t table_offsets[TABLES] = {0, 80, 96, 104, 112, 160};
#define TYPE_METHODS        232u
#define TYPE_PROPERTIES     248u
#define TYPE_VECTORCALL     56u        /* tp_vectorcall_offset */
#define TYPE_HAS_VECTORCALL (1u << 11) /* Py_TPFLAGS_HAVE_VECTORCALL, from 3.8 on */
#define FUNCTION_DEFINITION 16u        /* PyCFunctionObject.m_ml */

static const struct slot {
    const char *name;
    uint16_t number, offset;
    uint8_t table, kind, shape;
} slots[] = {
#define SLOT(number, table, offset, name, kind, shape) {name, number, offset, TABLE_##table, METHOD_SLOT_##kind, SHAPE_##shape},
#include "cpython/slots.def"
#undef SLOT
};
#define SLOTS (sizeof slots / sizeof *slots)

static bool at_work; /* one at a time: several interpreters may have a GIL each */

/* ---- a word of a table ----------------------------------------------------------------------------------------------------- */

static const ElfW(Phdr) *segment_of(const struct module *module, uintptr_t address, unsigned type) {
    for (unsigned i = 0; i < module->header_count; i++) {
        const ElfW(Phdr) *header = &module->headers[i];
        if (header->p_type == type && address - module->bias - header->p_vaddr < header->p_memsz)
            return header;
    }
    return NULL;
}

/* As got.c writes a slot: a page that was closed behind the relocations is opened for one store. Whole pages are closed, downwards. */
static bool is_closed(const struct module *module, uintptr_t address) {
    const ElfW(Phdr) *relro = segment_of(module, address, PT_GNU_RELRO);
    return relro && address < ((module->bias + relro->p_vaddr + relro->p_memsz) & ~(uintptr_t)(PAGE - 1));
}

static bool write_word(uintptr_t *word, uintptr_t value) {
    const struct module *module = module_at((uintptr_t)word);
    const ElfW(Phdr) *segment = module ? segment_of(module, (uintptr_t)word, PT_LOAD) : NULL;
    if (module && !(segment && segment->p_flags & PF_W))
        return false;
    uintptr_t page = (uintptr_t)word & ~(uintptr_t)(PAGE - 1);
    bool closed = module && is_closed(module, (uintptr_t)word);
    if (closed && mprotect((void *)page, PAGE, PROT_READ | PROT_WRITE) != 0) // NOLINT(performance-no-int-to-ptr)
        return false;
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
    if (closed)
        mprotect((void *)page, PAGE, PROT_READ); // NOLINT(performance-no-int-to-ptr)
    return true;
}

static void replace(uintptr_t *word, const struct method_wish *wish) {
    if (!wish->function || method_is_stub(wish->function))
        return;
    uintptr_t stub = method_stub(wish);
    if (stub)
        write_word(word, stub);
}

/* ---- methods and properties ------------------------------------------------------------------------------------------------ */

/* False: a convention that is not known. */
static bool convention_of(int flags, struct method_wish *wish) {
    static const struct {
        int flags;
        uint8_t kind, shape;
    } conventions[] = {
        {FLAG_VARARGS, METHOD_VARARGS, SHAPE_TUPLE},
        {FLAG_VARARGS | FLAG_KEYWORDS, METHOD_KEYWORDS, SHAPE_TUPLE},
        {FLAG_FAST, METHOD_FAST, SHAPE_VECTOR},
        {FLAG_FAST | FLAG_KEYWORDS, METHOD_FAST_KEYWORDS, SHAPE_VECTOR_NAMES},
        {FLAG_FAST | FLAG_KEYWORDS | FLAG_METHOD, METHOD_TYPE, SHAPE_TYPE_VECTOR},
        {FLAG_NONE, METHOD_NONE, SHAPE_SELF},
        {FLAG_ONE, METHOD_ONE, SHAPE_SECOND},
    };
    for (size_t i = 0; i < sizeof conventions / sizeof *conventions; i++)
        if (conventions[i].flags == (flags & ~FLAGS_BINDING)) {
            wish->kind = conventions[i].kind;
            wish->shape = conventions[i].shape;
            return true;
        }
    return false;
}

static uintptr_t hash_text(uintptr_t hash, const char *text) {
    for (; text && *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    return hash;
}

/* `group`: 0: it is known by its name, since its memory may be another one's tomorrow. */
static void wrap_method(struct method_definition *definition, const char *scope, uintptr_t group) {
    struct method_wish wish = {
        .scope = scope, .name = definition->name, .function = definition->function, .definition = (uintptr_t)definition};
    wish.group = group ? group : hash_text(hash_text(0xcbf29ce484222325u, scope), definition->name);
    if (convention_of(definition->flags, &wish))
        replace(&definition->function, &wish);
}

static void wrap_methods(struct method_definition *table, const char *scope) {
    for (unsigned i = 0; table && i < TABLE_MOST && table[i].name; i++)
        wrap_method(&table[i], scope, (uintptr_t)table);
}

static void wrap_property(struct property_definition *property, const char *scope) {
    struct method_wish wish = {.scope = scope,
                               .name = property->name,
                               .suffix = " (getter)",
                               .function = property->getter,
                               .group = (uintptr_t)property,
                               .kind = METHOD_GETTER,
                               .shape = SHAPE_SELF};
    replace(&property->getter, &wish);
    wish.suffix = " (setter)";
    wish.function = property->setter;
    wish.kind = METHOD_SETTER;
    wish.shape = SHAPE_SECOND;
    replace(&property->setter, &wish);
}

static void wrap_properties(struct property_definition *table, const char *scope) {
    for (unsigned i = 0; table && i < TABLE_MOST && table[i].name; i++)
        wrap_property(&table[i], scope);
}

/* ---- modules --------------------------------------------------------------------------------------------------------------- */

static void wrap_module_slots(struct module_slot *table, const char *name) {
    for (unsigned i = 0; table && i < TABLE_MOST && table[i].slot; i++) {
        struct method_wish wish = {.scope = name,
                                   .name = "(start)",
                                   .function = table[i].value,
                                   .group = (uintptr_t)table,
                                   .kind = METHOD_START,
                                   .shape = SHAPE_SELF};
        if (table[i].slot == MODULE_SLOT_EXEC)
            replace(&table[i].value, &wish);
    }
}

static void wrap_module(struct module_definition *definition) {
    if (!definition || !definition->name)
        return;
    wrap_methods(definition->methods, definition->name);
    wrap_module_slots(definition->slots, definition->name);
}

/* ---- types ----------------------------------------------------------------------------------------------------------------- */

static void wrap_slot(uintptr_t *word, const struct slot *slot, const char *type) {
    struct method_wish wish = {.scope = type, .name = slot->name, .function = *word, .kind = slot->kind, .shape = slot->shape};
    replace(word, &wish);
}

static void wrap_spec(struct type_spec *spec) {
    if (!spec || !spec->name)
        return;
    for (unsigned i = 0; spec->slots && i < TABLE_MOST && spec->slots[i].slot; i++) {
        struct type_slot *at = &spec->slots[i];
        if (at->slot == SLOT_METHODS)
            wrap_methods((struct method_definition *)at->value, spec->name); // NOLINT(performance-no-int-to-ptr)
        else if (at->slot == SLOT_PROPERTIES)
            wrap_properties((struct property_definition *)at->value, spec->name); // NOLINT(performance-no-int-to-ptr)
        for (size_t slot = 0; slot < SLOTS; slot++)
            if (slots[slot].number == at->slot)
                wrap_slot(&at->value, &slots[slot], spec->name);
    }
}

static void wrap_type_slots(uintptr_t type, const char *name) {
    for (size_t i = 0; i < SLOTS; i++) {
        uintptr_t table = slots[i].table == TABLE_TYPE ? type : word(type, table_offsets[slots[i].table]);
        if (table)
            wrap_slot((uintptr_t *)(table + slots[i].offset), &slots[i], name); // NOLINT(performance-no-int-to-ptr)
    }
}

/* A type that is not ready yet, and what it is derived from: PyType_Ready makes those ready first, unseen. */
static void wrap_type(uintptr_t type) {
    for (unsigned i = 0; type && i < BASES_MOST && !(word(type, TYPE_FLAGS) & TYPE_IS_READY); i++) {
        const char *name = (const char *)word(type, TYPE_NAME); // NOLINT(performance-no-int-to-ptr)
        if (!name)
            return;
        wrap_methods((struct method_definition *)word(type, TYPE_METHODS), name);         // NOLINT(performance-no-int-to-ptr)
        wrap_properties((struct property_definition *)word(type, TYPE_PROPERTIES), name); // NOLINT(performance-no-int-to-ptr)
        wrap_type_slots(type, name);
        type = word(type, TYPE_BASE);
    }
}

static const char *type_name(uintptr_t type) {
    return type ? (const char *)word(type, TYPE_NAME) : NULL; // NOLINT(performance-no-int-to-ptr)
}

/* ---- one by one ------------------------------------------------------------------------------------------------------------ */

/* The text of a str that is ASCII and compact; NULL: it is something else. */
static const char *ascii_of(uintptr_t object) {
    if (!object || !is_kind(object, TYPE_IS_TEXT))
        return NULL;
    uint32_t state = (uint32_t)word(object, TEXT_STATE);
    return TEXT_ASCII(state) && TEXT_COMPACT(state) ? (const char *)(object + cpython.layout->text_ascii) : NULL; // NOLINT
}

static void wrap_function(struct method_definition *definition, const char *scope) {
    if (!definition || !definition->name)
        return;
    bool is_static = module_at((uintptr_t)definition) != NULL;
    wrap_method(definition, scope, is_static ? (uintptr_t)definition : 0);
}

/* ---- what a module has when it has started --------------------------------------------------------------------------------- */

/* NULL: it has none. */
static const char *module_scope(uintptr_t object) {
    static const char *(*name_of_module)(void *);
    if (!name_of_module) {
        uintptr_t address = module_symbol(cpython.module, "PyModule_GetName");
        memcpy(&name_of_module, &address, sizeof address);
    }
    if (!object || !name_of_module || cpython_error())
        return NULL;
    const char *name = name_of_module((void *)object); // NOLINT(performance-no-int-to-ptr)
    if (!name)
        python.clear();
    return name;
}

/* Cython makes functions of its own type, which nobody is told about: a struct that begins as a builtin function does (PyCFunctionObject),
 * or, for the stable ABI, has a builtin function in its first word. */
static struct method_definition *definition_of(uintptr_t function) {
    uintptr_t found = word(function, FUNCTION_DEFINITION);
    if (!module_at(found) && object_is(found))
        found = word(found, FUNCTION_DEFINITION);
    const struct module *module = module_at(found);
    return module && segment_of(module, found, PT_LOAD) ? (struct method_definition *)found : NULL; // NOLINT
}

/* Functions of a type of their own: nanobind's, numpy's ufuncs. The word by which they are called is in each object. */
static void wrap_vectorcall(uintptr_t object, const char *scope, const char *name, const struct module *module) {
    uintptr_t type = type_of(object), offset = word(type, TYPE_VECTORCALL);
    if (!(word(type, TYPE_FLAGS) & TYPE_HAS_VECTORCALL) || offset < FUNCTION_DEFINITION || offset > OBJECT_MOST)
        return;
    uintptr_t *at = (uintptr_t *)(object + offset); // NOLINT(performance-no-int-to-ptr)
    struct method_wish wish = {.scope = scope,
                               .name = name,
                               .function = *at,
                               .group = hash_text(hash_text(hash_text(0xcbf29ce484222325u, scope), "."), name),
                               .kind = METHOD_FAST_KEYWORDS,
                               .shape = SHAPE_VECTOR_NAMES};
    if (!method_is_stub(*at) && module_at(*at) == module)
        replace(at, &wish);
}

static void wrap_value(uintptr_t value, const char *scope, const char *name, const struct module *module) {
    const char *type = type_name(type_of(value));
    struct method_definition *definition = type && strstr(type, "cython_function_or_method") ? definition_of(value) : NULL;
    if (definition && definition->name)
        wrap_method(definition, scope, (uintptr_t)definition);
    else if (!type || !strstr(type, "cython_function_or_method"))
        wrap_vectorcall(value, scope, name, module);
}

struct started {
    const char *scope;
    const struct module *module;
    bool classes; /* these are looked into as well */
};
static void wrap_dict(uintptr_t dict, const struct started *started);

/* A class that was made here, not one that was imported. */
static void wrap_class(uintptr_t type, const struct started *started) {
    char scope[SCOPE_MOST];
    const char *name = type_name(type);
    uintptr_t dict = word(type, TYPE_DICT);
    if (!name || !dict || !is_kind(dict, TYPE_IS_DICT) || cpython_is(module_at(type)))
        return;
    size_t length = strchr(name, '.') ? 0 : strnlen(started->scope, sizeof scope / 2);
    memcpy(scope, started->scope, length);
    if (length)
        scope[length++] = '.';
    size_t rest = strnlen(name, sizeof scope - length - 1);
    memcpy(scope + length, name, rest);
    scope[length + rest] = 0;
    wrap_dict(dict, &(struct started){scope, started->module, false});
}

static void wrap_dict(uintptr_t dict, const struct started *started) {
    intptr_t position = 0;
    void *key, *value;
    while (python.dict_next((void *)dict, &position, &key, &value)) { // NOLINT(performance-no-int-to-ptr)
        const char *name = ascii_of((uintptr_t)key);
        if (name && is_kind((uintptr_t)value, TYPE_IS_TYPE) && started->classes)
            wrap_class((uintptr_t)value, started);
        else if (name)
            wrap_value((uintptr_t)value, started->scope, name, started->module);
    }
}

/* The call of a module's beginning returns: it is what it returns (PyInit_...), or what it was given (Py_mod_exec). */
void tables_started(const struct method_call *call, uintptr_t result) {
    if (call->failed || !python.dict_next)
        return;
    uintptr_t module = call->self ? call->self : result;
    if (!python.is_subtype((void *)type_of(module), (void *)python.module_type)) // NOLINT(performance-no-int-to-ptr)
        return;
    const char *scope = module_scope(module);
    uintptr_t dict = (uintptr_t)python.module_dict((void *)module); // NOLINT(performance-no-int-to-ptr)
    if (!scope || !dict || __atomic_exchange_n(&at_work, true, __ATOMIC_ACQUIRE))
        return;
    wrap_dict(dict, &(struct started){scope, module_by_id(call->method->module), true});
    __atomic_store_n(&at_work, false, __ATOMIC_RELEASE);
}

/* The interpreter looks for a module's first function. */
static uintptr_t looked_up(const char *name, uintptr_t address, const struct module *caller) {
    static const char prefix[] = "PyInit_";
    if (strncmp(name, prefix, sizeof prefix - 1) != 0 || !cpython_is(caller) || !cpython.layout ||
        __atomic_exchange_n(&at_work, true, __ATOMIC_ACQUIRE))
        return address;
    uintptr_t stub = method_stub(&(struct method_wish){
        .scope = name + sizeof prefix - 1, .name = "(start)", .function = address, .kind = METHOD_START, .shape = SHAPE_NOTHING});
    __atomic_store_n(&at_work, false, __ATOMIC_RELEASE);
    return stub ? stub : address;
}

/* ---- what the API is told -------------------------------------------------------------------------------------------------- */

enum taken { TAKES_MODULE, TAKES_FUNCTIONS, TAKES_TYPE, TAKES_SPEC, TAKES_FUNCTION, TAKES_METHOD, TAKES_PROPERTY };
static const struct taker {
    const char *name;
    uint8_t takes, index; /* of the argument */
} takers[] = {
    {"PyModuleDef_Init", TAKES_MODULE, 0},
    {"PyModule_Create2", TAKES_MODULE, 0},
    {"PyModule_FromDefAndSpec2", TAKES_MODULE, 0},
    {"PyModule_AddFunctions", TAKES_FUNCTIONS, 1},
    {"PyType_Ready", TAKES_TYPE, 0},
    {"PyType_FromSpec", TAKES_SPEC, 0},
    {"PyType_FromSpecWithBases", TAKES_SPEC, 0},
    {"PyType_FromModuleAndSpec", TAKES_SPEC, 1},
    {"PyType_FromMetaclass", TAKES_SPEC, 2},
    {"PyCFunction_New", TAKES_FUNCTION, 0},
    {"PyCFunction_NewEx", TAKES_FUNCTION, 0},
    {"PyCMethod_New", TAKES_FUNCTION, 0},
    {"PyDescr_NewMethod", TAKES_METHOD, 1},
    {"PyDescr_NewClassMethod", TAKES_METHOD, 1},
    {"PyDescr_NewGetSet", TAKES_PROPERTY, 1},
};
#define TAKERS (sizeof takers / sizeof *takers)

// NOLINTBEGIN(performance-no-int-to-ptr): what the arguments are
static void take(const struct taker *taker, const uint64_t *arguments) {
    uintptr_t given = arguments[taker->index];
    switch ((enum taken)taker->takes) {
    case TAKES_MODULE:
        wrap_module((struct module_definition *)given);
        return;
    case TAKES_FUNCTIONS:
        wrap_methods((struct method_definition *)given, module_scope(arguments[0]));
        return;
    case TAKES_TYPE:
        wrap_type(given);
        return;
    case TAKES_SPEC:
        wrap_spec((struct type_spec *)given);
        return;
    case TAKES_FUNCTION:
        wrap_function((struct method_definition *)given, ascii_of(arguments[2]));
        return;
    case TAKES_METHOD:
        wrap_function((struct method_definition *)given, type_name(arguments[0]));
        return;
    case TAKES_PROPERTY:
        wrap_property((struct property_definition *)given, type_name(arguments[0]));
        return;
    }
}
// NOLINTEND(performance-no-int-to-ptr)

static void taken(struct api_call *call) {
    if (!cpython.layout || __atomic_exchange_n(&at_work, true, __ATOMIC_ACQUIRE))
        return;
    for (size_t i = 0; i < TAKERS; i++)
        if (strcmp(takers[i].name, call->name) == 0)
            take(&takers[i], call->arguments);
    __atomic_store_n(&at_work, false, __ATOMIC_RELEASE);
}

void tables_start(void) {
    static struct api_listener listeners[TAKERS + 1];
    for (size_t i = 0; i < TAKERS; i++)
        listeners[i] = (struct api_listener){.name = takers[i].name, .enter = taken, .always = true};
    api_listen(listeners);
    loader_on_answer(looked_up);
}
