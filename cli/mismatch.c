/* SPDX-License-Identifier: Apache-2.0
 *
 * A sentence says where, what is there, and what the binding takes it for: "argument 2 (n) of f() is size_t, but ctypes passes int".
 */
#include "mismatch.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/elements.h"
#include "core/layout.h"
#include "pool.h"
#include "prototypes.h"
#include "spelling.h"

/* Everything that the words are made of. */
struct wording {
    struct pool *pool;
    struct finding *finding;
    struct mismatch *mismatch;
    const struct disagreement *found;
    const struct call *call;
    struct declaration declared, actual;
    const char *function, *binding;
};

/* ---- parts ---- */

static const struct ffisan_type *function_of(const struct declaration *declaration) {
    return &declaration->table->types[declaration->function];
}

static const struct ffisan_type *declared_type(const struct wording *wording) {
    return &wording->declared.table->types[wording->found->declared];
}

static const struct ffisan_type *actual_type(const struct wording *wording) {
    return &wording->actual.table->types[wording->found->actual];
}

static bool is_ctypes(const struct wording *wording) {
    return strcmp(wording->finding->runtime, "ctypes") == 0;
}

static const char *binding_word(const struct finding *finding) {
    bool unknown = strcmp(finding->runtime, "native") == 0 || strcmp(finding->runtime, "cpython") == 0;
    return unknown ? "the binding" : finding->runtime;
}

static const char *plural(uint64_t count) {
    return count == 1 ? "" : "s";
}

static const char *parameter_name(const struct wording *wording, const struct declaration *declaration, int position) {
    const struct ffisan_type *function = function_of(declaration);
    if (position < 0 || (uint32_t)position >= function->count)
        return "";
    const struct type_table *table = declaration->table;
    return pool_clean(wording->pool, type_text(table, table->fields[function->first + (uint32_t)position].name), 64);
}

static const char *argument_word(const struct wording *wording, const char *name, int position) {
    return name[0] ? pool_text(wording->pool, "argument %d (%s)", position + 1, name)
                   : pool_text(wording->pool, "argument %d", position + 1);
}

/* The argument with its name, or the result. */
static const char *place_named(const struct wording *wording) {
    int position = wording->found->position;
    return position == POSITION_RESULT  ? "the result"
           : position == POSITION_COUNT ? "the number of arguments"
                                        : argument_word(wording, parameter_name(wording, &wording->actual, position), position);
}

/* What stays the same from version to version: names of parameters may change. */
static const char *place_fixed(struct pool *pool, int position) {
    return position == POSITION_RESULT  ? "result"
           : position == POSITION_COUNT ? "number of arguments"
                                        : pool_text(pool, "argument %d", position + 1);
}

static const char *place_text(const struct wording *wording) {
    const struct disagreement *found = wording->found;
    const char *outer = place_fixed(wording->pool, found->position);
    if (!found->callback)
        return outer;
    return pool_text(wording->pool, "%s of the callback in %s", place_fixed(wording->pool, found->callback_position), outer);
}

static const char *spelled(const struct wording *wording, const struct declaration *side, uint32_t type) {
    return spell_type(wording->pool, side->table, type);
}

static const char *bits_text(const struct wording *wording) {
    return pool_text(wording->pool, "%s (%u bits)", wording->mismatch->declared, declared_type(wording)->size * 8);
}

static bool is_variadic(const struct declaration *declaration) {
    return function_of(declaration)->flags & FFISAN_TYPE_VARIADIC;
}

static uint32_t pointee(const struct type_table *table, uint32_t type) {
    const struct ffisan_type *here = &table->types[type];
    return here->kind == FFISAN_TYPE_POINTER ? type_element(table, here->to) : type_element(table, type);
}

static void say(const struct wording *wording, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(const struct wording *wording, const char *format, ...) {
    char *made = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&made, format, arguments);
    va_end(arguments);
    wording->finding->message = length < 0 ? wording->finding->message : pool_copy(wording->pool, made);
    if (length >= 0)
        free(made);
}

/* ---- headlines ---- */

