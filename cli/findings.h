/* SPDX-License-Identifier: Apache-2.0
 *
 * The judge's nouns.
 *
 *   process   one record file: a program from its exec (or fork) to its end, with the modules that it had loaded
 *   finding   one defect. Records with the same fingerprint are one finding, whichever process they come from
 *   stack     what ran when something happened to the finding's block, by role, presented innermost first in both languages
 *   frame     one function of it
 *   omission  something that was not watched, so that the run does not look cleaner than it is
 *
 * All of it lives in the report's pool, and every text in it is clean (pool_clean) unless it says "raw".
 */
#ifndef FFISAN_CLI_FINDINGS_H
#define FFISAN_CLI_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ffisan/record.h"
#include "rules.h"

struct pool;
struct prototypes;
struct symbols;
struct subject; /* subjects.h */
struct term;    /* terms.h */
struct record;
struct record_file;

struct module {
    uint32_t id;
    uint32_t first_generation, gone_generation; /* loaded in [first, gone) */
    uint64_t start, end, bias;
    unsigned char build_id[20];
    size_t build_id_size;
    const char *path_raw;    /* to open it */
    const char *path, *name; /* to show it; name is the last part of the path */
};

struct frame {
    bool python;
    bool interpreter; /* of CPython itself */
    bool shim;
    bool libffi;
    bool libc;                            /* of the C or C++ run-time library: never the culprit */
    bool evaluation;                      /* CPython's evaluation loop: Python frames belong here */
    bool inlined;                         /* into the next frame, by the compiler */
    bool entry;                           /* Python: the loop was entered anew for it */
    const char *function, *module, *file; /* NULL: not known */
    const char *module_path;              /* set when module is */
    unsigned line;                        /* 0: not known */
    uint64_t offset;                      /* native: within the module, as addr2line takes it */
};

struct stack {
    enum ffisan_role role;
    const char *thread; /* detected: its name, else NULL */
    bool complete;
    struct frame *frames; /* as presented */
    size_t frame_count;
    struct frame *native; /* native frames alone, nothing dropped: what conclusions are drawn from */
    size_t native_count;
};

/* The foreign call that handed something over. */
struct handover {
    bool known;
    const char *function, *library; /* NULL: not known */
    bool has_argument;              /* else it came back as the result */
    unsigned argument;              /* from 0 */
    const char *argument_name;      /* NULL: not known */
};

/* What a declaration says and what is right, as texts. */
struct mismatch {
    const char *place;             /* "result", "argument 2", "number of arguments", "result of the callback in argument 4" */
    const char *declared, *actual; /* the types there, in C; NULL: none */
    const char *declared_as;       /* `declared` in the binding's own words; NULL: it has no others */
    const char *declaration;       /* the whole function, as it is declared */
    const char *prototype;         /* and as it is; of clashing-declarations: as it is declared elsewhere */
    const char *source;            /* who says so; NULL: nobody */
    const char *right;             /* what to write instead; NULL: the prototype says it */
};

/* The foreign call that something happened in. */
struct called {
    const char *text;               /* with its arguments; NULL: it is not known */
    const char *function, *library; /* NULL: not known */
    const char *cause;              /* what is wrong with one of its arguments; NULL: nothing that can be seen */
    unsigned argument;              /* which one */
};

/* One of the last crossings of a thread. */
struct crossed {
    bool up, open;
    const char *function, *library; /* NULL: not known */
    const char *python, *file;      /* managed function and file; NULL: not known */
    unsigned line;
};

/* How memory was used. */
enum access { ACCESS_NONE, ACCESS_READ, ACCESS_WRITE };

/* What the record says besides its stacks, in host types. */
struct facts {
    const char *called; /* the intercepted function's name, "free"; "" when there is none */
    enum ffisan_place place;
    enum ffisan_family family, free_family;
    uint64_t address, block, size, offset, given_size, indirect_blocks, indirect_bytes;
    unsigned byte;
    int signal, signal_code;
    const struct module *owner, *free_owner; /* NULL: not known */
    const char *at_module;                   /* name of the module that `address` lies in, or NULL */
    struct handover lent;
    const char *callback; /* the name of the function behind a callback; NULL: not known */
    struct called call;
    bool called_up;     /* C called a callback */
    struct term *terms; /* what contracts have to do with it */
    size_t term_count;
    struct subject *subjects; /* what a managed runtime has to do with it */
    size_t subject_count;
    struct crossed *crossings; /* newest first */
    size_t crossing_count;
    const char *checker, *said; /* the other memory checker that found it, and its words; NULL: the shim did */
    enum access access;         /* with a checker */
    uint64_t access_size;
};

