/* SPDX-License-Identifier: Apache-2.0
 * What calls do to objects: the table of states row by row, through the steps of real calls; then what the table does not say.
 */
#include "contract/objects.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "contract/book.h"
#include "contract/roles.h"
#include "core/blocks.h"
#include "core/options.h"
#include "core/tests/unit.h"
#include "fake_docs.h"

#define DOC   ((uintptr_t)room)         /* in a block of its own */
#define OWNER ((uintptr_t)room + 1024)  /* the same */
#define POOL  ((uintptr_t)0x7000000010) /* in none */
#define SITE  7u

static char *room;
static const struct origin origin = {.cfa = 0x100, .ra = 0x200};

static void forget(struct object *object, void *context) {
    (void)context;
    book_forget(object);
}

/* Blocks that nobody has seen. */
static void new_blocks(void) {
    block_birth((void *)DOC, 64, FFISAN_FAMILY_MALLOC, SITE);
    block_birth((void *)OWNER, 64, FFISAN_FAMILY_MALLOC, SITE);
}

static int start(void **state) {
    (void)state;
    options.rules_on = UINT64_MAX;
    room = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return blocks_open() ? 0 : -1;
}

static int empty(void **state) {
    (void)state;
    assert_true(book_lock());
    book_each(forget, NULL);
    book_unlock();
    assert_int_equal(book_count(), 0);
    docs_open(NULL, NULL);
    docs_tid = 1;
    docs_managed = false;
    docs_among_them = false;
    docs_whole = true;
    new_blocks();
    docs_findings = 0;
    return 0;
}

static enum object_state state_of(uintptr_t value) {
    const struct object *object = book_find(value, 0);
    return object ? object->state : OBJECT_NONE;
}

static bool freed(uintptr_t address) {
    bool keep;
    return object_freed(address, &origin, 0, "free", &keep);
}

/* By the library, inside a call of it. */
static void dies(uintptr_t address) {
    struct registered_call call = docs_begin(LIB_RENAME, 0, 0, 0);
    docs_open(&call, NULL);
    freed(address);
    docs_open(NULL, NULL);
}

/* ---- the table ------------------------------------------------------------------------------------------------------------- */

static void act(enum object_event event) {
    switch (event) {
    case EVENT_USED:
        docs_call(DOC_USE, 0, DOC, 0);
        break;
    case EVENT_MADE:
        docs_call(DOC_OPEN, DOC, 0, 0);
        break;
    case EVENT_LENT:
        docs_call(DOC_OF, DOC, OWNER, 0);
        break;
    case EVENT_SHOWN:
        docs_call(DOC_DEFAULT, DOC, 0, 0);
        break;
    case EVENT_SEEN:
        object_seen(DOC);
        break;
    case EVENT_REFERENCED:
        docs_call(DOC_KEEP, 0, DOC, 0);
        break;
    case EVENT_DROPPED:
    case EVENT_LET_GO:
        docs_call(DOC_DROP, 0, DOC, 0);
        break;
    case EVENT_CLOSED:
        docs_call(DOC_CLOSE, 0, DOC, 0);
        break;
    case EVENT_MISCLOSED:
        docs_call(OTHER_CLOSE, 0, DOC, 0);
        break;
    case EVENT_SUNK:
        docs_call(DOC_ATTACH, 0, OWNER, DOC);
        break;
    case EVENT_FREED:
    case EVENT_MISFREED:
        freed(DOC);
        break;
    case EVENT_OWNER_ENDED:
        docs_call(DOC_CLOSE, 0, OWNER, 0);
        break;
    case EVENT_CHANGED:
        docs_call(DOC_RESET, 0, OWNER, 0);
        break;
    default:
        dies(DOC);
    }
}

static void bring(enum object_state state) {
    docs_call(DOC_OPEN, OWNER, 0, 0);
    static const enum object_event ways[OBJECT_STATES][2] = {[OBJECT_OWNED] = {EVENT_MADE},
                                                             [OBJECT_COUNTED] = {EVENT_MADE, EVENT_REFERENCED},
                                                             [OBJECT_BORROWED] = {EVENT_LENT},
                                                             [OBJECT_STATIC] = {EVENT_SHOWN},
                                                             [OBJECT_GIVEN] = {EVENT_MADE, EVENT_SUNK},
                                                             [OBJECT_CLOSED] = {EVENT_MADE, EVENT_CLOSED},
                                                             [OBJECT_ENDED] = {EVENT_LENT, EVENT_CHANGED}};
    for (unsigned i = 0; i < 2 && state != OBJECT_NONE; i++)
        if (ways[state][i] != EVENT_USED)
            act(ways[state][i]);
    assert_int_equal(state_of(DOC), state);
    assert_int_equal(docs_rule(), FFISAN_RULES);
}

#define NOTHING FFISAN_RULES
#define UAC     FFISAN_RULE_USE_AFTER_CLOSE
#define BORROWD FFISAN_RULE_FREE_OF_BORROWED
#define WRONG   FFISAN_RULE_MISMATCHED_DEALLOCATOR

