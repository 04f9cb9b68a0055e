/* SPDX-License-Identifier: Apache-2.0
 *
 * From memory that goes to the registrations that it takes along. Those are out of the book before anything is said: each is reported once.
 *
 * What is no finding: a library that gives back itself what it keeps (its own free, or one further in while the host waits in a call of it);
 * memory of whose owner nothing is left either; a block that is not the one that was handed over.
 */
#include "contract/memory.h"

#include "contract/kept.h"
#include "contract/losses.h"
#include "contract/roles.h"
#include "core/crossings.h"
#include "core/findings.h"
#include "core/sites.h"

#define FOUND_MOST 8u
#define PAGE       12u
#define PAGES_MOST 64u /* looked up one by one */

uint32_t memory_calls;

/* ---- who does it ---- */

/* The innermost callback that this thread is in: what was called before it lies further out. UINTPTR_MAX: none. */
static bool is_callback(const struct crossing *crossing, void *context) {
    if (!crossing->callback)
        return true;
    *(uintptr_t *)context = crossing->cfa;
    return false;
}

static uintptr_t callback_here(void) {
    uintptr_t cfa = UINTPTR_MAX;
    crossings_each((uintptr_t)__builtin_frame_address(0), is_callback, &cfa);
    return cfa;
}

static bool takes_over(const struct registered_call *call, uint32_t place) {
    return term_of(call, FFISAN_WORD_CONSUMED, place) || term_of(call, FFISAN_WORD_UNREF, place);
}

static bool takes_over_something_in(const struct registered_call *call, uintptr_t start, size_t size) {
    for (uint32_t i = 0; i < call->argument_count; i++)
        if (call->arguments[i] - start < size && takes_over(call, i))
            return true;
    return false;
}

/* What was being given back, and by whom. */
struct release {
    uintptr_t start;
    size_t size;
    uint64_t newest; /* registrations that came later are not meant */
    const struct module *row, *library;
    uintptr_t callback;
};

static bool find_library(struct registered_call *call, void *context) {
    struct release *release = context;
    if (call->origin.cfa > release->callback)
        return false;
    if (!takes_over_something_in(call, release->start, release->size))
        release->library = call->registered->definer;
    else /* the host asked for it */
        release->row = NULL;
    return false;
}

static struct release release_of(uintptr_t start, size_t size, const struct memory_doer *doer) {
    struct release release = {.start = start, .size = size ? size : 1, .newest = UINT64_MAX};
    if (doer->managed)
        return release;
    release.row = doer->row ? module_of_row(doer->row) : module_at(doer->origin->ra - 1);
    release.callback = callback_here();
    registered_open(find_library, &release);
    return release;
}

static bool is_its_own(const struct release *release, const struct registered *registered) {
    return registered->definer && (registered->definer == release->row || registered->definer == release->library);
}

/* ---- who works on the owner ---- */

struct work_on {
    const struct kept *kept;
    bool found;
};

static bool works_on(const struct registered_call *call, const struct kept *kept) {
    if (role_of(call->registered) & ROLE_DESTRUCTOR || kept_dropped_by(kept, call->registered))
        return false;
    for (uint32_t i = 0; i < call->argument_count; i++)
        if (call->arguments[i] == kept->owner)
            return true;
    return false;
}

static bool is_at_work(const struct registered_call *call, void *context) {
    struct work_on *work = context;
    work->found = works_on(call, work->kept);
    return !work->found;
}

/* A call that works on its owner has not returned: it may be used at once. */
static bool kept_is_in_use(const struct kept *kept) {
    struct work_on work = {kept, false};
    registered_open_everywhere(is_at_work, &work);
    return work.found;
}

/* ---- what goes ---- */

struct search {
    struct release release;
    struct block block; /* that goes; start 0: none that is known */
    uintptr_t valid;    /* up to here it stays as it was; 0: nothing does */
    struct kept_loss loss;
    struct kept found[FOUND_MOST];
    unsigned count;
    bool hit;
};

static bool is_another_block(const struct search *search, const struct kept *kept) {
    return search->block.start && kept->block == search->block.start && kept->allocated != search->block.allocated;
}

