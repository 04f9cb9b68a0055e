/* SPDX-License-Identifier: Apache-2.0
 *
 * The headline of a finding and what to do about it: one function a rule, which says what happened with the facts that the record
 * has, and leaves out those that it does not have.
 */
#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "findings.h"
#include "pool.h"
#include "subjects.h"
#include "terms.h"

/* Families as people call them, and how their blocks are given back. */
static const struct {
    const char *made_by, *release;
} families[FFISAN_FAMILIES] = {
    [FFISAN_FAMILY_ANY] = {NULL, NULL},
    [FFISAN_FAMILY_MALLOC] = {"malloc", "free()"},
    [FFISAN_FAMILY_NEW] = {"operator new", "delete"},
    [FFISAN_FAMILY_NEW_ARRAY] = {"operator new[]", "delete[]"},
    [FFISAN_FAMILY_PY_RAW] = {"PyMem_RawMalloc", "PyMem_RawFree()"},
    [FFISAN_FAMILY_PY_MEM] = {"PyMem_Malloc", "PyMem_Free()"},
    [FFISAN_FAMILY_PY_OBJECT] = {"PyObject_Malloc", "PyObject_Free()"},
};

static const char *plural(uint64_t count) {
    return count == 1 ? "" : "s";
}

/* "free()", or "operator delete[](void*)", which has its parentheses already. */
static const char *call_text(struct pool *pool, const struct finding *finding) {
    const char *called = finding->facts.called[0] ? finding->facts.called : "free";
    return strchr(called, '(') ? called : pool_text(pool, "%s()", called);
}

/* "a block of 24 bytes"; `verb` and who did it are added when that is known: " that libx.so had allocated". */
static const char *block_text(struct pool *pool, const struct finding *finding, enum ffisan_role role, const char *verb,
                              const struct module *module) {
    const struct facts *facts = &finding->facts;
    const char *actor = actor_name(pool, finding_stack(finding, role), module);
    const char *tail = actor ? pool_text(pool, " that %s %s", actor, verb) : "";
    return pool_text(pool, "a block of %" PRIu64 " byte%s%s", facts->size, plural(facts->size), tail);
}

static const char *allocated_block(struct pool *pool, const struct finding *finding) {
    return block_text(pool, finding, FFISAN_ROLE_ALLOCATED, "allocated", finding->facts.owner);
}

static const char *owner_fix(struct pool *pool, const struct finding *finding, const char *advice) {
    const char *actor = actor_name(pool, finding_stack(finding, FFISAN_ROLE_FREED), NULL);
    return actor ? pool_text(pool, "%s has given the block back already: %s", actor, advice) : rules[finding->rule].fix;
}

static void explain_double_free(struct finding *finding, struct pool *pool) {
    const struct facts *facts = &finding->facts;
    const char *actor = actor_name(pool, finding_stack(finding, FFISAN_ROLE_FREED), facts->free_owner);
    finding->message =
        pool_text(pool, "%s of a block of %" PRIu64 " byte%s that %s", call_text(pool, finding), facts->size, plural(facts->size),
                  actor ? pool_text(pool, "%s had already freed", actor) : "was already freed");
    finding->fix =
        owner_fix(pool, finding, "let only that side free it, or hand the block over and set the other side's pointer to NULL.");
}

