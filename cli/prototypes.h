/* SPDX-License-Identifier: Apache-2.0
 *
 * What is this function? Everything that somebody who should know says about the function at an address: a contract for its
 * library, its own debug info, and the headers of the library that exports it, for each of its names. Only files that are the
 * loaded ones are asked (symbols.h), and nobody over the network.
 */
#ifndef FFISAN_CLI_PROTOTYPES_H
#define FFISAN_CLI_PROTOTYPES_H

#include <stddef.h>
#include <stdint.h>

#include "core/verdict.h"
#include "symbols.h"

struct prototypes;

struct prototype {
    struct declaration declaration; /* lives as long as the prototypes */
    const char *name;               /* that it is declared under; clean */
    const char *source;             /* "string.h of libc6-dev 2.36-9", "debug info of libfoo.so.1"; clean */
};
#define PROTOTYPES_MAX 16 /* of one address: as many names as anybody asks about */

/* With `table` the prototype file of that path; NULL: FFISAN_PROTOTYPES, else the one that was installed or built with this
 * program. That there is none, or none that can be read, is a gap. */
struct prototypes *prototypes_new(struct symbols *symbols, const char *table);
/* These contracts are asked before anybody else: what cannot be opened is a gap. */
struct contract_paths;
void prototypes_contracts(struct prototypes *prototypes, const struct contract_paths *paths);
void prototypes_free(struct prototypes *prototypes); /* NULL is fine */

/* Where the prototype file lies, absolute; NULL: there is none. */
struct pool;
const char *prototypes_path(struct pool *pool);

/* Functions in the prototype file; 0: there is none that can be read. */
size_t prototypes_known(const struct prototypes *prototypes);

/* All that the function at `address` may be, the one to be believed first before the others: at most `limit`. It is right that a
 * call fits one of them. `asked_name` is what the program looked it up by, or NULL: with an IFUNC nothing else leads from the
 * function to its name. None: nothing is known, and nothing may be concluded. Answers from before are kept. */
size_t prototypes_of(struct prototypes *prototypes, const struct module *module, uint64_t address, const char *asked_name,
                     struct prototype *found, size_t limit);

/* What could not be asked, though it is there: file and reason. */
size_t prototypes_gaps(const struct prototypes *prototypes, const struct symbols_gap **gaps);

#endif
