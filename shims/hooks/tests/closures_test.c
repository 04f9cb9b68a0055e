/* SPDX-License-Identifier: Apache-2.0
 * Closures of a real libffi, through our replacements of its functions: live ones behave as without us, late calls are reported
 * and answer zeros. The gates are a double: each replacement finds the function that it stands for.
 */
#include <ffi.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "contract/objects.h"
#include "contract/retained.h"
#include "core/callbacks.h"
#include "core/crossings.h"
#include "core/findings.h"
#include "core/options.h"
#include "core/tests/unit.h"
#include "core/thread.h"
#include "hooks/closures.h"
#include "hooks/gates.h"
#include "hooks/hooks.h"
#include "hooks/spares.h"

/* ---- doubles --------------------------------------------------------------------------------------------------------------- */

int hooks_off;

static uintptr_t behind;

uintptr_t gate_real(void) {
    return behind;
}

static const struct gate_plan *plan;

void gates_register(const struct gate_plan *registered) {
    plan = registered;
}

static uintptr_t replacement_of(const char *name) {
    for (unsigned i = 0; plan->names[i]; i++)
        if (strcmp(plan->names[i], name) == 0)
            return plan->replacements[i];
    abort();
}

/* What a contract says of the callback whose code this is. */
static struct {
    uintptr_t kept;
    uint64_t told[RETAINED_ARGUMENTS];
    unsigned count;
} contract;

bool retained_callback_released(struct callback *callback, const struct origin *origin, struct contract_part *part,
                                struct moment *moment) {
    (void)origin;
    static const struct registered registered = {.address = 0x7700};
    *part = (struct contract_part){.registered = &registered, .argument = 3};
    *moment = (struct moment){.line = 55};
    if (callback->code != contract.kept)
        return false;
    callback->kept_by = &registered;
    callback->kept_argument = 3;
    callback->kept_line = 55;
    return true;
}

void retained_callback_called(const struct callback *callback, const uint64_t *arguments, unsigned count) {
    (void)callback;
    memcpy(contract.told, arguments, count * sizeof *arguments);
    contract.count = count;
}

/* No object is known. */
bool objects_over(void) {
    return false;
}

void object_seen(uintptr_t address) {
    (void)address;
}

void moment_tell(struct finding *finding, enum ffisan_role role, struct moment moment) {
    finding->lines[role] = moment.line;
}

void contract_report(struct finding *finding, const struct contract_part *parts, unsigned count) {
    (void)parts;
    (void)count;
    finding_report(finding);
}

static struct {
    unsigned count;
    struct finding last;
    uintptr_t called;
    uint32_t flags;
    const struct ffisan_types *types;
} found;

static void sink(const struct finding *finding) {
    found.count++;
    found.last = *finding;
    if (finding->call_count) {
        found.called = finding->calls[0].call->function;
        found.flags = finding->calls[0].call->flags;
        found.types = finding->calls[0].types;
    }
}

/* ---- libffi's functions, as a watched program reaches them ----------------------------------------------------------------- */

static void *watched_alloc(size_t size, void **code) {
    behind = (uintptr_t)ffi_closure_alloc;
    return ((void *(*)(size_t, void **))replacement_of("ffi_closure_alloc"))(size, code);
}

static void watched_free(void *closure) {
    behind = (uintptr_t)ffi_closure_free;
    ((void (*)(void *))replacement_of("ffi_closure_free"))(closure);
}

typedef void handler(ffi_cif *, void *, void **, void *);

static ffi_status watched_prepare(void *closure, ffi_cif *cif, handler *fun, void *data, void *code) {
    behind = (uintptr_t)ffi_prep_closure_loc;
    return ((ffi_status(*)(void *, ffi_cif *, handler *, void *, void *))replacement_of("ffi_prep_closure_loc"))(closure, cif,
                                                                                                                 fun, data, code);
}

static ffi_status watched_prepare_old(void *closure, ffi_cif *cif, handler *fun, void *data) {
    behind = (uintptr_t)ffi_prep_closure;
    return ((ffi_status(*)(void *, ffi_cif *, handler *, void *))replacement_of("ffi_prep_closure"))(closure, cif, fun, data);
}

/* ---- a callback ------------------------------------------------------------------------------------------------------------ */