/* What the address of an invalid free is, as the end of "free() of ...". */
static const char *place_of_free(struct pool *pool, const struct finding *finding) {
    const struct facts *facts = &finding->facts;
    uint64_t into = facts->address - facts->block;
    switch (facts->place) {
    case FFISAN_PLACE_LIVE_BLOCK:
        return pool_text(pool, "an address %" PRIu64 " byte%s into %s: only the address of its start can be freed", into,
                         plural(into), allocated_block(pool, finding));
    case FFISAN_PLACE_FREED_BLOCK:
        return pool_text(pool, "an address %" PRIu64 " byte%s into a block of %" PRIu64 " byte%s that was freed before", into,
                         plural(into), facts->size, plural(facts->size));
    case FFISAN_PLACE_BEHIND_BLOCK:
        return pool_text(pool, "an address %" PRIu64 " byte%s behind the end of %s", into - facts->size,
                         plural(into - facts->size), allocated_block(pool, finding));
    case FFISAN_PLACE_STACK:
    case FFISAN_PLACE_STACK_GUARD:
        return "memory on a thread's stack, which is not from the heap";
    case FFISAN_PLACE_MODULE:
        return pool_text(pool, "static memory of %s, which is not from the heap",
                         facts->at_module ? facts->at_module : "a module");
    case FFISAN_PLACE_PYTHON_ARENA:
        return "memory of a Python object (in CPython's own arenas), which malloc knows nothing of";
    case FFISAN_PLACE_NULL:
        return pool_text(pool, "0x%" PRIx64 ", which is a small number and not an address", facts->address);
    case FFISAN_PLACE_UNMAPPED:
        return pool_text(pool, "0x%" PRIx64 ", where there is no memory", facts->address);
    default:
        return "memory that no allocator gave out";
    }
}

static void explain_invalid_free(struct finding *finding, struct pool *pool) {
    finding->message = pool_text(pool, "%s of %s", call_text(pool, finding), place_of_free(pool, finding));
    if (finding->facts.place == FFISAN_PLACE_LIVE_BLOCK)
        finding->fix = "Keep the pointer that the allocator returned, and free that one, not one derived from it.";
    else if (finding->facts.place == FFISAN_PLACE_PYTHON_ARENA)
        finding->fix = "Python gives this memory back itself when the object dies: do not free it. To hand memory over to C, "
                       "allocate it with the function that C will free it with.";
}

/* "read", "written to", "read (4 bytes)" of what another checker saw. */
static const char *access_text(struct pool *pool, const struct facts *facts) {
    const char *how = facts->access == ACCESS_WRITE ? "written to" : facts->access == ACCESS_READ ? "read" : "used";
    return facts->access_size ? pool_text(pool, "%s (%" PRIu64 " byte%s", how, facts->access_size, plural(facts->access_size))
                              : pool_text(pool, "%s (", how);
}

/* " at offset 3)" */
static const char *offset_text(struct pool *pool, const struct facts *facts) {
    return pool_text(pool, "%sat offset %" PRId64 ")", facts->access_size ? " " : "", (int64_t)facts->offset);
}

static void explain_checked_overflow(struct finding *finding, struct pool *pool) {
    const struct facts *facts = &finding->facts;
    int64_t offset = (int64_t)facts->offset;
    uint64_t past = offset >= (int64_t)facts->size ? facts->offset - facts->size + 1 : 0;
    const char *where = offset < 0  ? pool_text(pool, "%" PRIu64 " bytes before its start", (uint64_t)-offset)
                        : past == 1 ? "just past its end"
                        : past      ? pool_text(pool, "%" PRIu64 " bytes past its end", past)
                                    : "across its end";
    finding->message =
        facts->block ? pool_text(pool, "%s was %s%s, %s", allocated_block(pool, finding), access_text(pool, facts),
                                 offset_text(pool, facts), where)
                     : pool_text(pool, "memory next to a block was %s%s", facts->access == ACCESS_WRITE ? "written to" : "read",
                                 finding->function ? pool_text(pool, " in %s", finding->function) : "");
}

static void explain_use_after_free(struct finding *finding, struct pool *pool) {
    const struct facts *facts = &finding->facts;
    const char *block = block_text(pool, finding, FFISAN_ROLE_FREED, "had freed", facts->free_owner);
    if (facts->call.cause) {
        finding->has_argument = true;
        finding->argument_index = facts->call.argument;
        finding->message = pool_text(pool, "%s was handed to %s() afterwards, as argument %u", block,
                                     facts->call.function ? facts->call.function : "a function", facts->call.argument + 1);
        return;
    }
    if (facts->checker) {
        finding->message = pool_text(pool, "%s was %s%s afterwards", block, access_text(pool, facts), offset_text(pool, facts));
        return;
    }
    finding->message = pool_text(pool, "%s was written to afterwards (at offset %" PRIu64 ", byte 0x%02x)", block, facts->offset,
                                 facts->byte & 0xff);
}

