/* SPDX-License-Identifier: Apache-2.0
 *
 * From a call to its record. A call that looks like one before it costs a look into the memo and, for each pointer, one into the
 * books. The first of its kind is described: by the runtime's checker where there is one, by libffi's types otherwise, with what is
 * known of the memory behind each pointer.
 */
#include "hooks/calls.h"

#include <string.h>

#include "contract/objects.h"
#include "core/callbacks.h"
#include "core/findings.h"
#include "core/lends.h"
#include "core/modules.h"
#include "core/names.h"
#include "core/options.h"
#include "core/owners.h"
#include "core/peek.h"
#include "core/profile.h"
#include "core/thread.h"
#include "hooks/halt.h"
#include "hooks/hooks.h"

#define ROOM       (96u << 10)
#define REACH      (1u << 20)  /* how far back a block's start is looked for */
#define STALE_MOST (64u << 10) /* a tombstone of a larger block may lie in memory that the kernel has given to somebody else */
#define TEXT_MOST  4096u
#define NOT_KNOWN  UINT32_MAX

/* ---- values ---- */

static bool is_pointer(const struct libffi_type *type) {
    return type->type == LIBFFI_POINTER;
}

static uint32_t arguments_of(const struct libffi_cif *cif) {
    return cif->nargs < ARGUMENTS_MAX ? cif->nargs : ARGUMENTS_MAX;
}

static uintptr_t pointer_value(const struct ffi_call_seen *call, uint32_t argument) {
    return *(const uintptr_t *)call->arguments[argument];
}

/* Extended to 64 bits as it is passed. */
static bool integer_value(const struct ffi_call_seen *call, uint32_t argument, uint64_t *value) {
    const struct libffi_type *type = call->cif->arg_types[argument];
    uintptr_t where;
    uint64_t raw = 0;
    bool has_value = type->type == LIBFFI_INT || (type->type >= LIBFFI_UINT8 && type->type <= LIBFFI_SINT64) || is_pointer(type);
    if (!has_value || type->size > sizeof raw || !peek(&where, (uintptr_t)(call->arguments + argument), sizeof where) ||
        !peek(&raw, where, type->size))
        return false;
    bool is_signed =
        type->type == LIBFFI_INT || type->type == LIBFFI_SINT8 || type->type == LIBFFI_SINT16 || type->type == LIBFFI_SINT32;
    unsigned spare = 64 - 8 * (unsigned)type->size;
    *value = is_signed ? (uint64_t)((int64_t)(raw << spare) >> spare) : raw;
    return true;
}

/* ---- the CALL item ---- */

static const struct ffisan_record_argument *managed_argument(const struct managed_call *managed, uint32_t argument) {
    return managed && managed->arguments && argument < managed->argument_count ? &managed->arguments[argument] : NULL;
}

/* What a C library made may be less than its header says (GVariantDict on the heap), or a piece of something larger (g_slice): the
 * library knows. What stands for the binding is its runtime, whatever module of it (numpy's arrays), and libffi. */
static bool made_by_library(const struct block *block, const struct origin *caller) {
    const struct site *site = site_get(block->allocated);
    const struct module *owner = site ? site_owner(site) : NULL;
    if (!owner || (owner->kind & (MODULE_RUNTIME | MODULE_EXECUTABLE)) || owner == module_at(caller->ra))
        return false;
    const char *name = module_name(owner);
    return strncmp(name, "lib", 3) == 0 && strncmp(name, "libffi.so", sizeof "libffi.so" - 1) != 0;
}

static void add_size(struct ffisan_record_argument *to, uintptr_t address, const struct origin *caller) {
    struct block block;
    if (to->flags & FFISAN_ARGUMENT_SIZED || !address || !block_around(address, REACH, &block) || made_by_library(&block, caller))
        return;
    if (block.state == BLOCK_LIVE && address <= block.start + block.size) {
        to->flags |= FFISAN_ARGUMENT_SIZED;
        to->size = block.start + block.size - address;
    }
}

/* A tombstone is certain while its memory is held back. Otherwise it may be stale: nothing alive may lie there now. */
static bool is_dead(const struct block *block) {
    struct block around;
    if (block->state == BLOCK_QUARANTINED)
        return true;
    return block->size <= STALE_MOST && block_around(block->start, REACH, &around) && around.state != BLOCK_LIVE &&
           around.start == block->start;
}

