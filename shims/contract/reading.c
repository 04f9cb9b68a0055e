/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads of what a contract leads to. What is known to be there is read at once: the thread's own stack, small live blocks of the heap, the
 * segments of modules that stay; of everything else the kernel is asked page by page. That another thread takes the memory away between the
 * question and the read is as possible here as it is for the function that is about to be called.
 */
#include <string.h>

#include "contract/registered.h"
#include "core/blocks.h"
#include "core/confined.h"
#include "core/modules.h"
#include "core/peek.h"
#include "core/thread.h"

#define PAGE       4096u
#define BLOCK_MOST (64u << 10) /* larger ones may be mappings of their own, which go with them */

/* From here up to the top: what lies below the stack pointer may not be there. */
static bool on_stack(uintptr_t address, size_t size) {
    return address >= (uintptr_t)__builtin_frame_address(0) && address < self.stack_high && size <= self.stack_high - address;
}

static size_t in_block(uintptr_t address, size_t wanted) {
    struct block block;
    if (!block_at(address, &block) || block.state != BLOCK_LIVE || block.size > BLOCK_MOST)
        return 0;
    return wanted < block.size + CANARY_SIZE ? wanted : block.size + CANARY_SIZE;
}

static size_t in_module(uintptr_t address, size_t wanted) {
    const struct module *module = module_at(address);
    if (!module || !(module->kind & MODULE_PERMANENT))
        return 0;
    for (unsigned i = 0; i < module->header_count; i++) {
        const ElfW(Phdr) *header = &module->headers[i];
        uintptr_t start = module->bias + header->p_vaddr;
        if (header->p_type == PT_LOAD && (header->p_flags & PF_R) && address >= start && address - start < header->p_memsz) {
            size_t rest = start + header->p_memsz - address;
            return rest < wanted ? rest : wanted;
        }
    }
    return 0;
}

static size_t by_pages(uintptr_t address, size_t wanted) {
    size_t done = 0;
    while (done < wanted && peek_page(address + done))
        done += PAGE - (address + done) % PAGE;
    return done < wanted ? done : wanted;
}

size_t contract_readable(uintptr_t address, size_t wanted) {
    if (address < PAGE || address + wanted < address)
        return 0;
    uintptr_t low, high;
    if (!self.stack_high)
        thread_stack(&low, &high);
    if (on_stack(address, wanted))
        return wanted;
    size_t known = in_block(address, wanted);
    known = known == wanted ? known : in_module(address, wanted);
    return known == wanted ? wanted : by_pages(address, wanted);
}

UNCHECKED_READS bool contract_read(void *to, uintptr_t address, size_t size) {
    if (size > PAGE || contract_readable(address, size) != size)
        return false;
    memcpy(to, (const void *)address, size);
    return true;
}