static bool is_result(const struct wording *wording) {
    return wording->found->position == POSITION_RESULT;
}

/* "getenv() returns char *", "argument 2 (n) of f() is size_t" */
static const char *truth(const struct wording *wording) {
    const char *actual = wording->mismatch->actual;
    if (is_result(wording))
        return actual_type(wording)->kind == FFISAN_TYPE_VOID
                   ? pool_text(wording->pool, "%s() returns nothing", wording->function)
                   : pool_text(wording->pool, "%s() returns %s", wording->function, actual);
    return pool_text(wording->pool, "%s of %s() is %s", place_named(wording), wording->function, actual);
}

static void say_cut_pointer(const struct wording *wording) {
    bool by_default = is_result(wording) && is_ctypes(wording) && !(wording->call->record->flags & FFISAN_CALL_RESULT_DECLARED);
    say(wording, "%s, but %s %s %s%s: the pointer is cut", truth(wording), wording->binding,
        is_result(wording) ? "takes it for" : "passes it as", bits_text(wording), by_default ? ", as no restype is set" : "");
}

/* A float behind the fixed parameters. */
static bool is_unpromoted(const struct wording *wording) {
    return wording->found->declared && !wording->found->actual;
}

static bool was_cut(const struct wording *wording) {
    return type_is_integer(declared_type(wording)) && type_is_integer(actual_type(wording));
}

/* Both are pointers: then it is the size or the class of what they lead to. */
static const char *pointee_text(const struct wording *wording) {
    const struct ffisan_type *declared =
        &wording->declared.table->types[pointee(wording->declared.table, wording->found->declared)];
    const struct ffisan_type *actual = &wording->actual.table->types[pointee(wording->actual.table, wording->found->actual)];
    bool pointers = actual_type(wording)->kind == FFISAN_TYPE_POINTER && declared_type(wording)->kind >= FFISAN_TYPE_POINTER;
    if (!pointers || !declared->size || !actual->size || declared->size == actual->size)
        return "";
    return pool_text(wording->pool, ": what it points to has %u byte%s, not %u", actual->size, plural(actual->size),
                     declared->size);
}

static void say_mismatch(const struct wording *wording) {
    const char *declared = wording->mismatch->declared;
    if (is_unpromoted(wording))
        say(wording, "%s of %s() stands behind its fixed parameters and is passed as %s: C expects a double there",
            place_named(wording), wording->function, declared);
    else if (was_cut(wording))
        say(wording, "%s, but %s %s %s: the value did not fit", truth(wording), wording->binding,
            is_result(wording) ? "takes it for" : "passes it as", bits_text(wording));
    else
        say(wording, "%s, but %s %s %s%s", truth(wording), wording->binding, is_result(wording) ? "takes it for" : "passes",
            declared, pointee_text(wording));
}

static void say_count(const struct wording *wording) {
    const struct disagreement *found = wording->found;
    say(wording, "%s() takes %s%" PRIu64 " argument%s, but %s passes %" PRIu64, wording->function,
        is_variadic(&wording->actual) ? "at least " : "", found->needed, plural(found->needed), wording->binding, found->given);
}

static void say_small(const struct wording *wording) {
    uint32_t target = pointee(wording->actual.table, wording->found->actual);
    bool whole = wording->found->needed == wording->actual.table->types[target].size;
    say(wording, "%s of %s() points to %s, %s%" PRIu64 " bytes, but the memory that %s passes has %" PRIu64, place_named(wording),
        wording->function, spelled(wording, &wording->actual, target), whole ? "" : "at least ", wording->found->needed,
        wording->binding, wording->found->given);
}

static void say_wide(const struct wording *wording) {
    say(wording, "%s, but %s passes a str, as wide characters of 4 bytes each", truth(wording), wording->binding);
}

/* ---- structs ---- */

static const struct ffisan_field *field_of(const struct declaration *side, uint32_t index) {
    return index ? &side->table->fields[index - 1] : NULL;
}

