/* SPDX-License-Identifier: Apache-2.0
 *
 * Where things stand inside CPython 3.8 to 3.12, and where 3.13 says that they stand: the only place that knows one version
 * from another. Each number is an offsetof of the headers of that version (Include/cpython and Include/internal); tests/layout.py
 * compiles those headers of every interpreter on the machine and compares.
 *
 *   3.8, 3.9   PyThreadState.frame -> PyFrameObject; f_lasti counts bytes; co_lnotab (Objects/lnotab_notes.txt of that time)
 *   3.10       the same frames; f_lasti counts code units of two bytes; co_linetable as ranges (PEP 626,
 * Objects/lnotab_notes.txt) 3.11       PyThreadState.cframe -> _PyCFrame.current_frame -> _PyInterpreterFrame with is_entry;
 * co_linetable as locations (Objects/locations.md), and co_qualname 3.12       the same, but a frame that enters the evaluation
 * loop is preceded by a dummy that the C stack owns 3.13       PyThreadState.current_frame; _Py_DebugOffsets at the head of
 * _PyRuntime gives everything (Include/internal/pycore_runtime.h)
 */
#ifndef FFISAN_CPYTHON_VERSIONS_H
#define FFISAN_CPYTHON_VERSIONS_H

#include <stdint.h>

#define CPYTHON_OLDEST    0x0308u /* the oldest whose frames and domains are known */
#define CPYTHON_PUBLISHED 0x030du /* the oldest that publishes its offsets */
#define CPYTHON_NEWEST    0x030du /* the newest whose frames are known; of later ones, the domains by the public interface */

#define NOWHERE 0xffffu /* an offset that this version does not have */

enum cpython_lines { CPYTHON_LINES_LNOTAB, CPYTHON_LINES_RANGES, CPYTHON_LINES_LOCATIONS };

struct cpython_layout {
    uint16_t version;
    uint8_t lines;                             /* enum cpython_lines */
    uint8_t lasti_unit;                        /* bytes that frame_lasti counts in */
    uint16_t runtime_finalizing, runtime_head; /* _PyRuntimeState: _finalizing, interpreters.head */
    uint16_t runtime_current;                  /* gilstate.tstate_current: up to 3.11 */
    uint16_t thread_id;
    uint16_t thread_error; /* curexc_type, before the value; from 3.12 on current_exception */
    uint16_t thread_frame; /* of the current frame, or of the _PyCFrame that has it at cframe_frame */
    uint16_t cframe_frame;
    uint16_t frame_previous, frame_code;
    uint16_t frame_lasti;       /* an int; or NOWHERE, and then: */
    uint16_t frame_instruction; /* a pointer into the code, which starts at code_instructions of the code object */
    uint16_t frame_entry;       /* a bool: entered anew */
    uint16_t frame_owner;       /* a char: FRAME_OWNED_BY_CSTACK marks the dummy */
    uint16_t code_file, code_name, code_first_line, code_table, code_instructions;
    uint16_t text_ascii, text_other; /* sizes of PyASCIIObject and PyCompactUnicodeObject: the characters follow */
    uint16_t code_bytes;             /* up to 3.10: the bytes object that holds the instructions */
    uint16_t function_code;          /* PyFunctionObject.func_code */
    uint8_t calls[4];                /* opcodes that call what is on the stack, as they stand in code that runs; 0: none */
    uint8_t call_wide;               /* of those, how many are followed by call_caches code units: the others by none */
    uint8_t call_caches;
    uint8_t pop;             /* POP_TOP */
    uint8_t pool_bits;       /* pymalloc's pools are 1 << pool_bits bytes, and so aligned (Objects/obmalloc.c, POOL_BITS) */
    uint8_t arena_bits;      /* ARENA_BITS */
    uint16_t frame_locals;   /* the variables, and behind them the value stack */
    uint16_t frame_stack;    /* up to 3.10: a pointer to where that begins; NOWHERE, and then: */
    uint16_t frame_top;      /* an int: how far it reaches, below 0 while the frame runs */
    uint16_t frame_kind;     /* a char: FRAME_OWNED_BY_GENERATOR */
    uint16_t code_locals;    /* from 3.11 on: co_nlocalsplus, an int */
    uint16_t code_stack;     /* co_stacksize, an int */
    uint16_t code_constants; /* co_consts */
    uint8_t call_tuple;      /* of `calls`, the one whose arguments stand in a tuple (f(*args)) */
    uint16_t code_names[3];  /* tuples of the variables' names, in order; 0: no more */
    uint8_t sets[2];         /* opcodes that set an attribute of what is on the stack */
    uint8_t calls_quick[20]; /* more opcodes that call what is on the stack, and say in their argument how much that is */
};

