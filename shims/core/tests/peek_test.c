/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads of memory that is there, that is not, and that ends in the middle; once by the kernel's copy and once, in a child whose
 * sandbox forbids that, by asking page for page.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/confined.h"
#include "core/peek.h"

#define PAGE 4096u

/* Two pages; the second cannot be read. */
static char *edge(void) {
    char *pages = mmap(NULL, (size_t)2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(pages != MAP_FAILED);
    assert_int_equal(mprotect(pages + PAGE, PAGE, PROT_NONE), 0);
    memset(pages, 'x', PAGE);
    return pages + PAGE;
}

static bool reads_what_is_there(void) {
    static const char text[] = "something";
    char copy[sizeof text] = "";
    errno = 1234;
    return peek(copy, (uintptr_t)text, sizeof text) && strcmp(copy, text) == 0 && errno == 1234 && peek(copy, 1, 0);
}

static bool refuses_what_is_not(void) {
    char *end = edge(), copy[64];
    errno = 1234;
    bool refused = !peek(copy, 0, 1) && !peek(copy, (uintptr_t)end, 1) && !peek(copy, (uintptr_t)end - 4, 8) &&
                   !peek(copy, UINTPTR_MAX - 3, 8) && !peek(copy, (uintptr_t)1 << 62, 8);
    return refused && errno == 1234 && peek(copy, (uintptr_t)end - 3, 3);
}

static bool reads_text_up_to_the_edge(void) {
    char *end = edge(), copy[64];
    memcpy(end - 3, "abc", 3);
    bool cut = peek_text(copy, (uintptr_t)end - 3, sizeof copy) && strcmp(copy, "abc") == 0;
    end[-1] = 0;
    bool whole = peek_text(copy, (uintptr_t)end - 3, sizeof copy) && strcmp(copy, "ab") == 0;
    bool shortened = peek_text(copy, (uintptr_t)end - 60, 10) && strcmp(copy, "xxxxxxxxx") == 0;
    bool empty = peek_text(copy, (uintptr_t)end - 1, sizeof copy) && copy[0] == 0;
    return cut && whole && shortened && empty && !peek_text(copy, (uintptr_t)end, sizeof copy) && copy[0] == 0;
}

static bool reads_across_pages(void) {
    static char many[5 * PAGE], copy[5 * PAGE];
    memset(many, 'y', sizeof many - 1);
    return peek(copy, (uintptr_t)many, sizeof many) && memcmp(many, copy, sizeof many) == 0 &&
           peek_text(copy, (uintptr_t)many + 1, sizeof copy) && strlen(copy) == sizeof many - 2;
}

static bool tells_pages(void) {
    char *end = edge();
    errno = 1234;
    return peek_page((uintptr_t)end - 1) && peek_page((uintptr_t)end - PAGE) && !peek_page((uintptr_t)end) &&
           !peek_page((uintptr_t)end + 9) && !peek_page(0) && !peek_page(8) && !peek_page(UINTPTR_MAX) && errno == 1234;
}

static bool all_of_it(void) {
    return tells_pages() && reads_what_is_there() && refuses_what_is_not() && reads_text_up_to_the_edge() && reads_across_pages();
}

static bool forbid_the_copy(void) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_readv, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static void by_the_kernel(void **state) {
    (void)state;
    assert_true(reads_what_is_there());
    assert_true(refuses_what_is_not());
    assert_true(reads_text_up_to_the_edge());
    assert_true(reads_across_pages());
    assert_true(tells_pages());
}

static void where_a_sandbox_forbids_it(void **state) {
    (void)state;
    int status = 0;
    pid_t child = fork();
    if (child == 0)
        _exit(!forbid_the_copy() ? 77 : all_of_it() ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(status, 0);
}

static void a_confined_process_reads_nothing(void **state) {
    (void)state;
    int there = 1, copy = 0;
    char text[8];
    confinement = CONFINED_SURELY;
    bool word = peek(&copy, (uintptr_t)&there, sizeof there), page = peek_page((uintptr_t)&there);
    bool string = peek_text(text, (uintptr_t) "text", sizeof text), nothing = peek(&copy, 0, 0);
    confinement = CONFINED_NOT;
    assert_false(word || page || string);
    assert_true(nothing);
    assert_int_equal(copy, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(by_the_kernel), cmocka_unit_test(where_a_sandbox_forbids_it),
                                       cmocka_unit_test(a_confined_process_reads_nothing)};
    return cmocka_run_group_tests_name("peek", tests, NULL, NULL);
}
