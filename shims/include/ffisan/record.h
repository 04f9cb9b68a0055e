/* SPDX-License-Identifier: Apache-2.0
 *
 * The record file: everything that the shim tells the launcher, and all that the two share besides the rule table.
 *
 * One file a process (one an exec'ed image), named <pid>-<start in ns, hex>.ffr, in a folder that the launcher made. The shim
 * maps it shared and appends; nothing is ever moved or taken back, so that the file is complete up to the instant of the
 * process's death, whatever the death. A reader may look at any time, also while the process runs.
 *
 *     header | record | record | ... | zeros up to capacity
 *
 * A record starts with its type and its size, and becomes valid when `committed` is FFISAN_COMMITTED (a release store). A record
 * whose writer died in between stays uncommitted; its size is set before, so that a reader steps over it. A finding's `count`
 * goes on changing after that. Records of this version are read by this version alone: a reader refuses any other with a
 * sentence.
 *
 * All integers are the host's (x86-64: little-endian). Addresses are those of the process. Text is UTF-8 as the process had it,
 * not to be trusted, and NUL-terminated within its field. A reader treats every size, count and offset here as hostile.
 */
#ifndef FFISAN_RECORD_H
#define FFISAN_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "ffisan/contract_table.h"
#include "ffisan/prototype.h"

#define FFISAN_RECORD_MAGIC   "FFISANR" /* 8 bytes with its NUL */
#define FFISAN_RECORD_VERSION 5u
#define FFISAN_RECORD_SUFFIX  ".ffr"
/* A symbolic link in the file's place, when it could not be made; it leads to the errno, in decimal. */
#define FFISAN_LOST_SUFFIX ".lost"
#define FFISAN_COMMITTED   0x600du

enum ffisan_rule {
#define RULE(id, ...) FFISAN_RULE_##id,
#include "ffisan/rules.def"
#undef RULE
    FFISAN_RULES
};

/* Values of the options that are choices; the order is that of the names in CHOICES_… */
enum ffisan_quarantine { FFISAN_QUARANTINE_NONE, FFISAN_QUARANTINE_CROSSED, FFISAN_QUARANTINE_ALL };
#define CHOICES_quarantine "none", "crossed", "all"
enum ffisan_python_memory { FFISAN_PYTHON_MEMORY_LENT, FFISAN_PYTHON_MEMORY_FULL };
#define CHOICES_python_memory "lent", "full"
enum ffisan_with { FFISAN_WITH_NATIVE, FFISAN_WITH_ASAN, FFISAN_WITH_VALGRIND };
#define CHOICES_with "native", "asan", "valgrind"

/* Families of allocation functions: a block is given back by a function of its own family. */
enum ffisan_family {
    FFISAN_FAMILY_ANY,       /* not known: nothing is concluded from it */
    FFISAN_FAMILY_MALLOC,    /* malloc, calloc, realloc, memalign, ...: free, realloc */
    FFISAN_FAMILY_NEW,       /* C++ operator new: operator delete */
    FFISAN_FAMILY_NEW_ARRAY, /* C++ operator new[]: operator delete[] */
    FFISAN_FAMILY_PY_RAW,    /* PyMem_RawMalloc: PyMem_RawFree */
    FFISAN_FAMILY_PY_MEM,    /* PyMem_Malloc: PyMem_Free */
    FFISAN_FAMILY_PY_OBJECT, /* PyObject_Malloc: PyObject_Free */
    FFISAN_FAMILIES
};

/* How the process ended, as far as it knew itself. The launcher knows better for its own children. */
enum ffisan_end {
    FFISAN_END_NONE,   /* running, or died without a word (SIGKILL, a raw exit_group) */
    FFISAN_END_EXIT,   /* exit, _exit or return from main: exit_status */
    FFISAN_END_SIGNAL, /* about to die of `end_signal`, seen by the shim's handler */
    FFISAN_END_EXEC,   /* about to be replaced by another program; stays so only if that worked */
};

