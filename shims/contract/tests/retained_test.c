/* SPDX-License-Identifier: Apache-2.0
 * What calls hand over for longer than themselves, and what ends that.
 */
#include "contract/retained.h"

#include <string.h>
#include <sys/mman.h>

#include "contract/kept.h"
#include "contract/losses.h"
#include "contract/memory.h"
#include "core/blocks.h"
#include "core/callbacks.h"
#include "core/crossings.h"
#include "core/places.h"
#include "core/tests/unit.h"
#include "fake_calls.h"

#define BOX   0x5001u
#define OTHER 0x5002u

static char *room;
static struct callback *listener, *notify, *done;
static const struct origin origin = {.cfa = 0x100, .ra = 0x200};
static const struct memory_doer host = {.origin = &origin, .function = "free"};

static struct callback *callback(size_t offset) {
    struct callback *made = callback_new();
    made->code = made->closure = (uintptr_t)room + offset;
    callback_enter(made, CALLBACK_LIVE);
    return made;
}

static int start(void **state) {
    (void)state;
    room = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    listener = callback(1 << 16);
    notify = callback((1 << 16) + 64);
    done = callback((1 << 16) + 128);
    return blocks_open() ? 0 : -1;
}

static bool forget(struct kept *kept, void *context) {
    (void)context;
    kept_remove(kept);
    return true;
}

static int empty(void **state) {
    (void)state;
    kept_enter();
    kept_each_of_all(forget, NULL);
    kept_leave();
    fake_taken();
    return 0;
}

static uint64_t at(size_t offset) {
    return (uintptr_t)room + offset;
}

/* ---- calls ---- */

static void steps(struct registered_call *call, word_step *step) {
    for (uint32_t i = 0; i < call->registered->function->count; i++) {
        const struct ffisan_contract_term *term = &call->registered->terms[i];
        uint64_t value = 0;
        if (term->word == FFISAN_WORD_RETAINED || term->word == FFISAN_WORD_RETAINED_FOREVER ||
            term->word == FFISAN_WORD_NOTIFIED || term->word == FFISAN_WORD_UNTIL_DONE || term->word == FFISAN_WORD_ONCE ||
            term->word == FFISAN_WORD_USER_DATA) {
            term_value(call, term, &value);
            step(call, term, value);
        }
    }
}

#define BEGIN(function, cfa, ...)                                                                                                \
    begin(function, cfa, (const uint64_t[]){__VA_ARGS__}, sizeof(uint64_t[]){__VA_ARGS__} / sizeof(uint64_t))
static struct registered_call begin(enum box_function function, uintptr_t cfa, const uint64_t *arguments, uint32_t count) {
    struct registered_call call = fake_call(function, cfa, arguments, count);
    steps(&call, retained_keep);
    return call;
}

static void end(struct registered_call *call, bool failed) {
    call->returned = true;
    call->failed = failed;
    retained_returned(call);
    steps(call, failed ? retained_failed : retained_keep);
}

#define CALL(function, ...)                                                                                                      \
    do {                                                                                                                         \
        struct registered_call call_ = BEGIN(function, 0x8000, __VA_ARGS__);                                                     \
        end(&call_, false);                                                                                                      \
    } while (0)

/* Something else is done with it. */
static bool used(uint64_t handle) {
    struct registered_call call = fake_call(BOX_LOOK, 0x8000, &handle, 1);
    retained_begins(&call);
    return fake_taken() != 0;
}

static bool lost(size_t offset) {
    memory_ends(at(offset), 16, MEMORY_FREED, &host);
    return fake_taken() != 0;
}

/* C may use what is freed: now, or when one of its owners is worked on. */
static bool freed(size_t offset) {
    bool told = lost(offset);
    told |= used(BOX);
    return told | used(OTHER);
}

/* ---- memory ---- */

static void what_was_handed_over_is_kept(void **state) {
    (void)state;
    CALL(BOX_PUT, BOX, 1, at(0), 10);
    assert_true(freed(0));
    assert_int_equal(fake_finding.lines[FFISAN_ROLE_LENT], FAKE_LINE);
    assert_int_equal(fake_finding.lent.function, fake_registered(BOX_PUT)->address);
    assert_int_equal(fake_argument, 2);
}

