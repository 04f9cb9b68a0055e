/* SPDX-License-Identifier: Apache-2.0
 *
 * Notes on operators under way (operators.h). One a thread: an operator that calls another (new[] calls new, a sized delete the
 * plain one) keeps the outer note, since that is what the program wrote.
 */
#include "hooks/operators.h"

#include "ffisan/record.h"
#include "hooks/allocator.h"
#include "hooks/hooks.h"
#include "hooks/rows.h"

#define NEAR 1024 /* bytes of stack between the call of an operator and its call of malloc; libstdc++'s take less than 100 */

static const char *const texts[] = {
#define OPERATOR(id, symbol, text) text,
#include "hooks/hooks.def"
};

static const struct {
    uint8_t family;
    bool sized, aligned;
} shapes[] = {
#define SHAPE(id, family_, sized_, aligned_) [FUNCTION_##id - FUNCTION_ALLOCATORS] = {FFISAN_FAMILY_##family_, sized_, aligned_}
    SHAPE(NEW, NEW, false, false),
    SHAPE(NEW_ARRAY, NEW_ARRAY, false, false),
    SHAPE(NEW_NOTHROW, NEW, false, false),
    SHAPE(NEW_ARRAY_NOTHROW, NEW_ARRAY, false, false),
    SHAPE(NEW_ALIGNED, NEW, false, true),
    SHAPE(NEW_ARRAY_ALIGNED, NEW_ARRAY, false, true),
    SHAPE(NEW_ALIGNED_NOTHROW, NEW, false, true),
    SHAPE(NEW_ARRAY_ALIGNED_NOTHROW, NEW_ARRAY, false, true),
    SHAPE(DELETE, NEW, false, false),
    SHAPE(DELETE_ARRAY, NEW_ARRAY, false, false),
    SHAPE(DELETE_NOTHROW, NEW, false, false),
    SHAPE(DELETE_ARRAY_NOTHROW, NEW_ARRAY, false, false),
    SHAPE(DELETE_SIZED, NEW, true, false),
    SHAPE(DELETE_ARRAY_SIZED, NEW_ARRAY, true, false),
    SHAPE(DELETE_ALIGNED, NEW, false, true),
    SHAPE(DELETE_ARRAY_ALIGNED, NEW_ARRAY, false, true),
    SHAPE(DELETE_SIZED_ALIGNED, NEW, true, true),
    SHAPE(DELETE_ARRAY_SIZED_ALIGNED, NEW_ARRAY, true, true),
    SHAPE(DELETE_ALIGNED_NOTHROW, NEW, false, true),
    SHAPE(DELETE_ARRAY_ALIGNED_NOTHROW, NEW_ARRAY, false, true),
#undef SHAPE
};
_Static_assert(sizeof shapes / sizeof *shapes == OPERATORS, "every operator has its shape");
_Static_assert(OPERATORS < 256, "an operator's number fits into the thunk's low byte");

const char *operator_text(unsigned index) {
    return texts[index];
}

/* The note speaks of a call that is still open, and `cfa` is inside it. Equal: the operator jumped to free instead of calling it.
 * The slot is read only when it is on the same or the next page of the running stack. */
static bool encloses(const struct pending_operator *pending, uintptr_t cfa) {
    return cfa <= pending->origin.cfa && pending->origin.cfa - cfa < NEAR &&
           *(const uintptr_t *)(pending->origin.cfa - 8) == pending->origin.ra;
}

uintptr_t operator_noted(uintptr_t cfa, uintptr_t ra, uintptr_t frame_pointer, uint32_t row_and_operator, size_t second,
                         uintptr_t first) {
    row_id row = row_and_operator >> 8;
    unsigned index = row_and_operator & 255;
    uintptr_t target = row_operator[row][index];
    if (UNLIKELY(self.busy | (unsigned)allocator_off))
        return target;
    if (index >= FUNCTION_DELETE - FUNCTION_ALLOCATORS && first == 0)
        return target;
    if ((self.attention & ATTENTION_OPERATOR) && self.operator_.origin.cfa != cfa && encloses(&self.operator_, cfa))
        return target;
    self.operator_ = (struct pending_operator){.origin = {cfa, ra, frame_pointer},
                                               .row = row,
                                               .family = shapes[index].family,
                                               .function = (uint8_t)index,
                                               .sized = shapes[index].sized,
                                               .aligned = shapes[index].aligned,
                                               .size = second};
    self.attention |= ATTENTION_OPERATOR;
    return target;
}

bool operator_take(const struct origin *origin, struct pending_operator *pending) {
    self.attention &= ~(unsigned)ATTENTION_OPERATOR;
    if (!encloses(&self.operator_, origin->cfa))
        return false;
    *pending = self.operator_;
    return true;
}
