/* SPDX-License-Identifier: Apache-2.0 */
#include "contract/sizes.h"

#include "contract/objects.h"
#include "contract/report.h"
#include "core/thread.h"
#include "hooks/calls.h"

#define REACH (16u << 10) /* how far back a block's start is looked for, at every call */

/* What the binding knows of the object behind the argument. */
static const struct ffisan_record_argument *told(const struct registered_call *call, const struct ffisan_contract_term *term) {
    const struct managed_call *managed = call->ffi ? call->ffi->managed : NULL;
    if (!managed || !managed->arguments || term->value || term->place >= managed->argument_count)
        return NULL;
    const struct ffisan_record_argument *argument = &managed->arguments[term->place];
    return argument->flags & FFISAN_ARGUMENT_SIZED ? argument : NULL;
}

static bool in_block(uintptr_t address, struct behind *behind) {
    struct block *block = &behind->block;
    bool own_stack = address >= self.stack_low && address < self.stack_high;
    if (own_stack || !(block_at(address, block) || block_around(address, REACH, block)) || block->state != BLOCK_LIVE ||
        address - block->start > block->size)
        return block->start = 0, false;
    behind->size = block->start + block->size - address;
    return true;
}

bool memory_behind(const struct registered_call *call, const struct ffisan_contract_term *term, uintptr_t address,
                   struct behind *behind) {
    const struct ffisan_record_argument *argument = told(call, term);
    behind->block.start = 0;
    behind->text = false;
    if (!argument)
        return in_block(address, behind);
    behind->size = argument->size;
    behind->text = argument->flags & FFISAN_ARGUMENT_TEXT;
    return true;
}

static RARE void report(struct registered_call *call, const struct ffisan_contract_term *term, uint64_t address,
                        const struct behind *behind, uint64_t bytes) {
    struct contract_part part = {.role = FFISAN_ROLE_DETECTED,
                                 .registered = call->registered,
                                 .term = term,
                                 .argument = term->place,
                                 .wanted = bytes,
                                 .given = behind->size};
    struct finding finding = {.rule = FFISAN_RULE_BUFFER_TOO_SMALL,
                              .origin = &call->origin,
                              .address = address,
                              .place = behind->block.start ? FFISAN_PLACE_LIVE_BLOCK : FFISAN_PLACE_UNKNOWN,
                              .block = behind->block.start ? &behind->block : NULL};
    contract_report(&finding, &part, 1);
}

/* Nobody has half of all addresses: a size like that is a negative number, and means something else to the function. */
static bool is_size(uint64_t bytes) {
    return bytes && bytes <= (uint64_t)PTRDIFF_MAX;
}

void size_check(struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value) {
    uint64_t bytes;
    struct behind behind;
    if (!value || object_is_over(call, term, value) || !term_bytes(call, term, &bytes) || !is_size(bytes) ||
        !memory_behind(call, term, value, &behind))
        return;
    if (UNLIKELY(behind.size < bytes))
        report(call, term, value, &behind, bytes);
}