struct made {
    ffi_closure *closure;
    void *code;
    ffi_cif *cif;
};

static ffi_cif *given; /* what the last handler was called with */
static void *given_data;

static void add(ffi_cif *cif, void *result, void **arguments, void *data) {
    given = cif;
    given_data = data;
    *(ffi_sarg *)result = *(int *)arguments[0] + *(int *)arguments[1];
}

typedef int adder(int, int);

static ffi_type *two_ints[] = {&ffi_type_sint, &ffi_type_sint};

static struct made make(handler *fun, ffi_type *result, ffi_type **types, unsigned count, void *data) {
    struct made made = {.cif = malloc(sizeof *made.cif)};
    made.closure = watched_alloc(sizeof(ffi_closure), &made.code);
    assert_non_null(made.closure);
    assert_int_equal(ffi_prep_cif(made.cif, FFI_DEFAULT_ABI, count, result, types), FFI_OK);
    assert_int_equal(watched_prepare(made.closure, made.cif, fun, data, made.code), FFI_OK);
    return made;
}

static void release(struct made *made) {
    watched_free(made->closure);
    memset(made->cif, 0x55, sizeof *made->cif);
    free(made->cif);
}

static int setup(void **state) {
    (void)state;
    finding_set_sink(sink);
    memset(&found, 0, sizeof found);
    memset(&contract, 0, sizeof contract);
    options_parse(&options, "", NULL, NULL);
    closures_start();
    return plan ? 0 : -1;
}

static void a_live_one_is_called_as_without_us(void **state) {
    (void)state;
    int data;
    struct made made = make(add, &ffi_type_sint, two_ints, 2, &data);
    assert_int_equal(((adder *)made.code)(3, -5), -2);
    assert_ptr_equal(given, made.cif);
    assert_ptr_equal(given_data, &data);
    assert_ptr_equal(made.closure->user_data, &data);
    assert_ptr_equal(callback_at((uintptr_t)made.code)->closure, made.closure);
    assert_int_equal(found.count, 0);
    release(&made);
}

static void a_late_call_is_reported_and_answers_zero(void **state) {
    (void)state;
    struct made made = make(add, &ffi_type_sint, two_ints, 2, NULL);
    release(&made);
    given = NULL;
    errno = 77;
    assert_int_equal(((adder *)made.code)(3, 4), 0);
    assert_int_equal(errno, 77);
    assert_null(given);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.last.rule, FFISAN_RULE_COLLECTED_CALLBACK);
    assert_int_equal(found.last.address, (uintptr_t)made.code);
    assert_int_equal(found.called, (uintptr_t)made.code);
    assert_int_equal(found.flags, FFISAN_CALL_UP);
    assert_int_not_equal(found.last.sites[FFISAN_ROLE_CREATED], 0);
    assert_int_not_equal(found.last.sites[FFISAN_ROLE_FREED], 0);
    assert_non_null(found.types);
    const struct ffisan_type *type = (const struct ffisan_type *)(found.types + 1);
    assert_int_equal(type[1].kind, FFISAN_TYPE_FUNCTION);
    assert_int_equal(type[1].count, 2);
}

static void a_new_callback_does_not_hide_a_dead_one(void **state) {
    (void)state;
    struct made dead = make(add, &ffi_type_sint, two_ints, 2, NULL);
    release(&dead);
    for (unsigned i = 0; i < 1000; i++) {
        struct made other = make(add, &ffi_type_sint, two_ints, 2, NULL);
        assert_ptr_not_equal(other.code, dead.code);
        release(&other);
    }
    assert_int_equal(((adder *)dead.code)(1, 1), 0);
    assert_int_equal(found.count, 1);
}

static void what_it_was_given_to_is_told(void **state) {
    (void)state;
    struct made made = make(add, &ffi_type_sint, two_ints, 2, NULL);
    struct callback *callback = callback_at((uintptr_t)made.code);
    callback->lent_function = 0x1234;
    callback->lent_argument = 3;
    callback->lent_line = 8;
    release(&made);
    ((adder *)made.code)(0, 0);
    assert_int_equal(found.last.lent.function, 0x1234);
    assert_int_equal(found.last.lent.argument, 3);
    assert_int_equal(found.last.lines[FFISAN_ROLE_LENT], 8);
}

