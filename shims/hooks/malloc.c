/* SPDX-License-Identifier: Apache-2.0
 *
 * malloc's family, as it comes in from a module's row (or row 0: the exported symbols). Each function: the guard, what has to be
 * attended to, the real function with room for a canary, the books.
 *
 * Rules for whoever edits this file:
 *  - a release is booked before the real free, an allocation after the real malloc;
 *  - an allocation that is not booked must be forgotten (block_forget): a tombstone left at its address would make its free a
 *    double free;
 *  - the fast path calls nothing of libc but the allocator itself, and leaves errno as that left it;
 *  - <name>_by_row must be entered by a jump, with nothing of ours on the stack: ORIGIN_HERE depends on it.
 */
#include <string.h>

#include "contract/memory.h"
#include "contract/objects.h"
#include "contract/revoke.h"
#include "core/blocks.h"
#include "core/findings.h"
#include "core/places.h"
#include "core/quarantine.h"
#include "core/stack.h"
#include "hooks/allocator.h"
#include "hooks/hooks.h"
#include "hooks/operators.h"
#include "hooks/rows.h"

int allocator_off = 1;
struct allocator real;
bool real_is_glibc;

#define TICK_EVERY 256u
#define TICKS_MOST 4u
static hooks_tick *ticks[TICKS_MOST];

RARE void allocator_find(void) {
#define ALLOCATOR(id, name) real.name##_ = (__typeof__(real.name##_))next_symbol(#name);
#include "hooks/hooks.def"
}

void hooks_on_tick(hooks_tick *tick) {
    for (unsigned i = 0; i < TICKS_MOST; i++)
        if (!ticks[i]) {
            ticks[i] = tick;
            return;
        }
}

static RARE void run_ticks(void) {
    struct inside inside = inside_enter();
    for (unsigned i = 0; i < TICKS_MOST; i++)
        if (ticks[i] && ticks[i]())
            ticks[i] = NULL;
    inside_leave(inside);
}

/* One intercepted call, from its guard to its books. */
struct call {
    struct origin origin;
    row_id row;
    uint8_t family;
    const char *function;
    bool sized, aligned;
    size_t size; /* what a sized delete was told */
};

static RARE void attend_rarely(struct call *call) {
    struct inside inside = inside_enter();
    if (self.attention & ATTENTION_THREAD)
        thread_begin();
    if (self.attention & ATTENTION_MODULES)
        loader_attend(&call->origin, false);
    inside_leave(inside);
}

/* What has to be looked at first; then the call knows who made it. */
static inline void attend(struct call *call) {
    if (UNLIKELY(++self.ticks % TICK_EVERY == 0))
        run_ticks();
    if (LIKELY(!self.attention))
        return;
    if (self.attention & (ATTENTION_THREAD | ATTENTION_MODULES))
        attend_rarely(call);
    if (self.attention & ATTENTION_OPERATOR) {
        struct pending_operator pending;
        if (operator_take(&call->origin, &pending)) {
            call->origin = pending.origin;
            call->row = pending.row;
            call->family = pending.family;
            call->function = operator_text(pending.function);
            call->sized = pending.sized;
            call->aligned = pending.aligned;
            call->size = pending.size;
        }
    }
}

static inline uint8_t family_of_row(row_id row) {
    if (LIKELY(row))
        return row_family[row];
    return loader_settled() ? FFISAN_FAMILY_MALLOC : FFISAN_FAMILY_ANY;
}

/* To be said first in a <name>_by_row: who calls it, from where. */
#define CALL_HERE(variable, name)                                                                                                \
    struct call variable;                                                                                                        \
    (variable).origin = ORIGIN_HERE();                                                                                           \
    (variable).function = (name);                                                                                                \
    (variable).sized = false;                                                                                                    \
    (variable).row = row_of_caller(row, (variable).origin.ra);                                                                   \
    (variable).family = family_of_row((variable).row)

/* allocator_off is not 0 either as long as the real allocator is not known. */
static inline bool pass_through(void) {
    if (LIKELY(!(self.busy | (unsigned)allocator_off)))
        return false;
    if (!real.malloc_)
        allocator_find();
    return true;
}

/* An allocation that stays out of the books. */
static RARE void *unbooked(void *start) {
    if (start)
        block_forget(start);
    return start;
}

static inline void *booked(const struct call *call, void *start, size_t size) {
    if (UNLIKELY(!start))
        return NULL;
    self.busy++;
    block_birth(start, size, call->family, stack_site(&call->origin, call->row));
    self.busy--;
    return start;
}