static void fill_argument(struct ffisan_record_argument *to, const struct ffi_call_seen *call, uint32_t argument) {
    const struct ffisan_record_argument *managed = managed_argument(call->managed, argument);
    if (managed)
        *to = *managed;
    if (!(to->flags & FFISAN_ARGUMENT_CUT))
        integer_value(call, argument, &to->value);
    if (!is_pointer(call->cif->arg_types[argument]))
        return;
    add_size(to, to->value, call->origin);
    struct block block;
    if (block_at(to->value, &block) && block.state != BLOCK_LIVE && is_dead(&block))
        to->flags |= FFISAN_ARGUMENT_FREED;
    if (callback_at(to->value))
        to->flags |= FFISAN_ARGUMENT_CALLBACK;
}

size_t call_item(const struct ffi_call_seen *call, uint32_t flags, struct ffisan_record_call *item, size_t size) {
    const char *name = name_of(call->function);
    uint32_t count = arguments_of(call->cif), text = name ? (uint32_t)strlen(name) + 2 : 1;
    size_t fixed = sizeof *item + count * sizeof *item->arguments, whole = (fixed + text + 7) & ~(size_t)7;
    if (whole > size)
        return 0;
    memset(item, 0, whole);
    item->item = (struct ffisan_record_item){FFISAN_ITEM_CALL, (uint32_t)whole};
    item->role = FFISAN_ROLE_DETECTED;
    item->generation = modules_generation();
    item->function = call->function;
    item->flags = flags | FFISAN_CALL_VALUES_KNOWN;
    item->argument_count = count;
    item->text_size = text;
    if (call->managed) {
        item->binding = call->managed->binding;
        item->flags |= call->managed->flags;
        item->fixed = call->managed->fixed;
    }
    if (call->fixed != NOT_KNOWN) {
        item->flags |= FFISAN_CALL_VARIADIC;
        item->fixed = call->fixed;
    }
    for (uint32_t i = 0; i < count; i++)
        fill_argument(&item->arguments[i], call, i);
    if (name) {
        item->name = 1;
        memcpy((char *)item + fixed + 1, name, text - 2);
    }
    return whole;
}

/* ---- types ---- */

/* Where the first call of a kind is put together, by one thread at a time; who comes second leaves it to the next call. */
static struct {
    uint64_t writer[ROOM / 2 / sizeof(uint64_t)], types[ROOM / 4 / sizeof(uint64_t)], item[ROOM / 4 / sizeof(uint64_t)];
} room;
static bool room_taken;

static bool take_room(void) {
    return !__atomic_exchange_n(&room_taken, true, __ATOMIC_ACQUIRE);
}

static void leave_room(void) {
    __atomic_store_n(&room_taken, false, __ATOMIC_RELEASE);
}

/* void (void): what functions of all types are cast to (GCallback). */
static bool is_any_function(const struct type_writer *writer, const struct ffisan_type *type) {
    return type->kind == FFISAN_TYPE_FUNCTION && !type->count && writer->types[type->to].kind <= FFISAN_TYPE_VOID;
}

/* Where the binding says no more than "a pointer", or "some function", a callback of its own says what it leads to. */
static void add_callback(struct type_writer *writer, uint32_t parameter, const struct callback *callback) {
    const struct ffisan_type *type = &writer->types[writer->fields[parameter].type], *to = &writer->types[type->to];
    bool open = type->kind == FFISAN_TYPE_UNKNOWN ||
                (type->kind == FFISAN_TYPE_POINTER && (to->kind <= FFISAN_TYPE_VOID || is_any_function(writer, to)));
    uint32_t function = open && callback->types ? type_graft(writer, callback->types, 1) : 0;
    if (!function)
        return;
    uint32_t pointer = type_add(writer, (struct ffisan_type){.kind = FFISAN_TYPE_POINTER, .size = 8, .to = function});
    if (pointer)
        writer->fields[parameter].type = pointer;
}

static void add_callbacks(struct type_writer *writer, const struct ffi_call_seen *call, uint32_t function) {
    for (uint32_t i = 0; i < arguments_of(call->cif) && i < writer->types[function].count; i++) {
        const struct callback *callback = is_pointer(call->cif->arg_types[i]) ? callback_at(pointer_value(call, i)) : NULL;
        if (callback)
            add_callback(writer, writer->types[function].first + i, callback);
    }
}

