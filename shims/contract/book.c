/* SPDX-License-Identifier: Apache-2.0
 *
 * Chunks of objects, a hash of their numbers, two queues, and a list of those that are free.
 *
 * Who looks without the lock may be led from one object to another that was put to use anew meanwhile, and end in a wrong
 * chain: it then finds nothing, and gives up after some steps.
 */
#include "contract/book.h"

#include <string.h>

#include "core/latch.h"
#include "core/memory.h"

#define HASH_BITS  15
#define CHUNK_BITS 10
#define CHUNK      (1u << CHUNK_BITS)
#define CHUNKS     (BOOK_OBJECTS / CHUNK)
#define STEPS_MOST 256u /* of a search */
#define TRIM_MOST  4u   /* objects that leave for one that comes */

enum queue_name { QUEUE_NONE, QUEUE_LOOSE, QUEUE_CLOSED, QUEUE_ENDED, QUEUES };
static const uint8_t queue_of[OBJECT_STATES] = {[OBJECT_BORROWED] = QUEUE_LOOSE,
                                                [OBJECT_STATIC] = QUEUE_LOOSE,
                                                [OBJECT_GIVEN] = QUEUE_LOOSE,
                                                [OBJECT_CLOSED] = QUEUE_CLOSED,
                                                [OBJECT_ENDED] = QUEUE_ENDED};

static uint32_t *heads;                    /* 1 << HASH_BITS */
static uint64_t any[1u << HASH_BITS >> 6]; /* a bit for each head that leads somewhere: what is asked for is mostly not known */
static struct object *chunks[CHUNKS];
static uint32_t used, unused; /* the highest that was ever in use; the first of those that are free again */
static uint32_t known, serials, forked_at;
static struct queue { uint32_t oldest, newest, count; } queues[QUEUES];
static struct latch latch;

bool book_lock(void) {
    return latch_take(&latch);
}

void book_unlock(void) {
    latch_give(&latch);
}

/* ---- places ---- */

static inline struct object *at(uint32_t index) {
    return &chunks[(index - 1) >> CHUNK_BITS][(index - 1) & (CHUNK - 1)];
}

static inline uint32_t hash_of(uint64_t value, uint32_t kind) {
    return (uint32_t)(((value ^ kind) * 0x9e3779b97f4a7c15u) >> (64 - HASH_BITS));
}

static inline bool is_any(uint32_t hash) {
    return __atomic_load_n(&any[hash >> 6], __ATOMIC_ACQUIRE) >> (hash & 63) & 1;
}

static void note_any(uint32_t hash) {
    uint64_t bit = (uint64_t)1 << (hash & 63), rest = any[hash >> 6] & ~bit;
    __atomic_store_n(&any[hash >> 6], heads[hash] ? rest | bit : rest, __ATOMIC_RELEASE);
}

static uint32_t take_place(void) {
    uint32_t index = unused;
    if (index) {
        unused = at(index)->next;
        return index;
    }
    if (used == BOOK_OBJECTS)
        return 0;
    struct object **chunk = &chunks[used >> CHUNK_BITS];
    if (!*chunk) {
        struct object *fresh = memory_map(CHUNK * sizeof **chunk);
        if (!fresh)
            return 0;
        __atomic_store_n(chunk, fresh, __ATOMIC_RELEASE);
    }
    return ++used;
}

uint32_t book_kind(const char *name) {
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    return hash ? hash : 1;
}

/* ---- queues ---- */

static void queue_leave(struct object *object) {
    struct queue *queue = &queues[queue_of[object->state]];
    if (queue == &queues[QUEUE_NONE])
        return;
    *(object->older ? &at(object->older)->newer : &queue->oldest) = object->newer;
    *(object->newer ? &at(object->newer)->older : &queue->newest) = object->older;
    object->older = object->newer = 0;
    queue->count--;
}

static void queue_join(struct object *object) {
    struct queue *queue = &queues[queue_of[object->state]];
    if (queue == &queues[QUEUE_NONE])
        return;
    object->older = queue->newest;
    object->newer = 0;
    *(queue->newest ? &at(queue->newest)->newer : &queue->oldest) = object->place;
    queue->newest = object->place;
    queue->count++;
}

void book_move(struct object *object, enum object_state state) {
    if (object->state == state)
        return;
    queue_leave(object);
    __atomic_store_n(&object->state, (uint8_t)state, __ATOMIC_RELEASE);
    queue_join(object);
}

/* ---- owners ---- */

static void leave_owner(struct object *object) {
    struct object *owner = book_owner(object);
    if (owner) {
        *(object->previous_child ? &at(object->previous_child)->next_child : &owner->child) = object->next_child;
        if (object->next_child)
            at(object->next_child)->previous_child = object->previous_child;
    }
    object->owner = object->owner_serial = object->next_child = object->previous_child = 0;
}

struct object *book_owner(const struct object *object) {
    struct object *owner = object->owner ? at(object->owner) : NULL;
    return owner && owner->serial == object->owner_serial ? owner : NULL;
}

