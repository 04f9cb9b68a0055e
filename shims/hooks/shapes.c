/* SPDX-License-Identifier: Apache-2.0
 *
 * A hash table that only grows, published by compare-and-swap. A copy is made in one piece: first it is measured, then laid
 * out, by the same walk.
 */
#include "hooks/shapes.h"

#include <string.h>

#include "core/memory.h"

#define BUCKETS     512u
#define SHAPES_MOST 8192u
#define COPY_MOST   (32u << 10) /* bytes of one shape */
#define DEPTH_MOST  8u
#define COUNT_MOST  1024u /* parameters, elements */

static struct shape *buckets[BUCKETS];
static uint32_t shape_count;

/* A piece of memory that is given out from its start. Without memory it only measures. */
struct piece {
    char *start;
    size_t used;
    bool sound; /* nothing met was too large, too deep or absent */
};

static void *take(struct piece *piece, size_t size) {
    void *taken = piece->start ? piece->start + piece->used : NULL;
    piece->used += (size + 7) & ~(size_t)7;
    return taken;
}

static const struct libffi_type *copy_type(struct piece *piece, const struct libffi_type *type, unsigned depth);

/* Types in a row, with the NULL behind them when they are a struct's elements. */
static const struct libffi_type **copy_row(struct piece *piece, const struct libffi_type *const *row, uint32_t count,
                                           unsigned depth) {
    const struct libffi_type **copy = take(piece, (count + 1) * sizeof(void *));
    for (uint32_t i = 0; i < count && piece->sound; i++) {
        const struct libffi_type *type = copy_type(piece, row[i], depth);
        if (copy)
            copy[i] = type;
    }
    if (copy)
        copy[count] = NULL;
    return copy;
}

static uint32_t count_of(const struct libffi_type *const *elements) {
    uint32_t count = 0;
    while (count <= COUNT_MOST && elements[count])
        count++;
    return count;
}

static const struct libffi_type *copy_type(struct piece *piece, const struct libffi_type *type, unsigned depth) {
    bool composed = type && type->elements && (type->type == LIBFFI_STRUCT || type->type == LIBFFI_COMPLEX);
    uint32_t count = composed ? count_of(type->elements) : 0;
    if (!type || depth == DEPTH_MOST || count > COUNT_MOST || piece->used > COPY_MOST) {
        piece->sound = false;
        return NULL;
    }
    struct libffi_type *copy = take(piece, sizeof *copy);
    const struct libffi_type **elements = composed ? copy_row(piece, type->elements, count, depth + 1) : NULL;
    if (copy) {
        *copy = *type;
        copy->elements = elements;
    }
    return copy;
}

static void copy_cif(struct piece *piece, const struct libffi_cif *cif, struct libffi_cif *copy) {
    if (cif->nargs > COUNT_MOST || (cif->nargs && !cif->arg_types)) {
        piece->sound = false;
        return;
    }
    *copy = *cif;
    copy->arg_types = copy_row(piece, cif->arg_types, cif->nargs, 0);
    copy->rtype = copy_type(piece, cif->rtype, 0);
}

/* ---- equal ----------------------------------------------------------------------------------------------------------------- */

static bool same_type(const struct libffi_type *a, const struct libffi_type *b) {
    if (a == b)
        return true;
    if (!a || !b || a->type != b->type || a->size != b->size || a->alignment != b->alignment)
        return false;
    for (uint32_t i = 0; b->elements; i++) { /* b is ours: it has elements where they count */
        if (!a->elements || !same_type(a->elements[i], b->elements[i]))
            return false;
        if (!b->elements[i])
            break;
    }
    return true;
}

static bool is_same(const struct libffi_cif *a, const struct libffi_cif *b) {
    if (a->abi != b->abi || a->nargs != b->nargs || a->flags != b->flags || a->bytes != b->bytes ||
        !same_type(a->rtype, b->rtype))
        return false;
    for (uint32_t i = 0; i < b->nargs; i++)
        if (!same_type(a->arg_types[i], b->arg_types[i]))
            return false;
    return true;
}

static uint64_t key_of(const struct libffi_cif *cif) {
    uint64_t key = (uint64_t)cif->abi << 32 ^ cif->nargs ^ (uint64_t)cif->flags << 16;
    key = key_mix(key, (uint64_t)cif->rtype->type << 32 | cif->rtype->size);
    for (uint32_t i = 0; i < cif->nargs; i++)
        key = key_mix(key, (uint64_t)cif->arg_types[i]->type << 32 | cif->arg_types[i]->size);
    return key;
}

/* ---- found or made --------------------------------------------------------------------------------------------------------- */

/* Where a type table is built, by one thread at a time; who comes second goes without. */
static struct { uint64_t writer[12u << 10], table[4u << 10]; } room;
static bool room_taken;

static const struct ffisan_types *describe(const struct libffi_cif *cif) {
    struct ffisan_types *types = NULL;
    struct type_writer writer;
    if (__atomic_exchange_n(&room_taken, true, __ATOMIC_ACQUIRE))
        return NULL;
    type_writer_start(&writer, room.writer, sizeof room.writer);
    size_t size = libffi_describe(&writer, cif) == 1
                      ? type_writer_finish(&writer, (struct ffisan_types *)room.table, sizeof room.table)
                      : 0;
    if (size && (types = memory_carve(size)))
        memcpy(types, room.table, size);
    __atomic_store_n(&room_taken, false, __ATOMIC_RELEASE);
    return types;
}

/* Described now, if somebody else was in the room when it was made. */
static const struct shape *described(struct shape *shape) {
    if (UNLIKELY(!__atomic_load_n(&shape->types, __ATOMIC_ACQUIRE)))
        __atomic_store_n(&shape->types, describe(&shape->cif), __ATOMIC_RELEASE);
    return shape;
}

static RARE struct shape *shape_new(const struct libffi_cif *cif, uint64_t key) {
    struct libffi_cif copy;
    struct piece piece = {.sound = true};
    copy_cif(&piece, cif, &copy);
    if (!piece.sound || piece.used > COPY_MOST || __atomic_fetch_add(&shape_count, 1, __ATOMIC_RELAXED) >= SHAPES_MOST)
        return NULL;
    struct shape *shape = memory_carve(sizeof *shape + piece.used);
    if (!shape)
        return NULL;
    piece = (struct piece){.start = (char *)(shape + 1), .sound = true};
    copy_cif(&piece, cif, &shape->cif);
    shape->key = key;
    return piece.sound ? shape : NULL;
}

const struct shape *shape_of(const struct libffi_cif *cif) {
    if (!cif->rtype || cif->nargs > COUNT_MOST || (cif->nargs && !cif->arg_types))
        return NULL;
    uint64_t key = key_of(cif);
    struct shape **bucket = &buckets[key % BUCKETS], *fresh = NULL, *seen = NULL;
    for (;;) {
        struct shape *first = __atomic_load_n(bucket, __ATOMIC_ACQUIRE);
        for (struct shape *shape = first; shape != seen; shape = shape->next)
            if (shape->key == key && is_same(cif, &shape->cif))
                return described(shape);
        if (!fresh && !(fresh = shape_new(cif, key)))
            return NULL;
        fresh->next = seen = first;
        if (__atomic_compare_exchange_n(bucket, &first, fresh, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
            return described(fresh);
    }
}

void shapes_forked(void) {
    room_taken = false;
}
