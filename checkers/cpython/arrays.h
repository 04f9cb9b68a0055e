/* SPDX-License-Identifier: Apache-2.0
 *
 * Arrays behind arguments: what their elements are, and whether they lie one behind the other (array-layout).
 *
 * A pointer that was made of an array still knows it: ndarray.ctypes.data_as keeps it as `_arr`, ndarray.ctypes is an object that has it, a
 * parameter made by numpy.ctypeslib.ndpointer is given the array itself, what comes of from_buffer keeps a memoryview, cffi's from_buffer a
 * Py_buffer. An array whose address was taken as a number is not known.
 *
 * An array with strides is nothing wrong when the function is told of them. So all numbers that the call hands over are looked at, those
 * behind pointers too: is a stride among them, in bytes, in elements or in elements of the next dimension, the array counts as contiguous.
 */
#ifndef FFISAN_CPYTHON_ARRAYS_H
#define FFISAN_CPYTHON_ARRAYS_H

#include "cpython/objects.h"

/* Of a memoryview; the same from 3.8 to 3.13 (Include/cpython/memoryobject.h, Include/cpython/object.h). */
#define VIEW_BUFFER    56u /* the Py_buffer in it: */
#define BUFFER_ADDRESS 0u
#define BUFFER_OBJECT  8u
#define BUFFER_SIZE    16u
#define BUFFER_ITEM    24u
#define BUFFER_COUNT   36u /* of dimensions, an int */
#define BUFFER_FORMAT  40u
#define BUFFER_SHAPE   48u
#define BUFFER_STRIDES 56u

#define ARRAY_DIMENSIONS 32u

struct array {
    uintptr_t address;
    uint8_t kind; /* enum ffisan_type_kind of an element */
    uint8_t item; /* bytes of one */
    bool swapped; /* in the other byte order */
    bool strided;
    unsigned dimensions;
    const intptr_t *shape, *strides; /* in bytes */
};

/* Whether the object is an array of elements that have a type: numpy's, array.array's, or a memoryview. Reads it; about 10 ns for what is none. */
bool array_read(uintptr_t object, struct array *array);
/* The array in whose memory `address` is, and that this object of Python's (not of a static type) keeps as its `_arr`. */
bool array_kept(uintptr_t object, uintptr_t address, struct array *array);
/* The same of a dict whose values are kept alive (ctypes' _objects). */
bool array_among(uintptr_t dict, uintptr_t address, struct array *array);
/* Whether numpy is there at all. */
bool arrays_possible(void);

/* The numbers that a call hands over. */
#define ARRAY_NUMBERS 96u
struct array_numbers {
    unsigned count;
    struct {
        int64_t value;
        bool in_memory;
    } of[ARRAY_NUMBERS];
};
void array_number(struct array_numbers *numbers, int64_t value);
/* Memory that may hold some: of each width. It is read through peek. */
void array_memory(struct array_numbers *numbers, uintptr_t address, size_t size);
/* Whether the function reads behind the first run of elements, for all that the numbers say. */
bool array_is_misread(const struct array *array, const struct array_numbers *numbers);

/* What the record says of it. */
void array_tell(const struct array *array, struct ffisan_record_argument *fact);
/* What makes it another kind of call. */
static inline uint64_t array_identity(const struct ffisan_record_argument *fact, size_t index) {
    return (uint64_t)fact->flags << 32 | (uint64_t)fact->element_kind << 16 | (uint64_t)fact->element_size << 8 | index;
}

#endif