/* What is to come of an event. */
struct expected {
    enum object_event event;
    enum object_state state;
    enum ffisan_rule rule;
};

static void check_row(enum object_state state, const struct expected *expected, size_t count) {
    for (size_t i = 0; i < count; i++) {
        empty(NULL);
        bring(state);
        act(expected[i].event);
        if (state_of(DOC) != expected[i].state)
            fail_msg("event %d leads to state %d, not %d", (int)expected[i].event, (int)state_of(DOC), (int)expected[i].state);
        enum ffisan_rule rule = docs_rule();
        if (rule != expected[i].rule)
            fail_msg("event %d breaks rule %d, not %d", (int)expected[i].event, (int)rule, (int)expected[i].rule);
    }
}
#define CHECK_ROW(state, ...)                                                                                                    \
    check_row(state, (const struct expected[]){__VA_ARGS__}, sizeof(struct expected[]){__VA_ARGS__} / sizeof(struct expected))

static void nothing_is_concluded_from_what_is_not_known(void **state) {
    (void)state;
    CHECK_ROW(OBJECT_NONE, {EVENT_USED, OBJECT_NONE, NOTHING}, {EVENT_MADE, OBJECT_OWNED, NOTHING},
              {EVENT_LENT, OBJECT_BORROWED, NOTHING}, {EVENT_SHOWN, OBJECT_STATIC, NOTHING}, {EVENT_SEEN, OBJECT_NONE, NOTHING},
              {EVENT_REFERENCED, OBJECT_COUNTED, NOTHING}, {EVENT_DROPPED, OBJECT_NONE, NOTHING},
              {EVENT_CLOSED, OBJECT_NONE, NOTHING}, {EVENT_MISCLOSED, OBJECT_NONE, NOTHING}, {EVENT_SUNK, OBJECT_NONE, NOTHING},
              {EVENT_MISFREED, OBJECT_NONE, NOTHING}, {EVENT_OWNER_ENDED, OBJECT_NONE, NOTHING},
              {EVENT_CHANGED, OBJECT_NONE, NOTHING}, {EVENT_DIED, OBJECT_NONE, NOTHING});
}

static void what_is_owned(void **state) {
    (void)state;
    CHECK_ROW(OBJECT_OWNED, {EVENT_USED, OBJECT_OWNED, NOTHING}, {EVENT_MADE, OBJECT_OWNED, NOTHING},
              {EVENT_LENT, OBJECT_OWNED, NOTHING}, {EVENT_SHOWN, OBJECT_STATIC, NOTHING}, {EVENT_SEEN, OBJECT_OWNED, NOTHING},
              {EVENT_REFERENCED, OBJECT_COUNTED, NOTHING}, {EVENT_LET_GO, OBJECT_GIVEN, NOTHING},
              {EVENT_CLOSED, OBJECT_CLOSED, NOTHING}, {EVENT_MISCLOSED, OBJECT_NONE, WRONG}, {EVENT_SUNK, OBJECT_GIVEN, NOTHING},
              {EVENT_MISFREED, OBJECT_NONE, WRONG}, {EVENT_OWNER_ENDED, OBJECT_OWNED, NOTHING},
              {EVENT_CHANGED, OBJECT_OWNED, NOTHING}, {EVENT_DIED, OBJECT_CLOSED, NOTHING});
}

static void what_is_counted(void **state) {
    (void)state;
    CHECK_ROW(OBJECT_COUNTED, {EVENT_USED, OBJECT_COUNTED, NOTHING}, {EVENT_MADE, OBJECT_OWNED, NOTHING},
              {EVENT_LENT, OBJECT_COUNTED, NOTHING}, {EVENT_SHOWN, OBJECT_STATIC, NOTHING}, {EVENT_SEEN, OBJECT_COUNTED, NOTHING},
              {EVENT_REFERENCED, OBJECT_COUNTED, NOTHING}, {EVENT_DROPPED, OBJECT_COUNTED, NOTHING},
              {EVENT_CLOSED, OBJECT_COUNTED, NOTHING}, {EVENT_MISCLOSED, OBJECT_NONE, WRONG},
              {EVENT_SUNK, OBJECT_COUNTED, NOTHING}, {EVENT_MISFREED, OBJECT_NONE, WRONG},
              {EVENT_OWNER_ENDED, OBJECT_COUNTED, NOTHING}, {EVENT_CHANGED, OBJECT_COUNTED, NOTHING},
              {EVENT_DIED, OBJECT_CLOSED, NOTHING});
}

