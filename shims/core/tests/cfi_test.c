/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules of code whose unwind information is written here by hand, next to what is expected of it; then damaged copies of a whole
 * .eh_frame, in memory that ends where the section ends, so that AddressSanitizer sees any read outside.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/cfi.h"
#include "fake_modules.h"

/* Labels at_… name places. The code is never run; nops tell the places apart. */
__asm__(".text\n"
        "at_none: nop\n" /* not covered by anything */
        "nop\n"
        ".cfi_startproc\n"
        "at_entry: nop\n"
        ".cfi_def_cfa_offset 16\n"
        ".cfi_offset %rbp, -16\n"
        "at_pushed: nop\n"
        ".cfi_def_cfa_register %rbp\n"
        "at_framed: nop\n"
        ".cfi_remember_state\n"
        ".cfi_def_cfa %rsp, 8\n"
        ".cfi_restore %rbp\n"
        "at_left: nop\n"
        ".cfi_restore_state\n"
        "at_again: nop\n"
        ".cfi_undefined %rbp\n"
        "at_lost: nop\n"
        ".cfi_def_cfa %rbx, 32\n"
        "at_other: nop\n"
        ".cfi_def_cfa_offset 0x20000\n"
        "at_large: nop\n"
        ".cfi_endproc\n"

        ".cfi_startproc\n" /* gcc's realigned frame: rbp = *(rbp), CFA = *(rbp - 8) */
        ".cfi_escape 0x10, 0x06, 0x02, 0x76, 0x00\n"
        ".cfi_escape 0x0f, 0x03, 0x76, 0x78, 0x06\n"
        "at_realigned: nop\n"
        ".cfi_escape 0x0f, 0x05, 0x77, 0x10, 0x06, 0x23, 0x08\n" /* *(rsp + 16) + 8, as in cryptographic assembly */
        "at_kept: nop\n"
        ".cfi_escape 0x16, 0x06, 0x02, 0x76, 0x00\n"
        "at_computed: nop\n"
        ".cfi_escape 0x0f, 0x04, 0x77, 0x00, 0x06, 0x06\n" /* two words away: not understood */
        "at_twice: nop\n"
        ".cfi_escape 0x0f, 0x02, 0x22, 0x22\n" /* an addition of nothing */
        "at_empty: nop\n"
        ".cfi_endproc\n"

        ".balign 16\n"
        ".cfi_startproc\n" /* a linker's procedure linkage table */
        ".cfi_escape 0x0f, 0x0b, 0x77, 0x08, 0x80, 0x00, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22\n"
        "at_slot: .skip 11, 0x90\n"
        "at_slot_pushed: nop\n"
        ".cfi_endproc\n"

        ".cfi_startproc\n"
        ".cfi_undefined %rip\n"
        "at_outermost: nop\n"
        ".cfi_endproc\n"

        ".cfi_startproc\n"
        ".cfi_offset %rip, -32\n"
        "at_moved: nop\n"
        ".cfi_endproc\n"

        ".cfi_startproc\n"
        ".cfi_signal_frame\n"
        ".cfi_escape 0x0f, 0x04, 0x77, 0xa0, 0x01, 0x06\n"
        ".cfi_escape 0x10, 0x10, 0x03, 0x77, 0xa8, 0x01\n"
        "at_signal: nop\n"
        ".cfi_endproc\n"

        ".cfi_startproc\n"
        ".cfi_personality 0x9b, at_personality\n"
        ".cfi_lsda 0x1b, at_entry\n"
        ".cfi_def_cfa_offset 48\n"
        "at_guarded: nop\n"
        ".cfi_endproc\n"
        ".data\n"
        ".balign 8\n"
        "at_personality: .quad at_entry\n"
        ".text\n");

#define PLACES(X)                                                                                                                \
    X(none)                                                                                                                      \
    X(entry)                                                                                                                     \
    X(pushed)                                                                                                                    \
    X(framed)                                                                                                                    \
    X(left)                                                                                                                      \
    X(again)                                                                                                                     \
    X(lost)                                                                                                                      \
    X(other)                                                                                                                     \
    X(large)                                                                                                                     \
    X(realigned)                                                                                                                 \
    X(kept)                                                                                                                      \
    X(computed)                                                                                                                  \
    X(twice)                                                                                                                     \
    X(empty)                                                                                                                     \
    X(slot)                                                                                                                      \
    X(slot_pushed)                                                                                                               \
    X(outermost)                                                                                                                 \
    X(moved)                                                                                                                     \
    X(signal)                                                                                                                    \
    X(guarded)
#define DECLARE(name) extern const char at_##name[] __attribute__((visibility("hidden")));
PLACES(DECLARE)

struct expected {
    const char *place;
    struct cfi_rule rule;
};