#define FRAME_OWNED_BY_GENERATOR 1 /* 3.11 to 3.13 */
#define FRAME_OWNED_BY_CSTACK    3 /* 3.12 and 3.13: Include/internal/pycore_frame.h, enum _frameowner */

/* The parts of an object that never moved in these versions, for a build with the GIL and without Py_TRACE_REFS. */
#define OBJECT_TYPE     8u  /* PyObject.ob_type */
#define BYTES_SIZE      16u /* PyVarObject.ob_size */
#define BYTES_DATA      32u /* PyBytesObject.ob_sval */
#define TEXT_LENGTH     16u /* PyASCIIObject.length */
#define TEXT_DATA       40u /* the characters of a str of ASCII only, from 3.12 on; up to 3.11: */
#define TEXT_DATA_OLD   48u
#define TEXT_STATE      32u              /* PyASCIIObject.state, a bit-field: */
#define TEXT_KIND(s)    (((s) >> 2) & 7) /* bytes a character: 1, 2, 4 */
#define TEXT_COMPACT(s) (((s) >> 5) & 1) /* the characters follow the head */
#define TEXT_ASCII(s)   (((s) >> 6) & 1)

/* Of a type (PyTypeObject), a list, a tuple and an int. */
#define TYPE_NAME           24u
#define TYPE_BASIC_SIZE     32u
#define TYPE_DEALLOC        48u
#define TYPE_CALL           128u
#define TYPE_FLAGS          168u
#define TYPE_TRAVERSE       184u
#define TYPE_MEMBERS        240u
#define TYPE_BASE           256u
#define TYPE_DICT           264u
#define TYPE_MRO            344u
#define TYPE_SUBCLASSES     360u
#define TYPE_VERSION        384u
#define TUPLE_SIZE          16u
#define TUPLE_ITEMS         24u
#define DICT_COUNT          16u /* ma_used */
#define LIST_SIZE           16u
#define LIST_ITEMS          24u        /* a pointer to them */
#define INT_HEAD            16u        /* up to 3.11 the number of digits, below 0 for what is below 0; from 3.12 on: */
#define INT_DIGITS          24u        /* 30 bits each, lowest first */
#define INT_SIGN(head)      ((head)&3) /* 0: above 0, 1: 0, 2: below 0 */
#define INT_COUNT(head)     ((head) >> 3)
#define BUILTIN_METHOD      16u /* PyCFunctionObject.m_ml */
#define DESCR_METHOD        40u /* PyMethodDescrObject.d_method */
#define DEFINITION_FUNCTION 8u  /* PyMethodDef.ml_meth */
#define BUILTIN_SELF        24u /* PyCFunctionObject.m_self */
#define WEAKREF_OBJECT      16u /* None when it died */
#define METHOD_FUNCTION     16u /* PyMethodObject.im_func */
#define WRAPPER_BASE        40u /* PyWrapperDescrObject.d_base, whose first word is the name, */
#define WRAPPER_WRAPPED     48u /* .d_wrapped */

/* Py_buffer, which is part of the stable ABI from 3.11 on and has not changed since 3.3. */
#define BUFFER_MEMORY 0u
#define BUFFER_OBJECT 8u
#define BUFFER_LENGTH 16u

/* _PyArg_Parser.format; and in 3.12, where another member comes first. */
#define PARSER_FORMAT    0u
#define PARSER_FORMAT_12 8u