static void explain_heap_overflow(struct finding *finding, struct pool *pool) {
    const struct facts *facts = &finding->facts;
    if (facts->checker) {
        explain_checked_overflow(finding, pool);
        return;
    }
    uint64_t past = facts->offset >= facts->size ? facts->offset - facts->size + 1 : 0;
    const char *where = past <= 1 ? "just past its end" : pool_text(pool, "%" PRIu64 " bytes past its end", past);
    finding->message = pool_text(pool, "%s was written %s (at offset %" PRIu64 ", byte 0x%02x)", allocated_block(pool, finding),
                                 where, facts->offset, facts->byte & 0xff);
    if (past == 1 && facts->byte == 0)
        finding->fix = "The byte written is a NUL: a text's end most likely. Ask for one byte more than the text's length.";
}

/* Of si_code (POSIX.1-2017, <signal.h>), for the signals that the shim reports. */
static const struct {
    int signal, code;
    const char *meaning;
} signal_codes[] = {
    {SIGSEGV, SEGV_MAPERR, "no memory there"},
    {SIGSEGV, SEGV_ACCERR, "no permission for that"},
    {SIGBUS, BUS_ADRALN, "a misaligned address"},
    {SIGBUS, BUS_ADRERR, "no memory behind the mapping: the file is shorter"},
    {SIGFPE, FPE_INTDIV, "an integer divided by zero, or overflow in a division"},
    {SIGFPE, FPE_INTOVF, "an integer overflow"},
    {SIGFPE, FPE_FLTDIV, "a floating-point division by zero"},
    {SIGFPE, FPE_FLTINV, "an invalid floating-point operation"},
    {SIGILL, ILL_ILLOPC, "no such instruction"},
    {SIGILL, ILL_ILLOPN, "an instruction that is not allowed there"},
};

static const char *signal_meaning(int signal, int code) {
    for (size_t i = 0; i < sizeof(signal_codes) / sizeof(signal_codes[0]); i++)
        if (signal_codes[i].signal == signal && signal_codes[i].code == code)
            return signal_codes[i].meaning;
    return signal == SIGABRT ? "abort() was called, or an assertion failed" : NULL;
}

/* The upper half is gone, or is the sign of the lower one. */
static bool is_cut(uint64_t address) {
    return address >> 32 == 0 || address >> 31 == 0x1ffffffff;
}

/* What lies at the address of a crash, and what that usually means. */
static const char *place_of_crash(struct pool *pool, const struct finding *finding) {
    const struct facts *facts = &finding->facts;
    switch (facts->place) {
    case FFISAN_PLACE_NULL:
        return "a NULL pointer, or a field of one";
    case FFISAN_PLACE_STACK_GUARD:
        return "just below the thread's stack: it overflowed, most likely by recursion without end";
    case FFISAN_PLACE_STACK:
        return "on a thread's stack";
    case FFISAN_PLACE_LIVE_BLOCK:
        return pool_text(pool, "inside %s", allocated_block(pool, finding));
    case FFISAN_PLACE_FREED_BLOCK:
        return pool_text(pool, "inside %s", block_text(pool, finding, FFISAN_ROLE_FREED, "had freed", facts->free_owner));
    case FFISAN_PLACE_BEHIND_BLOCK:
        return pool_text(pool, "behind the end of %s", allocated_block(pool, finding));
    case FFISAN_PLACE_MODULE:
        return facts->at_module ? pool_text(pool, "in code or static data of %s", facts->at_module) : "in a module";
    case FFISAN_PLACE_PYTHON_ARENA:
        return "in CPython's own memory for small objects";
    case FFISAN_PLACE_UNMAPPED:
        return is_cut(facts->address) ? "where nothing is mapped; a pointer cut to 32 bits looks like this"
                                      : "where nothing is mapped";
    default:
        return NULL;
    }
}