/* What became of the search for leaks. */
enum ffisan_leak_verdict {
    FFISAN_LEAKS_NOT_REACHED, /* death by signal, exec, raw system call, SIGKILL */
    FFISAN_LEAKS_DONE,        /* complete */
    FFISAN_LEAKS_OFF,         /* switched off */
    FFISAN_LEAKS_THREADS,     /* a thread could not be stopped in time */
    FFISAN_LEAKS_MEMORY,      /* no memory for it, or too many blocks */
    FFISAN_LEAKS_FORKED,      /* a child forked from a program with threads: their stacks are gone, and with them the roots */
    FFISAN_LEAKS_NO_BLOCKS,   /* the allocator is not ours to watch */
    FFISAN_LEAKS_TAKEN_APART, /* the managed runtime had taken its heap apart before the end was seen */
    FFISAN_LEAKS_HELPER,      /* a helper program: not the command, no managed runtime, and only_library does not ask */
    FFISAN_LEAKS_OTHER,       /* AddressSanitizer or Valgrind looks for them */
    FFISAN_LEAKS_CONFINED,    /* the process had taken away its own system calls (seccomp), with those that the search needs */
};

struct ffisan_record_header {
    char magic[8];
    uint32_t version;
    uint32_t header_size;
    uint64_t capacity; /* bytes of the file */
    uint64_t used;     /* atomic; bytes given out, header included; may pass capacity when records were lost */
    uint64_t lost;     /* atomic; records that found no room */
    uint32_t pid, ppid;
    uint64_t start_ns; /* CLOCK_REALTIME */
    uint32_t end;      /* enum ffisan_end; atomic */
    int32_t exit_status;
    uint32_t end_signal;
    uint32_t leak_verdict;    /* enum ffisan_leak_verdict */
    uint64_t crossings;       /* foreign calls seen */
    uint64_t blocks_live;     /* at the leak scan */
    uint64_t leak_scan_ns;    /* what the scan took */
    uint64_t leak_scan_bytes; /* how much memory it looked at */
    uint32_t forked;          /* 1: this process came from fork of a watched one, without exec */
    uint32_t argc;
    char executable[1024]; /* the program, also where its loader was started by name */
    char argv[2048];       /* argc strings, each with its NUL, cut at the end (then argv_cut is 1) */
    uint32_t argv_cut;
    uint32_t python_memory;  /* enum ffisan_python_memory in force; meaningful when python_version is set */
    uint32_t python_version; /* 0x030b when a CPython 3.11 was found in the process, else 0 */
    uint32_t reserved[49];
};
_Static_assert(sizeof(struct ffisan_record_header) == 3392, "the header is part of the format");
_Static_assert(offsetof(struct ffisan_record_header, executable) == 112, "the header is part of the format");

enum ffisan_record_type {
    FFISAN_RECORD_MODULE = 1, /* an object was loaded */
    FFISAN_RECORD_MODULE_GONE,
    FFISAN_RECORD_FINDING,
    FFISAN_RECORD_NOTE, /* something that is not watched */
    FFISAN_RECORD_EXEC, /* this process, or a child of it before it had records, starts a program */
    FFISAN_RECORD_CALL, /* what a binding believes of a function that it calls; has the form of a finding */
    FFISAN_RECORD_PROFILE,
    FFISAN_RECORD_CHECKED, /* what was known here when another memory checker found something; has the form of a finding */
};

struct ffisan_record {
    uint32_t type;
    uint32_t size;      /* of the whole record, a multiple of 8 */
    uint32_t committed; /* atomic */
    uint32_t reserved;
};

/* A generation is the state of the process's list of modules: it grows by one with each change. A stack carries the generation
 * in which it was taken; its frames belong to the modules that were loaded then. */
struct ffisan_record_module {
    struct ffisan_record record;
    uint32_t id;         /* unique within the file, from 1 */
    uint32_t generation; /* the first in which it is loaded */
    uint64_t start, end; /* [start, end): from the first to the last loaded segment */
    uint64_t bias;       /* address = bias + p_vaddr */
    uint32_t build_id_size;
    uint8_t build_id[20];
    char path[]; /* absolute where the loader knew it; "linux-vdso.so.1" */
};

