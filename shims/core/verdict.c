/* SPDX-License-Identifier: Apache-2.0
 *
 * What counts and what is harmless, where a binding's declaration and a function differ
 * ------------------------------------------------------------------------------------
 * The measure is whether the call goes wrong on x86-64 (System V ABI 3.2.3), or works by luck. Where that cannot be known nothing
 * is said. Integers and pointers share one set of registers, floating point has another; an integer register has 64 bits, and who
 * needs 32 of them does not look at the rest.
 *
 * By value
 *   unknown on either side       harmless
 *   integers, enumerations,      harmless among each other, whatever their sign; but not when a value was cut: a 64-bit one
 *   bool, characters             passed or taken as 32 bits, and not the same any more under any sign
 *   64-bit integer for pointer   and the reverse: harmless, nothing is lost, handles are declared so. But an object for a
 *                                size_t is signature-mismatch: it is no number of bytes, the arguments are in the wrong order
 *   narrower one for a pointer   truncated-pointer, by type alone, also where addresses are small. An argument that nobody
 *                                declared is a guess by its value: only when that was cut
 *   pointer for a narrower one   signature-mismatch; but not for a NULL that nobody declared
 *   float, double, long double,  signature-mismatch among each other
 *   integers or pointers
 *   structs                      layout.c; sizes count as registers do, in steps of 8
 *   struct for its one register  harmless: struct { void *p; } is passed as the pointer is
 *   complex for a struct         of the same size: harmless
 *
 * Results
 *   thrown away, declared void   harmless; but not a struct that comes through a hidden argument
 *   int that nobody is known to  harmless: it may be what ctypes takes every result for, wanted or not (its checker tells)
 *   have declared
 *   integer for void             harmless: ctypes takes every undeclared result for an int
 *   anything else for void       signature-mismatch
 *
 * Number of arguments
 *   too few                      signature-mismatch: the function reads what was left in the register
 *   too many                     signature-mismatch: nothing breaks, but the caller means something by what is never seen
 *   int f() in C                 harmless
 *   behind the '...'             any number. A float there was not promoted: signature-mismatch; small integers are (libffi
 *                                extends them). Whether the binding knew of the '...' does not matter: libffi always tells the
 *                                callee how many vector registers there are
 *
 * Behind pointers
 *   void, opaque, unknown,       harmless, on either side: char is what memory is counted in
 *   a union, bytes
 *   integers, floating point,    signature-mismatch when class or size differ; a 64-bit integer for a pointer is harmless
 *   pointers
 *   struct for a scalar,         harmless
 *   array of T for T
 *   struct of one field for      harmless, of the library's memory: it stands for one that nobody looks into
 *   a longer one
 *   struct for struct            struct-layout-mismatch when a field is out of place. A declaration that ends early counts when
 *                                its memory does so too; else it is the part that somebody needs of the library's memory. One
 *                                that goes on never counts: C derives structs so, and passes sockaddr_in for sockaddr
 *   a Python object              harmless: PyObject is the beginning of every one of them
 *   memory that is too small     buffer-too-small, when the memory is known. Not for no bytes at all (an empty array), and not
 *                                when an argument says how many there are
 *   wide characters of a text    wide-text when they are given for char
 *   a known array                elements.c
 *
 * Callbacks (the roles are swapped: C calls, the binding takes)
 *   void (*)(void), (*)()        harmless: a function pointer of any type
 *   fewer parameters than C's    harmless: the rest is not looked at
 *   more                         signature-mismatch
 *   no result where C takes one  signature-mismatch
 *   all else                     as above
 */
#include "core/verdict.h"

#include <string.h>

#include "core/elements.h"
#include "core/layout.h"

enum class { CLASS_UNKNOWN, CLASS_VOID, CLASS_INTEGER, CLASS_FLOAT, CLASS_COMPLEX, CLASS_POINTER, CLASS_AGGREGATE };