static void released_ones_are_silent_until_they_are_called(void **state) {
    (void)state;
    for (unsigned i = 0; i < CALLBACKS_KEPT + 500; i++) {
        struct made made = make(add, &ffi_type_sint, two_ints, 2, NULL);
        assert_int_equal(((adder *)made.code)((int)i, 1), i + 1);
        release(&made);
    }
    assert_int_equal(callbacks_kept(), CALLBACKS_KEPT);
    assert_int_equal(found.count, 0);
}

/* ---- results --------------------------------------------------------------------------------------------------------------- */

struct large {
    long words[5];
};
struct pair {
    double d;
    long l;
};
struct three {
    char bytes[3];
};

static void never(ffi_cif *cif, void *result, void **arguments, void *data) {
    (void)cif, (void)result, (void)arguments, (void)data;
    fail();
}

/* Types of its own, which do not outlive the callback. */
static struct made make_struct(ffi_type *element, unsigned count, ffi_type *second, size_t size, unsigned short alignment) {
    ffi_type *type = calloc(1, sizeof *type + (count + 2) * sizeof(void *));
    type->elements = (ffi_type **)(type + 1);
    type->type = FFI_TYPE_STRUCT;
    type->size = size;
    type->alignment = alignment;
    for (unsigned i = 0; i < count; i++)
        type->elements[i] = element;
    type->elements[count] = second;
    struct made made = make(never, type, NULL, 0, NULL);
    release(&made);
    memset(type, 0x55, sizeof *type + (count + 2) * sizeof(void *));
    free(type);
    return made;
}

static void zeros_of_every_kind_come_back(void **state) {
    (void)state;
    struct made made = make_struct(&ffi_type_slong, 5, NULL, sizeof(struct large), 8);
    struct large large = ((struct large(*)(void))made.code)();
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(large.words[i], 0);
    made = make_struct(&ffi_type_double, 1, &ffi_type_slong, sizeof(struct pair), 8);
    struct pair pair = ((struct pair(*)(void))made.code)();
    assert_true(pair.d == 0 && pair.l == 0);
    made = make_struct(&ffi_type_schar, 3, NULL, sizeof(struct three), 1);
    struct three three = ((struct three(*)(void))made.code)();
    assert_memory_equal(&three, "\0\0\0", 3);
    made = make(never, &ffi_type_double, NULL, 0, NULL);
    release(&made);
    assert_true(((double (*)(void))made.code)() == 0);
    made = make(never, &ffi_type_longdouble, NULL, 0, NULL);
    release(&made);
    assert_true(((long double (*)(void))made.code)() == 0);
    made = make(never, &ffi_type_schar, NULL, 0, NULL);
    release(&made);
    assert_int_equal(((signed char (*)(void))made.code)(), 0);
    made = make(never, &ffi_type_void, NULL, 0, NULL);
    release(&made);
    ((void (*)(void))made.code)();
    assert_int_equal(found.count, 7);
}

/* ---- threads, ends, ways through ------------------------------------------------------------------------------------------- */

static void *call_it(void *code) {
    return (void *)(intptr_t)((adder *)code)(20, 22);
}

static void a_thread_that_nobody_knows_may_call(void **state) {
    (void)state;
    struct made made = make(add, &ffi_type_sint, two_ints, 2, NULL);
    pthread_t thread;
    void *result;
    pthread_create(&thread, NULL, call_it, made.code);
    pthread_join(thread, &result);
    assert_int_equal((intptr_t)result, 42);
    release(&made);
    pthread_create(&thread, NULL, call_it, made.code);
    pthread_join(thread, &result);
    assert_int_equal((intptr_t)result, 0);
    assert_int_equal(found.count, 1);
}

static jmp_buf way_out;

static void jump(ffi_cif *cif, void *result, void **arguments, void *data) {
    (void)cif, (void)result, (void)arguments, (void)data;
    longjmp(way_out, 1);
}

static void a_handler_may_be_left_by_longjmp(void **state) {
    (void)state;
    struct made made = make(jump, &ffi_type_sint, two_ints, 2, NULL);
    for (volatile int i = 0; i < 100; i++)
        if (setjmp(way_out) == 0)
            ((adder *)made.code)(1, 2);
    assert_int_equal(self.busy, 0);
    assert_in_range(self.boundary->open_count, 0, 1);
    release(&made);
}

