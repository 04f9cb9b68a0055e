/* SPDX-License-Identifier: Apache-2.0
 *
 * The honesty of the report: everything that was not watched, as a sentence of three parts: what, why, and so what. The same
 * sentence from several processes stands once, with a count.
 */
#include <fnmatch.h>
#include <string.h>

#include "bindings.h"
#include "executable.h"
#include "pool.h"
#include "prototypes.h"
#include "report.h"
#include "symbols.h"

void omission_add(struct report *report, const char *what, const char *why, const char *so) {
    for (size_t i = 0; i < report->omission_count; i++) {
        struct omission *known = &report->omissions[i];
        if (strcmp(known->what, what) == 0 && strcmp(known->why, why) == 0 && strcmp(known->so, so) == 0) {
            known->count++;
            return;
        }
    }
    struct omission *omission = pool_append(report->pool, &report->omissions, &report->omission_count, sizeof(*omission));
    *omission = (struct omission){.what = what, .why = why, .so = so, .count = 1};
}

static const char *program_name(const struct process *process) {
    const char *path = process->executable[0] ? process->executable : process->argc ? process->argv[0] : "a process";
    return path_name(path);
}

/* ---- what the shim noted ---- */

/* `what` may have one %s, the note's detail; without detail it is the program's name. */
static const struct {
    enum ffisan_note kind;
    const char *what, *why, *so;
} notes[] = {
    {FFISAN_NOTE_FOREIGN_ALLOCATOR, "the allocator in %s", "its malloc comes before the shim's",
     "blocks that it gives out: all memory rules"},
    {FFISAN_NOTE_NAMESPACE, "%s", "it was loaded into a link-map namespace of its own (dlmopen)", "its calls and its memory"},
    {FFISAN_NOTE_ROWS_FULL, "some modules of %s", "it loads more modules than there are rows for",
     "which module owns their blocks"},
    {FFISAN_NOTE_MEMORY, "a part of %s", "the shim found no memory for its books", "blocks from then on"},
    {FFISAN_NOTE_ASAN, "the memory of %s",
     "AddressSanitizer owns malloc there, and the shim stands aside; with '--with asan' they work together", "all memory rules"},
    {FFISAN_NOTE_VALGRIND, "the memory of %s",
     "Valgrind replaces malloc there, and the shim stands aside; with '--with valgrind' they work together", "all memory rules"},
    {FFISAN_NOTE_WITH, "memory, together with %s", "it is not in this process, or is linked into it and hidden",
     "what it would have found, or what the shim knows of it"},
    {FFISAN_NOTE_REVOKE, "what is lent to %s", "--revoke leaves it alone", "retained-pointer for it"},
    {FFISAN_NOTE_OPTION, "the option '%s' in FFISAN_OPTIONS", "the shim does not understand it", "what it asks for"},
    {FFISAN_NOTE_PYTHON_VERSION, "extensions and frames of CPython %s", "this version is not known",
     "Python's side of stacks, and the rules of references, the GIL and exceptions"},
    {FFISAN_NOTE_OWN_NEW, "operator new in %s", "it does not reach malloc", "blocks that it gives out"},
    {FFISAN_NOTE_TRUNCATED, "%s", "it was too long, or there were too many, to be kept", "what went beyond"},
    {FFISAN_NOTE_CRASH_HANDLER, "crashes by signal %s", "its handler was set past the shim", "foreign-crash for this signal"},
    {FFISAN_NOTE_CONFINED, "a part of %s",
     "it confined itself (seccomp, no_new_privs), and the shim makes no system calls from then on",
     "foreign-crash, parts of stacks, and everything in what it forks"},
    {FFISAN_NOTE_CLOSURES, "callbacks of cffi in %s", "the system gives the shim no memory that can be written and executed",
     "collected-callback for them"},
    {FFISAN_NOTE_CONTRACT_FUNCTION, "the contract of %s", "the library that is loaded has no such function", "its calls"},
    {FFISAN_NOTE_CONTRACT_VERSION, "contracts with %s", "it has a version that no contract is for", "calls of its functions"},
    {FFISAN_NOTE_SCAN_BUDGET, "a part of Python's heap, for %s",
     "looking through it had taken as much time as it may; --scan-budget gives it more", "calls from then on"},
};
#define NOTES (sizeof(notes) / sizeof(notes[0]))

/* The format stands in the table above, with at most one %s: nothing from outside is used as a format. */
static const char *fill_in(struct pool *pool, const char *what, const char *detail) {
    const char *hole = strstr(what, "%s");
    return hole ? pool_text(pool, "%.*s%s%s", (int)(hole - what), what, detail, hole + 2) : what;
}