#define TYPE_IS_READY     (1u << 12) /* Py_TPFLAGS_READY */
#define TYPE_HAS_VERSION  (1u << 19) /* Py_TPFLAGS_VALID_VERSION_TAG: up to 3.12 the version counts only with it */
#define TYPE_IS_INT       (1u << 24)
#define TYPE_IS_LIST      (1u << 25)
#define TYPE_IS_TUPLE     (1u << 26)
#define TYPE_IS_BYTES     (1u << 27)
#define TYPE_IS_TEXT      (1u << 28)
#define TYPE_IS_DICT      (1u << 29)
#define TYPE_IS_EXCEPTION (1u << 30)
#define TYPE_IS_TYPE      (1u << 31)

/* clang-format off */
static const struct cpython_layout cpython_layouts[] = {
    {.version = 0x0308, .lines = CPYTHON_LINES_LNOTAB, .lasti_unit = 1, .runtime_finalizing = 16, .runtime_head = 32, .runtime_current = 1368,
     .thread_id = 176, .thread_frame = 24, .cframe_frame = NOWHERE, .frame_previous = 24, .frame_code = 32, .frame_lasti = 104,
     .frame_instruction = NOWHERE, .frame_entry = NOWHERE, .frame_owner = NOWHERE, .code_file = 104, .code_name = 112,
     .code_first_line = 40, .code_table = 120, .code_instructions = NOWHERE, .text_ascii = 48, .text_other = 72,
     .code_bytes = 48, .function_code = 16, .calls = {131, 161, 141, 142}, .call_wide = 0, .call_caches = 0, .pop = 1,
     .pool_bits = 12, .arena_bits = 18,
     .frame_locals = 360, .frame_stack = 64, .frame_top = NOWHERE, .frame_kind = NOWHERE, .code_locals = NOWHERE, .code_stack = 32,
     .code_constants = 56, .call_tuple = 142, .code_names = {72, 88, 80}, .sets = {95}, .thread_error = 88},
    {.version = 0x0309, .lines = CPYTHON_LINES_LNOTAB, .lasti_unit = 1, .runtime_finalizing = 16, .runtime_head = 32, .runtime_current = 568,
     .thread_id = 176, .thread_frame = 24, .cframe_frame = NOWHERE, .frame_previous = 24, .frame_code = 32, .frame_lasti = 104,
     .frame_instruction = NOWHERE, .frame_entry = NOWHERE, .frame_owner = NOWHERE, .code_file = 104, .code_name = 112,
     .code_first_line = 40, .code_table = 120, .code_instructions = NOWHERE, .text_ascii = 48, .text_other = 72,
     .code_bytes = 48, .function_code = 16, .calls = {131, 161, 141, 142}, .call_wide = 0, .call_caches = 0, .pop = 1,
     .pool_bits = 12, .arena_bits = 18,
     .frame_locals = 360, .frame_stack = 64, .frame_top = NOWHERE, .frame_kind = NOWHERE, .code_locals = NOWHERE, .code_stack = 32,
     .code_constants = 56, .call_tuple = 142, .code_names = {72, 88, 80}, .sets = {95}, .thread_error = 88},
    {.version = 0x030a, .lines = CPYTHON_LINES_RANGES, .lasti_unit = 2, .runtime_finalizing = 16, .runtime_head = 32, .runtime_current = 568,
     .thread_id = 176, .thread_frame = 24, .cframe_frame = NOWHERE, .frame_previous = 24, .frame_code = 32, .frame_lasti = 96,
     .frame_instruction = NOWHERE, .frame_entry = NOWHERE, .frame_owner = NOWHERE, .code_file = 104, .code_name = 112,
     .code_first_line = 40, .code_table = 120, .code_instructions = NOWHERE, .text_ascii = 48, .text_other = 72,
     .code_bytes = 48, .function_code = 48, .calls = {131, 161, 141, 142}, .call_wide = 0, .call_caches = 0, .pop = 1,
     .pool_bits = 14, .arena_bits = 20,
     .frame_locals = 352, .frame_stack = 64, .frame_top = NOWHERE, .frame_kind = NOWHERE, .code_locals = NOWHERE, .code_stack = 32,
     .code_constants = 56, .call_tuple = 142, .code_names = {72, 88, 80}, .sets = {95}, .thread_error = 88},
    {.version = 0x030b, .lines = CPYTHON_LINES_LOCATIONS, .lasti_unit = 1, .runtime_finalizing = 24, .runtime_head = 40, .runtime_current = 576,
     .thread_id = 152, .thread_frame = 56, .cframe_frame = 8, .frame_previous = 48, .frame_code = 32, .frame_lasti = NOWHERE,
     .frame_instruction = 56, .frame_entry = 68, .frame_owner = NOWHERE, .code_file = 112, .code_name = 128,
     .code_first_line = 72, .code_table = 136, .code_instructions = 184, .text_ascii = 48, .text_other = 72,
     .code_bytes = NOWHERE, .function_code = 48, .calls = {171, 22, 142}, .call_wide = 2, .call_caches = 4, .pop = 1,
     .pool_bits = 14, .arena_bits = 20,
     .frame_locals = 72, .frame_stack = NOWHERE, .frame_top = 64, .frame_kind = 69, .code_locals = 76, .code_stack = 68,
     .code_constants = 24, .call_tuple = 142, .code_names = {96}, .sets = {95, 153},
     .calls_quick = {166, 64, 66, 67, 72, 73, 76, 80, 81, 113}, .thread_error = 96},
    {.version = 0x030c, .lines = CPYTHON_LINES_LOCATIONS, .lasti_unit = 1, .runtime_finalizing = 24, .runtime_head = 40, .runtime_current = NOWHERE,
     .thread_id = 136, .thread_frame = 56, .cframe_frame = 0, .frame_previous = 8, .frame_code = 0, .frame_lasti = NOWHERE,
     .frame_instruction = 56, .frame_entry = NOWHERE, .frame_owner = 70, .code_file = 112, .code_name = 128,
     .code_first_line = 68, .code_table = 136, .code_instructions = 192, .text_ascii = 40, .text_other = 56,
     .code_bytes = NOWHERE, .function_code = 48, .calls = {171, 142}, .call_wide = 1, .call_caches = 3, .pop = 1,
     .pool_bits = 14, .arena_bits = 20,
     .frame_locals = 72, .frame_stack = NOWHERE, .frame_top = 64, .frame_kind = 70, .code_locals = 72, .code_stack = 64,
     .code_constants = 24, .call_tuple = 142, .code_names = {96}, .sets = {95}, .calls_quick = {29, 34, 38, 39, 40, 44, 45, 46, 241}, .thread_error = 96},
};
/* clang-format on */

