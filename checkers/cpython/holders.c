/* SPDX-License-Identifier: Apache-2.0
 *
 * Who a holder is, in words. The object that it holds may be dead; the holder is not, but may be anything: all is read through peek.
 */
#include <string.h>

#include "core/peek.h"
#include "cpython/callables.h"
#include "cpython/heap.h"
#include "cpython/phrases.h"

#define NAME_MOST  80u
#define ITEMS_MOST 100000u /* of a sequence are looked through */

static bool word_at(uintptr_t address, uintptr_t *word_there) {
    return address && address % sizeof *word_there == 0 && peek(word_there, address, sizeof *word_there);
}

bool text_ascii(uintptr_t object, char *to, size_t size) {
    uintptr_t type, length;
    uint32_t state;
    to[0] = 0;
    if (!word_at(object + OBJECT_TYPE, &type) || type != cpython.text_type || !word_at(object + TEXT_LENGTH, &length) ||
        !peek(&state, object + TEXT_STATE, sizeof state) || !TEXT_COMPACT(state) || !TEXT_ASCII(state))
        return false;
    return peek_text(to, object + cpython.layout->text_ascii, length + 1 < size ? length + 1 : size);
}

static void describe_item(struct phrase *phrase, uintptr_t sequence, uintptr_t object) {
    size_t count = word(sequence, TUPLE_SIZE);
    uintptr_t items = is_kind(sequence, TYPE_IS_LIST) ? word(sequence, LIST_ITEMS) : sequence + TUPLE_ITEMS;
    for (size_t i = 0; i < count && i < ITEMS_MOST; i++)
        if (word(items, i * sizeof items) == object) {
            phrase_add(phrase, "item ");
            phrase_add_number(phrase, i);
            return;
        }
}

static void describe_value(struct phrase *phrase, uintptr_t dict, uintptr_t object) {
    intptr_t position = 0;
    void *key = NULL, *value = NULL;
    char text[NAME_MOST];
    while (python.dict_next((void *)dict, &position, &key, &value))
        if ((uintptr_t)value == object && text_ascii((uintptr_t)key, text, sizeof text)) {
            phrase_add(phrase, "item '");
            phrase_add(phrase, text);
            phrase_add(phrase, "'");
            return;
        }
}

static void describe_container(struct phrase *phrase, uintptr_t container, uintptr_t object) {
    if (is_kind(container, TYPE_IS_LIST | TYPE_IS_TUPLE))
        describe_item(phrase, container, object);
    else if (is_kind(container, TYPE_IS_DICT))
        describe_value(phrase, container, object);
}

static void describe_variable(struct phrase *phrase, uintptr_t code, uint32_t index) {
    char name[NAME_MOST];
    uintptr_t function;
    local_name(code, index, name, sizeof name);
    phrase_add(phrase, name[0] ? "local variable '" : "local variable");
    phrase_add(phrase, name);
    phrase_add(phrase, name[0] ? "'" : "");
    if (word_at(code + cpython.layout->code_name, &function) && text_ascii(function, name, sizeof name)) {
        phrase_add(phrase, " of ");
        phrase_add(phrase, name);
        phrase_add(phrase, name[0] == '<' ? "" : "()");
    }
}

void holder_describe(const struct holder *holder, uintptr_t object, struct holder_text *text) {
    struct phrase phrase = phrase_begin(text->detail, sizeof text->detail);
    text->name[0] = 0;
    switch ((enum holder_kind)holder->kind) {
    case HOLDER_CONTAINER:
        object_type_name(holder->where, text->name, sizeof text->name);
        describe_container(&phrase, holder->where, object);
        break;
    case HOLDER_LOCAL:
        describe_variable(&phrase, holder->where, holder->index);
        break;
    case HOLDER_STACK:
        phrase_add(&phrase, "the arguments of the call");
        break;
    }
}