static void free_itself(ffi_cif *cif, void *result, void **arguments, void *data) {
    (void)cif, (void)arguments;
    watched_free(((struct made *)data)->closure);
    *(ffi_sarg *)result = 5;
}

static void a_callback_may_free_itself(void **state) {
    (void)state;
    struct made made;
    made = make(free_itself, &ffi_type_sint, two_ints, 2, &made);
    assert_int_equal(((adder *)made.code)(1, 2), 5);
    assert_int_equal(found.count, 0);
    assert_int_equal(((adder *)made.code)(1, 2), 0);
    assert_int_equal(found.count, 1);
    free(made.cif);
}

static void *call_until_dead(void *code) {
    while (((adder *)code)(20, 22) == 42)
        ;
    return NULL;
}

static void one_may_be_freed_while_others_enter_it(void **state) {
    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        struct made made = make(add, &ffi_type_sint, two_ints, 2, NULL);
        pthread_t threads[3];
        for (unsigned t = 0; t < 3; t++)
            pthread_create(&threads[t], NULL, call_until_dead, made.code);
        usleep(200);
        watched_free(made.closure);
        for (unsigned t = 0; t < 3; t++)
            pthread_join(threads[t], NULL);
        free(made.cif);
    }
    assert_int_equal(found.last.rule, FFISAN_RULE_COLLECTED_CALLBACK);
}

static void a_child_of_fork_reports_its_own(void **state) {
    (void)state;
    struct made made = make(add, &ffi_type_sint, two_ints, 2, NULL);
    pid_t child = fork();
    if (child == 0) {
        closures_forked();
        release(&made);
        _exit(((adder *)made.code)(1, 2) == 0 && found.count == 1 ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_int_equal(((adder *)made.code)(1, 2), 3);
    release(&made);
}

static void after_the_end_nothing_is_said(void **state) {
    (void)state;
    struct made made = make(add, &ffi_type_sint, two_ints, 2, NULL);
    release(&made);
    hooks_off = 1;
    assert_int_equal(((adder *)made.code)(1, 2), 0);
    hooks_off = 0;
    assert_int_equal(found.count, 0);
}

/* ---- lives ----------------------------------------------------------------------------------------------------------------- */

static void freed_twice_is_said_and_not_done(void **state) {
    (void)state;
    struct made made = make(add, &ffi_type_sint, two_ints, 2, NULL);
    watched_free(made.closure);
    watched_free(made.closure);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.last.rule, FFISAN_RULE_DOUBLE_FREE);
    assert_string_equal(found.last.function, "ffi_closure_free");
    free(made.cif);
}

static void one_that_was_never_prepared_goes_back_at_once(void **state) {
    (void)state;
    void *code;
    ffi_closure *closure = watched_alloc(sizeof *closure, &code);
    uint32_t kept = callbacks_kept();
    assert_non_null(callback_of((uintptr_t)closure));
    watched_free(closure);
    assert_null(callback_of((uintptr_t)closure));
    assert_int_equal(callbacks_kept(), kept);
    watched_free(NULL);
}

static void what_libffi_refuses_is_not_noted(void **state) {
    (void)state;
    void *code;
    ffi_closure *closure = watched_alloc(sizeof *closure, &code);
    ffi_cif cif;
    ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 2, &ffi_type_sint, two_ints);
    cif.abi = 99;
    assert_int_equal(watched_prepare(closure, &cif, add, NULL, code), FFI_BAD_ABI);
    assert_null(callback_at((uintptr_t)code));
    watched_free(closure);
}

static void subtract(ffi_cif *cif, void *result, void **arguments, void *data) {
    (void)cif, (void)data;
    *(ffi_sarg *)result = *(int *)arguments[0] - *(int *)arguments[1];
}

