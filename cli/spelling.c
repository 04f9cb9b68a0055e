/* SPDX-License-Identifier: Apache-2.0
 *
 * A C declaration is read from its name outwards, and written so: what has been spelled so far stands in the middle, and each type
 * puts its part to the left or the right of it.
 */
#include "spelling.h"

#include <string.h>

#include "core/layout.h"
#include "pool.h"

#define DEPTH      8u
#define FUNCTIONS  4u  /* parameters further in than this are "..." */
#define PARAMETERS 32u /* of a function with more, the rest is "..." */
#define NAME_MOST  200u

static const struct ffisan_type *type_of(const struct type_table *table, uint32_t type) {
    return &table->types[type];
}

static const char *name_text(struct pool *pool, const struct type_table *table, uint32_t name) {
    return name ? pool_clean(pool, type_text(table, name), NAME_MOST) : "";
}

/* ---- C ---- */

static const char *integer_word(const struct ffisan_type *type) {
    bool is_unsigned = type->flags & FFISAN_TYPE_UNSIGNED;
    switch (type->size) {
    case 1:
        return is_unsigned ? "unsigned char" : "signed char";
    case 2:
        return is_unsigned ? "unsigned short" : "short";
    case 4:
        return is_unsigned ? "unsigned int" : "int";
    case 8:
        return is_unsigned ? "unsigned long" : "long";
    default:
        return is_unsigned ? "unsigned __int128" : "__int128";
    }
}

static const char *float_word(const struct ffisan_type *type) {
    return type->size == 4 ? "float" : type->size == 8 ? "double" : "long double";
}

/* A type without a name, but for those that are made of others. */
static const char *plain_word(struct pool *pool, const struct ffisan_type *type) {
    switch (type->kind) {
    case FFISAN_TYPE_VOID:
        return "void";
    case FFISAN_TYPE_BOOL:
        return "bool";
    case FFISAN_TYPE_CHARACTER:
        return type->flags & FFISAN_TYPE_UNSIGNED ? "unsigned char" : "char";
    case FFISAN_TYPE_WIDE:
        return "wchar_t";
    case FFISAN_TYPE_INTEGER:
        return integer_word(type);
    case FFISAN_TYPE_ENUM:
        return "enum";
    case FFISAN_TYPE_FLOAT:
        return float_word(type);
    case FFISAN_TYPE_COMPLEX:
        return type->size == 8 ? "float complex" : type->size == 16 ? "double complex" : "long double complex";
    case FFISAN_TYPE_VECTOR:
        return "vector";
    case FFISAN_TYPE_STRUCT:
        return type->size ? pool_text(pool, "struct of %u bytes", type->size) : "opaque struct";
    case FFISAN_TYPE_UNION:
        return type->size ? pool_text(pool, "union of %u bytes", type->size) : "opaque union";
    default:
        return "unknown";
    }
}

/* ctypes' own names of C's types (c_int) are for spell_ctypes; its structs and unions have their classes' names. */
static bool is_of_ctypes(const char *name, const struct ffisan_type *type) {
    return strncmp(name, "c_", 2) == 0 && type->kind != FFISAN_TYPE_STRUCT && type->kind != FFISAN_TYPE_UNION;
}

static const char *base_word(struct pool *pool, const struct type_table *table, const struct ffisan_type *type) {
    const char *name = name_text(pool, table, type->name);
    return name[0] && !is_of_ctypes(name, type) ? name : plain_word(pool, type);
}

/* What goes by a name of its own is not taken apart. */
static bool is_named(const struct type_table *table, const struct ffisan_type *type) {
    return type->name && !is_of_ctypes(type_text(table, type->name), type);
}

static const char *spell(struct pool *pool, const struct type_table *table, uint32_t type, const char *middle, bool is_const,
                         unsigned depth);

static const char *spell_parameters(struct pool *pool, const struct type_table *table, const struct ffisan_type *function,
                                    unsigned depth) {
    const char *text = "";
    bool cut = function->count > PARAMETERS;
    if (function->flags & FFISAN_TYPE_NO_PROTOTYPE)
        return "";
    if (depth > FUNCTIONS)
        return "...";
    for (uint32_t i = 0; i < function->count && i < PARAMETERS; i++) {
        const struct ffisan_field *parameter = &table->fields[function->first + i];
        const char *one = spell(pool, table, parameter->type, name_text(pool, table, parameter->name), false, depth);
        text = pool_text(pool, "%s%s%s", text, i ? ", " : "", one);
    }
    if (cut || (function->flags & FFISAN_TYPE_VARIADIC))
        return pool_text(pool, "%s%s...", text, function->count ? ", " : "");
    return text[0] ? text : "void";
}