static void what_is_borrowed(void **state) {
    (void)state;
    CHECK_ROW(OBJECT_BORROWED, {EVENT_USED, OBJECT_BORROWED, NOTHING}, {EVENT_MADE, OBJECT_OWNED, NOTHING},
              {EVENT_LENT, OBJECT_BORROWED, NOTHING}, {EVENT_SHOWN, OBJECT_STATIC, NOTHING},
              {EVENT_SEEN, OBJECT_BORROWED, NOTHING}, {EVENT_REFERENCED, OBJECT_COUNTED, NOTHING},
              {EVENT_DROPPED, OBJECT_GIVEN, NOTHING}, {EVENT_CLOSED, OBJECT_BORROWED, BORROWD},
              {EVENT_MISCLOSED, OBJECT_BORROWED, BORROWD}, {EVENT_SUNK, OBJECT_GIVEN, NOTHING},
              {EVENT_MISFREED, OBJECT_BORROWED, BORROWD}, {EVENT_CHANGED, OBJECT_ENDED, NOTHING},
              {EVENT_DIED, OBJECT_ENDED, NOTHING});
    empty(NULL);
    bring(OBJECT_BORROWED);
    act(EVENT_OWNER_ENDED);
    act(EVENT_USED);
    assert_int_equal(state_of(DOC), OBJECT_ENDED);
    assert_int_equal(docs_rule(), UAC);
}

static void what_is_static(void **state) {
    (void)state;
    CHECK_ROW(OBJECT_STATIC, {EVENT_USED, OBJECT_STATIC, NOTHING}, {EVENT_MADE, OBJECT_OWNED, NOTHING},
              {EVENT_LENT, OBJECT_BORROWED, NOTHING}, {EVENT_SHOWN, OBJECT_STATIC, NOTHING}, {EVENT_SEEN, OBJECT_STATIC, NOTHING},
              {EVENT_REFERENCED, OBJECT_STATIC, NOTHING}, {EVENT_DROPPED, OBJECT_STATIC, NOTHING},
              {EVENT_CLOSED, OBJECT_STATIC, BORROWD}, {EVENT_MISCLOSED, OBJECT_STATIC, BORROWD},
              {EVENT_SUNK, OBJECT_STATIC, NOTHING}, {EVENT_MISFREED, OBJECT_STATIC, BORROWD},
              {EVENT_OWNER_ENDED, OBJECT_STATIC, NOTHING}, {EVENT_CHANGED, OBJECT_STATIC, NOTHING},
              {EVENT_DIED, OBJECT_NONE, NOTHING});
}

static void what_was_given_away(void **state) {
    (void)state;
    CHECK_ROW(OBJECT_GIVEN, {EVENT_USED, OBJECT_GIVEN, NOTHING}, {EVENT_MADE, OBJECT_OWNED, NOTHING},
              {EVENT_LENT, OBJECT_BORROWED, NOTHING}, {EVENT_SHOWN, OBJECT_STATIC, NOTHING}, {EVENT_SEEN, OBJECT_GIVEN, NOTHING},
              {EVENT_REFERENCED, OBJECT_COUNTED, NOTHING}, {EVENT_DROPPED, OBJECT_GIVEN, NOTHING},
              {EVENT_CLOSED, OBJECT_NONE, NOTHING}, {EVENT_MISCLOSED, OBJECT_NONE, NOTHING}, {EVENT_SUNK, OBJECT_GIVEN, NOTHING},
              {EVENT_MISFREED, OBJECT_NONE, NOTHING}, {EVENT_OWNER_ENDED, OBJECT_GIVEN, NOTHING},
              {EVENT_CHANGED, OBJECT_GIVEN, NOTHING}, {EVENT_DIED, OBJECT_CLOSED, NOTHING});
}

static void what_is_closed(void **state) {
    (void)state;
    CHECK_ROW(OBJECT_CLOSED, {EVENT_USED, OBJECT_CLOSED, UAC}, {EVENT_MADE, OBJECT_OWNED, NOTHING},
              {EVENT_LENT, OBJECT_BORROWED, NOTHING}, {EVENT_SHOWN, OBJECT_STATIC, NOTHING}, {EVENT_SEEN, OBJECT_NONE, NOTHING},
              {EVENT_REFERENCED, OBJECT_CLOSED, UAC}, {EVENT_DROPPED, OBJECT_CLOSED, UAC}, {EVENT_CLOSED, OBJECT_CLOSED, UAC},
              {EVENT_MISCLOSED, OBJECT_CLOSED, UAC}, {EVENT_SUNK, OBJECT_CLOSED, UAC}, {EVENT_MISFREED, OBJECT_NONE, NOTHING},
              {EVENT_OWNER_ENDED, OBJECT_CLOSED, NOTHING}, {EVENT_CHANGED, OBJECT_CLOSED, NOTHING},
              {EVENT_DIED, OBJECT_CLOSED, NOTHING});
}