struct ffisan_record_module_gone {
    struct ffisan_record record;
    uint32_t id;
    uint32_t generation; /* the first in which it is not loaded any more */
};

/* Things that this process does not watch; `detail` is the module, program or value it is about. The launcher has the
 * sentence. */
enum ffisan_note {
    FFISAN_NOTE_FOREIGN_ALLOCATOR = 1, /* detail: the module whose malloc comes before the shim's */
    FFISAN_NOTE_NAMESPACE,             /* detail: object in another link-map namespace */
    FFISAN_NOTE_ROWS_FULL,             /* more modules than thunk rows: owners of their blocks are unknown */
    FFISAN_NOTE_MEMORY,                /* the shim ran out of its own memory */
    FFISAN_NOTE_ASAN,                  /* AddressSanitizer owns malloc: the shim stands aside */
    FFISAN_NOTE_VALGRIND,              /* Valgrind replaces malloc: the shim stands aside */
    FFISAN_NOTE_OPTION,                /* detail: what FFISAN_OPTIONS says and the shim does not understand */
    FFISAN_NOTE_PYTHON_VERSION,        /* detail: version of a CPython whose frames are not known */
    FFISAN_NOTE_OWN_NEW,               /* detail: module whose operator new does not reach malloc */
    FFISAN_NOTE_TRUNCATED,             /* detail: what was too long or too many to be kept */
    FFISAN_NOTE_CRASH_HANDLER,         /* detail: signal whose handler was set behind the shim's back */
    FFISAN_NOTE_CONFINED,              /* it took away its own system calls, or was about to (seccomp, no_new_privs) */
    FFISAN_NOTE_WITH,     /* detail: the other checker that was asked for and is not there, or cannot be worked with */
    FFISAN_NOTE_REVOKE,   /* detail: function and argument that --revoke left alone, and why */
    FFISAN_NOTE_CLOSURES, /* the system gives no memory that can be written and executed: cffi's callbacks are not kept */
    FFISAN_NOTE_CONTRACT_FUNCTION, /* detail: function and library; a contract of the user's speaks of it, and the library does not have it */
    FFISAN_NOTE_CONTRACT_VERSION, /* detail: library of a version that no contract of it is for: its calls are not held against one */
    FFISAN_NOTE_SCAN_BUDGET, /* detail: what was not looked for any more when the time for looking through Python's heap was used up */
};
struct ffisan_record_note {
    struct ffisan_record record;
    uint32_t note;
    uint32_t reserved;
    char detail[];
};

enum ffisan_exec_watch {
    FFISAN_EXEC_WATCHED,      /* the environment carries the shim on */
    FFISAN_EXEC_NOT_FOLLOWED, /* --follow says no */
    FFISAN_EXEC_EMPTIED,      /* the caller started it with an environment without the shim's variables */
    FFISAN_EXEC_FAILED,       /* it was not started after all; the process goes on as what it was */
    FFISAN_EXEC_OTHER_LOADER, /* not a program for this system's glibc, whose loader would stop at the shim: started without it */
    FFISAN_EXEC_CONFINED,     /* the caller has a filter on its system calls, which is inherited: started without the shim */
};
struct ffisan_record_exec {
    struct ffisan_record record;
    uint32_t pid;   /* who calls exec; the spawning process for posix_spawn */
    uint32_t watch; /* enum ffisan_exec_watch */
    uint64_t time_ns;
    char path[];
};

