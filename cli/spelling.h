/* SPDX-License-Identifier: Apache-2.0
 *
 * Types as people write them: in C, and in the words of a binding. Tables may come from a record: names in them are cleaned, types that
 * lead back to themselves end in "...".
 */
#ifndef FFISAN_CLI_SPELLING_H
#define FFISAN_CLI_SPELLING_H

#include "core/verdict.h"

struct pool;

/* "const char *", "struct tm", "int (*)(void *)". */
const char *spell_type(struct pool *pool, const struct type_table *table, uint32_t type);
/* "char *name", "int (*compare)(const void *, const void *)". */
const char *spell_declaration(struct pool *pool, const struct type_table *table, uint32_t type, const char *name);
/* "char *getenv(const char *name)" */
const char *spell_prototype(struct pool *pool, const struct declaration *declaration, const char *name);

/* "ctypes.c_char_p", "ctypes.POINTER(ctypes.c_int)", "None" for void. NULL: ctypes has no word for it. */
const char *spell_ctypes(struct pool *pool, const struct type_table *table, uint32_t type);
/* "[ctypes.c_char_p, ctypes.c_size_t]": what argtypes is to be; NULL as above. */
const char *spell_argtypes(struct pool *pool, const struct declaration *declaration);

#endif