/* Where the two sides meet: a result, an argument, a part of a callback. */
struct meeting {
    const struct type_table *declared, *actual;
    const struct ffisan_record_call *call;         /* NULL: nothing is known of the call (callbacks, clashes) */
    const struct ffisan_record_argument *argument; /* NULL: it is none, or nothing is known of it */
    bool written;                                  /* somebody wrote the type down, it is no guess */
    bool in_callback;
};

struct tally {
    struct disagreement *found;
    unsigned limit, count;
};

static enum class class_of(const struct ffisan_type *type) {
    static const uint8_t classes[FFISAN_TYPE_KINDS] =
        {
            [FFISAN_TYPE_VOID] = CLASS_VOID,
            [FFISAN_TYPE_BOOL] = CLASS_INTEGER,
            [FFISAN_TYPE_CHARACTER] = CLASS_INTEGER,
            [FFISAN_TYPE_WIDE] = CLASS_INTEGER,
            [FFISAN_TYPE_INTEGER] = CLASS_INTEGER,
            [FFISAN_TYPE_ENUM] = CLASS_INTEGER,
            [FFISAN_TYPE_FLOAT] = CLASS_FLOAT,
            [FFISAN_TYPE_COMPLEX] = CLASS_COMPLEX,
            [FFISAN_TYPE_POINTER] = CLASS_POINTER,
            [FFISAN_TYPE_ARRAY] = CLASS_POINTER,
            [FFISAN_TYPE_FUNCTION] = CLASS_POINTER,
            [FFISAN_TYPE_STRUCT] = CLASS_AGGREGATE,
            [FFISAN_TYPE_UNION] = CLASS_AGGREGATE,
        };
    return (enum class)classes[type->kind];
}

static const struct ffisan_type *declared_type(const struct meeting *meeting, uint32_t type) {
    return &meeting->declared->types[type];
}

static const struct ffisan_type *actual_type(const struct meeting *meeting, uint32_t type) {
    return &meeting->actual->types[type];
}

static bool disagree(struct disagreement *found, enum ffisan_rule rule, uint32_t declared, uint32_t actual) {
    found->rule = rule;
    found->declared = declared;
    found->actual = actual;
    return true;
}

/* ---- facts of the call ---- */

static bool has(const struct meeting *meeting, enum ffisan_argument_flag flag) {
    return meeting->argument && (meeting->argument->flags & flag);
}

static bool values_known(const struct meeting *meeting) {
    return meeting->call && (meeting->call->flags & FFISAN_CALL_VALUES_KNOWN);
}

/* Of 32 bits it cannot be had back under any sign. */
static bool is_lost(uint64_t value) {
    return value != (uint64_t)(int64_t)(int32_t)value && value != (uint32_t)value;
}

static bool is_guessed_null(const struct meeting *meeting) {
    return meeting->argument && !meeting->written && values_known(meeting) && !meeting->argument->value;
}

/* Of the memory behind the argument; 0: not known, or an array of nothing. */
static uint64_t memory_size(const struct meeting *meeting) {
    return meeting->argument && (meeting->argument->flags & FFISAN_ARGUMENT_SIZED) ? meeting->argument->size : 0;
}

/* When an argument says how long the memory is, the function knows. */
static bool memory_ends_before(const struct meeting *meeting, uint64_t needed) {
    const struct ffisan_record_call *call = meeting->call;
    uint64_t size = memory_size(meeting);
    for (uint32_t i = 0; call && (call->flags & FFISAN_CALL_VALUES_KNOWN) && i < call->argument_count; i++)
        if (call->arguments[i].value == size)
            return false;
    return size && size < needed;
}

/* ---- integers ---- */

static bool is_narrow(const struct ffisan_type *type) {
    return type->size && type->size < 8;
}

static bool integer_was_cut(const struct meeting *meeting, const struct ffisan_type *declared, const struct ffisan_type *actual) {
    if (!meeting->call)
        return false;
    if (!meeting->argument)
        return (meeting->call->flags & FFISAN_CALL_RESULT_CUT) && is_narrow(declared) && actual->size >= 8 &&
               is_lost(meeting->call->result);
    bool by_binding = has(meeting, FFISAN_ARGUMENT_CUT) && actual->size >= 8;
    bool by_function = values_known(meeting) && !is_narrow(declared) && is_narrow(actual);
    return (by_binding || by_function) && is_lost(meeting->argument->value);
}