static void not_before_the_call_returns(void **state) {
    (void)state;
    struct registered_call call = BEGIN(BOX_PUT, 0x8000, BOX, 1, at(0), 10);
    assert_int_equal(memory_kept_count, 1);
    assert_false(freed(0));
    end(&call, false);
    assert_false(freed(0));
}

static void a_call_that_failed_keeps_nothing(void **state) {
    (void)state;
    struct registered_call call = BEGIN(BOX_PUT, 0x8000, BOX, 1, at(0), 10);
    end(&call, true);
    assert_int_equal(memory_kept_count, 0);
}

static void a_call_that_was_left_keeps_nothing(void **state) {
    (void)state;
    BEGIN(BOX_PUT, 0x8000, BOX, 1, at(0), 10);
    CALL(BOX_PUT, BOX, 1, at(32), 10);
    assert_false(freed(0));
    assert_true(freed(32));
}

static void nothing_is_no_memory(void **state) {
    (void)state;
    CALL(BOX_PUT, BOX, 1, 0, 10);
    CALL(BOX_PUT, BOX, 1, at(0), 0);
    assert_int_equal(memory_kept_count, 0);
}

static void the_next_call_with_the_same_key_replaces(void **state) {
    (void)state;
    CALL(BOX_PUT, BOX, 1, at(0), 10);
    CALL(BOX_PUT, BOX, 1, at(32), 10);
    assert_false(freed(0));
    assert_true(freed(32));
}

static void another_key_or_owner_does_not(void **state) {
    (void)state;
    CALL(BOX_PUT, BOX, 1, at(0), 10);
    CALL(BOX_PUT, BOX, 2, at(32), 10);
    CALL(BOX_PUT, OTHER, 1, at(64), 10);
    assert_true(freed(0));
    assert_true(freed(32));
    assert_true(freed(64));
}

static void null_replaces_too(void **state) {
    (void)state;
    CALL(BOX_PUT, BOX, 1, at(0), 10);
    CALL(BOX_PUT, BOX, 1, 0, 0);
    assert_false(freed(0));
}

/* Whether it had let go of the old one when it failed, nobody knows. */
static void a_replacement_that_failed_ends_it(void **state) {
    (void)state;
    CALL(BOX_PUT, BOX, 1, at(0), 10);
    struct registered_call call = BEGIN(BOX_PUT, 0x8000, BOX, 1, at(32), 10);
    end(&call, true);
    assert_int_equal(memory_kept_count, 0);
}

static void a_function_that_the_word_names_ends_it_for_every_key(void **state) {
    (void)state;
    CALL(BOX_PUT, BOX, 1, at(0), 10);
    CALL(BOX_PUT, BOX, 2, at(32), 10);
    CALL(BOX_PUT, OTHER, 2, at(64), 10);
    CALL(BOX_CLEAR, BOX);
    assert_false(freed(0));
    assert_false(freed(32));
    assert_true(freed(64));
}

static void one_that_it_does_not_name_ends_nothing(void **state) {
    (void)state;
    CALL(BOX_PUT, BOX, 1, at(0), 10);
    CALL(BOX_LOOK, BOX);
    assert_true(freed(0));
}

static void the_owners_end_is_the_end(void **state) {
    (void)state;
    CALL(BOX_PUT, BOX, 1, at(0), 10);
    CALL(BOX_PUT, OTHER, 1, at(32), 10);
    retained_owner_ends(BOX);
    assert_false(freed(0));
    assert_true(freed(32));
}

static void the_library_keeps_until_it_is_given_another(void **state) {
    (void)state;
    memcpy(room, "one", 4);
    memcpy(room + 32, "two", 4);
    CALL(BOX_NAME, at(0));
    assert_true(memory_kept(at(0), 1));
    CALL(BOX_NAME, at(32));
    assert_false(freed(0));
    assert_true(freed(32));
}

