/* SPDX-License-Identifier: Apache-2.0
 *
 * The compiled contracts that are in force, and which of them speak of a loaded library.
 */
#ifndef FFISAN_CONTRACT_TABLES_H
#define FFISAN_CONTRACT_TABLES_H

#include "core/contract_table.h"
#include "core/modules.h"

#define TABLES_MOST 64u

/* Maps the files of option `contracts`. What is none, or not sound, is noted and left out. Answers how many functions they speak of. */
uint32_t tables_open(void);
/* Writes the names of all their functions, without order, and NULL. */
void tables_names(const char **to);

/* The contract of `name` in this library; NULL: there is none. What is looked at first is remembered for each library. */
const struct ffisan_contract_function *tables_function(const struct module *library, const char *name,
                                                       const struct contract_table **table);

/* Whether the module (NULL: none that is known) is a library that this table speaks of. */
bool tables_have(const struct contract_table *table, const struct module *module);

/* The contract of a data symbol, by its place in the tables; NULL: no more. For who wants to see all. */
const struct ffisan_contract_library *tables_library(uint32_t index, const struct contract_table **table);
/* Whether the library is one of those that it speaks of. */
bool tables_speak_of(const struct contract_table *table, const struct ffisan_contract_library *library,
                     const struct module *module);

#endif