static void note_explain(struct report *report, const struct process *process, const struct note *note) {
    const char *detail = note->detail[0] ? note->detail : program_name(process);
    for (size_t i = 0; i < NOTES; i++) {
        if (notes[i].kind == note->kind) {
            omission_add(report, fill_in(report->pool, notes[i].what, detail), notes[i].why, notes[i].so);
            return;
        }
    }
    omission_add(report, detail, "the shim noted something that this ffisan has no sentence for", "it");
}

/* ---- leaks ---- */

static const char *leaks_unreached(const struct process *process) {
    if (process->end == FFISAN_END_EXEC)
        return "it was replaced by another program (exec) before it ended";
    if (process->killed || process->end == FFISAN_END_SIGNAL)
        return "it was ended by a signal";
    return "it ended past the C library (SIGKILL, a raw exit), or was still running";
}

static const char *leaks_why(const struct process *process) {
    switch (process->leaks) {
    case FFISAN_LEAKS_DONE:
        return NULL;
    case FFISAN_LEAKS_OFF:
        return "the search was switched off";
    case FFISAN_LEAKS_THREADS:
        return "a thread could not be stopped in time for the search";
    case FFISAN_LEAKS_MEMORY:
        return "there was no memory for the search, or there were too many blocks";
    case FFISAN_LEAKS_FORKED:
        return "it was forked from a program with threads, whose stacks are gone";
    case FFISAN_LEAKS_NO_BLOCKS:
        return "its allocator is not watched";
    case FFISAN_LEAKS_HELPER:
        return "a helper program without a managed runtime, and --only-library does not ask for it";
    case FFISAN_LEAKS_TAKEN_APART:
        return "its interpreter had taken itself apart before the search could run";
    case FFISAN_LEAKS_OTHER:
        return NULL;
    case FFISAN_LEAKS_CONFINED:
        return "it had confined itself (seccomp, no_new_privs), and the search needs system calls";
    case FFISAN_LEAKS_NOT_REACHED:
    default:
        return leaks_unreached(process);
    }
}

static void leaks_explain(struct report *report, const struct plan *plan, const struct process *process) {
    const char *why = plan->judge->rules.on[FFISAN_RULE_LEAK] ? leaks_why(process) : NULL;
    if (why)
        omission_add(report, pool_text(report->pool, "leaks in %s", program_name(process)), why, "the rule leak");
}

/* ---- programs that were started ---- */

static bool records_of_pid_since(const struct report *report, int pid, uint64_t time_ns) {
    for (size_t i = 0; i < report->process_count; i++)
        if (report->processes[i].pid == pid && report->processes[i].start_ns >= time_ns)
            return true;
    return false;
}

static bool records_of_child_since(const struct report *report, int ppid, uint64_t time_ns) {
    for (size_t i = 0; i < report->process_count; i++) {
        const struct process *process = &report->processes[i];
        if (process->ppid == ppid && !process->forked && process->start_ns >= time_ns)
            return true;
    }
    return false;
}

/* The spawning process stands in the record of posix_spawn and of a failed exec; only an image that was replaced is gone. */
static bool left_records(const struct report *report, const struct process *process, const struct execution *execution) {
    bool replaced = execution->pid != process->pid || process->end == FFISAN_END_EXEC;
    return records_of_pid_since(report, execution->pid, execution->time_ns) ||
           (!replaced && records_of_child_since(report, execution->pid, execution->time_ns));
}

static const char everything[] = "everything in it, and in what it starts";

/* A relative path is the other process's, and says nothing here. */
static void watched_explain(struct report *report, const struct process *process, const struct execution *execution) {
    bool absolute = execution->path_raw[0] == '/';
    enum executable_kind kind = absolute ? executable_kind(execution->path_raw) : EXECUTABLE_WATCHABLE;
    const char *why = executable_reason(kind);
    if (why)
        omission_add(report, execution->path, why, everything);
    else if (kind != EXECUTABLE_NONE && !left_records(report, process, execution)) /* NONE: execvp tries each folder of PATH */
        omission_add(report, execution->path,
                     "no records came from it: it lost the shim's variables on its way, or ended at once", everything);
}