static void what_it_returned_keeps_until_that_is_closed(void **state) {
    (void)state;
    struct registered_call call = BEGIN(BOX_OVER, 0x8000, at(0));
    assert_int_equal(memory_kept_count, 0);
    call.result = BOX;
    end(&call, false);
    assert_true(freed(0));
    retained_owner_ends(BOX);
    assert_false(freed(0));
}

static void for_ever_is_for_ever(void **state) {
    (void)state;
    CALL(BOX_LAY, at(0));
    CALL(BOX_LAY, at(32));
    assert_true(freed(0));
    assert_true(freed(32));
}

static void what_is_lost_is_told_when_its_owner_is_used(void **state) {
    (void)state;
    CALL(BOX_PUT, BOX, 1, at(0), 10);
    assert_false(lost(0));
    assert_false(used(OTHER));
    assert_true(used(BOX));
    assert_int_equal(fake_finding.rule, FFISAN_RULE_FREED_WHILE_RETAINED);
    assert_int_equal(fake_finding.lines[FFISAN_ROLE_FREED], FAKE_LINE);
    assert_string_equal(fake_finding.function, "free");
    assert_false(used(BOX));
    assert_int_equal(memory_kept_count, 0);
}

static void or_what_was_made_of_it(void **state) {
    (void)state;
    CALL(BOX_PUT, BOX, 1, at(0), 10);
    lost(0);
    fake_child = 0x6001;
    fake_parent = BOX;
    assert_true(used(fake_child));
    fake_child = 0;
}

/* Where it was taken away. */
static void what_is_let_go_of_next_is_told_then(void **state) {
    (void)state;
    CALL(BOX_PUT, BOX, 1, at(0), 10);
    assert_false(lost(0));
    CALL(BOX_PUT, BOX, 1, 0, 0);
    assert_int_equal(fake_taken(), 1);
    assert_null(fake_finding.origin);
    assert_int_equal(fake_finding.lines[FFISAN_ROLE_DETECTED], FAKE_LINE);
    assert_int_equal(fake_finding.lines[FFISAN_ROLE_FREED], 0);
    assert_false(used(BOX));
    assert_int_equal(kept_losses, 0);
}

static void but_not_what_another_takes_the_place_of(void **state) {
    (void)state;
    CALL(BOX_PUT, BOX, 1, at(0), 10);
    assert_false(lost(0));
    CALL(BOX_PUT, BOX, 1, at(32), 10);
    assert_int_equal(fake_taken(), 0);
    assert_int_equal(kept_losses, 0);
}

static void begin_to_close(void) {
    struct registered_call call = fake_call(BOX_CLOSE, 0x8000, (const uint64_t[]){BOX}, 1);
    retained_begins(&call);
    assert_int_equal(fake_taken(), 0);
    retained_owner_ends(BOX);
    assert_int_equal(memory_kept_count, 0);
}

static void and_what_is_closed_next(void **state) {
    (void)state;
    CALL(BOX_PUT, BOX, 1, at(0), 10);
    assert_false(lost(0));
    begin_to_close();
    assert_int_equal(fake_taken(), 1);
}

static void and_a_callback(void **state) {
    (void)state;
    CALL(BOX_LISTEN, BOX, at(0), listener->code, 0, 0);
    struct contract_part part;
    struct moment moment;
    assert_false(retained_callback_released(listener, &origin, &part, &moment));
    begin_to_close();
    assert_int_equal(fake_taken(), 1);
    assert_int_equal(fake_finding.rule, FFISAN_RULE_COLLECTED_CALLBACK);
    assert_ptr_equal(listener->kept_by, fake_registered(BOX_LISTEN));
    assert_int_equal(listener->kept_argument, 2);
    assert_int_equal(listener->kept_line, FAKE_LINE);
}

