/* SPDX-License-Identifier: Apache-2.0
 *
 * Helper programs: what a test suite starts beside itself, a compiler, a linker, a pager. They lose memory when they end, since
 * that is cheaper than to free it, and nobody who looks for bugs at a boundary wants to hear of it. Their leaks are left out, and
 * that is said;
 * --only-library asks for them. Everything else that is found in them is reported.
 *
 * No helper is: the command itself with what it was replaced by, what was forked from it without a program of its own, and every
 * process that holds a managed runtime.
 */
#include <fnmatch.h>
#include <string.h>

#include "pool.h"
#include "report.h"

/* Modules by which a process is known to hold a managed runtime. */
static const char *const runtimes[] = {"python[23]*", "libpython[23]*", "libjvm.so", "node",        "nodejs", "libnode.so*",
                                       "ruby*",       "libruby*",       "perl*",     "libperl.so*", "php*",   "libphp*",
                                       "lua*",        "libluajit*",     "guile*",    "libguile*",   "mono*",  "libmono*",
                                       "libcoreclr*", "libffi.so*",     "pypy*",     "libpypy*"};

static bool hosts_a_runtime(const struct process *process) {
    for (size_t i = 0; i < process->module_count; i++)
        for (size_t j = 0; j < sizeof(runtimes) / sizeof(runtimes[0]); j++)
            if (fnmatch(runtimes[j], process->modules[i].name, 0) == 0)
                return true;
    return process->python;
}

void root_consider(struct root *root, const struct ffisan_record_header *header) {
    if (root->pid && header->start_ns >= root->start_ns)
        return;
    root->pid = (int)header->pid;
    root->start_ns = header->start_ns;
}

bool process_is_helper(const struct process *process, const struct root *root) {
    return root->pid && process->pid != root->pid && !process->forked && !hosts_a_runtime(process);
}

void helper_leaks_omit(struct report *report, const struct process *process) {
    const char *slash = strrchr(process->executable, '/');
    omission_add(report, pool_text(report->pool, "leaks in %s", slash ? slash + 1 : process->executable),
                 "a helper program without a managed runtime, and --only-library does not ask for it", "the rule leak");
}