static void what_was_borrowed_and_is_over(void **state) {
    (void)state;
    CHECK_ROW(OBJECT_ENDED, {EVENT_USED, OBJECT_ENDED, UAC}, {EVENT_MADE, OBJECT_OWNED, NOTHING},
              {EVENT_LENT, OBJECT_BORROWED, NOTHING}, {EVENT_SHOWN, OBJECT_STATIC, NOTHING}, {EVENT_SEEN, OBJECT_NONE, NOTHING},
              {EVENT_REFERENCED, OBJECT_ENDED, UAC}, {EVENT_DROPPED, OBJECT_ENDED, UAC}, {EVENT_CLOSED, OBJECT_ENDED, BORROWD},
              {EVENT_MISCLOSED, OBJECT_ENDED, BORROWD}, {EVENT_SUNK, OBJECT_ENDED, UAC}, {EVENT_MISFREED, OBJECT_NONE, NOTHING},
              {EVENT_OWNER_ENDED, OBJECT_ENDED, NOTHING}, {EVENT_CHANGED, OBJECT_ENDED, NOTHING},
              {EVENT_DIED, OBJECT_ENDED, NOTHING});
}

/* ---- closing --------------------------------------------------------------------------------------------------------------- */

static void a_close_that_failed_is_taken_back(void **state) {
    (void)state;
    docs_call(DOC_OPEN, DOC, 0, 0);
    struct registered_call call = docs_begin(DOC_CLOSE, 5, DOC, 0);
    assert_int_equal(state_of(DOC), OBJECT_CLOSED);
    docs_end(&call, true);
    assert_int_equal(state_of(DOC), OBJECT_OWNED);
    act(EVENT_USED);
    act(EVENT_CLOSED);
    assert_int_equal(docs_rule(), NOTHING);
    act(EVENT_USED);
    assert_int_equal(docs_rule(), UAC);
}

static void what_it_had_lent_goes_on_then(void **state) {
    (void)state;
    docs_call(DOC_OPEN, OWNER, 0, 0);
    docs_call(DOC_OF, DOC, OWNER, 0);
    struct registered_call call = docs_begin(DOC_CLOSE, 5, OWNER, 0);
    docs_end(&call, true);
    act(EVENT_USED);
    assert_int_equal(state_of(DOC), OBJECT_BORROWED);
    act(EVENT_OWNER_ENDED);
    act(EVENT_USED);
    assert_int_equal(docs_rule(), UAC);
}

/* A destructor calls back with what it closes. */
static void uses_while_it_closes_are_its_own_affair(void **state) {
    (void)state;
    docs_call(DOC_OPEN, DOC, 0, 0);
    struct registered_call call = docs_begin(DOC_CLOSE, 0, DOC, 0);
    act(EVENT_USED);
    assert_int_equal(docs_rule(), NOTHING);
    docs_end(&call, false);
    act(EVENT_USED);
    assert_int_equal(docs_rule(), UAC);
}

/* The address is given out again before the close has returned. */
static void what_is_made_while_it_closes_is_new(void **state) {
    (void)state;
    docs_call(DOC_OPEN, DOC, 0, 0);
    struct registered_call call = docs_begin(DOC_CLOSE, 0, DOC, 0);
    docs_tid = 2;
    docs_call(DOC_OPEN, DOC, 0, 0);
    docs_tid = 1;
    docs_end(&call, true);
    act(EVENT_USED);
    assert_int_equal(state_of(DOC), OBJECT_OWNED);
    assert_int_equal(docs_rule(), NOTHING);
}

static void what_the_outcome_decides_counts_afterwards(void **state) {
    (void)state;
    docs_call(DOC_OPEN, DOC, 0, 0);
    docs_call(DOC_FORGET, 1, DOC, 0);
    assert_int_equal(state_of(DOC), OBJECT_OWNED);
    docs_call(DOC_FORGET, 0, DOC, 0);
    assert_int_not_equal(state_of(DOC), OBJECT_OWNED);
}

static void both_stacks_and_the_right_functions_are_told(void **state) {
    (void)state;
    docs_cfa = 0x100;
    docs_call(DOC_OPEN, DOC, 0, 0);
    docs_cfa = 0x200;
    act(EVENT_CLOSED);
    docs_cfa = 0x300;
    act(EVENT_USED);
    docs_cfa = 0x8000;
    assert_int_equal(docs_rule(), UAC);
    assert_int_equal(docs_part_count, 3);
    assert_int_equal(docs_finding.sites[FFISAN_ROLE_CREATED], 0x10);
    assert_int_equal(docs_finding.sites[FFISAN_ROLE_FREED], 0x20);
    assert_int_equal(docs_parts[0].role, FFISAN_ROLE_DETECTED);
    assert_ptr_equal(docs_parts[0].registered, docs_registered(DOC_USE));
    assert_int_equal(docs_parts[0].argument, 0);
    assert_ptr_equal(docs_parts[1].registered, docs_registered(DOC_OPEN));
    assert_int_equal(docs_parts[1].term->word, FFISAN_WORD_OWNED);
    assert_ptr_equal(docs_parts[2].registered, docs_registered(DOC_CLOSE));
}

/* ---- the same address, another thing --------------------------------------------------------------------------------------- */

