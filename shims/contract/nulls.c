/* SPDX-License-Identifier: Apache-2.0 */
#include "contract/nulls.h"

#include "contract/errors.h"
#include "contract/report.h"

static RARE void report(struct registered_call *call, const struct ffisan_contract_term *term) {
    struct contract_part part = {
        .role = FFISAN_ROLE_DETECTED, .registered = call->registered, .term = term, .argument = term->place};
    struct finding finding = {.rule = FFISAN_RULE_NULL_ARGUMENT, .origin = &call->origin, .place = FFISAN_PLACE_NULL};
    contract_report(&finding, &part, 1);
}

void null_check(struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value) {
    if (UNLIKELY(value == 0) && !error_told(call, term, value))
        report(call, term);
}