/* _Py_DebugOffsets as 3.13 has it: 64-bit words, the first of them the cookie. The indices of those that are read here. */
#define PUBLISHED_COOKIE    "xdebugpy"
#define PUBLISHED_NOT_ERROR 112 /* PyThreadState.current_exception, which it does not have, in 3.13 */
enum cpython_published {
    PUBLISHED_VERSION = 1, /* PY_VERSION_HEX */
    PUBLISHED_FREE_THREADED = 2,
    PUBLISHED_RUNTIME_FINALIZING = 4,
    PUBLISHED_RUNTIME_HEAD = 5,
    PUBLISHED_THREAD_FRAME = 23,
    PUBLISHED_THREAD_ID = 24,
    PUBLISHED_FRAME_PREVIOUS = 29,
    PUBLISHED_FRAME_CODE = 30,
    PUBLISHED_FRAME_INSTRUCTION = 31,
    PUBLISHED_FRAME_LOCALS = 32,
    PUBLISHED_FRAME_OWNER = 33,
    PUBLISHED_CODE_FILE = 35,
    PUBLISHED_CODE_NAME = 37, /* co_qualname */
    PUBLISHED_CODE_TABLE = 38,
    PUBLISHED_CODE_FIRST_LINE = 39,
    PUBLISHED_CODE_INSTRUCTIONS = 43,
    PUBLISHED_TEXT_ASCII = 70,
    PUBLISHED_WORDS = 73,
};

#endif