static bool integers_disagree(const struct meeting *meeting, uint32_t declared, uint32_t actual, struct disagreement *found) {
    const struct ffisan_type *left = declared_type(meeting, declared), *right = actual_type(meeting, actual);
    bool registers = left->size && right->size && (left->size > 8) != (right->size > 8);
    return (registers || integer_was_cut(meeting, left, right)) &&
           disagree(found, FFISAN_RULE_SIGNATURE_MISMATCH, declared, actual);
}

static bool integer_for_pointer(const struct meeting *meeting, uint32_t declared, uint32_t actual, struct disagreement *found) {
    bool by_type = !meeting->argument || meeting->written;
    return is_narrow(declared_type(meeting, declared)) && (by_type || has(meeting, FFISAN_ARGUMENT_CUT)) &&
           disagree(found, FFISAN_RULE_TRUNCATED_POINTER, declared, actual);
}

/* What a pointer, or an array that has become one, leads to. */
static uint32_t pointee(const struct type_table *table, uint32_t type) {
    const struct ffisan_type *here = &table->types[type];
    return here->kind == FFISAN_TYPE_FUNCTION ? type
           : here->kind == FFISAN_TYPE_ARRAY  ? type_element(table, type)
                                              : type_element(table, here->to);
}

static bool is_object(const struct ffisan_type *type) {
    return type->kind != FFISAN_TYPE_UNKNOWN && type->kind != FFISAN_TYPE_VOID && !(type->flags & FFISAN_TYPE_INCOMPLETE);
}

static bool is_count(const struct meeting *meeting, const struct ffisan_type *type) {
    const char *name = type_text(meeting->actual, type->name);
    return strcmp(name, "size_t") == 0 || strcmp(name, "ssize_t") == 0;
}

static bool pointer_for_integer(const struct meeting *meeting, uint32_t declared, uint32_t actual, struct disagreement *found) {
    const struct ffisan_type *integer = actual_type(meeting, actual);
    bool counts = is_count(meeting, integer) && is_object(declared_type(meeting, pointee(meeting->declared, declared)));
    return (is_narrow(integer) || counts) && !is_guessed_null(meeting) &&
           disagree(found, FFISAN_RULE_SIGNATURE_MISMATCH, declared, actual);
}

/* ---- structs ---- */

static bool is_opaque(const struct ffisan_type *type) {
    return !type->size || (type->flags & FFISAN_TYPE_INCOMPLETE) || (!type->count && !(type->flags & FFISAN_TYPE_FIELDS_UNKNOWN));
}

static uint32_t eightbytes(const struct ffisan_type *type) {
    return type->size / 8 + (type->size % 8 != 0);
}

static bool structs_disagree(const struct meeting *meeting, uint32_t declared, uint32_t actual, bool by_value,
                             struct disagreement *found) {
    const struct ffisan_type *left = declared_type(meeting, declared), *right = actual_type(meeting, actual);
    bool stands_in = !by_value && left->count == 1 && left->size < right->size && !memory_size(meeting);
    if (is_opaque(left) || is_opaque(right) || stands_in)
        return false;
    struct layout layout = layout_compare(meeting->declared, declared, meeting->actual, actual);
    bool ends = layout.kind == LAYOUT_SHORTER && !layout.reserved && memory_ends_before(meeting, right->size);
    if (layout.kind != LAYOUT_FIELD && !ends && !(by_value && eightbytes(left) != eightbytes(right)))
        return false;
    found->declared_field = layout.declared_field;
    found->actual_field = layout.actual_field;
    found->sizes_only = layout.sizes_only;
    found->needed = right->size;
    found->given = left->size;
    return disagree(found, FFISAN_RULE_STRUCT_LAYOUT_MISMATCH, declared, actual);
}

