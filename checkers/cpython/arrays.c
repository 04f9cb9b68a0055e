/* SPDX-License-Identifier: Apache-2.0 */
#include "cpython/arrays.h"

#include <string.h>

#include "core/modules.h"
#include "core/peek.h"
#include "cpython/callables.h"

/* Of a PyArrayObject and a PyArray_Descr, as far as numpy 1 and 2 agree (numpy/ndarraytypes.h). */
#define ARRAY_ADDRESS     16u
#define ARRAY_COUNT       24u /* an int */
#define ARRAY_SHAPE       32u
#define ARRAY_STRIDES     40u
#define ARRAY_DESCRIPTION 56u
#define ARRAY_FLAGS       64u /* an int: */
#define ARRAY_CONTIGUOUS  3   /* NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_F_CONTIGUOUS */
#define ARRAY_WHOLE       80u
#define ELEMENT_LETTER    25u
#define ELEMENT_ORDER     26u

/* Of an arrayobject, whose description begins with its letter (Modules/arraymodule.c, the same from 3.8 to 3.13). */
#define PLAIN_ADDRESS     24u
#define PLAIN_DESCRIPTION 40u
#define PLAIN_WHOLE       64u

#define BASES_MOST 8u
#define KEPT_MOST  4 /* of a dict with more we do not know which it is */
#define WORDS_MOST 8u

/* ---- elements ---- */

struct element {
    char letter;
    uint8_t kind, size;
};

/* By the letters of numpy (typecodes) and of struct, which mean the same where both have them. Bytes are no elements: memory is counted in
 * them. */
static const struct element elements[] = {
    {'?', FFISAN_TYPE_BOOL, 1},    {'h', FFISAN_TYPE_INTEGER, 2}, {'H', FFISAN_TYPE_INTEGER, 2},  {'i', FFISAN_TYPE_INTEGER, 4},
    {'I', FFISAN_TYPE_INTEGER, 4}, {'l', FFISAN_TYPE_INTEGER, 8}, {'L', FFISAN_TYPE_INTEGER, 8},  {'q', FFISAN_TYPE_INTEGER, 8},
    {'Q', FFISAN_TYPE_INTEGER, 8}, {'e', FFISAN_TYPE_FLOAT, 2},   {'f', FFISAN_TYPE_FLOAT, 4},    {'d', FFISAN_TYPE_FLOAT, 8},
    {'g', FFISAN_TYPE_FLOAT, 16},  {'F', FFISAN_TYPE_COMPLEX, 8}, {'D', FFISAN_TYPE_COMPLEX, 16}, {'G', FFISAN_TYPE_COMPLEX, 32},
    {'O', FFISAN_TYPE_POINTER, 8},
};

static bool set_element(struct array *array, char letter) {
    for (size_t i = 0; i < sizeof elements / sizeof *elements; i++) {
        if (elements[i].letter != letter)
            continue;
        array->kind = elements[i].kind;
        array->item = elements[i].size;
        return true;
    }
    return false;
}

/* ---- numpy ---- */

static uintptr_t array_type;

static void note_numpy(const struct module *module, void *context) {
    const char *name = module_name(module);
    if (strncmp(name, "_multiarray_umath.", strlen("_multiarray_umath.")) == 0 ||
        strncmp(name, "multiarray.", strlen("multiarray.")) == 0)
        *(bool *)context = true;
}

bool arrays_possible(void) {
    static uint32_t generation;
    static bool possible;
    uint32_t now = modules_generation();
    if (UNLIKELY(now != generation)) {
        bool found = false;
        modules_each(note_numpy, &found);
        possible = found;
        generation = now;
    }
    return possible;
}

/* numpy's type lives for ever. */
static bool is_array_type(uintptr_t type) {
    if (LIKELY(array_type))
        return type == array_type;
    if (word(type, TYPE_BASIC_SIZE) < ARRAY_WHOLE || strcmp((const char *)word(type, TYPE_NAME), "numpy.ndarray") != 0)
        return false;
    array_type = type;
    return true;
}

static bool is_array(uintptr_t object) {
    uintptr_t type = type_of(object);
    for (unsigned i = 0; type && i < BASES_MOST; i++, type = word(type, TYPE_BASE))
        if (is_array_type(type))
            return true;
    return false;
}