/* Only the callback reads it. */
static void but_not_user_data(void **state) {
    (void)state;
    CALL(BOX_LISTEN, BOX, at(0), listener->code, at(32), 0);
    assert_false(lost(32));
    begin_to_close();
    assert_int_equal(fake_taken(), 0);
    CALL(BOX_LISTEN, BOX, at(0), listener->code, at(32), 0);
    assert_false(lost(32));
    losses_end();
    assert_int_equal(fake_taken(), 0);
}

static uintptr_t instruction;

static bool stands_at(struct managed_place place) {
    return place.instruction == instruction;
}

static void nor_what_is_taken_apart_in_one_go(void **state) {
    (void)state;
    managed_places.stands_at = stands_at;
    fake_place = (struct managed_place){1, instruction = 7};
    CALL(BOX_PUT, BOX, 1, at(0), 10);
    assert_false(lost(0));
    begin_to_close();
    assert_int_equal(fake_taken(), 0);
    CALL(BOX_PUT, BOX, 1, at(0), 10);
    assert_false(lost(0));
    instruction = 8;
    begin_to_close();
    assert_int_equal(fake_taken(), 1);
    managed_places.stands_at = NULL;
    fake_place = (struct managed_place){0};
}

static void the_end_of_the_process_tells_of_all_that_are_left(void **state) {
    (void)state;
    for (uint64_t key = 0; key < 10; key++)
        CALL(BOX_PUT, BOX, key, at(key * 32), 10);
    for (uint64_t key = 0; key < 9; key++)
        assert_false(lost(key * 32));
    losses_end();
    assert_int_equal(fake_taken(), 9);
    assert_int_equal(memory_kept_count, 1);
}

static void what_is_used_up_next_was(void **state) {
    (void)state;
    CALL(BOX_PUT, BOX, 1, at(0), 10);
    assert_false(lost(0));
    struct registered_call call = fake_call(BOX_SEND, 0x8000, (const uint64_t[]){BOX}, 1);
    retained_begins(&call);
    assert_int_equal(fake_taken(), 1);
}

static void another_key_lets_go_of_nothing(void **state) {
    (void)state;
    CALL(BOX_PUT, BOX, 1, at(0), 10);
    assert_false(lost(0));
    CALL(BOX_PUT, BOX, 2, at(32), 10);
    assert_true(used(BOX));
}

static void its_block_is_marked(void **state) {
    (void)state;
    struct block block;
    block_birth(room, 100, 0, 7);
    CALL(BOX_PUT, BOX, 1, at(20), 10);
    assert_true(block_at(at(0), &block));
    assert_true(block.crossed);
    block_forget(room);
}

static void the_block_of_its_owner_is_marked(void **state) {
    (void)state;
    struct block block;
    block_birth(room + 4096, 100, 0, 7);
    CALL(BOX_PUT, at(4096), 1, at(0), 10);
    assert_true(block_at(at(4096), &block));
    assert_true(block.crossed);
    assert_false(freed(4096));
    assert_false(freed(0));
    block_forget(room + 4096);
}

/* ---- callbacks ---- */

static bool released(struct callback *callback) {
    struct contract_part part;
    struct moment moment;
    bool still_there = retained_callback_released(callback, &origin, &part, &moment);
    if (still_there)
        assert_int_equal(moment.line, FAKE_LINE);
    still_there |= used(BOX);
    return still_there | used(OTHER);
}

static void called(const struct callback *callback, uint64_t data) {
    retained_callback_called(callback, &data, 1);
}

static void a_callback_is_released_too_early(void **state) {
    (void)state;
    CALL(BOX_LISTEN, BOX, at(0), listener->code, at(32), 0);
    assert_true(released(listener));
    assert_false(released(listener));
}

static void its_user_data_is_freed_too_early(void **state) {
    (void)state;
    CALL(BOX_LISTEN, BOX, at(0), listener->code, at(32), 0);
    assert_true(freed(32));
    assert_int_equal(fake_argument, 3);
}

/* A name is its text, wherever that lies. */
static void a_listener_of_the_same_name_replaces_both(void **state) {
    (void)state;
    memcpy(room, "event", 6);
    memcpy(room + 512, "Event", 6);
    CALL(BOX_LISTEN, BOX, at(0), listener->code, at(32), 0);
    CALL(BOX_LISTEN, BOX, at(512), done->code, at(64), 0);
    assert_false(released(listener));
    assert_false(freed(32));
    assert_true(released(done));
    assert_true(freed(64));
}