/* A struct or union against something that is none. */
static bool aggregate_for_scalar(const struct type_table *table, uint32_t aggregate, const struct ffisan_type *scalar) {
    const struct ffisan_type *type = &table->types[aggregate];
    if (scalar->kind == FFISAN_TYPE_COMPLEX)
        return type->size != scalar->size;
    if (type->size > 8 || (class_of(scalar) != CLASS_POINTER && scalar->size < type->size))
        return true;
    bool fields_known = type->kind == FFISAN_TYPE_STRUCT && !is_opaque(type) && !(type->flags & FFISAN_TYPE_FIELDS_UNKNOWN);
    return fields_known && layout_floating(table, aggregate) != (scalar->kind == FFISAN_TYPE_FLOAT);
}

static bool aggregates_disagree(const struct meeting *meeting, uint32_t declared, uint32_t actual, struct disagreement *found) {
    const struct ffisan_type *left = declared_type(meeting, declared), *right = actual_type(meeting, actual);
    if (left->kind == FFISAN_TYPE_STRUCT && right->kind == FFISAN_TYPE_STRUCT)
        return structs_disagree(meeting, declared, actual, true, found);
    bool both = class_of(left) == class_of(right);
    if ((class_of(left) == CLASS_AGGREGATE && !left->size) || (class_of(right) == CLASS_AGGREGATE && !right->size))
        return false;
    bool wrong = both                                ? eightbytes(left) != eightbytes(right)
                 : class_of(left) == CLASS_AGGREGATE ? aggregate_for_scalar(meeting->declared, declared, right)
                                                     : aggregate_for_scalar(meeting->actual, actual, left);
    found->sizes_only = both;
    found->needed = right->size;
    found->given = left->size;
    return wrong && disagree(found, both ? FFISAN_RULE_STRUCT_LAYOUT_MISMATCH : FFISAN_RULE_SIGNATURE_MISMATCH, declared, actual);
}

/* ---- behind pointers ---- */

static bool scalars_disagree(const struct ffisan_type *declared, const struct ffisan_type *actual) {
    enum class left = class_of(declared), right = class_of(actual);
    bool scalar = (left == CLASS_INTEGER || left == CLASS_FLOAT || left == CLASS_POINTER) &&
                  (right == CLASS_INTEGER || right == CLASS_FLOAT || right == CLASS_POINTER);
    if (!scalar || type_is_bytes(declared) || type_is_bytes(actual) || declared->kind == FFISAN_TYPE_FUNCTION ||
        actual->kind == FFISAN_TYPE_FUNCTION)
        return false;
    bool sizes = declared->size && actual->size && declared->size != actual->size;
    return sizes || (left != right && (left == CLASS_FLOAT || right == CLASS_FLOAT));
}

/* struct T ** against struct U **: what comes back through it is read as the binding's struct. */
static bool second_pointees_disagree(const struct meeting *meeting, uint32_t declared, uint32_t actual,
                                     struct disagreement *found) {
    struct meeting behind = *meeting;
    behind.argument = NULL;
    uint32_t left = pointee(meeting->declared, declared), right = pointee(meeting->actual, actual);
    return declared_type(meeting, left)->kind == FFISAN_TYPE_STRUCT && actual_type(meeting, right)->kind == FFISAN_TYPE_STRUCT &&
           structs_disagree(&behind, left, right, false, found);
}

static bool callback_disagrees(const struct meeting *meeting, uint32_t declared, uint32_t actual, struct disagreement *found);

static bool objects_disagree(const struct meeting *meeting, uint32_t declared, uint32_t actual, struct disagreement *found) {
    const struct ffisan_type *left = declared_type(meeting, declared), *right = actual_type(meeting, actual);
    if (left->kind == FFISAN_TYPE_FUNCTION && right->kind == FFISAN_TYPE_FUNCTION)
        return !meeting->in_callback && callback_disagrees(meeting, declared, actual, found);
    if (left->kind == FFISAN_TYPE_POINTER && right->kind == FFISAN_TYPE_POINTER)
        return second_pointees_disagree(meeting, declared, actual, found);
    return left->kind == FFISAN_TYPE_STRUCT && right->kind == FFISAN_TYPE_STRUCT &&
           structs_disagree(meeting, declared, actual, false, found);
}