static const char *field_name(const struct wording *wording, const struct declaration *side, const struct ffisan_field *field) {
    return field ? pool_clean(wording->pool, type_text(side->table, field->name), 64) : "";
}

static const char *field_width(const struct wording *wording, const struct declaration *side, const struct ffisan_field *field) {
    if (field->bit_width)
        return pool_text(wording->pool, "%u bit%s", field->bit_width, plural(field->bit_width));
    uint32_t size = side->table->types[field->type].size;
    return pool_text(wording->pool, "%s of %u byte%s", spell_type(wording->pool, side->table, field->type), size, plural(size));
}

/* "class Stat" in Python, else as it is. */
static const char *struct_text(const struct wording *wording) {
    const char *name = wording->mismatch->declared;
    return is_ctypes(wording) && !strchr(name, ' ') ? pool_text(wording->pool, "class %s", name) : name;
}

static void say_field(const struct wording *wording, const struct ffisan_field *declared, const struct ffisan_field *actual) {
    const char *here = field_name(wording, &wording->declared, declared), *there = field_name(wording, &wording->actual, actual);
    const char *name = there[0] && (!here[0] || strcmp(here, there) == 0) ? there : here;
    const char *head = pool_text(wording->pool, "%s of %s(): field %s", place_named(wording), wording->function,
                                 name[0] ? name : "without a name");
    if (!actual)
        say(wording, "%s: at offset %u of the binding (%s) the library's %s has something else", head, declared->offset,
            struct_text(wording), wording->mismatch->actual);
    else if (declared->offset != actual->offset)
        say(wording, "%s: at offset %u in the library, %u in the binding (%s)", head, actual->offset, declared->offset,
            struct_text(wording));
    else
        say(wording, "%s at offset %u: %s in the library, %s in the binding (%s)", head, actual->offset,
            field_width(wording, &wording->actual, actual), field_width(wording, &wording->declared, declared),
            struct_text(wording));
}

static void say_sizes(const struct wording *wording) {
    const struct disagreement *found = wording->found;
    say(wording, "%s of %s(): %s has %" PRIu64 " bytes in the library, %" PRIu64 " in the binding (%s)%s", place_named(wording),
        wording->function, wording->mismatch->actual, found->needed, found->given, struct_text(wording),
        found->sizes_only ? "; its fields are not known, only its size was compared" : "");
}

static void say_struct(const struct wording *wording) {
    const struct ffisan_field *declared = field_of(&wording->declared, wording->found->declared_field);
    if (declared)
        say_field(wording, declared, field_of(&wording->actual, wording->found->actual_field));
    else
        say_sizes(wording);
}

/* ---- callbacks ---- */

static const char *callback_truth(const struct wording *wording) {
    const char *actual = wording->mismatch->actual;
    return wording->found->callback_position == POSITION_RESULT
               ? pool_text(wording->pool, "C takes %s for its result", actual)
               : pool_text(wording->pool, "C passes %s as its argument %d", actual, wording->found->callback_position + 1);
}

static const char *callback_belief(const struct wording *wording) {
    const char *declared = wording->mismatch->declared;
    if (wording->found->callback_position != POSITION_RESULT)
        return pool_text(wording->pool, "takes %s", declared);
    return declared_type(wording)->kind == FFISAN_TYPE_VOID ? "returns nothing"
                                                            : pool_text(wording->pool, "returns %s", declared);
}

static void say_callback(const struct wording *wording) {
    const struct disagreement *found = wording->found;
    const char *head = pool_text(wording->pool, "the callback that is %s of %s()", place_named(wording), wording->function);
    if (found->callback_position == POSITION_COUNT)
        say(wording, "%s is called with %" PRIu64 " argument%s, but takes %" PRIu64, head, found->needed, plural(found->needed),
            found->given);
    else
        say(wording, "%s: %s, but it %s%s", head, callback_truth(wording), callback_belief(wording),
            found->rule == FFISAN_RULE_TRUNCATED_POINTER        ? ": the pointer is cut"
            : found->rule == FFISAN_RULE_STRUCT_LAYOUT_MISMATCH ? ", which is laid out otherwise"
                                                                : "");
}