void *malloc_by_row(size_t size, row_id row) {
    if (pass_through())
        return unbooked(real.malloc_(size));
    CALL_HERE(call, "malloc");
    attend(&call);
    return booked(&call, real.malloc_(block_request(size)), size);
}

void *calloc_by_row(size_t count, size_t size, row_id row) {
    size_t total;
    if (pass_through() || __builtin_mul_overflow(count, size, &total))
        return unbooked(real.calloc_(count, size));
    CALL_HERE(call, "calloc");
    attend(&call);
    return booked(&call, real.calloc_(1, block_request(total)), total);
}

/* The shadow knows 16-byte granules: an alignment of 8 gets 16, odd requests go by unbooked. */
void *memalign_by_row(size_t alignment, size_t size, row_id row) {
    alignment = alignment == 8 ? 16 : alignment;
    if (pass_through() || alignment < 16)
        return unbooked(real.memalign_(alignment, size));
    CALL_HERE(call, "memalign");
    attend(&call);
    return booked(&call, real.memalign_(alignment, block_request(size)), size);
}

void *aligned_alloc_by_row(size_t alignment, size_t size, row_id row) {
    alignment = alignment == 8 ? 16 : alignment;
    if (pass_through() || alignment < 16)
        return unbooked(real.aligned_alloc_(alignment, size));
    CALL_HERE(call, "aligned_alloc");
    attend(&call);
    return booked(&call, real.aligned_alloc_(alignment, block_request(size)), size);
}

int posix_memalign_by_row(void **result, size_t alignment, size_t size, row_id row) {
    alignment = alignment == 8 ? 16 : alignment;
    if (pass_through() || alignment < 16) {
        int status = real.posix_memalign_(result, alignment, size);
        if (status == 0)
            unbooked(*result);
        return status;
    }
    CALL_HERE(call, "posix_memalign");
    attend(&call);
    int status = real.posix_memalign_(result, alignment, block_request(size));
    if (status == 0)
        booked(&call, *result, size);
    return status;
}

void *valloc_by_row(size_t size, row_id row) {
    if (pass_through())
        return unbooked(real.valloc_(size));
    CALL_HERE(call, "valloc");
    attend(&call);
    return booked(&call, real.valloc_(block_request(size)), size);
}

/* pvalloc rounds up to whole pages, which the caller may use. */
void *pvalloc_by_row(size_t size, row_id row) {
    size_t whole = (size + 4095) & ~(size_t)4095;
    if (pass_through() || whole < size)
        return unbooked(real.pvalloc_(size));
    CALL_HERE(call, "pvalloc");
    attend(&call);
    return booked(&call, real.pvalloc_(block_request(whole)), whole);
}

size_t malloc_usable_size_by_row(void *start, row_id row) {
    (void)row;
    struct block block;
    pass_through(); /* for what it finds */
    if (start && !allocator_off && block_at((uintptr_t)start, &block) && block.state == BLOCK_LIVE)
        return block.size;
    return real.malloc_usable_size_(start);
}

/* ---- release --------------------------------------------------------------------------------------------------------------- */

static RARE void report(enum ffisan_rule rule, const struct call *call, const void *start, const struct block *block,
                        const struct finding *more) {
    struct finding finding = more ? *more : (struct finding){0};
    finding.rule = rule;
    finding.function = call->function;
    finding.origin = &call->origin;
    finding.address = (uintptr_t)start;
    finding.block = block;
    finding.free_family = call->family;
    finding.free_row = call->row;
    finding_report(&finding);
}

/* CPython swaps its allocators at times and then frees with another domain than it allocated with; that is its own affair. An
 * interpreter that takes the address of free has no row (3.13's libpython): then the one to whom free returns has to do. */
static bool is_interpreters_own(const struct call *call, const struct block *block) {
    if (block->family < FFISAN_FAMILY_PY_RAW)
        return false;
    const struct module *module = call->row ? module_of_row(call->row) : module_at(call->origin.ra - 1);
    return module && managed_runtime.is && managed_runtime.is(module);
}