const struct ffisan_types *call_types(const struct ffi_call_seen *call, void *writer_room, size_t writer_size, void *to,
                                      size_t size) {
    struct type_writer writer;
    type_writer_start(&writer, writer_room, writer_size);
    uint32_t function = call->managed && call->managed->types ? type_graft(&writer, call->managed->types, 1)
                                                              : libffi_describe(&writer, call->cif);
    if (!function)
        return NULL;
    add_callbacks(&writer, call, function);
    return type_writer_finish(&writer, to, size) ? to : NULL;
}

/* ---- on record ---- */

static struct ffisan_record_finding *write_down(const struct ffi_call_seen *call, uint32_t flags, uint64_t result) {
    struct ffisan_record_call *item = (struct ffisan_record_call *)room.item;
    const struct ffisan_types *types = call_types(call, room.writer, sizeof room.writer, room.types, sizeof room.types);
    if (!types || !call_item(call, flags, item, sizeof room.item))
        return NULL;
    item->result = result;
    struct finding_call about = {item, types};
    struct finding finding = {
        .rule = FFISAN_RULES, .origin = call->origin, .address = call->function, .calls = &about, .call_count = 1};
    struct ffisan_record_finding *record = finding_record_call(&finding);
    halt_on_call(item, types);
    return record;
}

/* What more is known of a call that is counted already, where its kind was written down. */
static void write_down_uncounted(const struct ffi_call_seen *call, uint32_t flags, uint64_t result) {
    struct ffisan_record_finding *record = write_down(call, flags, result);
    if (record)
        __atomic_store_n(&record->count, 0, __ATOMIC_RELAXED);
}

static void fill_sizes(struct signature *signature, const struct ffi_call_seen *call) {
    unsigned kept = 0;
    memset(signature->smallest, 0xff, sizeof signature->smallest);
    for (uint32_t i = 0; i < signature->argument_count && kept < SIZES_KEPT; i++) {
        if (!(signature->pointers >> i & 1))
            continue;
        struct ffisan_record_argument argument = {0};
        fill_argument(&argument, call, i);
        if (argument.flags & FFISAN_ARGUMENT_SIZED && argument.size < UINT32_MAX)
            signature->smallest[kept] = (uint32_t)argument.size;
        kept++;
    }
}

static void fill_result(struct signature *signature, const struct libffi_cif *cif, wide_result *wide) {
    const struct libffi_type *type = cif->rtype;
    bool integer = type->type == LIBFFI_INT || (type->type >= LIBFFI_UINT8 && type->type <= LIBFFI_SINT32);
    signature->result_pointer = is_pointer(type);
    if (!integer || type->size > 4 || cif->abi != LIBFFI_UNIX64)
        return;
    signature->result_size = (uint8_t)type->size;
    signature->result_signed =
        type->type == LIBFFI_INT || type->type == LIBFFI_SINT8 || type->type == LIBFFI_SINT16 || type->type == LIBFFI_SINT32;
    signature->wide_flags = wide(cif);
}

/* A code says everything about a type but a struct, and what the runtime's checker says covers those. */
static bool is_said_by_code(const struct libffi_type *type, uint64_t identity) {
    return identity || (type->type != LIBFFI_STRUCT && type->type != LIBFFI_COMPLEX);
}

static void allow_quick(struct signature *signature, const struct ffi_call_seen *call) {
    const struct libffi_cif *cif = call->cif;
    signature->nargs = TYPES_QUICK + 1;
    if (cif->nargs > TYPES_QUICK || !is_said_by_code(cif->rtype, signature->identity))
        return;
    signature->codes[0] = (uint8_t)cif->rtype->type;
    for (uint32_t i = 0; i < cif->nargs; i++) {
        if (!is_said_by_code(cif->arg_types[i], signature->identity))
            return;
        signature->codes[i + 1] = (uint8_t)cif->arg_types[i]->type;
    }
    signature->nargs = cif->nargs;
}