struct finding {
    enum ffisan_rule rule;
    enum severity severity;
    const char *message, *fix;
    const char *runtime;
    const char *library, *function; /* NULL: not known */
    bool has_argument;
    unsigned argument_index;
    const char *argument_name; /* NULL: not known */
    struct stack *stacks;
    size_t stack_count;
    uint64_t count;
    uint64_t time_ns;
    int pid;
    char fingerprint[33];
    bool suppressed, in_baseline;
    const char *test; /* NULL: none */
    struct facts facts;
    const struct mismatch *mismatch; /* NULL: it is not about a declaration */
};

struct note {
    enum ffisan_note kind;
    const char *detail;
};
struct execution {
    int pid;
    enum ffisan_exec_watch watch;
    uint64_t time_ns;
    const char *path_raw, *path;
};

struct process {
    const char *records; /* the file's path */
    bool blank;          /* nothing else is known */
    int pid, ppid;
    bool forked;
    uint64_t start_ns;
    const char *executable;
    const char **argv;
    size_t argc;
    bool argv_cut;
    enum ffisan_end end;
    bool exited, killed; /* neither: not known */
    int exit_status, signal;
    enum ffisan_leak_verdict leaks;
    uint64_t crossings, lost;
    bool python;
    enum ffisan_python_memory python_memory;
    struct module *modules;
    size_t module_count;
    struct note *notes;
    size_t note_count;
    struct execution *executions;
    size_t execution_count;
    bool cut;
    size_t damage;           /* 0: none */
    size_t findings_damaged; /* findings of which not every stack could be read */
};

struct omission {
    const char *what, *why, *so;
    size_t count;
};

/* Everything of a record file but its findings. */
void process_read(struct process *process, struct pool *pool, const struct record_file *file, const char *path);
/* The module of that id; NULL: there is none. */
const struct module *process_module(const struct process *process, uint32_t id);
/* The module that was loaded at `address` in that generation; NULL: none. */
const struct module *process_module_at(const struct process *process, uint64_t address, uint32_t generation);

/* What a finding is made with. */
struct workshop {
    struct pool *pool;
    struct symbols *symbols;       /* NULL: frames stay module and offset */
    struct prototypes *prototypes; /* NULL: nobody knows what any function is */
    bool verbose;                  /* frames of the interpreter and the shim are shown */
};

/* What the record says: facts and stacks. The first part of finding_read. */
void finding_gather(struct finding *finding, enum ffisan_rule rule, const struct workshop *workshop,
                    const struct process *process, const struct record *record);
/* Facts, stacks, attribution, message and fingerprint. False: a record of no rule that exists. */
bool finding_read(struct finding *finding, const struct workshop *workshop, const struct process *process,
                  const struct record *record);
/* The stack of that role; NULL: the finding has none. */
const struct stack *finding_stack(const struct finding *finding, enum ffisan_role role);
const char *role_name(enum ffisan_role role);

/* The parts of finding_read, each in the file of its name. */
void stacks_read(struct finding *finding, const struct workshop *workshop, const struct process *process,
                 const struct record *record);
void finding_attribute(struct finding *finding);                  /* attribution.c */
void finding_explain(struct finding *finding, struct pool *pool); /* message.c */
void finding_fingerprint(struct finding *finding);

/* What to call whoever stands innermost on a stack: a library, or a runtime and how it got there. NULL: not known. */
const char *actor_name(struct pool *pool, const struct stack *stack, const struct module *owner);
/* Who called a callback, on the stack of that call: "f() of libx.so". NULL: not known. */
const char *callback_caller_name(struct pool *pool, const struct finding *finding);

/* The frame's module makes foreign calls for managed code: an interpreter, ctypes, libffi, a virtual machine. */
bool frame_is_runtime(const struct frame *frame);

/* Last part of a path. */
const char *path_name(const char *path);

#endif