static void execution_explain(struct report *report, const struct process *process, const struct execution *execution) {
    if (execution->watch == FFISAN_EXEC_FAILED)
        return;
    if (execution->watch == FFISAN_EXEC_OTHER_LOADER)
        omission_add(report, execution->path, "its loader is not glibc's for 64-bit x86, and it was started without the shim",
                     everything);
    else if (execution->watch == FFISAN_EXEC_NOT_FOLLOWED)
        omission_add(report, execution->path, "--follow leaves it out", everything);
    else if (execution->watch == FFISAN_EXEC_CONFINED)
        omission_add(report, execution->path, "it inherits a filter on system calls (seccomp), and was started without the shim",
                     everything);
    else if (execution->watch == FFISAN_EXEC_EMPTIED)
        omission_add(report, execution->path,
                     pool_text(report->pool, "%s started it with an environment without the shim", program_name(process)),
                     everything);
    else
        watched_explain(report, process, execution);
}

/* ---- bindings whose calls go past the shim ---- */

/* Many processes load the same files: each is looked into once. */
struct looked_at {
    const char *path;
    enum binding_reach reach;
    const char *product;
};

static const struct looked_at *binding_of(struct report *report, const struct module *module) {
    for (size_t i = 0; i < report->binding_count; i++)
        if (strcmp(report->bindings[i].path, module->path) == 0)
            return &report->bindings[i];
    struct looked_at *fresh = pool_append(report->pool, &report->bindings, &report->binding_count, sizeof(*fresh));
    fresh->path = module->path;
    fresh->reach = binding_reach(module->name, symbols_elf(report->symbols, module), &fresh->product);
    return fresh;
}

static void callers_explain(struct report *report, const struct process *process) {
    static const char missed[] = "what a declaration says against what the function is";
    for (size_t i = 0; i < process->module_count; i++) {
        const struct module *module = &process->modules[i];
        const struct looked_at *binding = binding_of(report, module);
        if (binding->reach == BINDING_OWN)
            omission_add(report, pool_text(report->pool, "the types of calls by %s", binding->product),
                         "it makes them itself, without a libffi that the shim could see", missed);
        else if (binding->reach == BINDING_HIDDEN)
            omission_add(report, pool_text(report->pool, "libffi inside %s", module->name),
                         "it is a static copy that exports nothing: its calls and callbacks do not pass the shim", missed);
    }
}

/* ---- the records themselves ---- */

static void records_explain(struct report *report, const struct process *process) {
    struct pool *pool = report->pool;
    const char *name = program_name(process);
    if (process->lost)
        omission_add(report,
                     pool_text(pool, "%llu records of %s (process %d)", (unsigned long long)process->lost, name, process->pid),
                     "its record file was full", "findings, or modules that name their frames");
    if (process->damage)
        omission_add(report, pool_text(pool, "records of %s (process %d) from byte %zu on", name, process->pid, process->damage),
                     pool_text(pool, "%s is damaged there", process->records), "what was recorded from then on");
    if (process->cut)
        omission_add(report, pool_text(pool, "the last records of %s (process %d)", name, process->pid),
                     pool_text(pool, "%s ends too early", process->records), "what was recorded last");
    if (process->findings_damaged)
        omission_add(report,
                     pool_text(pool, "stacks of %zu findings of %s (process %d)", process->findings_damaged, name, process->pid),
                     pool_text(pool, "%s is damaged", process->records), "where they happened");
}

static void process_explain(struct report *report, const struct plan *plan, const struct process *process) {
    if (process->blank) {
        omission_add(report, pool_text(report->pool, "the process of %s", process->records),
                     "it ended before its record file was set up", "everything in it");
        return;
    }
    for (size_t i = 0; i < process->note_count; i++)
        note_explain(report, process, &process->notes[i]);
    for (size_t i = 0; i < process->execution_count; i++)
        execution_explain(report, process, &process->executions[i]);
    leaks_explain(report, plan, process);
    callers_explain(report, process);
    records_explain(report, process);
}

void omissions_collect(struct report *report, const struct plan *plan) {
    const struct symbols_gap *gaps;
    size_t count = symbols_gaps(report->symbols, &gaps);
    for (size_t i = 0; i < report->process_count; i++)
        process_explain(report, plan, &report->processes[i]);
    for (size_t i = 0; i < count; i++)
        omission_add(report, pool_text(report->pool, "functions of %s", gaps[i].path), gaps[i].why,
                     "names and source lines of its frames");
    count = prototypes_gaps(report->prototypes, &gaps);
    for (size_t i = 0; i < count; i++)
        omission_add(report, pool_text(report->pool, "what %s says of functions", gaps[i].path), gaps[i].why,
                     "declarations that differ from it");
}