/* Ruby's ffi takes closures from a pool of its own, which it never frees. */
static void a_closure_may_be_prepared_again(void **state) {
    (void)state;
    struct made made = make(add, &ffi_type_sint, two_ints, 2, NULL);
    struct callback *first = callback_at((uintptr_t)made.code);
    assert_int_equal(watched_prepare(made.closure, made.cif, subtract, NULL, made.code), FFI_OK);
    assert_int_equal(((adder *)made.code)(5, 3), 2);
    assert_ptr_not_equal(callback_at((uintptr_t)made.code), first);
    assert_false(callback_at((uintptr_t)made.code)->foreign);
    release(&made);
    assert_int_equal(((adder *)made.code)(5, 3), 0);
    assert_int_equal(found.count, 1);
}

/* Memory of the program's own, code and closure in one. */
static void a_closure_may_lie_anywhere(void **state) {
    (void)state;
    ffi_closure *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ffi_cif cif;
    int data;
    ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 2, &ffi_type_sint, two_ints);
    assert_int_equal(watched_prepare_old(page, &cif, add, &data), FFI_OK);
    assert_int_equal(((adder *)page)(5, 3), 8);
    assert_ptr_equal(given, &cif);
    assert_ptr_equal(given_data, &data);
    assert_ptr_equal(page->user_data, &data);
    assert_true(callback_at((uintptr_t)page)->foreign);
    munmap(page, 4096);
    assert_null(callback_at((uintptr_t)page));
}

/* As cffi does it: ffi_prep_closure leads on to ffi_prep_closure_loc through slots that are patched as well. */
static ffi_status prepare_through_slot(ffi_closure *closure, ffi_cif *cif, handler *fun, void *data) {
    return watched_prepare(closure, cif, fun, data, closure);
}

static void libffi_may_come_back_through_us(void **state) {
    (void)state;
    void *code;
    ffi_closure *closure = watched_alloc(sizeof *closure, &code);
    ffi_cif cif;
    ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 2, &ffi_type_sint, two_ints);
    if (code == closure) {
        behind = (uintptr_t)prepare_through_slot;
        assert_int_equal(
            ((ffi_status(*)(void *, ffi_cif *, handler *, void *))replacement_of("ffi_prep_closure"))(closure, &cif, add, NULL),
            FFI_OK);
        assert_int_equal(((adder *)code)(5, 3), 8);
        assert_ptr_equal(given, &cif);
    }
    watched_free(closure);
}

/* ---- limits ---------------------------------------------------------------------------------------------------------------- */

static void types_beyond_the_limits_are_passed_on(void **state) {
    (void)state;
    static ffi_type *many[2000];
    for (unsigned i = 0; i < 2000; i++)
        many[i] = &ffi_type_sint;
    struct made made = make(add, &ffi_type_sint, many, 2000, NULL);
    assert_null(callback_at((uintptr_t)made.code));
    release(&made);
    ffi_type nested[20] = {0};
    ffi_type *elements[20][2] = {0};
    for (unsigned i = 0; i < 20; i++) {
        nested[i] = (ffi_type){.type = FFI_TYPE_STRUCT, .elements = elements[i]};
        elements[i][0] = i ? &nested[i - 1] : &ffi_type_sint;
    }
    ffi_type *types[] = {&nested[19]};
    made = make(never, &ffi_type_sint, types, 1, NULL);
    assert_null(callback_at((uintptr_t)made.code));
    release(&made);
    types[0] = &nested[3];
    made = make(never, &ffi_type_sint, types, 1, NULL);
    assert_non_null(callback_at((uintptr_t)made.code));
    release(&made);
}

static void with_the_rule_off_closures_go_back_at_once(void **state) {
    (void)state;
    options_parse(&options, "rules=-collected-callback", NULL, NULL);
    struct made made = make(add, &ffi_type_sint, two_ints, 2, NULL);
    assert_int_equal(((adder *)made.code)(1, 2), 3);
    release(&made);
    assert_null(callback_at((uintptr_t)made.code));
    struct made again = make(add, &ffi_type_sint, two_ints, 2, NULL);
    assert_ptr_equal(again.closure, made.closure); /* libffi gives out what came back last */
    release(&again);
}

/* ---- contracts ---------------------------------------------------------------------------------------------------------------- */