/* The object itself is passed (py_object): what is known of the memory is of what it holds. */
static bool is_python_object(const struct meeting *meeting, uint32_t declared) {
    return strcmp(type_text(meeting->declared, declared_type(meeting, declared)->name), "PyObject") == 0;
}

static bool pointers_disagree(const struct meeting *meeting, uint32_t declared, uint32_t actual, struct disagreement *found) {
    uint32_t left = pointee(meeting->declared, declared), right = pointee(meeting->actual, actual);
    uint64_t needed = layout_needed(meeting->actual, right);
    if (is_python_object(meeting, left))
        return false;
    if (objects_disagree(meeting, left, right, found))
        return true;
    const struct ffisan_type *target = actual_type(meeting, right);
    if (has(meeting, FFISAN_ARGUMENT_WIDE) && target->kind == FFISAN_TYPE_CHARACTER && type_is_bytes(target))
        return disagree(found, FFISAN_RULE_WIDE_TEXT, declared, actual);
    if (memory_ends_before(meeting, needed)) {
        found->needed = needed;
        found->given = memory_size(meeting);
        return disagree(found, FFISAN_RULE_BUFFER_TOO_SMALL, declared, actual);
    }
    return scalars_disagree(declared_type(meeting, left), actual_type(meeting, right)) &&
           disagree(found, FFISAN_RULE_SIGNATURE_MISMATCH, declared, actual);
}

/* ---- any two types ---- */

// NOLINTNEXTLINE(misc-no-recursion): a callback's types once more, and a callback in those not again
static bool types_disagree(const struct meeting *meeting, uint32_t declared, uint32_t actual, struct disagreement *found) {
    const struct ffisan_type *left = declared_type(meeting, declared), *right = actual_type(meeting, actual);
    enum class from = class_of(left), to = class_of(right);
    if (from <= CLASS_VOID || to <= CLASS_VOID)
        return false;
    if (from == CLASS_AGGREGATE || to == CLASS_AGGREGATE)
        return aggregates_disagree(meeting, declared, actual, found);
    if (from == CLASS_INTEGER && to == CLASS_INTEGER)
        return integers_disagree(meeting, declared, actual, found);
    if (from == CLASS_INTEGER && to == CLASS_POINTER)
        return integer_for_pointer(meeting, declared, actual, found);
    if (from == CLASS_POINTER && to == CLASS_INTEGER)
        return pointer_for_integer(meeting, declared, actual, found);
    if (from == CLASS_POINTER && to == CLASS_POINTER)
        return pointers_disagree(meeting, declared, actual, found);
    bool sizes = left->size && right->size && left->size != right->size; /* floating point on at least one side */
    return (from != to || sizes) && disagree(found, FFISAN_RULE_SIGNATURE_MISMATCH, declared, actual);
}

/* Returned through memory, whose address is a hidden first argument (System V ABI x86-64, 3.2.3, class MEMORY). */
static bool is_hidden_argument(const struct ffisan_type *type) {
    return class_of(type) == CLASS_AGGREGATE && type->size > 16;
}

static bool is_nobodys_int(const struct meeting *meeting, const struct ffisan_type *result) {
    return !meeting->written && meeting->call->binding == FFISAN_BINDING_LIBFFI && result->kind == FFISAN_TYPE_INTEGER &&
           result->size == sizeof(int);
}

static bool result_disagrees(const struct meeting *meeting, uint32_t declared, uint32_t actual, struct disagreement *found) {
    const struct ffisan_type *left = declared_type(meeting, declared), *right = actual_type(meeting, actual);
    enum class from = class_of(left), to = class_of(right);
    if (from == CLASS_UNKNOWN || to == CLASS_UNKNOWN)
        return false;
    if (is_hidden_argument(left) != is_hidden_argument(right) && !(from == CLASS_AGGREGATE && !left->size))
        return disagree(found, FFISAN_RULE_SIGNATURE_MISMATCH, declared, actual);
    if (from == CLASS_VOID || (meeting->call->flags & FFISAN_CALL_RESULT_DROPPED) || is_nobodys_int(meeting, left))
        return false;
    if (to == CLASS_VOID)
        return meeting->written && from != CLASS_INTEGER && disagree(found, FFISAN_RULE_SIGNATURE_MISMATCH, declared, actual);
    return types_disagree(meeting, declared, actual, found);
}