/* A finding: fixed facts first, then items (stacks, Python frames, text) until the record's size is reached. */
struct ffisan_record_finding {
    struct ffisan_record record;
    uint32_t rule; /* enum ffisan_rule */
    uint32_t tid;
    uint64_t count;       /* atomic; occurrences that this record stands for; for leaks: blocks */
    uint64_t time_ns;     /* CLOCK_REALTIME of the first */
    char thread[16];      /* "MainThread", or the thread's name */
    char test[256];       /* PYTEST_CURRENT_TEST, or empty */
    char function[64];    /* the intercepted function: "free", "operator delete[](void*)", or empty */
    uint32_t place;       /* enum ffisan_place: what lies at `address` */
    uint32_t family;      /* enum ffisan_family that made the block */
    uint32_t free_family; /* enum ffisan_family that the release function belongs to */
    uint32_t python_memory;
    uint64_t address;    /* the pointer in question; for crashes the faulting address */
    uint64_t block;      /* start of the block that it is about, or that is nearest; 0: none */
    uint64_t size;       /* of that block, as it was asked for; for leaks: bytes, all blocks together */
    uint64_t offset;     /* heap-overflow, use-after-free: of the first changed byte, from the block's start */
    uint64_t given_size; /* wrong-size-dealloc: the size that the release function was told */
    uint32_t byte;       /* heap-overflow, use-after-free: what was written there */
    uint32_t owner;      /* id of the module that allocated the block (its GOT row), 0: unknown */
    uint32_t free_owner; /* id of the module that freed it, or frees it now, 0: unknown */
    uint32_t signal;     /* foreign-crash */
    int32_t signal_code;
    uint32_t reserved;
    uint64_t indirect_blocks; /* leak: blocks that only the leaked ones lead to, and their bytes */
    uint64_t indirect_bytes;
};

/* A CHECKED record is such a finding: `address` is the one that the other checker spoke of, and `rule` FFISAN_RULES, or the rule that the
 * shim knows better (retained-pointer). With Valgrind, which says what it found in a file of its own as well, a line there has the record's
 * place in this file behind these words; what this thread made it say since the last such line is meant. 0: nothing. */
#define FFISAN_CHECKED_LINE "ffisan-checked "
/* And memory that was taken away is called by this, with the place of a record that says when it was lent, and to whom. */
#define FFISAN_LENT_NAME "ffisan-lent "

/* What an address is. */
enum ffisan_place {
    FFISAN_PLACE_UNKNOWN,
    FFISAN_PLACE_LIVE_BLOCK,   /* inside `block`, which is alive */
    FFISAN_PLACE_FREED_BLOCK,  /* inside `block`, which was freed */
    FFISAN_PLACE_BEHIND_BLOCK, /* up to a page behind the end of `block` */
    FFISAN_PLACE_STACK,
    FFISAN_PLACE_STACK_GUARD,  /* just below a thread's stack: it overflowed */
    FFISAN_PLACE_MODULE,       /* code, constants or static data of a module */
    FFISAN_PLACE_PYTHON_ARENA, /* CPython's own small-object memory */
    FFISAN_PLACE_NULL,         /* the first page */
    FFISAN_PLACE_UNMAPPED,
    FFISAN_PLACE_MAPPED, /* some other mapping */
};

enum ffisan_item {
    FFISAN_ITEM_STACK = 1,
    FFISAN_ITEM_PYTHON,
    FFISAN_ITEM_CALL,
    FFISAN_ITEM_TYPES,
    FFISAN_ITEM_CROSSING,
    FFISAN_ITEM_TERM,
    FFISAN_ITEM_SUBJECT,
};
struct ffisan_record_item {
    uint32_t kind; /* enum ffisan_item */
    uint32_t size; /* of the whole item, a multiple of 8 */
};

enum ffisan_role {
    FFISAN_ROLE_DETECTED,
    FFISAN_ROLE_ALLOCATED,
    FFISAN_ROLE_FREED,
    FFISAN_ROLE_LENT,
    FFISAN_ROLE_CREATED,
    FFISAN_ROLE_LAST_USED,
    FFISAN_ROLES
};