static void one_that_c_keeps_is_told_at_its_release_and_when_c_calls_it(void **state) {
    (void)state;
    int data;
    struct made made = make(add, &ffi_type_sint, two_ints, 2, &data);
    contract.kept = (uintptr_t)made.code;
    release(&made);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.last.rule, FFISAN_RULE_COLLECTED_CALLBACK);
    assert_int_equal(found.last.lent.function, 0x7700);
    assert_int_equal(found.last.lines[FFISAN_ROLE_LENT], 55);
    assert_int_equal(((adder *)made.code)(3, 5), 0);
    assert_int_equal(found.count, 2);
    assert_int_equal(found.last.lent.function, 0x7700);
    assert_int_equal(found.last.lent.argument, 3);
    assert_int_equal(found.last.lines[FFISAN_ROLE_LENT], 55);
    assert_true(found.last.sites[FFISAN_ROLE_FREED] != 0);
}

static void notify_with(ffi_cif *cif, void *result, void **arguments, void *data) {
    (void)cif;
    (void)result;
    (void)arguments;
    (void)data;
}

static void one_that_is_waited_for_tells_its_pointers(void **state) {
    (void)state;
    static ffi_type *types[] = {&ffi_type_pointer, &ffi_type_double, &ffi_type_sint, &ffi_type_pointer};
    int data;
    struct made made = make(notify_with, &ffi_type_void, types, 4, &data);
    ((void (*)(void *, double, int, void *))made.code)(&data, 2.5, 3, &made);
    assert_int_equal(contract.count, 0);
    callback_at((uintptr_t)made.code)->awaited = true;
    ((void (*)(void *, double, int, void *))made.code)(&data, 2.5, 3, &made);
    assert_int_equal(contract.count, 2);
    assert_int_equal(contract.told[0], (uintptr_t)&data);
    assert_int_equal(contract.told[1], (uintptr_t)&made);
    release(&made);
}

/* ---- pools of their own ---------------------------------------------------------------------------------------------------- */

static void a_pool_gets_another_piece_in_exchange(void **state) {
    (void)state;
    ffi_closure *pool = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct origin origin = {.cfa = (uintptr_t)__builtin_frame_address(0) + 16, .ra = 1};
    ffi_cif cif;
    int data;
    ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 2, &ffi_type_sint, two_ints);
    assert_int_equal(callback_exchange((uintptr_t)pool, &origin), 0);
    watched_prepare_old(pool, &cif, add, &data);
    ffi_closure *other = (ffi_closure *)callback_exchange((uintptr_t)pool, &origin);
    assert_non_null(other);
    assert_ptr_not_equal(other, pool);
    assert_ptr_equal(other->user_data, &data);
    memset(other, 0x11, 8); /* the pool links it */
    assert_int_equal(((adder *)pool)(5, 3), 0);
    assert_int_equal(found.count, 1);
    assert_int_equal(callback_exchange((uintptr_t)pool, &origin), 0);
    watched_prepare_old(other, &cif, add, &data); /* and gives it out again */
    assert_int_equal(((adder *)other)(5, 3), 8);
    assert_int_equal(found.count, 1);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        TEST(a_live_one_is_called_as_without_us),
        TEST(a_late_call_is_reported_and_answers_zero),
        TEST(a_new_callback_does_not_hide_a_dead_one),
        TEST(what_it_was_given_to_is_told),
        TEST(released_ones_are_silent_until_they_are_called),
        TEST(zeros_of_every_kind_come_back),
        TEST(a_thread_that_nobody_knows_may_call),
        TEST(a_handler_may_be_left_by_longjmp),
        TEST(a_callback_may_free_itself),
        TEST(one_may_be_freed_while_others_enter_it),
        TEST(a_child_of_fork_reports_its_own),
        TEST(after_the_end_nothing_is_said),
        TEST(freed_twice_is_said_and_not_done),
        TEST(one_that_was_never_prepared_goes_back_at_once),
        TEST(what_libffi_refuses_is_not_noted),
        TEST(a_closure_may_be_prepared_again),
        TEST(a_closure_may_lie_anywhere),
        TEST(libffi_may_come_back_through_us),
        TEST(types_beyond_the_limits_are_passed_on),
        TEST(with_the_rule_off_closures_go_back_at_once),
        TEST(one_that_c_keeps_is_told_at_its_release_and_when_c_calls_it),
        TEST(one_that_is_waited_for_tells_its_pointers),
        TEST(a_pool_gets_another_piece_in_exchange),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