/* ---- callbacks ---- */

static uint32_t parameter(const struct type_table *table, const struct ffisan_type *function, uint32_t i) {
    return table->fields[function->first + i].type;
}

static bool is_any_function(const struct type_table *table, const struct ffisan_type *function) {
    bool no_result = table->types[function->to].kind == FFISAN_TYPE_VOID;
    return (function->flags & FFISAN_TYPE_NO_PROTOTYPE) ||
           (!function->count && no_result && !(function->flags & FFISAN_TYPE_VARIADIC));
}

static bool callback_result_disagrees(const struct meeting *meeting, uint32_t declared, uint32_t actual,
                                      struct disagreement *found) {
    enum class from = class_of(declared_type(meeting, declared)), to = class_of(actual_type(meeting, actual));
    if (from == CLASS_VOID && to > CLASS_VOID)
        return disagree(found, FFISAN_RULE_SIGNATURE_MISMATCH, declared, actual);
    return types_disagree(meeting, declared, actual, found);
}

static bool callback_parts_disagree(const struct meeting *inside, const struct ffisan_type *declared,
                                    const struct ffisan_type *actual, struct disagreement *found) {
    found->callback_position = POSITION_RESULT;
    if (callback_result_disagrees(inside, declared->to, actual->to, found))
        return true;
    for (uint32_t i = 0; i < declared->count && i < actual->count; i++) {
        found->callback_position = (int)i;
        if (types_disagree(inside, parameter(inside->declared, declared, i), parameter(inside->actual, actual, i), found))
            return true;
    }
    return false;
}

// NOLINTNEXTLINE(misc-no-recursion): see types_disagree
static bool callback_disagrees(const struct meeting *meeting, uint32_t declared, uint32_t actual, struct disagreement *found) {
    const struct ffisan_type *left = declared_type(meeting, declared), *right = actual_type(meeting, actual);
    const struct meeting inside = {meeting->declared, meeting->actual, NULL, NULL, true, true};
    /* What is cast to void (void) is of another type, which nobody knows; of a callback that is the type that it was made with. Between
     * two bindings either side may be the one that takes any function. */
    bool cast = !meeting->call || !has(meeting, FFISAN_ARGUMENT_CALLBACK);
    if (is_any_function(meeting->actual, right) || (left->flags & FFISAN_TYPE_NO_PROTOTYPE) ||
        (cast && is_any_function(meeting->declared, left)))
        return false;
    found->callback = true;
    if (callback_parts_disagree(&inside, left, right, found))
        return true;
    if (left->count > right->count && !(right->flags & FFISAN_TYPE_VARIADIC)) {
        found->callback_position = POSITION_COUNT;
        found->needed = right->count;
        found->given = left->count;
        return disagree(found, FFISAN_RULE_SIGNATURE_MISMATCH, declared, actual);
    }
    *found = (struct disagreement){.position = found->position};
    return false;
}

/* ---- the call ---- */

static unsigned gravity(enum ffisan_rule rule) {
    static const enum ffisan_rule order[] = {FFISAN_RULE_TRUNCATED_POINTER, FFISAN_RULE_BUFFER_TOO_SMALL,
                                             FFISAN_RULE_STRUCT_LAYOUT_MISMATCH, FFISAN_RULE_SIGNATURE_MISMATCH};
    unsigned place = 0;
    while (place < sizeof(order) / sizeof(order[0]) && order[place] != rule)
        place++;
    return place;
}

