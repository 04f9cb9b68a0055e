/* SPDX-License-Identifier: Apache-2.0
 *
 * The second and third pass: arguments of words that are C. Each is read by clang in a function of its own, behind the
 * contract, whose parameters are the names that it may use: the function's parameters and `ret`, or the struct's fields. So
 * clang resolves macros, constants, sizeof, fields and casts, and finds what is wrong. The functions are in no file; errors
 * are shown where the word stands.
 *
 * Two passes, because libclang does not say which operator an expression that comes out of a macro has: the second has the
 * preprocessor spell the expressions out, and the third reads them without macros.
 */
#ifndef FFISAN_CLI_CONTRACT_EXPRESSIONS_H
#define FFISAN_CLI_CONTRACT_EXPRESSIONS_H

#include "passes.h"

/* Every expression of what belongs to a library. *unit: the third pass's, which the trees live in. False: there were errors. */
bool expressions_read(struct contract *contract, const struct passes *passes, CXTranslationUnit *unit);
/* Where a part of an expression stands in the contract; `offset` counts in the file that `tree` is from. */
struct position expression_position(const struct expression *expression, size_t offset);

#endif