static void a_block_that_was_given_out_anew_is_another_thing(void **state) {
    (void)state;
    docs_call(DOC_OPEN, DOC, 0, 0);
    act(EVENT_CLOSED);
    new_blocks();
    act(EVENT_USED);
    assert_int_equal(docs_rule(), NOTHING);
    assert_int_equal(state_of(DOC), OBJECT_NONE);
}

static void a_freed_block_is_the_same_thing(void **state) {
    (void)state;
    struct block block;
    docs_call(DOC_OPEN, DOC, 0, 0);
    act(EVENT_CLOSED);
    assert_int_equal(block_death((void *)DOC, 9, &block), BLOCK_LIVE);
    act(EVENT_USED);
    assert_int_equal(docs_rule(), UAC);
}

static void a_handle_near_the_start_of_its_block_is_known_by_it(void **state) {
    (void)state;
    docs_call(DOC_OPEN, DOC + 8, 0, 0);
    docs_call(DOC_CLOSE, 0, DOC + 8, 0);
    docs_call(DOC_USE, 0, DOC + 8, 0);
    assert_int_equal(docs_rule(), UAC);
    new_blocks();
    docs_call(DOC_USE, 0, DOC + 8, 0);
    assert_int_equal(docs_rule(), NOTHING);
}

static void in_a_pool_only_a_handle_of_the_same_kind_is_it(void **state) {
    (void)state;
    docs_call(DOC_OPEN, POOL, 0, 0);
    docs_call(DOC_CLOSE, 0, POOL, 0);
    docs_call(DOC_USE, 0, POOL, 0);
    assert_int_equal(docs_rule(), UAC);
    docs_call(OTHER_CLOSE, 0, POOL, 0);
    assert_int_equal(docs_rule(), NOTHING);
    docs_call(DOC_USE, 0, POOL, 0);
    assert_int_equal(docs_rule(), NOTHING);
}

static void what_was_given_away_is_over_when_its_memory_is(void **state) {
    (void)state;
    struct block block;
    bring(OBJECT_GIVEN);
    block_death((void *)DOC, 9, &block);
    act(EVENT_USED);
    assert_int_equal(docs_rule(), UAC);
}

/* ---- borrowed -------------------------------------------------------------------------------------------------------------- */

static void a_borrowed_thing_ends_with_the_function_that_its_term_names(void **state) {
    (void)state;
    docs_call(DOC_OPEN, OWNER, 0, 0);
    docs_call(DOC_TITLE, DOC, OWNER, 0);
    docs_call(DOC_USE, 0, OWNER, 0);
    assert_int_equal(state_of(DOC), OBJECT_BORROWED);
    docs_call(DOC_RENAME, 0, OWNER, 0);
    assert_int_equal(state_of(DOC), OBJECT_ENDED);
}

static void another_owners_change_does_not_end_it(void **state) {
    (void)state;
    docs_call(DOC_OPEN, OWNER, 0, 0);
    docs_call(DOC_OPEN, POOL, 0, 0);
    docs_call(DOC_TITLE, DOC, OWNER, 0);
    docs_call(DOC_RENAME, 0, POOL, 0);
    docs_call(DOC_RESET, 0, POOL, 0);
    docs_call(DOC_CLOSE, 0, POOL, 0);
    act(EVENT_USED);
    assert_int_equal(docs_rule(), NOTHING);
    assert_int_equal(state_of(DOC), OBJECT_BORROWED);
}

static void a_change_that_failed_ends_nothing(void **state) {
    (void)state;
    docs_call(DOC_OPEN, OWNER, 0, 0);
    docs_call(DOC_TITLE, DOC, OWNER, 0);
    struct registered_call call = docs_begin(DOC_RENAME, 0, OWNER, 0);
    docs_end(&call, true);
    call = docs_begin(DOC_RESET, 0, OWNER, 0);
    docs_end(&call, true);
    assert_int_equal(state_of(DOC), OBJECT_BORROWED);
}

static void what_two_lend_ends_with_neither(void **state) {
    (void)state;
    docs_call(DOC_OPEN, OWNER, 0, 0);
    docs_call(DOC_OPEN, POOL, 0, 0);
    docs_call(DOC_OF, DOC, OWNER, 0);
    docs_call(DOC_OF, DOC, POOL, 0);
    docs_call(DOC_CLOSE, 0, POOL, 0);
    act(EVENT_USED);
    docs_call(DOC_CLOSE, 0, OWNER, 0);
    act(EVENT_USED);
    assert_int_equal(docs_rule(), NOTHING);
}

static void what_is_borrowed_from_what_is_borrowed_ends_with_the_first(void **state) {
    (void)state;
    docs_call(DOC_OPEN, OWNER, 0, 0);
    docs_call(DOC_OF, POOL, OWNER, 0);
    docs_call(DOC_OF, DOC, POOL, 0);
    docs_call(DOC_CLOSE, 0, OWNER, 0);
    act(EVENT_USED);
    assert_int_equal(docs_rule(), UAC);
}