static bool read_numpy(uintptr_t object, struct array *array) {
    uintptr_t description = word(object, ARRAY_DESCRIPTION);
    int dimensions = *(const int *)(object + ARRAY_COUNT), flags = *(const int *)(object + ARRAY_FLAGS);
    if (!description || dimensions < 0 || (unsigned)dimensions > ARRAY_DIMENSIONS ||
        !set_element(array, *(const char *)(description + ELEMENT_LETTER)))
        return false;
    array->address = word(object, ARRAY_ADDRESS);
    array->swapped = *(const char *)(description + ELEMENT_ORDER) == '>';
    array->strided = !(flags & ARRAY_CONTIGUOUS);
    array->dimensions = (unsigned)dimensions;
    array->shape = (const intptr_t *)word(object, ARRAY_SHAPE);
    array->strides = (const intptr_t *)word(object, ARRAY_STRIDES);
    return array->address != 0;
}

/* ---- memoryviews ---- */

/* One after the other, the last index or the first one running fastest; dimensions of one element do not count. */
static bool lies_in_order(const struct array *array, bool last_first) {
    intptr_t step = array->item;
    for (unsigned i = 0; i < array->dimensions; i++) {
        unsigned at = last_first ? array->dimensions - 1 - i : i;
        if (array->shape[at] == 0)
            return true;
        if (array->shape[at] != 1 && array->strides[at] != step)
            return false;
        step *= array->shape[at];
    }
    return true;
}

static bool read_view(uintptr_t object, struct array *array) {
    uintptr_t buffer = object + VIEW_BUFFER;
    const char *format = (const char *)word(buffer, BUFFER_FORMAT);
    int dimensions = *(const int *)(buffer + BUFFER_COUNT);
    if (!format || dimensions < 0 || (unsigned)dimensions > ARRAY_DIMENSIONS)
        return false;
    array->swapped = *format == '>' || *format == '!';
    format += strchr("@=<>!", *format) && *format ? 1 : 0;
    if (!set_element(array, *format) || format[1] || word(buffer, BUFFER_ITEM) != array->item)
        return false;
    array->address = word(buffer, BUFFER_ADDRESS);
    array->dimensions = (unsigned)dimensions;
    array->shape = (const intptr_t *)word(buffer, BUFFER_SHAPE);
    array->strides = (const intptr_t *)word(buffer, BUFFER_STRIDES);
    array->strided = array->shape && array->strides && !lies_in_order(array, true) && !lies_in_order(array, false);
    return array->address != 0;
}

/* ---- array.array ---- */

/* It has one dimension, and no other byte order than the machine's. */
static bool read_plain(uintptr_t object, struct array *array) {
    uintptr_t description = word(object, PLAIN_DESCRIPTION);
    array->address = word(object, PLAIN_ADDRESS);
    return array->address && description && set_element(array, *(const char *)description);
}

static bool is_plain(uintptr_t object) {
    return word(type_of(object), TYPE_BASIC_SIZE) == PLAIN_WHOLE &&
           strcmp((const char *)word(type_of(object), TYPE_NAME), "array.array") == 0;
}

bool array_read(uintptr_t object, struct array *array) {
    *array = (struct array){0};
    if (python.view_type && type_of(object) == python.view_type)
        return read_view(object, array);
    return is_plain(object) ? read_plain(object, array) : is_array(object) && read_numpy(object, array);
}

/* ---- where an array is kept ---- */

/* Who has moved the pointer knows better. */
static bool array_is_there(uintptr_t object, uintptr_t address, struct array *array) {
    return array_read(object, array) && array->address == address;
}

bool array_kept(uintptr_t object, uintptr_t address, struct array *array) {
    static uintptr_t name;
    uintptr_t *dict = python.dict_of ? python.dict_of((void *)object) : NULL;
    name = name ? name : name_for_ever("_arr");
    uintptr_t kept = name && dict && *dict && is_kind(*dict, TYPE_IS_DICT) ? dict_item(*dict, name) : 0;
    return kept && array_is_there(kept, address ? address : is_array(kept) ? word(kept, ARRAY_ADDRESS) : 0, array);
}

bool array_among(uintptr_t dict, uintptr_t address, struct array *array) {
    intptr_t position = 0;
    void *key, *value;
    if (!is_kind(dict, TYPE_IS_DICT) || word(dict, DICT_COUNT) > KEPT_MOST)
        return false;
    while (python.dict_next((void *)dict, &position, &key, &value))
        if (type_of((uintptr_t)value) == python.view_type && array_is_there((uintptr_t)value, address, array))
            return true;
    return false;
}

/* ---- strides that the function is told ---- */

static void add_number(struct array_numbers *numbers, int64_t value, bool in_memory) {
    if (numbers->count == ARRAY_NUMBERS)
        return;
    numbers->of[numbers->count].value = value;
    numbers->of[numbers->count++].in_memory = in_memory;
}

void array_number(struct array_numbers *numbers, int64_t value) {
    add_number(numbers, value, false);
}