static bool has_address(int signal) {
    return signal == SIGSEGV || signal == SIGBUS;
}

/* What no rule of ours is about: in the checker's words. */
static void explain_checked_end(struct finding *finding, struct pool *pool) {
    const struct facts *facts = &finding->facts;
    const char *access = facts->access == ACCESS_NONE
                             ? ""
                             : pool_text(pool, ", a %s of %" PRIu64 " byte%s", facts->access == ACCESS_WRITE ? "write" : "read",
                                         facts->access_size, plural(facts->access_size));
    finding->message = pool_text(pool, "%s ended the process: %s%s%s%s", facts->checker, facts->said, access,
                                 finding->function ? " in " : "", finding->function ? finding->function : "");
}

static void explain_crash(struct finding *finding, struct pool *pool) {
    const struct facts *facts = &finding->facts;
    if (facts->checker && !facts->signal) {
        explain_checked_end(finding, pool);
        return;
    }
    const char *name = sigabbrev_np(facts->signal);
    const char *meaning = signal_meaning(facts->signal, facts->signal_code);
    const char *place = has_address(facts->signal) ? place_of_crash(pool, finding) : NULL;
    const char *where = finding->function  ? pool_text(pool, " in %s", finding->function)
                        : finding->library ? pool_text(pool, " in %s", finding->library)
                                           : "";
    const char *signal = name ? pool_text(pool, "SIG%s", name) : pool_text(pool, "signal %d", facts->signal);
    const char *touched = has_address(facts->signal) ? pool_text(pool, "; it touched 0x%" PRIx64 "%s%s", facts->address,
                                                                 place ? ", " : "", place ? place : "")
                                                     : "";
    finding->message =
        pool_text(pool, "the process died of %s%s%s%s%s%s%s%s", signal, meaning ? " (" : "", meaning ? meaning : "",
                  meaning ? ")" : "", where, touched, facts->call.cause ? ": " : "", facts->call.cause ? facts->call.cause : "");
    if (facts->call.cause) {
        finding->has_argument = true;
        finding->argument_index = facts->call.argument;
    }
    if (facts->place == FFISAN_PLACE_NULL && has_address(facts->signal))
        finding->fix =
            "Look for the argument that was NULL (None in Python), and for a result that was not checked before it was used.";
}

static void explain_mismatch(struct finding *finding, struct pool *pool) {
    const struct facts *facts = &finding->facts;
    const char *made_by = facts->family < FFISAN_FAMILIES ? families[facts->family].made_by : NULL;
    const char *release = facts->family < FFISAN_FAMILIES ? families[facts->family].release : NULL;
    const char *actor = actor_name(pool, finding_stack(finding, FFISAN_ROLE_ALLOCATED), facts->owner);
    finding->message = pool_text(pool, "%s of a block of %" PRIu64 " byte%s that %s%s%s%s", call_text(pool, finding), facts->size,
                                 plural(facts->size), actor ? pool_text(pool, "%s allocated", actor) : "was allocated",
                                 made_by ? " with " : " with a function of another family", made_by ? made_by : "",
                                 release ? pool_text(pool, ": only %s may release it", release) : "");
    if (release)
        finding->fix = pool_text(
            pool, "Release the block with %s, best in a function that the library which made it exports for that.", release);
}

static void explain_wrong_size(struct finding *finding, struct pool *pool) {
    const struct facts *facts = &finding->facts;
    finding->message = pool_text(pool, "%s was released by %s as one of %" PRIu64 " byte%s", allocated_block(pool, finding),
                                 call_text(pool, finding), facts->given_size, plural(facts->given_size));
}