/* A release of a block that is not alive. True: it is certain to be wrong, was reported, and must not be carried out. */
static RARE bool refuse(const struct call *call, const void *start, enum block_state state, const struct block *dead) {
    if (loader_bypassed())
        return false;
    if (state != BLOCK_UNKNOWN) {
        if (self.told_over != (uintptr_t)start)
            report(FFISAN_RULE_DOUBLE_FREE, call, start, dead, &(struct finding){.place = FFISAN_PLACE_FREED_BLOCK});
        self.told_over = 0; /* once: it was what the library did about what was reported */
        self.told_dead = (uintptr_t)start;
        return true;
    }
    if (self.told_over && quarantine_pattern((uintptr_t)start))
        return true; /* read out of what was reported to be over */
    struct block block;
    struct finding more = {0};
    bool known = false, keep;
    if (object_freed((uintptr_t)start, &call->origin, call->row, call->function, &keep))
        return keep;
    if (!place_cannot_be_freed((uintptr_t)start, real_is_glibc, &more.place, &block, &known))
        return false;
    more.offset = known ? (uintptr_t)start - block.start : 0;
    report(FFISAN_RULE_INVALID_FREE, call, start, known ? &block : NULL, &more);
    if (known && block.state == BLOCK_LIVE) /* the block that was meant, most likely */
        block_disown(block.start);
    return true;
}

static bool families_differ(const struct call *call, const struct block *block) {
    return call->family != FFISAN_FAMILY_ANY && block->family != FFISAN_FAMILY_ANY && call->family != block->family;
}

/* An aligned operator new may round the size up to its alignment; nothing says which that was. */
static bool sizes_differ(const struct call *call, const struct block *block) {
    if (!call->sized || call->size == block->size || block->family == FFISAN_FAMILY_ANY)
        return false;
    if (call->aligned)
        return call->size > block->size || block->size - call->size >= 4096;
    return !(call->size == 0 && block->size == 1); /* new of nothing asks malloc for one byte */
}

/* What can be said of a block at its death, its canary apart. */
static inline void check_release(const struct call *call, const struct block *block) {
    if (UNLIKELY(families_differ(call, block)) && !is_interpreters_own(call, block))
        report(FFISAN_RULE_MISMATCHED_DEALLOCATOR, call, (void *)block->start, block,
               &(struct finding){.place = FFISAN_PLACE_LIVE_BLOCK});
    else if (UNLIKELY(sizes_differ(call, block)))
        report(FFISAN_RULE_WRONG_SIZE_DEALLOC, call, (void *)block->start, block,
               &(struct finding){.place = FFISAN_PLACE_LIVE_BLOCK, .given_size = call->size});
}

static struct memory_doer doer_of(const struct call *call) {
    return (struct memory_doer){.origin = &call->origin, .row = call->row, .function = call->function};
}

/* C was handed it at some time: it may have it still. */
static RARE void crossed_dies(const struct call *call, const struct block *block) {
    struct memory_doer doer = doer_of(call);
    if (!memory_ends(block->start, block->size, MEMORY_FREED, &doer))
        memory_taken_from_call(block->start, block->size, &doer);
}

/* One that crossed may be an object by somebody's contract, which then knows better. True: it is not to be freed. */
static RARE bool check_object(const struct call *call, const struct block *block) {
    bool keep;
    if (!object_freed(block->start, &call->origin, call->row, call->function, &keep))
        check_release(call, block);
    return keep;
}

/* True: it is not to be freed. */
static inline bool check_dying(const struct call *call, const struct block *block) {
    size_t offset;
    uint8_t byte;
    if (UNLIKELY(block_overflowed(block, &offset, &byte)))
        report(FFISAN_RULE_HEAP_OVERFLOW, call, (void *)block->start, block,
               &(struct finding){.place = FFISAN_PLACE_BEHIND_BLOCK, .offset = offset, .byte = byte});
    if (UNLIKELY(block->crossed))
        return check_object(call, block);
    check_release(call, block);
    return false;
}

static void real_free(void *start) {
    real.free_(start);
}

/* What stands in for lent memory (--revoke) is given back in its place. */
static RARE enum block_state death_as_lent(const struct call *call, void **start, struct block *block) {
    uintptr_t original = revoke_given_back((uintptr_t)*start);
    if (!original)
        return BLOCK_UNKNOWN;
    *start = (void *)original;
    return block_death(*start, stack_site(&call->origin, call->row), block);
}