/* Behind those that are as grave. */
static void tally_add(struct tally *tally, const struct disagreement *found) {
    unsigned kept = tally->count < tally->limit ? tally->count : tally->limit, place = kept;
    while (place > 0 && gravity(tally->found[place - 1].rule) > gravity(found->rule))
        place--;
    for (unsigned i = kept < tally->limit ? kept : kept - 1; i > place && tally->limit; i--)
        tally->found[i] = tally->found[i - 1];
    if (place < tally->limit)
        tally->found[place] = *found;
    tally->count++;
}

static bool counts_disagree(const struct ffisan_type *declared, const struct ffisan_type *actual, struct disagreement *found) {
    bool too_many = declared->count > actual->count && !(actual->flags & FFISAN_TYPE_VARIADIC);
    if (declared->count >= actual->count && !too_many)
        return false;
    found->position = POSITION_COUNT;
    found->needed = actual->count;
    found->given = declared->count;
    return disagree(found, FFISAN_RULE_SIGNATURE_MISMATCH, 0, 0);
}

static bool array_disagrees(const struct meeting *meeting, uint32_t actual, struct disagreement *found) {
    return elements_disagree(meeting->argument, meeting->actual, actual) && disagree(found, FFISAN_RULE_ARRAY_LAYOUT, 0, actual);
}

static bool argument_disagrees(const struct meeting *meeting, const struct ffisan_type *declared,
                               const struct ffisan_type *actual, uint32_t i, struct disagreement *found) {
    uint32_t type = parameter(meeting->declared, declared, i);
    const struct ffisan_type *passed = declared_type(meeting, type);
    if (i < actual->count)
        return types_disagree(meeting, type, parameter(meeting->actual, actual, i), found) ||
               array_disagrees(meeting, parameter(meeting->actual, actual, i), found);
    return passed->kind == FFISAN_TYPE_FLOAT && passed->size == sizeof(float) &&
           disagree(found, FFISAN_RULE_SIGNATURE_MISMATCH, type, 0);
}

/* Behind what the binding takes for fixed parameters, each type is made from the value that is passed. */
static bool is_written(const struct ffisan_record_call *call, uint32_t i) {
    return (call->flags & FFISAN_CALL_ARGUMENTS_DECLARED) && !((call->flags & FFISAN_CALL_VARIADIC) && i >= call->fixed);
}

static void arguments_compare(struct meeting *meeting, const struct ffisan_type *declared, const struct ffisan_type *actual,
                              struct tally *tally) {
    struct disagreement count = {0};
    if (actual->flags & FFISAN_TYPE_NO_PROTOTYPE)
        return;
    if (counts_disagree(declared, actual, &count)) { /* and what stands where is anybody's guess */
        tally_add(tally, &count);
        return;
    }
    for (uint32_t i = 0; i < declared->count; i++) {
        static const struct ffisan_record_argument unknown;
        struct disagreement found = {.position = (int)i};
        meeting->written = is_written(meeting->call, i);
        meeting->argument = i < meeting->call->argument_count ? &meeting->call->arguments[i] : &unknown;
        if (argument_disagrees(meeting, declared, actual, i, &found))
            tally_add(tally, &found);
    }
}

unsigned verdict(const struct ffisan_record_call *call, const struct declaration *believed, const struct declaration *actual,
                 struct disagreement *found, unsigned limit) {
    const struct ffisan_type *left = &believed->table->types[believed->function];
    const struct ffisan_type *right = &actual->table->types[actual->function];
    struct tally tally = {found, limit, 0};
    struct disagreement result = {.position = POSITION_RESULT};
    struct meeting meeting = {believed->table, actual->table, call, NULL, call->flags & FFISAN_CALL_RESULT_DECLARED, false};
    if ((call->flags & FFISAN_CALL_UP) || call->binding == FFISAN_BINDING_WATCHED || left->kind != FFISAN_TYPE_FUNCTION ||
        right->kind != FFISAN_TYPE_FUNCTION)
        return 0;
    if (result_disagrees(&meeting, left->to, right->to, &result))
        tally_add(&tally, &result);
    arguments_compare(&meeting, left, right, &tally);
    return tally.count;
}