static bool take_owned(struct kept *kept, void *context) {
    const struct search *search = context;
    if (kept->owner - search->release.start < search->release.size && kept->number <= search->release.newest)
        kept_remove(kept);
    return true;
}

static bool goes(const struct search *search, const struct kept *kept) {
    const struct release *release = &search->release;
    return kept->start && kept->start - release->start < release->size && kept->number <= release->newest &&
           kept->start + kept->size > search->valid;
}

static bool look(struct kept *kept, void *context) {
    struct search *search = context;
    search->hit = goes(search, kept);
    return !search->hit;
}

static bool take(struct kept *kept, void *context) {
    struct search *search = context;
    const struct release *release = &search->release;
    if (!goes(search, kept))
        return true;
    if (search->count == FOUND_MOST || kept->state != KEPT_HELD || is_its_own(release, kept->registered) ||
        is_another_block(search, kept)) {
        kept_remove(kept);
    } else if (kept->owner && !kept_is_in_use(kept)) {
        kept_lose(kept, &search->loss);
    } else {
        search->found[search->count++] = *kept;
        kept_remove(kept);
    }
    return true;
}

static void each_in_pages(struct search *search, enum kept_index index, bool (*each)(struct kept *kept, void *context)) {
    uintptr_t first = search->release.start >> PAGE, last = (search->release.start + search->release.size - 1) >> PAGE;
    if (last - first >= PAGES_MOST) {
        kept_each_of_all(each, search);
        return;
    }
    for (uintptr_t page = first; page <= last; page++)
        kept_each(index, page, each, search);
}

/* Whether there is something at all. Memory that begins in a part that stays keeps its owner. */
static bool is_kept(struct search *search) {
    if (!kept_enter())
        return false;
    if (!search->valid)
        each_in_pages(search, KEPT_BY_OWNER_PAGE, take_owned);
    each_in_pages(search, KEPT_BY_PAGE, look);
    kept_leave();
    return search->hit;
}

static bool find(struct search *search, enum memory_end how, const struct memory_doer *doer) {
    struct block block;
    if (!is_kept(search))
        return false;
    search->loss = loss_here(doer->origin, doer->row, doer->function);
    search->loss.how = how;
    if (block_at(search->release.start, &block)) {
        search->block = block;
        search->block.freed = 0; /* the stack is that of the finding */
    }
    if (!kept_enter())
        return false;
    each_in_pages(search, KEPT_BY_PAGE, take);
    kept_leave();
    return search->count != 0;
}

/* ---- what is said of it ---- */

static void report(const struct search *search, const struct kept *kept, enum memory_end how, const struct memory_doer *doer) {
    struct finding finding = {.rule = FFISAN_RULE_FREED_WHILE_RETAINED,
                              .function = doer->function,
                              .origin = doer->origin,
                              .address = kept->start,
                              .place = search->block.start ? FFISAN_PLACE_LIVE_BLOCK : FFISAN_PLACE_PYTHON_ARENA,
                              .block = search->block.start ? &search->block : NULL,
                              .free_row = doer->row,
                              .offset = kept->start - search->release.start,
                              .lent = {kept->registered->address, kept->generation, kept->argument}};
    struct contract_part part = {.role = FFISAN_ROLE_LENT,
                                 .registered = kept->registered,
                                 .term = kept->term,
                                 .argument = kept->argument,
                                 .generation = kept->generation,
                                 .wanted = kept->size,
                                 .given = how};
    moment_tell(&finding, FFISAN_ROLE_LENT, kept->moment);
    contract_report(&finding, &part, 1);
}

static bool tell(const struct search *search, enum memory_end how, const struct memory_doer *doer) {
    for (unsigned i = 0; i < search->count; i++)
        report(search, &search->found[i], how, doer);
    return search->count != 0;
}

RARE bool memory_ends(uintptr_t start, size_t size, enum memory_end how, const struct memory_doer *doer) {
    if (!memory_kept(start, size))
        return false;
    struct search search = {.release = release_of(start, size, doer)};
    return find(&search, how, doer) && tell(&search, how, doer);
}