static RARE struct signature *new_signature(uint64_t key, uint64_t identity, const struct ffi_call_seen *call,
                                            wide_result *wide) {
    struct inside inside = inside_enter();
    struct signature *added = NULL;
    if (take_room()) {
        struct signature signature = {.key = key,
                                      .identity = identity,
                                      .function = call->function,
                                      .module = module_at(call->function),
                                      .argument_count = arguments_of(call->cif),
                                      .records = 1};
        for (uint32_t i = 0; i < signature.argument_count; i++)
            signature.pointers |= (uint64_t)is_pointer(call->cif->arg_types[i]) << i;
        allow_quick(&signature, call);
        fill_sizes(&signature, call);
        fill_result(&signature, call->cif, wide);
        /* What finds no place would be written down with every call. And nobody can tell what code made at run time is (a closure, a
         * compiler's); there may be any number of it. */
        added = signature_add(&signature);
        if (added && !added->record && added->module)
            added->record = write_down(call, 0, 0);
        leave_room();
    }
    inside_leave(inside);
    return added;
}

static uint64_t key_of(const struct ffi_call_seen *call, uint64_t identity) {
    uint64_t key = key_mix(key_mix(libffi_key(call->cif), call->function), identity);
    return key ? key : 1;
}

static uint64_t identity_of(const struct ffi_call_seen *call) {
    uint64_t identity = call->managed ? call->managed->identity : 0;
    return UNLIKELY(call->fixed != NOT_KNOWN) ? key_mix(identity, call->fixed) : identity;
}

static inline bool is_same(const struct signature *signature, const struct ffi_call_seen *call, uint64_t identity) {
    const struct libffi_cif *cif = call->cif;
    if (signature->function != call->function || signature->identity != identity || signature->nargs != cif->nargs ||
        signature->codes[0] != cif->rtype->type || UNLIKELY(signature->module && signature->module->gone))
        return false;
    if (call->managed) /* who says what the arguments are in its own way */
        return true;
    for (uint32_t i = 0; i < cif->nargs; i++)
        if (signature->codes[i + 1] != cif->arg_types[i]->type)
            return false;
    return true;
}