void array_memory(struct array_numbers *numbers, uintptr_t address, size_t size) {
    int64_t words[WORDS_MOST];
    size_t most = size < sizeof words ? size : sizeof words;
    if (!address || most < sizeof(int32_t) || !peek(words, address, most))
        return;
    for (size_t i = 0; i < most / sizeof *words; i++)
        add_number(numbers, words[i], true);
    for (size_t i = 0; i < most / sizeof(int32_t); i++) {
        int32_t half;
        memcpy(&half, (const char *)words + i * sizeof half, sizeof half);
        add_number(numbers, half, true);
    }
}

/* How often; what stands in memory may stand for more than one. */
static unsigned times(const struct array_numbers *numbers, int64_t value) {
    unsigned count = 0;
    for (unsigned i = 0; i < numbers->count; i++)
        if (numbers->of[i].value == value)
            count += numbers->of[i].in_memory ? 2 : 1;
    return count;
}

static bool is_told(const struct array_numbers *numbers, int64_t value) {
    return times(numbers, value) > 0;
}

static intptr_t whole(const struct array *array) {
    intptr_t count = 1;
    for (unsigned i = 0; i < array->dimensions; i++)
        count *= array->shape[i];
    return count;
}

/* The column of a square matrix: one number tells how many there are, and only a second one of the same value the stride. */
static bool is_stride(const struct array *array, const struct array_numbers *numbers, int64_t value) {
    bool counts = value == whole(array);
    for (unsigned i = 0; i < array->dimensions; i++)
        counts = counts || value == array->shape[i];
    return times(numbers, value) > (counts ? 1 : 0);
}

/* In bytes, in elements, or in elements of another dimension (pixels of three colours). */
static bool one_is_told(const struct array *array, const struct array_numbers *numbers, intptr_t stride) {
    if (is_stride(array, numbers, stride) || (stride % array->item == 0 && is_stride(array, numbers, stride / array->item)))
        return true;
    for (unsigned i = 0; i < array->dimensions; i++) {
        intptr_t other = array->strides[i];
        if (other && other != stride && stride % other == 0 && is_stride(array, numbers, stride / other))
            return true;
    }
    return false;
}

static bool stride_is_told(const struct array *array, const struct array_numbers *numbers) {
    for (unsigned i = 0; i < array->dimensions; i++)
        if (array->shape[i] > 1 && array->strides[i] != array->item && one_is_told(array, numbers, array->strides[i]))
            return true;
    return false;
}

/* Elements that lie one behind the other at the beginning: a row of a matrix that was cut out of a wider one. */
static intptr_t first_run(const struct array *array) {
    intptr_t run = 1;
    for (unsigned i = array->dimensions; i > 0; i--) {
        if (array->shape[i - 1] == 1)
            continue;
        if (array->strides[i - 1] != run * array->item)
            break;
        run *= array->shape[i - 1];
    }
    return run;
}

/* A dimension that goes beyond the first run. */
static bool outer_is_told(const struct array *array, const struct array_numbers *numbers, intptr_t run) {
    for (unsigned i = 0; i < array->dimensions; i++)
        if (array->shape[i] > 1 && array->strides[i] != array->item && array->shape[i] != run &&
            is_told(numbers, array->shape[i]))
            return true;
    return false;
}

/* Is the length of the first run told, and nothing that goes beyond it, then no more than that may be wanted. */
bool array_is_misread(const struct array *array, const struct array_numbers *numbers) {
    if (!array->shape || !array->strides || stride_is_told(array, numbers))
        return false;
    intptr_t run = first_run(array), all = whole(array);
    if (!is_told(numbers, run) && !is_told(numbers, run * array->item))
        return true;
    return is_told(numbers, all) || is_told(numbers, all * array->item) || outer_is_told(array, numbers, run);
}

/* ---- the record ---- */

/* Of the dimension in which the elements lie closest and not one behind the other. */
static intptr_t told_stride(const struct array *array) {
    intptr_t told = 0, least = 0;
    for (unsigned i = 0; array->strides && i < array->dimensions; i++) {
        intptr_t stride = array->strides[i], size = stride < 0 ? -stride : stride;
        if (array->shape[i] > 1 && stride != array->item && (!least || size < least)) {
            told = stride;
            least = size ? size : 1;
        }
    }
    return told;
}

void array_tell(const struct array *array, struct ffisan_record_argument *fact) {
    fact->flags |=
        FFISAN_ARGUMENT_ARRAY | (array->swapped ? FFISAN_ARGUMENT_SWAPPED : 0) | (array->strided ? FFISAN_ARGUMENT_STRIDED : 0);
    fact->element_kind = array->kind;
    fact->element_size = array->item;
    fact->stride = array->strided ? told_stride(array) : 0;
}