/* ---- arrays ---- */

static const struct ffisan_record_argument *array_of(const struct wording *wording) {
    return &wording->call->record->arguments[wording->found->position];
}

/* numpy's name of such elements. */
static const char *elements_text(struct pool *pool, unsigned kind, unsigned size) {
    const char *words = kind == FFISAN_TYPE_FLOAT     ? "float"
                        : kind == FFISAN_TYPE_COMPLEX ? "complex"
                        : kind == FFISAN_TYPE_POINTER ? NULL
                                                      : "int";
    bool is_long = kind == FFISAN_TYPE_FLOAT && size == 16; /* which holds 80 bits, and has no such name everywhere */
    return kind == FFISAN_TYPE_BOOL ? "bool"
           : !words                 ? "object"
           : is_long                ? "longdouble"
                                    : pool_text(pool, "%s%u", words, size * 8);
}

static const char *wanted_elements(const struct wording *wording) {
    const struct ffisan_type *as = &wording->actual.table->types[pointee(wording->actual.table, wording->found->actual)];
    return elements_text(wording->pool, as->kind, as->size);
}

static const char *array_text(const struct wording *wording) {
    const struct ffisan_record_argument *array = array_of(wording);
    const char *text = elements_text(wording->pool, array->element_kind, array->element_size);
    if (array->flags & FFISAN_ARGUMENT_SWAPPED)
        text = pool_text(wording->pool, "%s in the other byte order", text);
    if (array->flags & FFISAN_ARGUMENT_STRIDED)
        text = pool_text(wording->pool, "%s, %" PRId64 " bytes apart", text, array->stride);
    return text;
}

static bool has_other_elements(const struct wording *wording) {
    struct ffisan_record_argument array = *array_of(wording);
    array.flags = FFISAN_ARGUMENT_ARRAY;
    return elements_disagree(&array, wording->actual.table, wording->found->actual);
}

static void say_array(const struct wording *wording) {
    const struct ffisan_record_argument *array = array_of(wording);
    const char *head = wording->mismatch->source ? truth(wording)
                                                 : pool_text(wording->pool, "%s of %s() is declared as %s", place_named(wording),
                                                             wording->function, wording->mismatch->actual);
    if (has_other_elements(wording) || (array->flags & FFISAN_ARGUMENT_SWAPPED))
        say(wording, "%s, but the array behind it has elements of %s", head, wording->mismatch->declared);
    else
        say(wording, "%s, but the elements of the array behind it lie %" PRId64 " bytes apart, and nothing in the call says so",
            head, array->stride);
}

static const char *right_array(const struct wording *wording) {
    return pool_text(wording->pool, "numpy.ascontiguousarray(a, dtype=numpy.%s)", wanted_elements(wording));
}

static void say_clash(const struct wording *wording) {
    const char *place = is_result(wording) ? "result" : place_fixed(wording->pool, wording->found->position);
    say(wording, "%s() is declared in two ways: its %s is %s here, and %s where it was called before", wording->function, place,
        wording->mismatch->declared, wording->mismatch->actual);
}

static void headline(const struct wording *wording) {
    static void (*const sayers[FFISAN_RULES])(const struct wording *) = {
        [FFISAN_RULE_TRUNCATED_POINTER] = say_cut_pointer,
        [FFISAN_RULE_SIGNATURE_MISMATCH] = say_mismatch,
        [FFISAN_RULE_STRUCT_LAYOUT_MISMATCH] = say_struct,
        [FFISAN_RULE_BUFFER_TOO_SMALL] = say_small,
        [FFISAN_RULE_WIDE_TEXT] = say_wide,
        [FFISAN_RULE_CLASHING_DECLARATIONS] = say_clash,
        [FFISAN_RULE_ARRAY_LAYOUT] = say_array,
    };
    if (wording->found->callback && wording->found->rule != FFISAN_RULE_CLASHING_DECLARATIONS)
        say_callback(wording);
    else if (wording->found->position == POSITION_COUNT)
        say_count(wording);
    else
        sayers[wording->found->rule](wording);
}