#define FFISAN_STACK_MAX 64 /* frames of a stack that is taken when something is found */
struct ffisan_record_stack {
    struct ffisan_record_item item;
    uint32_t role;       /* enum ffisan_role */
    uint32_t generation; /* of the modules that the frames belong to */
    uint32_t depth;
    uint32_t complete; /* 1: reached the outermost frame; 0: cut by the limit, or no unwind information further out */
    /* Return addresses, innermost first: each points behind its call. With `first_is_pc` the first one is the instruction
     * itself. */
    uint32_t first_is_pc;
    uint32_t reserved;
    uint64_t frames[];
};

/* The Python frames of the thread at the moment of detection, innermost first. Each is a fixed head and its text. */
#define FFISAN_PYTHON_FRAMES_MAX 32
struct ffisan_record_python {
    struct ffisan_record_item item;
    uint32_t role;
    uint32_t depth;
    uint32_t complete;
    uint32_t text_size; /* bytes behind the frames */
    struct ffisan_record_python_frame {
        uint32_t function, file; /* offsets into the text, each NUL-terminated there */
        uint32_t line;           /* 0: unknown */
        uint32_t entry; /* 1: the native evaluation loop was entered anew for this frame: the next native one belongs outside */
    } frames[];
    /* char text[text_size], then zeros up to item.size */
};

/* A foreign call, as its binding made it, or a callback, as C called it. In a CALL record: the first one of its kind, written
 * before the call was carried out; the judge compares it with what the function is. In a finding: the call that it is about. The
 * TYPES item behind it, of the same role, holds a struct ffisan_types whose type 1 is a FUNCTION: what the binding believes. Its
 * parameters are the arguments that were passed, variadic ones included. A LENT call is the one that the thing was handed over by,
 * and says no more than that: its `fixed` is the argument, or FFISAN_LENT_RESULT. */
#define FFISAN_LENT_RESULT UINT32_MAX
struct ffisan_record_call {
    struct ffisan_record_item item;
    uint32_t role;       /* enum ffisan_role; the stacks of the same role belong to it */
    uint32_t generation; /* of the modules that `function` belongs to */
    uint64_t function;   /* the address called; of an upcall, the callback's code */
    uint64_t result;     /* with FFISAN_CALL_RESULT_CUT: the whole register */
    uint32_t binding;    /* enum ffisan_binding */
    uint32_t flags;      /* enum ffisan_call_flag, or'ed */
    uint32_t fixed;      /* with FFISAN_CALL_VARIADIC: how many parameters come before the '...'; LENT: see above */
    uint32_t argument_count;
    uint32_t name; /* the name that the program had looked it up by; in the text; 0: not known */
    uint32_t text_size;
    struct ffisan_record_argument {
        uint64_t value; /* as it was passed: an integer, extended to 64 bits, or a pointer; of a cut one, what it was before */
        uint64_t size;  /* with FFISAN_ARGUMENT_SIZED: bytes from the address to the end of the memory that it leads to */
        uint32_t flags; /* enum ffisan_argument_flag, or'ed */
        /* With FFISAN_ARGUMENT_ARRAY, of its elements: enum ffisan_type_kind, and bytes. */
        uint8_t element_kind, element_size;
        uint16_t reserved;
        int64_t stride; /* with FFISAN_ARGUMENT_STRIDED: bytes from one to the next, where they do not lie one behind the other */
    } arguments[];
    /* char text[text_size], then zeros up to item.size */
};

/* Who makes the call. */
enum ffisan_binding {
    FFISAN_BINDING_LIBFFI, /* something that uses libffi; the stack says what */
    FFISAN_BINDING_CTYPES,
    FFISAN_BINDING_CFFI,
    FFISAN_BINDING_WATCHED, /* nobody's declaration: a function that is followed by name (--watch, a contract) */
};