/* One call more on its record. Of two threads that count in one instant one may go uncounted: an exact count would cost more. */
static inline struct signature *counted(struct signature *signature) {
    struct ffisan_record_finding *record = signature->record;
    if (LIKELY(record))
        __atomic_store_n(&record->count, __atomic_load_n(&record->count, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED);
    return signature;
}

static RARE struct signature *look_up(const struct ffi_call_seen *call, uint64_t identity, wide_result *wide) {
    uint64_t key = key_of(call, identity);
    struct signature *signature = signature_find(key);
    signature = signature ? counted(signature) : new_signature(key, identity, call, wide);
    if (signature && signature->nargs <= TYPES_QUICK)
        __atomic_store_n(signature_quick(call->function, identity), signature, __ATOMIC_RELEASE);
    return signature;
}

struct signature *call_signature(const struct ffi_call_seen *call, wide_result *wide) {
    uint64_t identity = identity_of(call);
    struct signature *signature = __atomic_load_n(signature_quick(call->function, identity), __ATOMIC_ACQUIRE);
    return LIKELY(signature && is_same(signature, call, identity)) ? counted(signature) : look_up(call, identity, wide);
}

/* ---- what is handed over ---- */

/* Less memory behind an argument than ever before: it may be too little now. */
static RARE void smaller(struct signature *signature, const struct ffi_call_seen *call, unsigned kept, uint32_t size) {
    signature->smallest[kept] = size;
    if (signature->records >= RECORDS_MOST)
        return;
    struct inside inside = inside_enter();
    if (take_room()) {
        signature->records++;
        write_down_uncounted(call, 0, 0);
        leave_room();
    }
    inside_leave(inside);
}

static inline void note_size(struct signature *signature, const struct ffi_call_seen *call, unsigned kept, size_t size) {
    if (kept < SIZES_KEPT && UNLIKELY(size < signature->smallest[kept]))
        smaller(signature, call, kept, (uint32_t)size);
}

/* --profile: a text that was made for this call, and says what the one before it said. Its memory is the runtime's, and alive. */
static RARE void note_text(struct signature *signature, struct ffi_call_seen *call, const struct ffisan_record_argument *argument,
                           uintptr_t value) {
    if (!(argument->flags & (FFISAN_ARGUMENT_FRESH | FFISAN_ARGUMENT_WIDE)) || argument->size > TEXT_MOST)
        return;
    uint64_t hash = argument->size;
    for (size_t i = 0; i < argument->size; i++)
        hash = key_mix(hash, ((const unsigned char *)value)[i]);
    call->repeated += hash == signature->text;
    signature->text = hash;
}

/* The allocator's own functions see for themselves what they are given. */
static bool is_allocator(const struct signature *signature) {
    const char *name = name_of(signature->function);
    static const char *const names[] = {"free", "realloc", "reallocarray", "cfree"};
    for (unsigned i = 0; name && i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static RARE void note_dead(const struct signature *signature, struct ffi_call_seen *call, const struct block *block) {
    if (!call->dead && !is_allocator(signature) && is_dead(block)) {
        call->dead = block->start;
        self.told_dead = 0;
    }
}

RARE void call_dead(const struct ffi_call_seen *call) {
    struct inside inside = inside_enter();
    struct block block;
    if (self.told_dead != call->dead && block_at(call->dead, &block) && block.state != BLOCK_LIVE && take_room()) {
        struct ffisan_record_call *item = (struct ffisan_record_call *)room.item;
        const struct ffisan_types *types = call_types(call, room.writer, sizeof room.writer, room.types, sizeof room.types);
        struct finding_call about = {item, types};
        finding_report(&(struct finding){.rule = FFISAN_RULE_USE_AFTER_FREE,
                                         .function = name_of(call->function),
                                         .origin = call->origin,
                                         .address = call->dead,
                                         .place = FFISAN_PLACE_FREED_BLOCK,
                                         .block = &block,
                                         .calls = &about,
                                         .call_count = call_item(call, 0, item, sizeof room.item) ? 1 : 0});
        leave_room();
    }
    inside_leave(inside);
}

static uint32_t line_here(void) {
    struct managed_place place = crossing_place();
    return managed_places.line && place.code ? managed_places.line(place) : 0;
}

/* A binding's own functions (ctypes.cast is one) keep nothing. */
static RARE void lend_callback(struct callback *callback, const struct ffi_call_seen *call, uint32_t argument) {
    const struct module *binding = module_at(call->origin->ra);
    if (binding && call->function >= binding->start && call->function < binding->end)
        return;
    callback_know(callback);
    callback->lent_function = call->function;
    callback->lent_generation = modules_generation();
    callback->lent_argument = argument;
    callback->lent_line = line_here();
}

void call_lend(struct signature *signature, struct ffi_call_seen *call) {
    unsigned kept = 0;
    for (uint64_t rest = signature->pointers; rest; rest &= rest - 1, kept++) {
        uint32_t argument = (uint32_t)__builtin_ctzll(rest);
        uintptr_t value = pointer_value(call, argument);
        struct block block;
        const struct ffisan_record_argument *managed = managed_argument(call->managed, argument);
        if (managed && managed->flags & FFISAN_ARGUMENT_SIZED) {
            note_size(signature, call, kept, managed->size);
            call->bytes += managed->size;
            if (profiling())
                note_text(signature, call, managed, value);
        }
        enum block_state state = value ? block_cross(value, &block) : BLOCK_UNKNOWN;
        if (LIKELY(state == BLOCK_UNKNOWN)) {
            struct callback *callback = value ? callback_at(value) : NULL;
            if (UNLIKELY(callback != NULL))
                lend_callback(callback, call, argument);
            continue;
        }
        if (UNLIKELY(state != BLOCK_LIVE)) {
            note_dead(signature, call, &block);
            continue;
        }
        note_size(signature, call, kept, block.size);
        call->bytes += block.size;
        lend_note(&block, call->function, argument);
    }
}

void call_returned(const struct signature *signature, const struct ffi_call_seen *call, uintptr_t result) {
    struct block block;
    if (!signature->result_pointer || !result)
        return;
    object_seen(result);
    if (block_cross(result, &block) == BLOCK_LIVE)
        lend_note(&block, call->function, FFISAN_LENT_RESULT);
}

RARE void call_cut(struct signature *signature, const struct ffi_call_seen *call, uint64_t whole) {
    if (signature->cut_told)
        return;
    struct inside inside = inside_enter();
    if (take_room()) {
        signature->cut_told = true;
        write_down_uncounted(call, FFISAN_CALL_RESULT_CUT, whole);
        leave_room();
    }
    inside_leave(inside);
}

void calls_forked(void) {
    room_taken = false;
    signatures_forked();
}