#define ON_STACK(distance, ...)                                                                                                  \
    { .kind = CFI_REGISTER, .base = CFI_RSP, .offset = (distance), __VA_ARGS__ }
#define FRAMED(register_, distance)                                                                                              \
    { .kind = CFI_REGISTER, .base = (register_), .offset = (distance), .fp = CFI_FP_SAVED, .fp_offset = -16 }

static const struct expected table[] = {
    {at_none, {.kind = CFI_NONE}},
    {at_entry, ON_STACK(8)},
    {at_pushed, FRAMED(CFI_RSP, 16)},
    {at_framed, FRAMED(CFI_RBP, 16)},
    {at_left, ON_STACK(8)},
    {at_again, FRAMED(CFI_RBP, 16)},
    {at_lost, {.kind = CFI_REGISTER, .base = CFI_RBP, .offset = 16, .fp = CFI_FP_UNKNOWN}},
    {at_other, {.kind = CFI_REGISTER, .base = 3, .offset = 32, .fp = CFI_FP_UNKNOWN}},
    {at_large, {.kind = CFI_REGISTER, .base = 3, .offset = 0x20000, .fp = CFI_FP_UNKNOWN}},
    {at_realigned, {.kind = CFI_MEMORY, .base = CFI_RBP, .offset = -8, .fp = CFI_FP_AT, .fp_base = CFI_RBP}},
    {at_kept, {.kind = CFI_MEMORY, .base = CFI_RSP, .offset = 16, .add = 8, .fp = CFI_FP_AT, .fp_base = CFI_RBP}},
    {at_computed, {.kind = CFI_MEMORY, .base = CFI_RSP, .offset = 16, .add = 8, .fp = CFI_FP_UNKNOWN}},
    {at_twice, {.kind = CFI_NONE}},
    {at_empty, {.kind = CFI_NONE}},
    {at_slot, ON_STACK(8)},
    {at_slot_pushed, ON_STACK(16)},
    {at_outermost, {.kind = CFI_OUTERMOST}},
    {at_moved, {.kind = CFI_NONE}},
    {at_signal, {.kind = CFI_SIGNAL, .base = CFI_RSP, .offset = 160}},
    {at_guarded, ON_STACK(48)},
};

static void test_rules_by_hand(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        uintptr_t pc = (uintptr_t)table[i].place;
        struct cfi_rule rule = cfi_find(module_at(pc), pc, true);
        if (memcmp(&rule, &table[i].rule, sizeof rule) != 0)
            fail_msg("row %zu: kind %d base %d offset %d add %d fp %d fp_base %d fp_offset %d", i, rule.kind, rule.base,
                     rule.offset, rule.add, rule.fp, rule.fp_base, rule.fp_offset);
    }
}

/* The rule of a return address is that of the call before it, which may be in another row and even in another function. */
static void test_return_addresses(void **state) {
    (void)state;
    const struct module *module = module_at((uintptr_t)at_pushed);
    assert_int_equal(cfi_find(module, (uintptr_t)at_pushed, false).offset, 8);
    assert_int_equal(cfi_find(module, (uintptr_t)at_framed, false).base, CFI_RSP);
    assert_int_equal(cfi_find(module, (uintptr_t)at_outermost + 1, false).kind, CFI_OUTERMOST);
}

/* ---- damage ---- */

static uint64_t random_state = 0x853c49e6748fea9b;
static uint32_t random_number(uint32_t below) {
    random_state = random_state * 6364136223846793005U + 1442695040888963407U;
    return below ? (uint32_t)((random_state >> 33) % below) : 0;
}

/* What is from .eh_frame_hdr to the end of its segment, and where it came from. */
struct section {
    const uint8_t *start;
    size_t size, header_size;
    uintptr_t code, code_size;
};

static struct section section_of(const struct module *module) {
    struct section section = {.start = (const uint8_t *)module->eh_frame_header, .header_size = module->eh_frame_header_size};
    for (unsigned i = 0; i < module->header_count; i++) {
        const ElfW(Phdr) *header = &module->headers[i];
        uintptr_t start = module->bias + header->p_vaddr;
        if (header->p_type != PT_LOAD)
            continue;
        if (module->eh_frame_header >= start && module->eh_frame_header < start + header->p_filesz)
            section.size = start + header->p_filesz - module->eh_frame_header;
        if (header->p_flags & PF_X) {
            section.code = start;
            section.code_size = header->p_filesz;
        }
    }
    return section;
}