/* strchr's result may be where its argument is, in memory of the host's. */
static void of_an_owner_that_is_not_known_nothing_is_borrowed(void **state) {
    (void)state;
    docs_call(DOC_TITLE, DOC, OWNER, 0);
    assert_int_equal(state_of(DOC), OBJECT_NONE);
    docs_call(DOC_OPEN, OWNER, 0, 0);
    docs_call(DOC_TITLE, OWNER, OWNER, 0);
    assert_int_equal(state_of(OWNER), OBJECT_OWNED);
}

/* A count that the library itself drops may be one that it had taken unseen; what it makes and frees again is not the host's. */
static void what_the_library_calls_itself_is_its_own_affair(void **state) {
    (void)state;
    docs_call(PART_NEW, DOC, 0, 0);
    docs_among_them = true;
    docs_call(PART_DROP, 0, DOC, 0);
    docs_call(PART_DROP, 0, DOC, 0);
    assert_int_equal(state_of(DOC), OBJECT_GIVEN);
    docs_call(DOC_OPEN, OWNER, 0, 0);
    assert_int_equal(state_of(OWNER), OBJECT_NONE);
    docs_among_them = false;
    docs_call(PART_DROP, 0, DOC, 0);
    docs_call(DOC_OPEN, OWNER, 0, 0);
    docs_call(DOC_OF, DOC, OWNER, 0);
    docs_call(DOC_CLOSE, 0, OWNER, 0);
    docs_among_them = true;
    docs_call(DOC_USE, 0, OWNER, 0);
    docs_call(DOC_CLOSE, 0, OWNER, 0);
    docs_call(DOC_CLOSE, 0, DOC, 0);
    assert_int_equal(docs_rule(), NOTHING);
}

static void the_library_lends_too(void **state) {
    (void)state;
    docs_call(LIB_NAME, DOC, 0, 0);
    assert_int_equal(state_of(DOC), OBJECT_BORROWED);
    docs_call(LIB_RENAME, 0, 0, 0);
    assert_int_equal(state_of(DOC), OBJECT_ENDED);
}

static void the_blocks_of_what_is_lent_are_not_freed(void **state) {
    (void)state;
    bool keep = false;
    bring(OBJECT_BORROWED);
    assert_true(object_freed(DOC, &origin, 0, "free", &keep));
    assert_true(keep);
    assert_int_equal(docs_rule(), BORROWD);
    empty(NULL);
    bring(OBJECT_OWNED);
    assert_true(object_freed(DOC, &origin, 0, "free", &keep));
    assert_false(keep);
    assert_int_equal(docs_rule(), WRONG);
}

/* ---- owned ----------------------------------------------------------------------------------------------------------------- */

static void what_stands_in_an_out_parameter_is_owned(void **state) {
    (void)state;
    uint64_t out = DOC;
    docs_call(DOC_TAKE, 0, (uintptr_t)&out, 0);
    assert_int_equal(state_of(DOC), OBJECT_OWNED);
    out = 0;
    docs_call(DOC_TAKE, 0, (uintptr_t)&out, 0);
    assert_int_equal(book_count(), 1);
}

static void nothing_is_no_object(void **state) {
    (void)state;
    docs_call(DOC_OPEN, 0, 0, 0);
    docs_call(DOC_OPEN, UINT64_MAX, 0, 0);
    docs_call(SLOT_OPEN, UINT64_MAX, 0, 0);
    docs_call(DOC_CLOSE, 0, 0, 0);
    docs_call(DOC_CLOSE, 0, 0, 0);
    assert_int_equal(book_count(), 0);
    assert_int_equal(docs_rule(), NOTHING);
}

static void memory_that_free_takes_is_freed_rightly(void **state) {
    (void)state;
    docs_managed = true;
    docs_call(MEMORY_NEW, DOC, 0, 0);
    assert_int_equal(state_of(DOC), OBJECT_OWNED);
    assert_false(freed(DOC));
    assert_int_equal(state_of(DOC), OBJECT_NONE);
    docs_call(MEMORY_NEW, DOC, 0, 0);
    docs_call(OTHER_CLOSE, 0, DOC, 0);
    assert_int_equal(docs_rule(), WRONG);
}

/* Of compiled code it is the block books' own. */
static void memory_of_compiled_code_that_free_takes_is_no_object(void **state) {
    (void)state;
    docs_call(MEMORY_NEW, DOC, 0, 0);
    assert_int_equal(book_count(), 0);
}

static void another_size_than_it_was_made_with(void **state) {
    (void)state;
    docs_call(TEXT_NEW, DOC, 16, 0);
    struct registered_call call = docs_begin(TEXT_FREE, 0, DOC, 17);
    assert_int_equal(docs_rule(), FFISAN_RULE_WRONG_SIZE_DEALLOC);
    assert_int_equal(docs_parts[0].wanted, 16);
    assert_int_equal(docs_parts[0].given, 17);
    docs_end(&call, false);
    docs_call(TEXT_NEW, DOC, 16, 0);
    docs_call(TEXT_FREE, 0, DOC, 16);
    assert_int_equal(docs_rule(), NOTHING);
}