void book_lend(struct object *object, struct object *owner) {
    leave_owner(object);
    if (!owner || owner == object)
        return;
    object->owner = owner->place;
    object->owner_serial = owner->serial;
    object->next_child = owner->child;
    if (owner->child)
        at(owner->child)->previous_child = object->place;
    owner->child = object->place;
}

void book_children(struct object *owner, void (*each)(struct object *object, void *context), void *context) {
    for (uint32_t index = owner->child, next; index; index = next) {
        struct object *child = at(index);
        next = child->next_child;
        each(child, context);
    }
}

static void outlive(struct object *child, void *owner_) {
    const struct object *owner = owner_;
    bool over = owner->state == OBJECT_CLOSED || owner->state == OBJECT_ENDED;
    leave_owner(child);
    if (over && child->state == OBJECT_BORROWED && !child->shared) {
        child->ended = owner->ended;
        book_move(child, OBJECT_ENDED);
    }
    child->shared = true;
}

/* ---- coming and going ---- */

struct object *book_find(uint64_t value, uint32_t kind) {
    uint32_t hash = hash_of(value, kind);
    if (!is_any(hash))
        return NULL;
    uint32_t index = __atomic_load_n(&heads[hash], __ATOMIC_ACQUIRE);
    for (unsigned steps = 0; index && steps < STEPS_MOST; steps++) {
        struct object *object = at(index);
        if (object->value == value && object->kind == kind && __atomic_load_n(&object->serial, __ATOMIC_ACQUIRE))
            return object;
        index = __atomic_load_n(&object->next, __ATOMIC_ACQUIRE);
    }
    return NULL;
}

static void leave_chain(const struct object *object) {
    uint32_t hash = hash_of(object->value, object->kind), *link = &heads[hash];
    while (*link && *link != object->place)
        link = &at(*link)->next;
    if (*link)
        __atomic_store_n(link, object->next, __ATOMIC_RELEASE);
    note_any(hash);
}

void book_forget(struct object *object) {
    leave_owner(object);
    queue_leave(object);
    book_children(object, outlive, object);
    leave_chain(object);
    __atomic_store_n(&object->serial, 0, __ATOMIC_RELEASE);
    object->state = OBJECT_NONE;
    object->next = unused;
    unused = object->place;
    known--;
}

/* More come than one when what they were borrowed from goes: the queues run over a little, for a while. */
static void trim(enum queue_name name, uint32_t most) {
    const struct queue *queue = &queues[name];
    for (unsigned i = 0; i < TRIM_MOST && queue->count > most; i++)
        book_forget(at(queue->oldest));
}

static bool open_heads(void) {
    if (LIKELY(heads != NULL))
        return true;
    __atomic_store_n(&heads, memory_map(sizeof *heads << HASH_BITS), __ATOMIC_RELEASE);
    return heads != NULL;
}

struct object *book_enter(uint64_t value, uint32_t kind) {
    struct object *before = book_find(value, kind);
    if (before)
        book_forget(before);
    trim(QUEUE_LOOSE, BOOK_QUEUE);
    trim(QUEUE_CLOSED, BOOK_QUEUE);
    trim(QUEUE_ENDED, BOOK_ENDED);
    uint32_t index = open_heads() ? take_place() : 0;
    if (!index)
        return NULL;
    struct object *object = at(index);
    *object = (struct object){.value = value, .kind = kind, .state = OBJECT_OWNED, .count = 1, .place = index};
    serials += serials == UINT32_MAX ? 2 : 1;
    __atomic_store_n(&object->serial, serials, __ATOMIC_RELEASE);
    uint32_t hash = hash_of(value, kind);
    object->next = heads[hash];
    __atomic_store_n(&heads[hash], index, __ATOMIC_RELEASE);
    note_any(hash);
    known++;
    return object;
}

void book_each(void (*each)(struct object *object, void *context), void *context) {
    for (uint32_t index = 1; index <= used; index++)
        if (at(index)->serial)
            each(at(index), context);
}

struct object *book_next(void) {
    static uint32_t last;
    last = last < used ? last + 1 : 1;
    return last <= used && at(last)->serial ? at(last) : NULL;
}

uint32_t book_over(void) {
    return queues[QUEUE_CLOSED].count + queues[QUEUE_ENDED].count;
}

uint32_t book_count(void) {
    return known;
}

uint64_t book_room(void) {
    return (uint64_t)used * sizeof(struct object);
}

/* ---- fork ---- */

bool book_is_ours(const struct object *object) {
    return object->serial > forked_at;
}

static void empty(void) {
    memset(any, 0, sizeof any);
    for (uint32_t i = 0; heads && i < 1u << HASH_BITS; i++)
        if (heads[i])
            heads[i] = 0;
    for (uint32_t index = 1; index <= used; index++)
        at(index)->serial = 0;
    used = unused = known = 0;
    for (unsigned i = 0; i < QUEUES; i++)
        queues[i] = (struct queue){0};
}

void book_forked(void) {
    forked_at = serials;
    if (latch_forked(&latch))
        empty();
}
