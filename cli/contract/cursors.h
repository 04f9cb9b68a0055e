/* SPDX-License-Identifier: Apache-2.0
 *
 * libclang's answers in the pool's memory.
 */
#ifndef FFISAN_CLI_CONTRACT_CURSORS_H
#define FFISAN_CLI_CONTRACT_CURSORS_H

#include "contract.h"

const char *text_of(struct pool *pool, CXString string); /* never NULL; disposes of the string */
/* Where somebody wrote it: in the arguments of a macro, or where the macro stands. */
struct position position_of(struct pool *pool, CXSourceLocation location);
struct position cursor_start(struct pool *pool, CXCursor cursor);
struct position cursor_name_at(struct pool *pool, CXCursor cursor);
/* Attributes and typedefs off. */
CXType plain_type(CXType type);
bool is_array(CXType type);
bool is_pointer(CXType type); /* or an array, which stands for its address */
CXType pointee_of(CXType pointer);
bool is_callback(CXType type); /* a pointer to a function */
bool is_integer(CXType type);
bool is_record(CXType type); /* struct or union */
bool is_opaque(CXType type); /* one that is nowhere defined */
/* The tag of a struct without "struct " and leading underscores; a typedef's name where it has no tag; NULL: none of these. */
const char *record_name(struct pool *pool, CXType type);

#endif
