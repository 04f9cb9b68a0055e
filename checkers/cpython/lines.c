/* SPDX-License-Identifier: Apache-2.0
 *
 * From an instruction to its line: the three tables that CPython had between 3.8 and 3.13. A table is read through peek, a piece
 * at a time, and never trusted: whatever it holds, the walk through it ends with it.
 */
#include "core/peek.h"
#include "cpython/cpython.h"

#define PIECE 256u

/* A table, read from front to back. */
struct table {
    uintptr_t next;
    size_t left; /* not yet in `piece` */
    unsigned at, filled;
    uint8_t piece[PIECE];
};

static bool fill(struct table *table) {
    size_t size = table->left < PIECE ? table->left : PIECE;
    table->at = table->filled = 0;
    if (!size || !peek(table->piece, table->next, size))
        return false;
    table->next += size;
    table->left -= size;
    table->filled = (unsigned)size;
    return true;
}

static inline bool take(struct table *table, uint8_t *byte) {
    if (table->at == table->filled && !fill(table))
        return false;
    *byte = table->piece[table->at++];
    return true;
}

static unsigned as_line(int64_t line) {
    return line > 0 && line <= INT32_MAX ? (unsigned)line : 0;
}

/* 3.8, 3.9: pairs of (bytes of code, lines), the second signed; PyCode_Addr2Line in Objects/codeobject.c. */
static unsigned lnotab_line(struct table *table, int64_t line, int lasti) {
    uint8_t code, lines;
    int64_t address = 0;
    while (take(table, &code) && take(table, &lines)) {
        address += code;
        if (address > lasti)
            break;
        line += (int8_t)lines;
    }
    return as_line(line);
}

/* 3.10: the same pairs say where a range ends and what its line is; -128: none. PyCode_Addr2Line, advance in
 * Objects/codeobject.c. */
static unsigned ranges_line(struct table *table, int64_t line, int lasti) {
    uint8_t code, lines;
    int64_t end = 0;
    while (take(table, &code) && take(table, &lines)) {
        bool none = lines == 0x80;
        end += code;
        line += none ? 0 : (int8_t)lines;
        if (end > lasti)
            return none ? 0 : as_line(line);
    }
    return 0;
}

/* A signed number of 6-bit groups, lowest first, its sign in the lowest bit. */
static bool take_signed(struct table *table, int64_t *value) {
    uint64_t all = 0;
    uint8_t byte;
    for (unsigned shift = 0; shift < 36; shift += 6) {
        if (!take(table, &byte))
            return false;
        all |= (uint64_t)(byte & 63) << shift;
        if (!(byte & 64))
            break;
    }
    *value = all & 1 ? -(int64_t)(all >> 1) : (int64_t)(all >> 1);
    return true;
}

/* 3.11 on: entries that begin with a byte whose highest bit is set: 4 bits of kind, 3 of length in code units less one
 * (Objects/locations.md). */
enum location { LOCATION_ONE_LINE = 10, LOCATION_NO_COLUMN = 13, LOCATION_LONG = 14, LOCATION_NONE = 15 };

static unsigned locations_line(struct table *table, int64_t line, int lasti) {
    uint8_t byte;
    int64_t end = 0, delta = 0;
    bool more = take(table, &byte);
    while (more) {
        unsigned kind = byte >> 3 & 15;
        end += ((byte & 7) + 1) * 2;
        delta = kind >= LOCATION_ONE_LINE && kind < LOCATION_NO_COLUMN ? kind - LOCATION_ONE_LINE : 0;
        if ((kind == LOCATION_NO_COLUMN || kind == LOCATION_LONG) && !take_signed(table, &delta))
            return 0;
        line += delta;
        if (end > lasti)
            return kind == LOCATION_NONE ? 0 : as_line(line);
        while ((more = take(table, &byte)) && !(byte & 128)) {
        }
    }
    return 0;
}

unsigned line_of(enum cpython_lines format, uintptr_t start, size_t size, int first_line, int lasti) {
    struct table table;
    table.next = start;
    table.left = size;
    table.at = table.filled = 0;
    if (lasti < 0)
        return as_line(first_line);
    switch (format) {
    case CPYTHON_LINES_LNOTAB:
        return lnotab_line(&table, first_line, lasti);
    case CPYTHON_LINES_RANGES:
        return ranges_line(&table, first_line, lasti);
    default:
        return locations_line(&table, first_line, lasti);
    }
}
