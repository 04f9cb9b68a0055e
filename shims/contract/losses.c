/* SPDX-License-Identifier: Apache-2.0 */
#include "contract/losses.h"

#include "core/callbacks.h"
#include "core/crossings.h"
#include "core/findings.h"
#include "core/modules.h"

struct kept_loss loss_here(const struct origin *origin, row_id row, const char *function) {
    struct kept_loss loss = {.moment = moment_here(origin, row), .place = moment_place(), .function = function, .row = row};
    uint32_t lines[MOMENT_LINES];
    unsigned count = managed_places.lines_around ? managed_places.lines_around(lines, MOMENT_LINES) : 0;
    for (unsigned i = 1; i < count && lines[0] == loss.moment.line; i++)
        loss.outer[i - 1] = lines[i];
    return loss;
}

/* ---- out of the book ---- */

void losses_take(struct losses *losses, struct kept *kept) {
    if (losses->count < LOSSES_MOST)
        losses->found[losses->count++] = *kept;
    kept_remove(kept);
}

void losses_let_go(struct losses *losses, struct kept *kept) {
    bool user_data = kept->term && kept->term->word == FFISAN_WORD_USER_DATA;
    if (kept->state == KEPT_LOST && !user_data)
        losses_take(losses, kept);
    else
        kept_remove(kept);
}

/* ---- told ---- */

static void look_for_runtime(const struct module *module, void *context) {
    *(bool *)context |= (module->kind & MODULE_RUNTIME) != 0;
}

/* It finalizes in any order, and does not say when. */
static bool is_unknown_runtime(void) {
    bool found = false;
    if (!managed_places.stands_at)
        modules_each(look_for_runtime, &found);
    return found;
}

/* The host takes things apart, and has not come to another instruction since. */
static bool is_in_one_go(const struct kept_loss *loss) {
    if (!loss->place.code)
        return is_unknown_runtime();
    return managed_places.stands_at && managed_places.stands_at(loss->place);
}

static void tell_of_callback(struct finding *finding, uintptr_t code) {
    const struct callback *callback = callback_at(code);
    finding->rule = FFISAN_RULE_COLLECTED_CALLBACK;
    if (!callback)
        return;
    finding->sites[FFISAN_ROLE_CREATED] = callback->created;
    finding->lines[FFISAN_ROLE_CREATED] = callback->created_line;
    finding->outer_lines[FFISAN_ROLE_CREATED] = callback->created_outer;
}

/* `taken`: the role of the stack where it was. */
static void tell(const struct kept *kept, const struct origin *origin, enum ffisan_role taken) {
    const struct kept_loss *loss = &kept->loss;
    struct contract_part part = {.role = FFISAN_ROLE_LENT,
                                 .registered = kept->registered,
                                 .term = kept->term,
                                 .argument = kept->argument,
                                 .generation = kept->generation,
                                 .wanted = kept->size,
                                 .given = loss->how};
    struct finding finding = {.rule = FFISAN_RULE_FREED_WHILE_RETAINED,
                              .function = loss->function,
                              .origin = origin,
                              .address = loss->address,
                              .free_row = loss->row,
                              .lent = {part.registered->address, part.generation, part.argument}};
    finding.sites[FFISAN_ROLE_ALLOCATED] = kept->allocated;
    if (loss->callback)
        tell_of_callback(&finding, loss->address);
    moment_tell(&finding, taken, loss->moment);
    finding.outer_lines[taken] = loss->outer;
    moment_tell(&finding, FFISAN_ROLE_LENT, kept->moment);
    contract_report(&finding, &part, 1);
}

void losses_tell_use(const struct losses *losses, const struct registered_call *call) {
    for (unsigned i = 0; i < losses->count; i++)
        tell(&losses->found[i], &call->origin, FFISAN_ROLE_FREED);
}

void losses_tell_end(const struct losses *losses) {
    for (unsigned i = 0; i < losses->count; i++)
        if (!is_in_one_go(&losses->found[i].loss))
            tell(&losses->found[i], NULL, FFISAN_ROLE_DETECTED);
}

/* ---- the end ---- */

static bool take_some(struct kept *kept, void *losses_) {
    struct losses *losses = losses_;
    if (kept->state == KEPT_LOST)
        losses_let_go(losses, kept);
    return losses->count < LOSSES_MOST;
}

RARE void losses_end(void) {
    struct losses losses;
    do {
        losses.count = 0;
        if (!__atomic_load_n(&kept_losses, __ATOMIC_RELAXED) || !kept_enter())
            return;
        kept_each_of_all(take_some, &losses);
        kept_leave();
        losses_tell_end(&losses);
    } while (losses.count == LOSSES_MOST);
}