/* ---- what is right ---- */

static bool is_python_name(const char *name) {
    size_t letters = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    return name[0] && !name[letters] && !(name[0] >= '0' && name[0] <= '9');
}

static const char *right_callback(const struct wording *wording) {
    const struct ffisan_type *function = function_of(&wording->actual);
    uint32_t position = (uint32_t)wording->found->position;
    const char *text =
        wording->found->position >= 0 && position < function->count
            ? spell_ctypes(wording->pool, wording->actual.table, wording->actual.table->fields[function->first + position].type)
            : NULL;
    return text && strncmp(text, "ctypes.CFUNCTYPE", strlen("ctypes.CFUNCTYPE")) == 0 ? text : NULL;
}

static const char *right_field(const struct wording *wording) {
    const struct ffisan_field *field = field_of(&wording->actual, wording->found->actual_field);
    const char *type = field ? spell_ctypes(wording->pool, wording->actual.table, field->type) : NULL;
    const char *name = field_name(wording, &wording->actual, field);
    if (!type || !name[0])
        return NULL;
    return field->bit_width ? pool_text(wording->pool, "(\"%s\", %s, %u)", name, type, field->bit_width)
                            : pool_text(wording->pool, "(\"%s\", %s)", name, type);
}

static const char *right_memory(const struct wording *wording) {
    uint32_t target = pointee(wording->actual.table, wording->found->actual);
    const char *type = spell_ctypes(wording->pool, wording->actual.table, target);
    return type ? pool_text(wording->pool, "ctypes.byref(%s())", type)
                : pool_text(wording->pool, "ctypes.create_string_buffer(%u)", wording->actual.table->types[target].size);
}

static const char *right_declaration(const struct wording *wording) {
    const char *type = is_result(wording) ? spell_ctypes(wording->pool, wording->actual.table, function_of(&wording->actual)->to)
                                          : spell_argtypes(wording->pool, &wording->actual);
    return type ? pool_text(wording->pool, "lib.%s.%s = %s", wording->function, is_result(wording) ? "restype" : "argtypes", type)
                : NULL;
}

static const char *right_in_ctypes(const struct wording *wording) {
    if (wording->found->callback)
        return right_callback(wording);
    if (wording->found->rule == FFISAN_RULE_STRUCT_LAYOUT_MISMATCH)
        return right_field(wording);
    if (wording->found->rule == FFISAN_RULE_BUFFER_TOO_SMALL)
        return right_memory(wording);
    return is_python_name(wording->function) && !is_unpromoted(wording) ? right_declaration(wording) : NULL;
}

/* "unsigned long st_size" */
static const char *right_field_in_c(const struct wording *wording) {
    const struct ffisan_field *field = field_of(&wording->actual, wording->found->actual_field);
    const char *name = field_name(wording, &wording->actual, field);
    if (!name[0])
        return NULL;
    const char *text = spell_declaration(wording->pool, wording->actual.table, field->type, name);
    return field->bit_width ? pool_text(wording->pool, "%s : %u", text, field->bit_width) : text;
}

/* In ctypes' words, in cffi's or in C; NULL: nothing beyond the prototype. */
static const char *right_text(const struct wording *wording) {
    if (wording->found->rule == FFISAN_RULE_ARRAY_LAYOUT)
        return right_array(wording);
    if (!wording->mismatch->source)
        return NULL;
    if (is_ctypes(wording))
        return right_in_ctypes(wording);
    if (wording->found->rule == FFISAN_RULE_STRUCT_LAYOUT_MISMATCH)
        return right_field_in_c(wording);
    if (wording->found->rule == FFISAN_RULE_BUFFER_TOO_SMALL)
        return spelled(wording, &wording->actual, pointee(wording->actual.table, wording->found->actual));
    if (strcmp(wording->finding->runtime, "cffi") == 0)
        return pool_text(wording->pool, "ffi.cdef(\"%s;\")", wording->mismatch->prototype);
    return NULL;
}