static void a_listener_of_another_name_does_not(void **state) {
    (void)state;
    memcpy(room, "event", 6);
    memcpy(room + 512, "other", 6);
    CALL(BOX_LISTEN, BOX, at(0), listener->code, at(32), 0);
    CALL(BOX_LISTEN, BOX, at(512), done->code, at(64), 0);
    assert_true(released(listener));
    assert_true(freed(32));
}

static void the_notify_ends_callback_and_data(void **state) {
    (void)state;
    CALL(BOX_LISTEN, BOX, at(0), listener->code, at(32), notify->code);
    assert_true(notify->awaited);
    called(notify, at(32));
    assert_false(released(listener));
    assert_false(freed(32));
}

static void the_notify_of_another_ends_neither(void **state) {
    (void)state;
    CALL(BOX_LISTEN, BOX, at(0), listener->code, at(32), notify->code);
    CALL(BOX_LISTEN, OTHER, at(0), done->code, at(64), notify->code);
    called(notify, at(64));
    assert_false(freed(64));
    assert_false(released(done));
    assert_true(freed(32));
    assert_true(released(listener));
}

static void a_notify_that_is_told_nothing_known_may_mean_any(void **state) {
    (void)state;
    CALL(BOX_LISTEN, BOX, at(0), listener->code, at(32), notify->code);
    called(notify, 5);
    assert_int_equal(memory_kept_count, 0);
}

static bool is_identity(uintptr_t address) {
    return address == at(32);
}

/* id(self), for a dictionary. */
static void a_name_is_no_memory(void **state) {
    (void)state;
    places_on_identity(is_identity);
    CALL(BOX_LISTEN, BOX, at(0), listener->code, at(32), 0);
    assert_false(freed(32));
    assert_true(released(listener));
    places_on_identity(NULL);
}

/* Its call would pass unseen. */
static void with_a_notify_in_c_nothing_is_followed(void **state) {
    (void)state;
    CALL(BOX_LISTEN, BOX, at(0), listener->code, at(32), at(128));
    assert_int_equal(memory_kept_count, 0);
}

static void a_notify_during_the_call_ends_it_before_it_begins(void **state) {
    (void)state;
    struct registered_call call = BEGIN(BOX_LISTEN, 0x8000, BOX, at(0), listener->code, at(32), notify->code);
    called(notify, at(32));
    end(&call, false);
    assert_int_equal(memory_kept_count, 0);
}

static void once_is_until_it_is_called(void **state) {
    (void)state;
    CALL(BOX_LATER, listener->code, at(32));
    assert_true(listener->awaited);
    assert_int_equal(memory_kept_count, 2);
    called(listener, at(32));
    assert_false(released(listener));
    assert_false(freed(32));
}

static void once_and_not_called_yet(void **state) {
    (void)state;
    CALL(BOX_LATER, listener->code, at(32));
    assert_true(freed(32));
    assert_true(released(listener));
}

static void once_each(void **state) {
    (void)state;
    CALL(BOX_LATER, listener->code, at(32));
    CALL(BOX_LATER, listener->code, at(64));
    called(listener, at(64));
    assert_false(freed(64));
    assert_true(freed(32));
}

static void many_calls_until_it_is_done(void **state) {
    (void)state;
    CALL(BOX_RUN, listener->code, at(32), done->code);
    called(listener, at(32));
    assert_int_equal(memory_kept_count, 2);
    called(done, at(32));
    assert_int_equal(memory_kept_count, 0);
}

static void a_callback_in_c_is_no_matter(void **state) {
    (void)state;
    CALL(BOX_LISTEN, BOX, at(0), at(256), at(32), 0);
    assert_int_equal(memory_kept_count, 1);
    assert_true(freed(32));
    CALL(BOX_LATER, at(256), at(32));
    assert_int_equal(memory_kept_count, 0);
}