static void a_second_count_of_the_same_thing(void **state) {
    (void)state;
    docs_call(PART_NEW, DOC, 0, 0);
    docs_call(PART_NEW, DOC, 0, 0);
    assert_int_equal(state_of(DOC), OBJECT_COUNTED);
    docs_call(PART_DROP, 0, DOC, 0);
    assert_int_equal(state_of(DOC), OBJECT_COUNTED);
    docs_call(PART_DROP, 0, DOC, 0);
    assert_int_equal(state_of(DOC), OBJECT_GIVEN);
    docs_call(PART_DROP, 0, DOC, 0);
    assert_int_equal(docs_rule(), NOTHING);
}

/* ---- numbers --------------------------------------------------------------------------------------------------------------- */

static enum object_state state_of_slot(uint64_t value) {
    const struct object *object = book_find(value, book_kind("slot"));
    return object ? object->state : OBJECT_NONE;
}

static void numbers_are_handles_of_their_kind(void **state) {
    (void)state;
    docs_call(SLOT_OPEN, 3, 0, 0);
    assert_int_equal(state_of_slot(3), OBJECT_OWNED);
    assert_int_equal(state_of(3), OBJECT_NONE);
    docs_call(SLOT_CLOSE, 0, 3, 0);
    docs_call(SLOT_USE, 0, 3, 0);
    assert_int_equal(docs_rule(), UAC);
    docs_call(SLOT_OPEN, 3, 0, 0);
    docs_call(SLOT_USE, 0, 3, 0);
    assert_int_equal(docs_rule(), NOTHING);
}

/* A function of which nothing is said may have given it out anew. */
static void what_may_come_back_unseen_is_not_over_for_certain(void **state) {
    (void)state;
    docs_whole = false;
    docs_call(SLOT_OPEN, 3, 0, 0);
    docs_call(SLOT_CLOSE, 0, 3, 0);
    docs_call(SLOT_USE, 0, 3, 0);
    assert_int_equal(docs_rule(), NOTHING);
    docs_call(DOC_OPEN, POOL, 0, 0);
    docs_call(DOC_CLOSE, 0, POOL, 0);
    docs_call(DOC_CLOSE, 0, POOL, 0);
    assert_int_equal(docs_rule(), NOTHING);
    docs_call(DOC_OPEN, DOC, 0, 0);
    docs_call(DOC_CLOSE, 0, DOC, 0);
    docs_call(DOC_USE, 0, DOC, 0);
    assert_int_equal(docs_rule(), UAC);
}

static void nought_is_a_number(void **state) {
    (void)state;
    docs_call(SLOT_OPEN, 0, 0, 0);
    assert_int_equal(state_of_slot(0), OBJECT_OWNED);
}

/* ---- threads --------------------------------------------------------------------------------------------------------------- */

static void closed_under_another_threads_call(void **state) {
    (void)state;
    docs_call(DOC_OPEN, DOC, 0, 0);
    docs_tid = 2;
    struct registered_call other = docs_begin(DOC_USE, 0, DOC, 0);
    docs_tid = 1;
    docs_open(&other, NULL);
    docs_call(DOC_CLOSE, 0, DOC, 0);
    assert_int_equal(docs_rule(), FFISAN_RULE_FREED_DURING_CALL);
    assert_int_equal(docs_parts[1].role, FFISAN_ROLE_LAST_USED);
    assert_ptr_equal(docs_parts[1].registered, docs_registered(DOC_USE));
}

static void closed_in_the_callers_own_callback_or_beside_another_handle(void **state) {
    (void)state;
    docs_call(DOC_OPEN, DOC, 0, 0);
    docs_call(DOC_OPEN, OWNER, 0, 0);
    struct registered_call own = docs_begin(DOC_USE, 0, DOC, 0);
    docs_tid = 2;
    struct registered_call other = docs_begin(DOC_USE, 0, OWNER, 0);
    docs_tid = 1;
    docs_open(&own, &other);
    docs_call(DOC_CLOSE, 0, DOC, 0);
    assert_int_equal(docs_rule(), NOTHING);
}

/* ---- fork ------------------------------------------------------------------------------------------------------------------ */

static void *take_the_lock(void *none) {
    book_lock();
    return none;
}