/* Looks rules up in `data`, which stands for the section moved to where data is: code has moved as far. */
static unsigned look_up(const uint8_t *data, size_t size, const struct section *section, unsigned times, bool compare) {
    const ElfW(Phdr) header = {.p_type = PT_LOAD, .p_flags = PF_R, .p_vaddr = (uintptr_t)data, .p_filesz = size, .p_memsz = size};
    struct module moved = {.headers = &header, .header_count = 1, .eh_frame_header = (uintptr_t)data};
    moved.eh_frame_header_size = section->header_size;
    uintptr_t distance = (uintptr_t)data - (uintptr_t)section->start;
    const struct module *real = module_at(section->code);
    unsigned found = 0;
    for (unsigned i = 0; i < times; i++) {
        uintptr_t pc = section->code + random_number((uint32_t)section->code_size);
        struct cfi_rule rule = cfi_find(&moved, pc + distance, true);
        found += rule.kind != CFI_NONE;
        if (!compare)
            continue;
        struct cfi_rule expected = cfi_find(real, pc, true);
        assert_memory_equal(&rule, &expected, sizeof rule);
    }
    return found;
}

static struct section libc_section(void) {
    return section_of(module_at((uintptr_t)strtol));
}

static void test_a_moved_copy_says_the_same(void **state) {
    (void)state;
    struct section section = libc_section();
    uint8_t *room = malloc(section.size + 16);
    assert_non_null(room);
    uint8_t *copy = room + (((uintptr_t)section.start - (uintptr_t)room) & 15); /* linkage table slots keep their alignment */
    memcpy(copy, section.start, section.size);
    assert_true(look_up(copy, section.size, &section, 20000, true) > 15000);
    free(room);
}

/* One input of the kind a fuzzer makes: a section with its pointers as they may be. */
static void one_input(const uint8_t *data, size_t size, const struct section *section) {
    look_up(data, size, section, 20, false);
}

static void mutate(uint8_t *data, size_t size) {
    static const uint8_t telling[] = {0x00, 0x01, 0x0a, 0x0b, 0x0f, 0x10, 0x3f, 0x7f, 0x80, 0xc0, 0xff};
    unsigned wounds = 1U << random_number(12);
    for (unsigned i = 0; i < wounds; i++) {
        uint8_t *at = &data[random_number((uint32_t)size)];
        *at = random_number(2) ? telling[random_number(sizeof telling)] : (uint8_t)random_number(256);
    }
    if (random_number(8) == 0)
        data[random_number(16)] = (uint8_t)random_number(256);
}

static void test_damaged_sections_do_no_harm(void **state) {
    (void)state;
    struct section section = section_of(module_at((uintptr_t)at_entry));
    if (section.size <= 16) {
        fail();
        return;
    }
    for (unsigned round = 0; round < 20000; round++) {
        size_t size = random_number(4) ? section.size : 16 + random_number((uint32_t)section.size - 16);
        uint8_t *copy = calloc(1, size);
        assert_non_null(copy);
        memcpy(copy, section.start, size);
        mutate(copy, size);
        one_input(copy, size, &section);
        free(copy);
    }
}

/* Damage only inside one description, and look only there: most random wounds above hit other functions. */
static void test_damaged_descriptions_do_no_harm(void **state) {
    (void)state;
    struct section section = libc_section();
    uint8_t *copy = malloc(section.size ? section.size : 1);
    assert_non_null(copy);
    memcpy(copy, section.start, section.size);
    size_t frame = section.header_size;
    for (unsigned round = 0; round < 200000; round++) {
        size_t at = frame + random_number((uint32_t)(section.size - frame));
        uint8_t before = copy[at];
        copy[at] = (uint8_t)random_number(256);
        int32_t row[2]; /* the description of a function that the table names */
        memcpy(row, copy + 12 + 8 * random_number((uint32_t)(frame - 12) / 8), sizeof row);
        size_t wound = (size_t)row[1] + 4 + random_number(40);
        uint8_t kept = wound < section.size ? copy[wound] : 0;
        if (wound < section.size)
            copy[wound] = (uint8_t)random_number(256);
        const ElfW(Phdr) header = {.p_type = PT_LOAD, .p_flags = PF_R, .p_vaddr = (uintptr_t)copy, .p_filesz = section.size};
        struct module moved = {.headers = &header, .header_count = 1, .eh_frame_header = (uintptr_t)copy};
        moved.eh_frame_header_size = section.header_size;
        cfi_find(&moved, (uintptr_t)copy + (uintptr_t)(intptr_t)row[0] + random_number(64), true);
        if (wound < section.size)
            copy[wound] = kept;
        copy[at] = before;
    }
    free(copy);
}

static int setup(void **state) {
    (void)state;
    fake_modules_refresh();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules_by_hand),
        cmocka_unit_test(test_return_addresses),
        cmocka_unit_test(test_a_moved_copy_says_the_same),
        cmocka_unit_test(test_damaged_sections_do_no_harm),
        cmocka_unit_test(test_damaged_descriptions_do_no_harm),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