struct memory_move memory_moving(uintptr_t start, size_t size) {
    return (struct memory_move){start, size, memory_kept(start, size) ? kept_newest() : 0};
}

RARE bool memory_moved(const struct memory_move *move, uintptr_t now, size_t now_size, const struct memory_doer *doer) {
    if (!move->newest)
        return false;
    struct search search = {.release = release_of(move->start, move->size, doer)};
    search.release.newest = move->newest;
    if (now == move->start)
        search.valid = now + now_size;
    enum memory_end how = now == move->start ? MEMORY_FREED : MEMORY_MOVED;
    return find(&search, how, doer) && tell(&search, how, doer);
}

/* ---- calls that are under way ---- */

static bool is_use(const struct ffisan_contract_term *term) {
    switch (term->word) {
    case FFISAN_WORD_HANDLE:
    case FFISAN_WORD_IN:
    case FFISAN_WORD_OUT:
    case FFISAN_WORD_INOUT:
    case FFISAN_WORD_CSTRING:
    case FFISAN_WORD_UTF8:
        return !(term->flags & (FFISAN_TERM_AFTER | FFISAN_TERM_FIELD));
    default:
        return false;
    }
}

struct users {
    uintptr_t start;
    size_t size;
    uint32_t tid;
    struct memory_user *user;
    bool found;
};

static bool is_user(const struct registered_call *call, struct users *users) {
    const struct registered *registered = call->registered;
    for (uint32_t i = 0; i < registered->function->count; i++) {
        const struct ffisan_contract_term *term = &registered->terms[i];
        if (term->place < call->argument_count && call->arguments[term->place] - users->start < users->size && is_use(term) &&
            !takes_over(call, term->place) && term_holds(call, term)) {
            *users->user = (struct memory_user){registered, term, term->place, call->tid, call->origin.ra};
            return true;
        }
    }
    return false;
}

static bool is_outer_user(struct registered_call *call, void *context) {
    struct users *users = context;
    users->found = !call->doubtful && is_user(call, users) && call->origin.cfa > callback_here();
    return !users->found;
}

static bool is_other_user(const struct registered_call *call, void *context) {
    struct users *users = context;
    users->found = call->tid != users->tid && is_user(call, users);
    return !users->found;
}

bool memory_in_use(uintptr_t start, size_t size, struct memory_user *user) {
    struct users users = {start, size ? size : 1, thread_id(), user, false};
    registered_open(is_outer_user, &users);
    if (!users.found)
        registered_open_everywhere(is_other_user, &users);
    return users.found;
}

/* The stack of another thread cannot be walked: its innermost frame is known. */
static struct moment moment_of(const struct memory_user *user) {
    return (struct moment){.site = site_intern(0, modules_generation(), 0, &user->ra, 1, false)};
}

RARE bool memory_taken_from_call(uintptr_t start, size_t size, const struct memory_doer *doer) {
    struct memory_user user;
    struct block block;
    if (self.told_over == start || !memory_in_use(start, size, &user)) /* told when its handle was closed */
        return false;
    struct release release = release_of(start, size, doer);
    if (is_its_own(&release, user.registered))
        return false;
    bool known = block_at(start, &block);
    block.freed = 0;
    struct finding finding = {.rule = FFISAN_RULE_FREED_DURING_CALL,
                              .function = doer->function,
                              .origin = doer->origin,
                              .address = start,
                              .place = known ? FFISAN_PLACE_LIVE_BLOCK : FFISAN_PLACE_PYTHON_ARENA,
                              .block = known ? &block : NULL,
                              .free_row = doer->row};
    struct contract_part part = {.role = FFISAN_ROLE_LAST_USED,
                                 .registered = user.registered,
                                 .term = user.term,
                                 .argument = user.argument,
                                 .given = user.tid};
    moment_tell(&finding, FFISAN_ROLE_LAST_USED, moment_of(&user));
    contract_report(&finding, &part, 1);
    return true;
}

void memory_quiet(void) {
    kept_close();
}