/* Nobody in the child would ever give it back. */
static void a_child_whose_parent_was_in_the_book_starts_with_an_empty_one(void **state) {
    (void)state;
    pthread_t other;
    docs_call(DOC_OPEN, DOC, 0, 0);
    pthread_create(&other, NULL, take_the_lock, NULL);
    pthread_join(other, NULL);
    pid_t child = fork();
    if (!child) {
        objects_forked();
        bool sound = book_count() == 0 && book_lock();
        _exit(sound && !book_find(DOC, 0) ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    book_unlock();
    assert_int_equal(status, 0);
    assert_int_equal(state_of(DOC), OBJECT_OWNED);
}

static void a_child_knows_what_its_parent_knew(void **state) {
    (void)state;
    docs_call(DOC_OPEN, DOC, 0, 0);
    pid_t child = fork();
    if (!child) {
        objects_forked();
        docs_call(DOC_CLOSE, 0, DOC, 0);
        docs_call(DOC_USE, 0, DOC, 0);
        _exit(docs_rule() == UAC ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* ---- the book -------------------------------------------------------------------------------------------------------------- */

#define ROUNDS 10000000u

static void births_and_deaths_take_no_room(void **state) {
    (void)state;
    uint64_t before = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (i == ROUNDS / 10)
            before = book_room();
        assert_true(book_lock());
        struct object *object = book_enter(0x10000 + (uint64_t)i * 16, 0);
        book_move(object, i % 2 ? OBJECT_CLOSED : OBJECT_STATIC);
        book_unlock();
    }
    assert_int_equal(book_room(), before);
    assert_true(book_count() <= 2 * BOOK_QUEUE + 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_is_concluded_from_what_is_not_known, empty),
        cmocka_unit_test_setup(what_is_owned, empty),
        cmocka_unit_test_setup(what_is_counted, empty),
        cmocka_unit_test_setup(what_is_borrowed, empty),
        cmocka_unit_test_setup(what_is_static, empty),
        cmocka_unit_test_setup(what_was_given_away, empty),
        cmocka_unit_test_setup(what_is_closed, empty),
        cmocka_unit_test_setup(what_was_borrowed_and_is_over, empty),
        cmocka_unit_test_setup(a_close_that_failed_is_taken_back, empty),
        cmocka_unit_test_setup(what_it_had_lent_goes_on_then, empty),
        cmocka_unit_test_setup(uses_while_it_closes_are_its_own_affair, empty),
        cmocka_unit_test_setup(what_is_made_while_it_closes_is_new, empty),
        cmocka_unit_test_setup(what_the_outcome_decides_counts_afterwards, empty),
        cmocka_unit_test_setup(both_stacks_and_the_right_functions_are_told, empty),
        cmocka_unit_test_setup(a_block_that_was_given_out_anew_is_another_thing, empty),
        cmocka_unit_test_setup(a_freed_block_is_the_same_thing, empty),
        cmocka_unit_test_setup(a_handle_near_the_start_of_its_block_is_known_by_it, empty),
        cmocka_unit_test_setup(in_a_pool_only_a_handle_of_the_same_kind_is_it, empty),
        cmocka_unit_test_setup(what_was_given_away_is_over_when_its_memory_is, empty),
        cmocka_unit_test_setup(a_borrowed_thing_ends_with_the_function_that_its_term_names, empty),
        cmocka_unit_test_setup(another_owners_change_does_not_end_it, empty),
        cmocka_unit_test_setup(a_change_that_failed_ends_nothing, empty),
        cmocka_unit_test_setup(what_two_lend_ends_with_neither, empty),
        cmocka_unit_test_setup(what_is_borrowed_from_what_is_borrowed_ends_with_the_first, empty),
        cmocka_unit_test_setup(of_an_owner_that_is_not_known_nothing_is_borrowed, empty),
        cmocka_unit_test_setup(the_library_lends_too, empty),
        cmocka_unit_test_setup(what_the_library_calls_itself_is_its_own_affair, empty),
        cmocka_unit_test_setup(the_blocks_of_what_is_lent_are_not_freed, empty),
        cmocka_unit_test_setup(what_stands_in_an_out_parameter_is_owned, empty),
        cmocka_unit_test_setup(nothing_is_no_object, empty),
        cmocka_unit_test_setup(memory_that_free_takes_is_freed_rightly, empty),
        cmocka_unit_test_setup(memory_of_compiled_code_that_free_takes_is_no_object, empty),
        cmocka_unit_test_setup(another_size_than_it_was_made_with, empty),
        cmocka_unit_test_setup(a_second_count_of_the_same_thing, empty),
        cmocka_unit_test_setup(numbers_are_handles_of_their_kind, empty),
        cmocka_unit_test_setup(what_may_come_back_unseen_is_not_over_for_certain, empty),
        cmocka_unit_test_setup(nought_is_a_number, empty),
        cmocka_unit_test_setup(closed_under_another_threads_call, empty),
        cmocka_unit_test_setup(closed_in_the_callers_own_callback_or_beside_another_handle, empty),
        cmocka_unit_test_setup(a_child_whose_parent_was_in_the_book_starts_with_an_empty_one, empty),
        cmocka_unit_test_setup(a_child_knows_what_its_parent_knew, empty),
        cmocka_unit_test_setup(births_and_deaths_take_no_room, empty),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
