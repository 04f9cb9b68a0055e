/* SPDX-License-Identifier: Apache-2.0 */
#include "cpython/subjects.h"

#include <string.h>

#include "cpython/heap.h"
#include "cpython/methods.h"

#define TEXT_MOST   200u /* bytes that are kept of one text */
#define INSIDE_MOST 4u   /* calls that are told, innermost first */

static uint32_t put_text(struct ffisan_record_subject *item, const char *text) {
    if (!text || !*text)
        return 0;
    size_t length = strnlen(text, TEXT_MOST);
    uint32_t offset = item->text_size;
    memcpy(item->text + offset, text, length);
    item->text[offset + length] = 0;
    item->text_size += (uint32_t)length + 1;
    return offset;
}

void subjects_add(struct subjects *subjects, const struct subject *subject) {
    size_t most = sizeof(struct ffisan_record_subject) + 2 * (TEXT_MOST + 1) + 1 + 7;
    if (subjects->used + most > sizeof subjects->room)
        return;
    struct ffisan_record_subject *item = (struct ffisan_record_subject *)(subjects->room + subjects->used);
    memset(item, 0, most & ~(size_t)7);
    item->role = subject->role;
    item->what = subject->what;
    item->argument = subject->argument;
    item->flags = subject->flags;
    item->address = subject->address;
    item->count = subject->count;
    item->wanted = subject->wanted;
    item->given = subject->given;
    item->text_size = 1;
    item->name = put_text(item, subject->name);
    item->detail = put_text(item, subject->detail);
    size_t size = (sizeof *item + item->text_size + 7) & ~(size_t)7;
    item->item = (struct ffisan_record_item){FFISAN_ITEM_SUBJECT, (uint32_t)size};
    subjects->used += size;
}

void subjects_add_object(struct subjects *subjects, enum ffisan_subject what, enum ffisan_role role, uint32_t argument,
                         uintptr_t object, const char *detail) {
    char name[TEXT_MOST + 1] = "";
    uint64_t count = 0;
    if (object_is(object)) {
        object_type_name(object, name, sizeof name);
        count = object_count(object);
    }
    subjects_add(
        subjects,
        &(struct subject){
            .what = what, .role = role, .argument = argument, .address = object, .count = count, .name = name, .detail = detail});
}

void subjects_add_method(struct subjects *subjects, enum ffisan_role role, const struct method *method) {
    const struct module *module = method ? module_by_id(method->module) : NULL;
    if (method)
        subjects_add(subjects, &(struct subject){.what = FFISAN_SUBJECT_INSIDE,
                                                 .role = role,
                                                 .argument = FFISAN_SUBJECT_NO_ARGUMENT,
                                                 .name = method->name,
                                                 .detail = module ? module_name(module) : NULL});
}

static void add_all_inside(struct subjects *subjects, const struct method_call *call) {
    for (unsigned i = 0; call && i < INSIDE_MOST; i++, call = call->outer)
        subjects_add_method(subjects, FFISAN_ROLE_DETECTED, call->method);
}

size_t subjects_inside(const struct origin *origin, void *items, size_t size) {
    const struct method_call *call = method_innermost(origin ? origin->cfa : 0);
    if (!call)
        return 0;
    struct subjects subjects;
    subjects.used = 0;
    add_all_inside(&subjects, call);
    if (subjects.used > size)
        return 0;
    memcpy(items, subjects.room, subjects.used);
    return subjects.used;
}

void subjects_report(struct finding *finding, struct subjects *subjects, const struct method_call *inside) {
    add_all_inside(subjects, inside || !finding->origin ? inside : method_innermost(finding->origin->cfa));
    finding->items = subjects->used ? (const struct ffisan_record_item *)subjects->room : NULL;
    finding->items_size = subjects->used;
    finding->inside_told = true;
    finding_report(finding);
    finding->items = NULL;
    finding->items_size = 0;
    finding->inside_told = false;
}