/* ---- arrays ---- */

bool verdict_arrays(const struct ffisan_record_call *call, const struct declaration *declaration, struct disagreement *found) {
    const struct ffisan_type *function = &declaration->table->types[declaration->function];
    for (uint32_t i = 0; function->kind == FFISAN_TYPE_FUNCTION && i < function->count && i < call->argument_count; i++) {
        uint32_t type = parameter(declaration->table, function, i);
        *found = (struct disagreement){.position = (int)i};
        if (elements_disagree(&call->arguments[i], declaration->table, type))
            return disagree(found, FFISAN_RULE_ARRAY_LAYOUT, 0, type);
    }
    return false;
}

/* ---- two bindings ---- */

/* A side in a comparison where nobody knows which is right. */
struct binding {
    const struct ffisan_record_call *call;
    const struct declaration *declaration;
    const struct ffisan_type *function;
};

static uint32_t certain_parameters(const struct binding *binding) {
    bool variadic = binding->call->flags & FFISAN_CALL_VARIADIC;
    return variadic && binding->call->fixed < binding->function->count ? binding->call->fixed : binding->function->count;
}

/* What stands for the parameter is the type of the callback that was passed: the binding may have declared any pointer. */
static bool is_callback_passed(const struct binding *binding, uint32_t i) {
    return i < binding->call->argument_count && (binding->call->arguments[i].flags & FFISAN_ARGUMENT_CALLBACK);
}

static bool parameters_clash(const struct meeting *meeting, const struct binding *a, const struct binding *b, uint32_t i,
                             struct disagreement *found) {
    if (is_callback_passed(a, i) || is_callback_passed(b, i))
        return false;
    *found = (struct disagreement){.position = (int)i};
    return types_disagree(meeting, parameter(meeting->declared, a->function, i), parameter(meeting->actual, b->function, i),
                          found);
}

/* The function may be variadic, and neither have known: then they agree up to the '...', of which at least one parameter is, and
 * differ from there on. So the first counts, and any that is followed by one on which they agree. */
static bool arguments_clash(const struct meeting *meeting, const struct binding *a, const struct binding *b,
                            struct disagreement *found) {
    uint32_t count = certain_parameters(a) < certain_parameters(b) ? certain_parameters(a) : certain_parameters(b);
    bool known = (a->call->flags | b->call->flags) & FFISAN_CALL_VARIADIC;
    struct disagreement other;
    for (uint32_t i = 0; i < count; i++) {
        if (!parameters_clash(meeting, a, b, i, found))
            continue;
        if (i == 0 || known)
            return true;
        for (uint32_t j = i + 1; j < count; j++)
            if (!parameters_clash(meeting, a, b, j, &other))
                return true;
        return false;
    }
    return false;
}

static bool results_clash(const struct meeting *meeting, const struct binding *a, const struct binding *b,
                          struct disagreement *found) {
    *found = (struct disagreement){.position = POSITION_RESULT};
    return types_disagree(meeting, a->function->to, b->function->to, found);
}

bool declarations_clash(const struct ffisan_record_call *call_a, const struct declaration *a,
                        const struct ffisan_record_call *call_b, const struct declaration *b, struct disagreement *found) {
    const struct binding left = {call_a, a, &a->table->types[a->function]}, right = {call_b, b, &b->table->types[b->function]};
    const struct meeting meeting = {a->table, b->table, NULL, NULL, true, false};
    uint32_t both = call_a->flags & call_b->flags;
    if (left.function->kind != FFISAN_TYPE_FUNCTION || right.function->kind != FFISAN_TYPE_FUNCTION ||
        ((call_a->flags | call_b->flags) & FFISAN_CALL_UP))
        return false;
    bool clash = ((both & FFISAN_CALL_RESULT_DECLARED) && results_clash(&meeting, &left, &right, found)) ||
                 ((both & FFISAN_CALL_ARGUMENTS_DECLARED) && arguments_clash(&meeting, &left, &right, found));
    found->rule = FFISAN_RULE_CLASHING_DECLARATIONS;
    return clash;
}