static const char *fix_verb(const struct wording *wording) {
    switch (wording->found->rule) {
    case FFISAN_RULE_STRUCT_LAYOUT_MISMATCH:
        return "Declare the field as the library has it";
    case FFISAN_RULE_BUFFER_TOO_SMALL:
        return "Hand over an object of that type";
    case FFISAN_RULE_ARRAY_LAYOUT:
        return "Pass a copy that is laid out as the function takes it, or let numpy.ctypeslib.ndpointer refuse others";
    case FFISAN_RULE_WIDE_TEXT:
        return "Encode the text (s.encode()), and let the declaration refuse a str";
    default:
        return wording->found->callback ? "Make the callback of the type that C calls" : "Declare it as it is";
    }
}

static const char *fix_text(const struct wording *wording) {
    const struct mismatch *mismatch = wording->mismatch;
    bool by_value =
        wording->found->rule == FFISAN_RULE_STRUCT_LAYOUT_MISMATCH || wording->found->rule == FFISAN_RULE_BUFFER_TOO_SMALL;
    if (mismatch->right)
        return pool_text(wording->pool, "%s: %s", fix_verb(wording), mismatch->right);
    if (!mismatch->source || by_value)
        return rules[wording->found->rule].fix;
    if (is_unpromoted(wording))
        return "Pass a double: behind the fixed parameters of a variadic function C knows no float.";
    return pool_text(wording->pool, "%s: %s", fix_verb(wording), mismatch->prototype);
}

/* ---- the whole ---- */

static void argument_name(struct finding *finding, const struct wording *wording) {
    const char *name = parameter_name(wording, &wording->actual, wording->found->position);
    finding->has_argument = wording->found->position >= 0;
    finding->argument_index = finding->has_argument ? (unsigned)wording->found->position : 0;
    finding->argument_name = name[0] ? name : NULL;
}

static void mismatch_fill(struct mismatch *mismatch, const struct wording *wording, const struct prototype *prototype) {
    const char *as = is_ctypes(wording) && wording->found->declared
                         ? spell_ctypes(wording->pool, wording->declared.table, wording->found->declared)
                         : NULL;
    *mismatch = (struct mismatch){
        .place = place_text(wording),
        .declared = wording->found->declared ? spelled(wording, &wording->declared, wording->found->declared) : NULL,
        .actual = wording->found->actual ? spelled(wording, &wording->actual, wording->found->actual) : NULL,
        .declared_as = as,
        .declaration = spell_prototype(wording->pool, &wording->declared, wording->function),
        .prototype = spell_prototype(wording->pool, &wording->actual, wording->function),
        .source = prototype ? prototype->source : NULL,
    };
    if (wording->found->rule == FFISAN_RULE_ARRAY_LAYOUT)
        mismatch->declared = array_text(wording);
}

/* For a function without a name. */
static const char *address_text(struct pool *pool, const struct call *call) {
    uint64_t address = call->record->function;
    return call->module ? pool_text(pool, "%s+0x%" PRIx64, call->module->name, address - call->module->bias)
                        : pool_text(pool, "0x%" PRIx64, address);
}

void mismatch_explain(struct finding *finding, struct pool *pool, const struct disputed *disputed) {
    struct mismatch *mismatch = pool_get(pool, sizeof(*mismatch));
    const struct wording wording = {
        .pool = pool,
        .finding = finding,
        .mismatch = mismatch,
        .found = disputed->found,
        .call = disputed->call,
        .declared = {&disputed->call->types, 1},
        .actual = disputed->prototype ? disputed->prototype->declaration : (struct declaration){&disputed->other->types, 1},
        .function = finding->function ? finding->function : address_text(pool, disputed->call),
        .binding = binding_word(finding),
    };
    mismatch_fill(mismatch, &wording, disputed->prototype);
    finding->mismatch = mismatch;
    finding->message = rules[finding->rule].headline;
    argument_name(finding, &wording);
    headline(&wording);
    mismatch->right = right_text(&wording);
    finding->fix = fix_text(&wording);
}