enum ffisan_call_flag {
    FFISAN_CALL_VARIADIC = 1 << 0,           /* the binding said so (ffi_prep_cif_var, an ellipsis in cdef) */
    FFISAN_CALL_RESULT_CUT = 1 << 1,         /* the register held more than the binding took of it */
    FFISAN_CALL_RESULT_DROPPED = 1 << 2,     /* the caller throws the result away */
    FFISAN_CALL_ARGUMENTS_DECLARED = 1 << 3, /* somebody wrote the parameters' types down (argtypes, cdef), they are no guess */
    FFISAN_CALL_RESULT_DECLARED = 1 << 4,
    FFISAN_CALL_UP = 1 << 5,           /* C calls the runtime */
    FFISAN_CALL_VALUES_KNOWN = 1 << 6, /* arguments[].value is what was passed, else 0 */
};

enum ffisan_argument_flag {
    FFISAN_ARGUMENT_CUT = 1 << 0,      /* it was more than 32 bits, and the binding passes 32 */
    FFISAN_ARGUMENT_WIDE = 1 << 1,     /* leads to wide characters that the binding made of a text */
    FFISAN_ARGUMENT_SIZED = 1 << 2,    /* the memory behind it is known */
    FFISAN_ARGUMENT_CALLBACK = 1 << 3, /* a callback of the same runtime: its declared type is this parameter's type */
    FFISAN_ARGUMENT_FREED = 1 << 4,    /* leads into a block that was freed */
    FFISAN_ARGUMENT_FRESH = 1 << 5,    /* a text that was made for this call alone (--profile) */
    FFISAN_ARGUMENT_TEXT = 1 << 6,     /* SIZED: a host's text and the NUL that the host put behind it */
    FFISAN_ARGUMENT_ARRAY = 1 << 7,    /* leads to the beginning of an array whose elements are known */
    FFISAN_ARGUMENT_STRIDED = 1 << 8,  /* which do not lie one behind the other, and the call does not say how they lie */
    FFISAN_ARGUMENT_SWAPPED = 1 << 9,  /* in the other byte order */
};

struct ffisan_record_types {
    struct ffisan_record_item item;
    uint32_t role; /* of the CALL before it */
    uint32_t reserved;
    struct ffisan_types types; /* its lists behind it; types.size bytes */
};
_Static_assert(sizeof(struct ffisan_record_types) == 32, "a type table stands aligned in its item");

/* One of the thread's last crossings, newest first (foreign-crash). A PYTHON item of at most one frame may follow inside: item.size
 * reaches to its end. */
struct ffisan_record_crossing {
    struct ffisan_record_item item;
    uint32_t generation;
    uint32_t flags; /* FFISAN_CALL_UP; FFISAN_CROSSING_OPEN: it had not returned */
    uint64_t function;
};
#define FFISAN_CROSSING_OPEN (1u << 31)

/* invalid-utf8: what is wrong (`wanted` of its DETECTED term). */
enum ffisan_utf8_trouble {
    FFISAN_UTF8_STRAY,     /* no byte that a character begins with, or goes on with */
    FFISAN_UTF8_NUL,       /* C0 80: NUL in Java's modified UTF-8 */
    FFISAN_UTF8_SURROGATE, /* ED A0..BF: modified UTF-8, CESU-8 */
    FFISAN_UTF8_OVERLONG,
    FFISAN_UTF8_TOO_LARGE, /* behind U+10FFFF */
    FFISAN_UTF8_CUT,       /* the text ends inside a character */
};

/* A call of a function that has a contract, and the word of it that counts here. A finding has one for each role that such a call played in
 * it: DETECTED broke the contract, CREATED made the thing, LENT handed it over, FREED ended it, LAST_USED is the other one that uses it.
 * Texts are offsets into the text; 0: none. */