void free_by_row(void *start, row_id row) {
    if (!start)
        return;
    if (pass_through()) {
        block_forget(start);
        real.free_(start);
        return;
    }
    CALL_HERE(call, "free");
    attend(&call);
    struct block block;
    self.busy++;
    enum block_state state = block_death(start, stack_site(&call.origin, call.row), &block);
    if (UNLIKELY(state == BLOCK_UNKNOWN))
        state = death_as_lent(&call, &start, &block);
    bool refused = false, held = false;
    if (LIKELY(state == BLOCK_LIVE)) {
        refused = check_dying(&call, &block);
        if (UNLIKELY(refused))
            block_revive(&block);
        else if (UNLIKELY(block.crossed))
            crossed_dies(&call, &block);
        held = !refused && UNLIKELY(quarantine_wants(&block)) && quarantine_take(&block, real_free);
    } else {
        refused = refuse(&call, start, state, &block);
        if (!refused)
            block_forget(start);
    }
    self.busy--;
    if (LIKELY(!refused && !held))
        real.free_(start);
}

/* The way through realloc for a block that quarantine is to keep: a fresh block, a copy, and the old one stays behind. */
static void *realloc_by_copy(const struct block *old, size_t size) {
    void *fresh = real.malloc_(block_request(size));
    if (!fresh)
        return NULL;
    memcpy(fresh, (void *)old->start, old->size < size ? old->size : size);
    if (!quarantine_take(old, real_free))
        real.free_((void *)old->start);
    return fresh;
}

/* The library's own: whoever asked gets a copy. */
static RARE void *realloc_refused(const struct call *call, const struct block *old, size_t size) {
    block_revive(old);
    void *fresh = size ? real.malloc_(block_request(size)) : NULL;
    if (fresh)
        memcpy(fresh, (void *)old->start, old->size < size ? old->size : size);
    return booked(call, fresh, size);
}

/* What C keeps moves only if the program would have moved it. */
static RARE void *realloc_kept(const struct call *call, const struct block *old, size_t size, const struct memory_move *move) {
    struct memory_doer doer = doer_of(call);
    void *fresh = real.realloc_((void *)old->start, block_request(size));
    if (fresh)
        memory_moved(move, (uintptr_t)fresh, size, &doer);
    return fresh;
}

static void *realloc_live(const struct call *call, const struct block *old, size_t size) {
    if (UNLIKELY(old->crossed)) {
        struct memory_move move = memory_moving(old->start, old->size);
        if (move.newest)
            return realloc_kept(call, old, size, &move);
    }
    return quarantine_wants(old) ? realloc_by_copy(old, size) : real.realloc_((void *)old->start, block_request(size));
}

static void *realloc_known(const struct call *call, const struct block *old, size_t size) {
    if (UNLIKELY(check_dying(call, old)))
        return realloc_refused(call, old, size);
    if (UNLIKELY(size == 0)) {
        if (old->crossed)
            crossed_dies(call, old);
        return unbooked(real.realloc_((void *)old->start, 0)); /* frees, with glibc; what another allocator answers is not ours */
    }
    void *fresh = realloc_live(call, old, size);
    if (UNLIKELY(!fresh)) {
        block_revive(old);
        return NULL;
    }
    block_birth(fresh, size, old->family == FFISAN_FAMILY_ANY ? FFISAN_FAMILY_ANY : FFISAN_FAMILY_MALLOC,
                stack_site(&call->origin, call->row));
    return fresh;
}

static RARE void *realloc_unknown(const struct call *call, void *start, size_t size, enum block_state state,
                                  const struct block *dead) {
    if (refuse(call, start, state, dead)) {
        errno = ENOMEM;
        return NULL;
    }
    block_forget(start);
    return unbooked(real.realloc_(start, size));
}

void *realloc_by_row(void *start, size_t size, row_id row) {
    if (pass_through()) {
        if (start)
            block_forget(start);
        return unbooked(real.realloc_(start, size));
    }
    CALL_HERE(call, "realloc");
    attend(&call);
    if (!start)
        return booked(&call, real.realloc_(NULL, block_request(size)), size);
    struct block block;
    self.busy++;
    enum block_state state = block_death(start, stack_site(&call.origin, call.row), &block);
    if (UNLIKELY(state == BLOCK_UNKNOWN))
        state = death_as_lent(&call, &start, &block);
    void *fresh =
        LIKELY(state == BLOCK_LIVE) ? realloc_known(&call, &block, size) : realloc_unknown(&call, start, size, state, &block);
    self.busy--;
    return fresh;
}

/* Jumps, so that realloc_by_row sees our caller. */
void *reallocarray_by_row(void *start, size_t count, size_t size, row_id row) {
    size_t total;
    if (UNLIKELY(__builtin_mul_overflow(count, size, &total))) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc_by_row(start, total, row);
}
