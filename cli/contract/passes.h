/* SPDX-License-Identifier: Apache-2.0
 *
 * libclang at work on the contract: its text as it is, and again with lines behind it.
 */
#ifndef FFISAN_CLI_CONTRACT_PASSES_H
#define FFISAN_CLI_CONTRACT_PASSES_H

#include "contract.h"

struct passes {
    CXIndex index;
    const char *path;
    const char **flags;
    size_t flag_count;
};

/* NULL: libclang gave up. `more`: flags of this pass alone, up to a NULL. */
CXTranslationUnit pass_run(const struct passes *passes, const char *text, size_t size, const char *const *more);
/* Clang's errors as complaints. `place` may say that an error stands somewhere else; NULL: all are where clang says. */
typedef struct position pass_place(void *context, struct position at);
size_t pass_complaints(struct pool *pool, CXTranslationUnit unit, pass_place *place, void *context);

#endif