struct ffisan_record_term {
    struct ffisan_record_item item;
    uint32_t role;          /* enum ffisan_role; the stack of the same role belongs to it */
    uint32_t word;          /* enum ffisan_word; NONE: what is said is not about one word */
    uint32_t argument;      /* index, or FFISAN_TERM_RESULT, FFISAN_TERM_FUNCTION */
    uint32_t generation;    /* of the modules */
    uint64_t function;      /* its address; 0: it is not loaded, or not known */
    uint64_t wanted, given; /* by rule: bytes, an offset, a count, a thread id, a size */
    uint32_t name;          /* text: the function */
    uint32_t place;         /* the argument's name, or the way to a field: "buf", "strm->next_in" */
    uint32_t kind;          /* what the handle is: "sqlite3_stmt" */
    uint32_t expected;      /* functions that would have been right, ", " between them */
    uint32_t owner;         /* the argument that keeps or owns it; "library" */
    uint32_t source;        /* where the contract says so: "sqlite3.h:312" */
    uint32_t text_size, reserved;
    char text[]; /* text_size bytes, then zeros up to item.size */
};

/* Something of a managed runtime's that the finding is about. A finding may have several of one kind. Texts are offsets into the text;
 * 0: none. */
enum ffisan_subject {
    FFISAN_SUBJECT_INSIDE, /* the extension's function that was at work, outermost last: name: "spam.encode", detail: its module's file */
    FFISAN_SUBJECT_OBJECT, /* the object in question: name: its type; detail: how it came here ("item 3 of argument 1") */
    FFISAN_SUBJECT_HOLDER, /* who still refers to it: name: type, or "C memory"; detail: where in it ("local variable 'x' of f()") */
    FFISAN_SUBJECT_CALL,      /* a function of the runtime's API that played a part in `role`: name: "PyList_GetItem" */
    FFISAN_SUBJECT_EXCEPTION, /* name: its type; detail: its text, where it has one that can be read without running code */
    FFISAN_SUBJECT_STATE, /* of a thread or a process: name: what ("rounding mode", "SIGINT's handler"); wanted, given: before, after */
    FFISAN_SUBJECT_REPEAT, /* of `ffisan run --repeat`: count: calls that were made; given: how many stayed; name: of what: "made": objects,
                              "references": to an object from before, "memory": of the runtime's, "held" or "lost": blocks */
    FFISAN_SUBJECTS
};
#define FFISAN_SUBJECT_NO_ARGUMENT UINT32_MAX
#define FFISAN_SUBJECT_SELF        (UINT32_MAX - 1)
#define FFISAN_SUBJECT_RESULT      (UINT32_MAX - 2)
enum ffisan_subject_flag {
    FFISAN_SUBJECT_DIED = 1 << 0,   /* of an OBJECT: it has died */
    FFISAN_SUBJECT_FAILED = 1 << 1, /* of a CALL: it had failed */
};
struct ffisan_record_subject {
    struct ffisan_record_item item;
    uint32_t role;          /* enum ffisan_role; the stack of the same role belongs to it */
    uint32_t what;          /* enum ffisan_subject */
    uint32_t argument;      /* index, or one of the three above */
    uint32_t flags;         /* enum ffisan_subject_flag, or'ed */
    uint64_t address;       /* of the object; of the place in C memory */
    uint64_t count;         /* references that the object says it has; of a call: how many times */
    uint64_t wanted, given; /* by rule: references that are held, bytes, milliseconds */
    uint32_t name, detail;
    uint32_t text_size, reserved;
    char text[]; /* text_size bytes, the first of them 0, then zeros up to item.size */
};

/* --profile: what one function cost at one line of managed code (or, where there is none, at one native call site). Written when the
 * process ends. The CALL item of the first call is in the CALL record with the same `function`. */
struct ffisan_record_profile {
    struct ffisan_record record;
    uint64_t function;
    uint32_t generation;
    uint32_t flags; /* FFISAN_CALL_UP */
    uint64_t calls;
    uint64_t ns;       /* from entry to return, callbacks included */
    uint64_t shortest; /* ns of the shortest call; with the crossing itself in it */
    uint64_t bytes;    /* behind pointer arguments, where it is known */
    uint64_t repeated; /* arguments that were a fresh copy of the very text that the call before had been given */
    uint64_t caller;   /* native return address, when no managed line is known */
    char name[64];     /* that the function was looked up by; empty: not known */
    /* a struct ffisan_record_python of one frame, or nothing */
};

#endif
