/* SPDX-License-Identifier: Apache-2.0
 *
 * Type tables (ffisan/prototype.h) in the making, for those who know C's types from somewhere else: debug info, headers. Equal types
 * become one, texts stand once; structs, unions and what they lead to are looked into in the order of their distance, so that a limit
 * cuts what is far away. The room is given beforehand: what does not fit sets writer.full.
 */
#ifndef FFISAN_CLI_TYPE_MAKER_H
#define FFISAN_CLI_TYPE_MAKER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/signatures.h"
#include "ffisan/prototype.h"

/* A struct or union, met under a name. Its fields are filled in later, and once for all its names. */
struct type_record {
    uint64_t key;  /* what is the same for the same struct: given by the maker's user */
    uint32_t name; /* text */
    uint32_t type;
    unsigned level; /* how many structs lead to it */
};

struct type_maker {
    struct type_writer writer; /* to be read; written by the functions below */
    struct type_record *records;
    uint32_t record_count, record_limit;
    unsigned level; /* of the record that is being filled: those that it leads to are one further */
    void *room;
    uint8_t *alignments;     /* by type; 0: not known yet */
    uint32_t *texts, *types; /* by hash; 0: free */
    uint32_t text_slots, type_slots;
};

/* `room` bytes for the table. NULL: no memory. */
struct type_maker *type_maker_new(size_t room);
void type_maker_free(struct type_maker *maker);  /* NULL is fine */
void type_maker_start(struct type_maker *maker); /* anew, empty */
/* From now on the same key is another struct: one library was done, the next begins. */
void type_maker_forget_records(struct type_maker *maker);

uint32_t type_maker_text(struct type_maker *maker, const char *text); /* NULL, "": 0 */
/* As text, without the underscores that a system's headers put before names of their own. */
uint32_t type_maker_plain_name(struct type_maker *maker, const char *name);

/* Every type but structs, unions and functions. */
uint32_t type_maker_simple(struct type_maker *maker, struct ffisan_type type);
uint32_t type_maker_pointer(struct type_maker *maker, uint32_t to, bool to_const, uint32_t name);
/* `type` without first and count. */
uint32_t type_maker_function(struct type_maker *maker, struct ffisan_type type, const struct ffisan_field *parameters,
                             uint32_t count);
/* The struct or union of that key under that name; a new one is put at the end of `records`, its fields FIELDS_UNKNOWN until
 * somebody fills them in (type_maker_fields). */
uint32_t type_maker_record(struct type_maker *maker, struct ffisan_type type, uint64_t key);
/* The fields of a record, and of those of the same key. FLEXIBLE and PACKED follow from them (type_maker_finish). */
void type_maker_fields(struct type_maker *maker, const struct type_record *record, const struct ffisan_field *fields,
                       uint32_t count);
/* Takes the fields over from another record of the same key that has them; false: there is none. */
bool type_maker_fields_known(struct type_maker *maker, const struct type_record *record);

/* Settles flags that follow from layouts. */
void type_maker_settle(struct type_maker *maker);
/* The table, as it stands in a file: malloc'd. NULL: it was full, or no memory. */
struct ffisan_types *type_maker_table(const struct type_maker *maker, size_t *size);

#endif
