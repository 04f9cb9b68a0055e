/* SPDX-License-Identifier: Apache-2.0 */
#include "contract/remains.h"

#define HEAD_MOST 64u /* what an allocator on top of malloc may keep in front */

void remains_note(struct object *object) {
    struct block block;
    if (object->kind || !block_around(object->value, HEAD_MOST, &block) || block.state != BLOCK_LIVE ||
        object->value - block.start > HEAD_MOST || block_cross(block.start, &block) != BLOCK_LIVE)
        return;
    object->on_block = true;
    object->inside = (uint8_t)(object->value - block.start);
    object->block = block.allocated;
}

bool remains_in(const struct object *object, const struct block *block) {
    return object->on_block && block->start == object->value - object->inside && block->allocated == object->block &&
           block->crossed;
}

enum remains remains_of(const struct object *object) {
    struct block block;
    if (!object->on_block)
        return REMAINS_UNKNOWN;
    if (!block_at(object->value - object->inside, &block) || !remains_in(object, &block))
        return REMAINS_OTHER;
    return block.state == BLOCK_LIVE ? REMAINS_ALIVE : REMAINS_DEAD;
}

enum remains remains_for_certain(const struct object *object) {
    struct block block;
    enum remains remains = remains_of(object);
    bool covered = remains == REMAINS_DEAD && block_around(object->value, 0, &block) && block.state == BLOCK_LIVE;
    return covered ? REMAINS_OTHER : remains;
}
