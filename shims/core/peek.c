/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads that cannot fault. The kernel copies (process_vm_readv on ourselves, which needs no privilege: ptrace(2), "same thread
 * group"). Where a sandbox forbids that call, the kernel is asked whether the words are there, and they are then read as usual;
 * between the two another thread may take them away, which is why this is the second choice.
 */
#include "core/peek.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/confined.h"

#define PAGE        4096u
#define KERNEL_MASK 8u /* the kernel's sigset_t, which rt_sigprocmask reads before it looks at `how` */

static bool forbidden; /* written with the same value by whoever finds out */

bool peek_by_copying;

static bool word_copied(uintptr_t word) {
    uint64_t unused;
    struct iovec here = {&unused, sizeof unused}, there = {(void *)word, sizeof unused};
    return process_vm_readv(getpid(), &here, 1, &there, 1, 0) == sizeof unused;
}

static bool word_readable(uintptr_t word) {
    const int no_such_how = ~0;
    if (UNLIKELY(peek_by_copying))
        return word && word_copied(word);
    return word && (syscall(SYS_rt_sigprocmask, no_such_how, word, NULL, KERNEL_MASK) == 0 || errno != EFAULT);
}

/* The words lie on multiples of their size, so that none of them reaches into a page that was not asked for. */
static bool probe(void *to, uintptr_t address, size_t size) {
    uintptr_t end = address + size;
    for (uintptr_t page = address; page < end; page = (page / PAGE + 1) * PAGE)
        if (!word_readable(page & ~(uintptr_t)(KERNEL_MASK - 1)))
            return false;
    memcpy(to, (const void *)address, size);
    return true;
}

static bool copy(void *to, uintptr_t address, size_t size) {
    struct iovec here = {to, size}, there = {(void *)address, size};
    if (!__atomic_load_n(&forbidden, __ATOMIC_RELAXED)) {
        ssize_t done = process_vm_readv(getpid(), &here, 1, &there, 1, 0);
        if (done >= 0 || errno == EFAULT)
            return done == (ssize_t)size;
        __atomic_store_n(&forbidden, true, __ATOMIC_RELAXED);
    }
    return probe(to, address, size);
}

bool peek_page(uintptr_t address) {
    if (confined())
        return false;
    int error = errno;
    bool there = word_readable(address & ~(uintptr_t)(KERNEL_MASK - 1));
    errno = error;
    return there;
}

bool peek(void *to, uintptr_t address, size_t size) {
    if (size == 0)
        return true;
    if (address + size < address || confined())
        return false;
    int error = errno;
    bool whole = copy(to, address, size);
    errno = error;
    return whole;
}

/* How much of `size` bytes lies in the first byte's page. */
static size_t within_page(uintptr_t address, size_t size) {
    size_t rest = PAGE - address % PAGE;
    return rest < size ? rest : size;
}

bool peek_text(char *to, uintptr_t address, size_t size) {
    size_t used = 0;
    while (used + 1 < size) {
        size_t part = within_page(address + used, size - 1 - used);
        if (!peek(to + used, address + used, part))
            break;
        const char *stop = memchr(to + used, 0, part);
        if (stop)
            return true;
        used += part;
    }
    if (size)
        to[used] = 0;
    return used > 0;
}
