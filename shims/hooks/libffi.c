/* SPDX-License-Identifier: Apache-2.0
 *
 * ffi_call, whichever libffi it is that the caller uses.
 *
 * The result of a call that is declared to return less than a register is fetched whole: the real ffi_call is told that it returns
 * 64 bits, and what the binding asked for is cut from it exactly as libffi would have cut it. So a lost upper half is seen without
 * changing what the program gets.
 *
 * ffi_prep_cif is not intercepted: everything that it says stands in the cif when the call is made. Only the number of fixed arguments
 * of a variadic call does not, so ffi_prep_cif_var is.
 */
#include "contract/registered.h"
#include "core/profile.h"
#include "hooks/calls.h"
#include "hooks/gates.h"
#include "hooks/hooks.h"
#include "hooks/rows.h"

typedef void ffi_call_function(const struct libffi_cif *cif, void (*function)(void), void *result, void **arguments);
typedef int ffi_prep_cif_function(struct libffi_cif *cif, uint32_t abi, uint32_t nargs, const struct libffi_type *rtype,
                                  const struct libffi_type **arg_types);
typedef int ffi_prep_cif_var_function(struct libffi_cif *cif, uint32_t abi, uint32_t nfixed, uint32_t nargs,
                                      const struct libffi_type *rtype, const struct libffi_type **arg_types);

/* ---- variadic calls ---- */

#define VARIADIC_PLACES 256u

/* What ffi_prep_cif_var was told, by the cif's address: believed while the cif says the same. */
struct variadic {
    struct libffi_cif cif;
    const struct libffi_cif *address;
    uint32_t fixed;
};
static struct variadic variadic_cifs[VARIADIC_PLACES];
static bool any_variadic;

static struct variadic *variadic_place(const struct libffi_cif *cif) {
    return &variadic_cifs[((uintptr_t)cif >> 4) * 0x9e3779b97f4a7c15u >> 56];
}
_Static_assert(VARIADIC_PLACES == 1u << 8, "the hash has 8 bits");

static void note_variadic(const struct libffi_cif *cif, uint32_t fixed) {
    struct variadic *place = variadic_place(cif);
    __atomic_store_n(&place->address, NULL, __ATOMIC_RELEASE);
    place->cif = *cif;
    place->fixed = fixed;
    __atomic_store_n(&place->address, cif, __ATOMIC_RELEASE);
    any_variadic = true;
}

static bool same_cif(const struct libffi_cif *a, const struct libffi_cif *b) {
    return a->nargs == b->nargs && a->arg_types == b->arg_types && a->rtype == b->rtype && a->bytes == b->bytes &&
           a->flags == b->flags;
}

static RARE uint32_t find_variadic(const struct libffi_cif *cif) {
    const struct variadic *place = variadic_place(cif);
    bool known = __atomic_load_n(&place->address, __ATOMIC_ACQUIRE) == cif && same_cif(&place->cif, cif);
    return known ? place->fixed : UINT32_MAX;
}

static int prep_cif_var(struct libffi_cif *cif, uint32_t abi, uint32_t nfixed, uint32_t nargs, const struct libffi_type *rtype,
                        const struct libffi_type **arg_types) {
    ffi_prep_cif_var_function *real = (ffi_prep_cif_var_function *)gate_real();
    int status = real(cif, abi, nfixed, nargs, rtype, arg_types);
    if (!self.busy && !hooks_off && status == 0)
        note_variadic(cif, nfixed);
    return status;
}

/* ---- a whole result ---- */

/* What cif.flags say of the result; the rest is about the arguments (src/x86/internal64.h; before 3.3 the type's code). */
#define RESULT_FLAGS 0xffu

static const struct libffi_type whole_register = {8, 8, LIBFFI_UINT64, NULL};

/* Asks the libffi that the caller uses, so that its own flags come out. */
static uint32_t wide_flags(const struct libffi_cif *cif) {
    const struct module *module = module_at(gate_real());
    ffi_prep_cif_function *prep = module ? (ffi_prep_cif_function *)module_symbol(module, "ffi_prep_cif") : NULL;
    struct libffi_cif wide = *cif;
    if (!prep || prep(&wide, cif->abi, cif->nargs, &whole_register, cif->arg_types) != 0)
        return 0;
    return wide.flags;
}

/* As libffi's own unix64.S does it: extended to a whole register, which is stored. */
static uint64_t delivered(const struct signature *signature, uint64_t whole) {
    unsigned spare = 64 - 8u * signature->result_size;
    return signature->result_signed ? (uint64_t)((int64_t)(whole << spare) >> spare) : whole << spare >> spare;
}

/* The upper half of the register counts as lost when it is neither of the two extensions of the lower one. */
static bool is_cut(const struct signature *signature, uint64_t whole) {
    unsigned spare = 64 - 8u * signature->result_size;
    return whole != (whole << spare >> spare) && whole != (uint64_t)((int64_t)(whole << spare) >> spare);
}