static void rounds_take_no_room(void **state) {
    (void)state;
    for (unsigned i = 0; i < 100000; i++) {
        CALL(BOX_PUT, BOX + i % 3, 1, at(i % 64 * 64), 10);
        CALL(BOX_CLEAR, BOX + i % 3);
    }
    assert_int_equal(memory_kept_count, 0);
    assert_int_equal(kept_lost(), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_was_handed_over_is_kept, empty),
        cmocka_unit_test_setup(not_before_the_call_returns, empty),
        cmocka_unit_test_setup(a_call_that_failed_keeps_nothing, empty),
        cmocka_unit_test_setup(a_call_that_was_left_keeps_nothing, empty),
        cmocka_unit_test_setup(nothing_is_no_memory, empty),
        cmocka_unit_test_setup(the_next_call_with_the_same_key_replaces, empty),
        cmocka_unit_test_setup(another_key_or_owner_does_not, empty),
        cmocka_unit_test_setup(null_replaces_too, empty),
        cmocka_unit_test_setup(a_replacement_that_failed_ends_it, empty),
        cmocka_unit_test_setup(a_function_that_the_word_names_ends_it_for_every_key, empty),
        cmocka_unit_test_setup(one_that_it_does_not_name_ends_nothing, empty),
        cmocka_unit_test_setup(the_owners_end_is_the_end, empty),
        cmocka_unit_test_setup(the_library_keeps_until_it_is_given_another, empty),
        cmocka_unit_test_setup(what_it_returned_keeps_until_that_is_closed, empty),
        cmocka_unit_test_setup(for_ever_is_for_ever, empty),
        cmocka_unit_test_setup(what_is_lost_is_told_when_its_owner_is_used, empty),
        cmocka_unit_test_setup(or_what_was_made_of_it, empty),
        cmocka_unit_test_setup(what_is_let_go_of_next_is_told_then, empty),
        cmocka_unit_test_setup(but_not_what_another_takes_the_place_of, empty),
        cmocka_unit_test_setup(and_what_is_closed_next, empty),
        cmocka_unit_test_setup(and_a_callback, empty),
        cmocka_unit_test_setup(but_not_user_data, empty),
        cmocka_unit_test_setup(nor_what_is_taken_apart_in_one_go, empty),
        cmocka_unit_test_setup(the_end_of_the_process_tells_of_all_that_are_left, empty),
        cmocka_unit_test_setup(what_is_used_up_next_was, empty),
        cmocka_unit_test_setup(another_key_lets_go_of_nothing, empty),
        cmocka_unit_test_setup(its_block_is_marked, empty),
        cmocka_unit_test_setup(the_block_of_its_owner_is_marked, empty),
        cmocka_unit_test_setup(a_callback_is_released_too_early, empty),
        cmocka_unit_test_setup(its_user_data_is_freed_too_early, empty),
        cmocka_unit_test_setup(a_listener_of_the_same_name_replaces_both, empty),
        cmocka_unit_test_setup(a_listener_of_another_name_does_not, empty),
        cmocka_unit_test_setup(the_notify_ends_callback_and_data, empty),
        cmocka_unit_test_setup(the_notify_of_another_ends_neither, empty),
        cmocka_unit_test_setup(a_notify_that_is_told_nothing_known_may_mean_any, empty),
        cmocka_unit_test_setup(a_name_is_no_memory, empty),
        cmocka_unit_test_setup(with_a_notify_in_c_nothing_is_followed, empty),
        cmocka_unit_test_setup(a_notify_during_the_call_ends_it_before_it_begins, empty),
        cmocka_unit_test_setup(once_is_until_it_is_called, empty),
        cmocka_unit_test_setup(once_and_not_called_yet, empty),
        cmocka_unit_test_setup(once_each, empty),
        cmocka_unit_test_setup(many_calls_until_it_is_done, empty),
        cmocka_unit_test_setup(a_callback_in_c_is_no_matter, empty),
        cmocka_unit_test_setup(rounds_take_no_room, empty),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
