/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether an array's elements are what a function takes them for: the part of a verdict (verdict.h) that is about arrays. Pure, like the rest.
 */
#ifndef FFISAN_CORE_ELEMENTS_H
#define FFISAN_CORE_ELEMENTS_H

#include "core/verdict.h"

/* `type`: of the parameter. False: it takes them as they are, or nothing is known of one of them. */
bool elements_disagree(const struct ffisan_record_argument *argument, const struct type_table *table, uint32_t type);

#endif