static void explain_leak(struct finding *finding, struct pool *pool) {
    const struct facts *facts = &finding->facts;
    uint64_t blocks = finding->count;
    const char *actor = actor_name(pool, finding_stack(finding, FFISAN_ROLE_ALLOCATED), facts->owner);
    const char *more = facts->indirect_blocks ? pool_text(pool, ", and with them %" PRIu64 " more of %" PRIu64 " bytes",
                                                          facts->indirect_blocks, facts->indirect_bytes)
                                              : "";
    finding->message = pool_text(pool, "%" PRIu64 " block%s of %" PRIu64 " byte%s%s%s %s lost%s: no live pointer leads to %s",
                                 blocks, plural(blocks), facts->size, plural(facts->size), blocks == 1 ? "" : " together",
                                 actor ? pool_text(pool, " that %s allocated", actor) : "", blocks == 1 ? "was" : "were", more,
                                 blocks == 1 && !facts->indirect_blocks ? "it" : "them");
}

/* " (given to f() as argument 2)" */
static const char *handover_text(struct pool *pool, const struct handover *lent) {
    if (!lent->known || !lent->function)
        return "";
    return lent->has_argument ? pool_text(pool, ", which was given to %s() as argument %u", lent->function, lent->argument + 1)
                              : pool_text(pool, ", which came from %s()", lent->function);
}

static void explain_collected(struct finding *finding, struct pool *pool) {
    const char *caller = callback_caller_name(pool, finding);
    const char *runtime = strcmp(finding->runtime, "native") == 0 ? "its runtime" : finding->runtime;
    const struct handover *lent = &finding->facts.lent;
    const char *function = finding->facts.callback;
    finding->message = pool_text(pool, "%s called %s%s that %s had already freed%s", caller ? caller : "C",
                                 function ? pool_text(pool, "%s()", function) : "a callback",
                                 function ? " through a callback" : "", runtime, handover_text(pool, lent));
    if (lent->known && lent->function && lent->has_argument)
        finding->fix =
            pool_text(pool,
                      "Keep a reference to the callback object that is given to %s() for as long as C may call it, and "
                      "tell C to forget it before it goes.",
                      lent->function);
}

/* The intercepted function tells which way it went: longjmp's family; what comes back when nobody catches; what begins a catch. */
static void explain_unwind(struct finding *finding, struct pool *pool) {
    const char *called = finding->facts.called;
    const char *what = strstr(called, "jmp") ? "a longjmp" : "an exception";
    const char *end = strncmp(called, "_Unwind", 7) == 0 ? ", and nobody caught it" : "";
    const char *function = finding->function ? finding->function : "a foreign call";
    bool bare = finding->function && !strchr(function, '(');
    bool managed = strcmp(finding->runtime, "native") != 0;
    finding->message = pool_text(pool, "%s left %s%s%s%s%s", what, function, bare ? "()" : "", managed ? " through " : "",
                                 managed ? finding->runtime : "", end);
}

/* Rules without a row say what the table says. */
static void (*const explain[FFISAN_RULES])(struct finding *, struct pool *) = {
    [FFISAN_RULE_DOUBLE_FREE] = explain_double_free,       [FFISAN_RULE_INVALID_FREE] = explain_invalid_free,
    [FFISAN_RULE_USE_AFTER_FREE] = explain_use_after_free, [FFISAN_RULE_HEAP_OVERFLOW] = explain_heap_overflow,
    [FFISAN_RULE_FOREIGN_CRASH] = explain_crash,           [FFISAN_RULE_MISMATCHED_DEALLOCATOR] = explain_mismatch,
    [FFISAN_RULE_WRONG_SIZE_DEALLOC] = explain_wrong_size, [FFISAN_RULE_LEAK] = explain_leak,
    [FFISAN_RULE_COLLECTED_CALLBACK] = explain_collected,  [FFISAN_RULE_FOREIGN_UNWIND] = explain_unwind,
};

void finding_explain(struct finding *finding, struct pool *pool) {
    finding->message = rules[finding->rule].headline;
    finding->fix = rules[finding->rule].fix;
    if (!terms_explain(finding, pool) && !subjects_explain(finding, pool) && explain[finding->rule])
        explain[finding->rule](finding, pool);
}