/* `const` goes with what is pointed to: in front of a word, behind a star. */
static const char *spell_pointer(struct pool *pool, const struct type_table *table, const struct ffisan_type *type,
                                 const char *middle, bool is_const, unsigned depth) {
    const struct ffisan_type *to = type_of(table, type->to);
    bool binds_weaker = !is_named(table, to) && (to->kind == FFISAN_TYPE_FUNCTION || to->kind == FFISAN_TYPE_ARRAY);
    const char *star = pool_text(pool, "*%s%s", is_const ? middle[0] ? "const " : "const" : "", middle);
    return spell(pool, table, type->to, binds_weaker ? pool_text(pool, "(%s)", star) : star, type->flags & FFISAN_TYPE_CONST,
                 depth);
}

static const char *spell_array(struct pool *pool, const struct type_table *table, const struct ffisan_type *type,
                               const char *middle, bool is_const, unsigned depth) {
    uint32_t size = type_of(table, type->to)->size;
    const char *count = size && type->size ? pool_text(pool, "%u", type->size / size) : "";
    return spell(pool, table, type->to, pool_text(pool, "%s[%s]", middle, count), is_const, depth);
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as DEPTH
static const char *spell(struct pool *pool, const struct type_table *table, uint32_t type, const char *middle, bool is_const,
                         unsigned depth) {
    const struct ffisan_type *here = type_of(table, type);
    if (depth >= DEPTH)
        return "...";
    bool named = is_named(table, here);
    if (!named && here->kind == FFISAN_TYPE_POINTER)
        return spell_pointer(pool, table, here, middle, is_const, depth + 1);
    if (!named && here->kind == FFISAN_TYPE_ARRAY)
        return spell_array(pool, table, here, middle, is_const, depth + 1);
    if (!named && here->kind == FFISAN_TYPE_FUNCTION)
        return spell(pool, table, here->to, pool_text(pool, "%s(%s)", middle, spell_parameters(pool, table, here, depth + 1)),
                     false, depth + 1);
    bool nothing = here->kind == FFISAN_TYPE_UNKNOWN && middle[0] == '*'; /* a pointer to nobody knows what */
    return pool_text(pool, "%s%s%s%s", is_const ? "const " : "", nothing ? "void" : base_word(pool, table, here),
                     middle[0] ? " " : "", middle);
}

const char *spell_type(struct pool *pool, const struct type_table *table, uint32_t type) {
    return spell(pool, table, type, "", false, 0);
}

const char *spell_declaration(struct pool *pool, const struct type_table *table, uint32_t type, const char *name) {
    return spell(pool, table, type, name, false, 0);
}

/* The name of the function's type, when it has one, is not what is wanted here. */
const char *spell_prototype(struct pool *pool, const struct declaration *declaration, const char *name) {
    const struct ffisan_type *function = type_of(declaration->table, declaration->function);
    const char *parameters = spell_parameters(pool, declaration->table, function, 1);
    return spell(pool, declaration->table, function->to, pool_text(pool, "%s(%s)", name, parameters), false, 1);
}

/* ---- ctypes ---- */

static const char *ctypes_integer(const struct type_table *table, const struct ffisan_type *type) {
    const char *name = type_text(table, type->name);
    bool is_unsigned = type->flags & FFISAN_TYPE_UNSIGNED;
    if (strcmp(name, "size_t") == 0 || strcmp(name, "ssize_t") == 0)
        return name[1] == 's' ? "ctypes.c_ssize_t" : "ctypes.c_size_t";
    switch (type->size) {
    case 1:
        return is_unsigned ? "ctypes.c_ubyte" : "ctypes.c_byte";
    case 2:
        return is_unsigned ? "ctypes.c_ushort" : "ctypes.c_short";
    case 4:
        return is_unsigned ? "ctypes.c_uint" : "ctypes.c_int";
    case 8:
        return is_unsigned ? "ctypes.c_ulong" : "ctypes.c_long";
    default:
        return NULL;
    }
}

/* A struct is a class of the program's own: by its tag, or as much of it as Python takes for a name. */
static const char *class_name(struct pool *pool, const struct type_table *table, const struct ffisan_type *type) {
    const char *name = name_text(pool, table, type->name), *space = strrchr(name, ' ');
    name = space ? space + 1 : name;
    size_t letters = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    bool is_word = name[0] && !name[letters] && !(name[0] >= '0' && name[0] <= '9');
    return is_word ? name : NULL;
}

static const char *spell_python(struct pool *pool, const struct type_table *table, uint32_t type, unsigned depth);

static const char *ctypes_function(struct pool *pool, const struct type_table *table, const struct ffisan_type *function,
                                   unsigned depth) {
    const char *text = spell_python(pool, table, function->to, depth);
    bool sayable = !(function->flags & (FFISAN_TYPE_VARIADIC | FFISAN_TYPE_NO_PROTOTYPE)) && function->count <= PARAMETERS &&
                   depth <= FUNCTIONS;
    for (uint32_t i = 0; text && sayable && i < function->count; i++) {
        const char *one = spell_python(pool, table, table->fields[function->first + i].type, depth);
        text = one ? pool_text(pool, "%s, %s", text, one) : NULL;
    }
    return text && sayable ? pool_text(pool, "ctypes.CFUNCTYPE(%s)", text) : NULL;
}

/* c_char_p is for text that nobody changes; ctypes takes a buffer for it as well. */
static const char *ctypes_pointer(struct pool *pool, const struct type_table *table, const struct ffisan_type *type,
                                  unsigned depth) {
    const struct ffisan_type *to = type_of(table, type->to);
    bool text = to->kind == FFISAN_TYPE_CHARACTER && (!(to->flags & FFISAN_TYPE_UNSIGNED) || (type->flags & FFISAN_TYPE_CONST));
    if (text)
        return "ctypes.c_char_p";
    if (to->kind == FFISAN_TYPE_WIDE)
        return "ctypes.c_wchar_p";
    if (to->kind == FFISAN_TYPE_FUNCTION) {
        const char *function = ctypes_function(pool, table, to, depth);
        return function ? function : "ctypes.c_void_p";
    }
    /* Of a struct the binding may have no class at all, and needs none to hand it about. */
    bool structure = to->kind == FFISAN_TYPE_STRUCT || to->kind == FFISAN_TYPE_UNION;
    bool opaque =
        structure || to->kind == FFISAN_TYPE_VOID || to->kind == FFISAN_TYPE_UNKNOWN || (to->flags & FFISAN_TYPE_INCOMPLETE);
    const char *inner = opaque ? NULL : spell_python(pool, table, type->to, depth);
    return inner ? pool_text(pool, "ctypes.POINTER(%s)", inner) : "ctypes.c_void_p";
}

static const char *ctypes_array(struct pool *pool, const struct type_table *table, const struct ffisan_type *type,
                                unsigned depth) {
    const char *element = spell_python(pool, table, type->to, depth);
    uint32_t size = type_of(table, type->to)->size;
    return element && size ? pool_text(pool, "%s * %u", element, type->size / size) : NULL;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as DEPTH
static const char *spell_python(struct pool *pool, const struct type_table *table, uint32_t type, unsigned depth) {
    const struct ffisan_type *here = type_of(table, type);
    if (depth >= DEPTH)
        return NULL;
    switch (here->kind) {
    case FFISAN_TYPE_VOID:
        return "None";
    case FFISAN_TYPE_BOOL:
        return "ctypes.c_bool";
    case FFISAN_TYPE_CHARACTER:
        return here->flags & FFISAN_TYPE_UNSIGNED ? "ctypes.c_ubyte" : "ctypes.c_char";
    case FFISAN_TYPE_WIDE:
        return "ctypes.c_wchar";
    case FFISAN_TYPE_INTEGER:
    case FFISAN_TYPE_ENUM:
        return ctypes_integer(table, here);
    case FFISAN_TYPE_FLOAT:
        return here->size == 4 ? "ctypes.c_float" : here->size == 8 ? "ctypes.c_double" : "ctypes.c_longdouble";
    case FFISAN_TYPE_POINTER:
        return ctypes_pointer(pool, table, here, depth + 1);
    case FFISAN_TYPE_ARRAY:
        return ctypes_array(pool, table, here, depth + 1);
    case FFISAN_TYPE_STRUCT:
    case FFISAN_TYPE_UNION:
        return class_name(pool, table, here);
    default:
        return NULL;
    }
}

const char *spell_ctypes(struct pool *pool, const struct type_table *table, uint32_t type) {
    return spell_python(pool, table, type, 0);
}

const char *spell_argtypes(struct pool *pool, const struct declaration *declaration) {
    const struct type_table *table = declaration->table;
    const struct ffisan_type *function = type_of(table, declaration->function);
    const char *text = "";
    if (function->count > PARAMETERS || (function->flags & FFISAN_TYPE_NO_PROTOTYPE))
        return NULL;
    for (uint32_t i = 0; i < function->count; i++) {
        const char *one = spell_python(pool, table, table->fields[function->first + i].type, 0);
        if (!one)
            return NULL;
        text = pool_text(pool, "%s%s%s", text, i ? ", " : "", one);
    }
    return pool_text(pool, "[%s]", text);
}