static uint64_t call_whole(ffi_call_function *real, struct signature *signature, const struct ffi_call_seen *call,
                           uint64_t *result) {
    /* Field by field: the binding has just written it so, and a wider load would have to wait for that. */
    const struct libffi_cif *cif = call->cif;
    struct libffi_cif wide = {.abi = cif->abi,
                              .nargs = cif->nargs,
                              .arg_types = cif->arg_types,
                              .rtype = &whole_register,
                              .bytes = cif->bytes,
                              .flags = (cif->flags & ~RESULT_FLAGS) | (signature->wide_flags & RESULT_FLAGS)};
    uint64_t whole = 0;
    real(&wide, (void (*)(void))call->entry, &whole, (void **)(uintptr_t)call->arguments);
    *result = delivered(signature, whole);
    if (UNLIKELY(is_cut(signature, whole)))
        call_cut(signature, call, whole);
    return whole;
}

/* ---- the call ---- */

/* The checker's word counts for the call that it was about, and for no other one inside it. */
static const struct managed_call *managed_call_of(uintptr_t function, uintptr_t cfa) {
    const struct managed_call *managed = self.call;
    return managed && managed->function == function && managed->cfa > cfa ? managed : NULL;
}

static inline struct managed_place place_of(const struct ffi_call_seen *seen) {
    return seen->managed && seen->managed->place.code ? seen->managed->place : place_here();
}

#define INTEGERS 6u /* that are passed in registers */

/* As libffi will load them: what is narrower is extended by its own type. Floating ones go another way. Answers how many there are; none where
 * there is something else among them, or too many. */
static inline unsigned integers_of(const struct signature *signature, const struct ffi_call_seen *seen, uint64_t *integer) {
    unsigned count = 0;
    for (uint32_t i = 0; i < signature->nargs; i++) {
        const void *at = seen->arguments[i];
        switch (signature->codes[i + 1]) {
        case LIBFFI_POINTER:
        case LIBFFI_UINT64:
        case LIBFFI_SINT64:
            integer[count++] = *(const uint64_t *)at;
            break;
        case LIBFFI_INT:
        case LIBFFI_SINT32:
            integer[count++] = (uint64_t)(int64_t) * (const int32_t *)at;
            break;
        case LIBFFI_UINT32:
            integer[count++] = *(const uint32_t *)at;
            break;
        case LIBFFI_FLOAT:
        case LIBFFI_DOUBLE:
            break;
        default:
            return 0;
        }
    }
    return count;
}
_Static_assert(TYPES_QUICK <= INTEGERS, "a place for each");

static inline bool fills_register(const struct signature *signature) {
    unsigned code = signature->codes[0];
    return code == LIBFFI_POINTER || code == LIBFFI_UINT64 || code == LIBFFI_SINT64;
}

/* A registered function is called past its gate where all is known that the gate would show. */
static inline struct registered_call *go_direct(const struct signature *signature, struct ffi_call_seen *seen,
                                                const void *result) {
    uint64_t integer[INTEGERS];
    struct registered_call *call;
    if (seen->entry == seen->function || signature->nargs > TYPES_QUICK)
        return NULL;
    bool answers = result && (signature->wide_flags || fills_register(signature));
    registered_direct(seen, integer, integers_of(signature, seen, integer), answers, &call);
    return call;
}

static void call(const struct libffi_cif *cif, void (*function)(void), void *result, void **arguments) {
    ffi_call_function *real = (ffi_call_function *)gate_real();
    struct origin origin = ORIGIN_HERE();
    struct ffi_call_seen seen = {
        .cif = cif,
        .function = got_original((uintptr_t)function),
        .entry = gates_with_room((uintptr_t)function, cif->bytes),
        .arguments = arguments,
        .origin = &origin,
        .managed = managed_call_of((uintptr_t)function, origin.cfa),
        .fixed = UNLIKELY(any_variadic) ? find_variadic(cif) : UINT32_MAX,
    };
    struct signature *signature = call_signature(&seen, wide_flags);
    crossing_enter(&origin, seen.function, &seen, NULL, place_of(&seen));
    if (LIKELY(signature && signature->pointers))
        call_lend(signature, &seen);
    if (profiling())
        crossing_carries(seen.bytes, seen.repeated);
    const struct managed_edges *edges = seen.managed ? seen.managed->edges : NULL;
    struct registered_call *registered = signature ? go_direct(signature, &seen, result) : NULL;
    uint64_t whole = 0, notes[EDGE_NOTES];
    if (UNLIKELY(edges != NULL))
        edges->enter(&seen, notes);
    if (signature && signature->wide_flags && result)
        whole = call_whole(real, signature, &seen, result);
    else
        real(cif, (void (*)(void))seen.entry, result, arguments);
    if (registered) {
        if (result && fills_register(signature))
            whole = *(const uint64_t *)result;
        registered_direct_left(registered, origin.cfa, whole);
    }
    if (UNLIKELY(edges != NULL))
        edges->leave(&seen, notes);
    if (UNLIKELY(seen.dead))
        call_dead(&seen);
    if (signature && signature->result_pointer && result)
        call_returned(signature, &seen, *(const uintptr_t *)result);
    crossing_leave(origin.cfa);
}

/* cffistatic_ffi_call: ffi_call as cffi's wheels have it, linked to a libffi of their own. */
static const char *const names[] = {"ffi_call", "cffistatic_ffi_call", "ffi_prep_cif_var", NULL};
static const uintptr_t replacements[] = {(uintptr_t)call, (uintptr_t)call, (uintptr_t)prep_cif_var};
static const struct gate_plan plan = {.names = names, .replacements = replacements};

void libffi_start(void) {
    if (signatures_open())
        gates_register(&plan);
}
