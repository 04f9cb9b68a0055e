/* SPDX-License-Identifier: Apache-2.0
 *
 * The offsets of versions.h, as one interpreter's own headers have them: compiled once for each interpreter by interpreters.py,
 * which compares with the build of it that prints the table (-DTABLE). This file is a test's: the conditionals here are what
 * versions.h does without.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef TABLE
#include "cpython/versions.h"

static struct cpython_layout layout;
#else
#define Py_BUILD_CORE 1
#include <Python.h>

#include <frameobject.h>
#include <opcode.h>
#if PY_VERSION_HEX >= 0x03090000
#include <internal/pycore_runtime.h>
#endif
#include <internal/pycore_pystate.h>
#if PY_VERSION_HEX < 0x030b0000
#include <longintrepr.h>
#endif
#if PY_VERSION_HEX >= 0x030b0000
#include <internal/pycore_code.h>
#include <internal/pycore_frame.h>
#endif
#if PY_VERSION_HEX >= 0x030c0000
#include <internal/pycore_obmalloc.h>
#endif
#endif

static void print(const char *name, size_t value) {
    printf("%s %zu\n", name, value);
}

/* How a call stands in code: its opcodes, how many of them have caches behind them, and what throws the result away. */
static void print_calls(const uint8_t *opcodes, size_t wide, size_t caches, size_t pop) {
    for (size_t i = 0; i < 4; i++)
        printf("call %zu %u\n", i, opcodes[i]);
    print("call wide", wide);
    print("call caches", caches);
    print("pop", pop);
}

int main(int count, char **arguments) {
#ifdef TABLE
    for (size_t i = 0; i < sizeof cpython_layouts / sizeof *cpython_layouts; i++) {
        if (count == 2 && cpython_layouts[i].version == strtoul(arguments[1], NULL, 16))
            layout = cpython_layouts[i];
    }
    if (!layout.version) { /* published: the indices are what there is to compare */
        print("published version", PUBLISHED_VERSION);
        print("published free_threaded", PUBLISHED_FREE_THREADED);
        print("published finalizing", PUBLISHED_RUNTIME_FINALIZING);
        print("published head", PUBLISHED_RUNTIME_HEAD);
        print("published thread_frame", PUBLISHED_THREAD_FRAME);
        print("published thread_id", PUBLISHED_THREAD_ID);
        print("thread_error", PUBLISHED_NOT_ERROR);
        print("published previous", PUBLISHED_FRAME_PREVIOUS);
        print("published code", PUBLISHED_FRAME_CODE);
        print("published instruction", PUBLISHED_FRAME_INSTRUCTION);
        print("published locals", PUBLISHED_FRAME_LOCALS);
        print("published owner", PUBLISHED_FRAME_OWNER);
        print("published file", PUBLISHED_CODE_FILE);
        print("published name", PUBLISHED_CODE_NAME);
        print("published table", PUBLISHED_CODE_TABLE);
        print("published first_line", PUBLISHED_CODE_FIRST_LINE);
        print("published instructions", PUBLISHED_CODE_INSTRUCTIONS);
        print("published text_ascii", PUBLISHED_TEXT_ASCII);
        print("published words", PUBLISHED_WORDS);
        print("text_other", 40 + 16);
        print("pool_bits", 14);
        print("arena_bits", 20);
        print_calls((const uint8_t[]){53, 176, 57, 54}, 2, 3, 32); /* as attach.c has them */
        print("function code", 48);
    } else {
        print("finalizing", layout.runtime_finalizing);
        print("head", layout.runtime_head);
        if (layout.runtime_current != NOWHERE)
            print("current", layout.runtime_current);
        print("thread_id", layout.thread_id);
        print("thread_error", layout.thread_error);
        print("thread_frame", layout.thread_frame);
        if (layout.cframe_frame != NOWHERE)
            print("cframe_frame", layout.cframe_frame);
        print("previous", layout.frame_previous);
        print("code", layout.frame_code);
        if (layout.frame_lasti != NOWHERE)
            print("lasti", layout.frame_lasti);
        if (layout.frame_instruction != NOWHERE)
            print("instruction", layout.frame_instruction);
        if (layout.frame_entry != NOWHERE)
            print("entry", layout.frame_entry);
        if (layout.frame_owner != NOWHERE)
            print("owner", layout.frame_owner);
        print("file", layout.code_file);
        print("name", layout.code_name);
        print("first_line", layout.code_first_line);
        print("table", layout.code_table);
        if (layout.code_instructions != NOWHERE)
            print("instructions", layout.code_instructions);
        print("text_ascii", layout.text_ascii);
        print("text_other", layout.text_other);
        print_calls(layout.calls, layout.call_wide, layout.call_caches, layout.pop);
        print("function code", layout.function_code);
        if (layout.code_bytes != NOWHERE)
            print("code bytes", layout.code_bytes);
        print("frame locals", layout.frame_locals);
        if (layout.frame_stack != NOWHERE)
            print("frame stack", layout.frame_stack);
        if (layout.frame_top != NOWHERE) {
            print("frame top", layout.frame_top);
            print("frame kind", layout.frame_kind);
            print("code locals", layout.code_locals);
        }
        print("code stack", layout.code_stack);
        print("code constants", layout.code_constants);
        print("code names", layout.code_names[0]);
        if (layout.version >= 0x030c) {
            print("pool_bits", layout.pool_bits);
            print("arena_bits", layout.arena_bits);
        }
    }
    print("type", OBJECT_TYPE);
    print("bytes size", BYTES_SIZE);
    print("bytes data", BYTES_DATA);
    print("text length", TEXT_LENGTH);
    print("text state", TEXT_STATE);
    print("type name", TYPE_NAME);
    print("type basic size", TYPE_BASIC_SIZE);
    print("type dealloc", TYPE_DEALLOC);
    print("type call", TYPE_CALL);
    print("type flags", TYPE_FLAGS);
    print("type traverse", TYPE_TRAVERSE);
    print("type base", TYPE_BASE);
    print("type dict", TYPE_DICT);
    print("type mro", TYPE_MRO);
    print("type subclasses", TYPE_SUBCLASSES);
    print("type version", TYPE_VERSION);
    print("tuple items", TUPLE_ITEMS);
    print("list items", LIST_ITEMS);
    print("weakref object", WEAKREF_OBJECT);
    print("buffer memory", BUFFER_MEMORY);
    print("buffer object", BUFFER_OBJECT);
    print("buffer length", BUFFER_LENGTH);
    print("parser format", PARSER_FORMAT);
    print("parser format of 3.12", PARSER_FORMAT_12);
    print("builtin self", BUILTIN_SELF);
    print("builtin method", BUILTIN_METHOD);
    print("descriptor method", DESCR_METHOD);
    print("method function", METHOD_FUNCTION);
    print("wrapper wrapped", WRAPPER_WRAPPED);
    print("flags", TYPE_HAS_VERSION | TYPE_IS_INT | TYPE_IS_LIST | TYPE_IS_TUPLE | TYPE_IS_BYTES | TYPE_IS_TEXT | TYPE_IS_DICT |
                       TYPE_IS_TYPE);
    print("int digits", INT_DIGITS);
#else
    (void)count, (void)arguments;
#if PY_VERSION_HEX >= 0x030d0000
#define PUBLISHED(name, field) print("published " name, offsetof(_Py_DebugOffsets, field) / 8)
    PUBLISHED("version", version);
    PUBLISHED("free_threaded", free_threaded);
    PUBLISHED("finalizing", runtime_state.finalizing);
    PUBLISHED("head", runtime_state.interpreters_head);
    PUBLISHED("thread_frame", thread_state.current_frame);
    PUBLISHED("thread_id", thread_state.thread_id);
    print("thread_error", offsetof(PyThreadState, current_exception));
    PUBLISHED("previous", interpreter_frame.previous);
    PUBLISHED("code", interpreter_frame.executable);
    PUBLISHED("instruction", interpreter_frame.instr_ptr);
    PUBLISHED("locals", interpreter_frame.localsplus);
    PUBLISHED("owner", interpreter_frame.owner);
    PUBLISHED("file", code_object.filename);
    PUBLISHED("name", code_object.qualname);
    PUBLISHED("table", code_object.linetable);
    PUBLISHED("first_line", code_object.firstlineno);
    PUBLISHED("instructions", code_object.co_code_adaptive);
    PUBLISHED("text_ascii", unicode_object.asciiobject_size);
    print("published words", sizeof(_Py_DebugOffsets) / 8);
    print("text_other", sizeof(PyCompactUnicodeObject));
#else
#if PY_VERSION_HEX < 0x03090000
    print("finalizing", offsetof(_PyRuntimeState, finalizing));
#else
    print("finalizing", offsetof(_PyRuntimeState, _finalizing));
#endif
    print("head", offsetof(_PyRuntimeState, interpreters.head));
#if PY_VERSION_HEX < 0x030c0000
    print("current", offsetof(_PyRuntimeState, gilstate.tstate_current));
#endif
    print("thread_id", offsetof(PyThreadState, thread_id));
#if PY_VERSION_HEX >= 0x030c0000
    print("thread_error", offsetof(PyThreadState, current_exception));
#else
    print("thread_error", offsetof(PyThreadState, curexc_type));
#endif
#if PY_VERSION_HEX < 0x030b0000
    print("thread_frame", offsetof(PyThreadState, frame));
    print("previous", offsetof(PyFrameObject, f_back));
    print("code", offsetof(PyFrameObject, f_code));
    print("lasti", offsetof(PyFrameObject, f_lasti));
#else
    print("thread_frame", offsetof(PyThreadState, cframe));
    print("cframe_frame", offsetof(_PyCFrame, current_frame));
    print("previous", offsetof(_PyInterpreterFrame, previous));
    print("code", offsetof(_PyInterpreterFrame, f_code));
    print("instruction", offsetof(_PyInterpreterFrame, prev_instr));
#if PY_VERSION_HEX < 0x030c0000
    print("entry", offsetof(_PyInterpreterFrame, is_entry));
#else
    print("owner", offsetof(_PyInterpreterFrame, owner));
#endif
#endif
    print("file", offsetof(PyCodeObject, co_filename));
#if PY_VERSION_HEX < 0x030b0000
    print("name", offsetof(PyCodeObject, co_name));
#else
    print("name", offsetof(PyCodeObject, co_qualname));
#endif
    print("first_line", offsetof(PyCodeObject, co_firstlineno));
#if PY_VERSION_HEX < 0x030a0000
    print("table", offsetof(PyCodeObject, co_lnotab));
#else
    print("table", offsetof(PyCodeObject, co_linetable));
#endif
#if PY_VERSION_HEX >= 0x030b0000
    print("instructions", offsetof(PyCodeObject, co_code_adaptive));
#endif
    print("text_ascii", sizeof(PyASCIIObject));
    print("text_other", sizeof(PyCompactUnicodeObject));
#if PY_VERSION_HEX < 0x030b0000
    print("frame locals", offsetof(PyFrameObject, f_localsplus));
    print("frame stack", offsetof(PyFrameObject, f_valuestack));
    print("code names", offsetof(PyCodeObject, co_varnames));
#else
    print("frame locals", offsetof(_PyInterpreterFrame, localsplus));
    print("frame top", offsetof(_PyInterpreterFrame, stacktop));
    print("frame kind", offsetof(_PyInterpreterFrame, owner));
    print("code locals", offsetof(PyCodeObject, co_nlocalsplus));
    print("code names", offsetof(PyCodeObject, co_localsplusnames));
#endif
    print("code stack", offsetof(PyCodeObject, co_stacksize));
    print("code constants", offsetof(PyCodeObject, co_consts));
#endif
#if PY_VERSION_HEX >= 0x030c0000
    print("pool_bits", POOL_BITS);
    print("arena_bits", ARENA_BITS);
#endif
    print("type", offsetof(PyObject, ob_type));
    print("bytes size", offsetof(PyBytesObject, ob_base.ob_size));
    print("bytes data", offsetof(PyBytesObject, ob_sval));
    print("text length", offsetof(PyASCIIObject, length));
    print("text state", offsetof(PyASCIIObject, state));
#if PY_VERSION_HEX >= 0x030d0000
    print_calls((const uint8_t[]){CALL, CALL_NON_PY_GENERAL, CALL_KW, CALL_FUNCTION_EX}, 2, INLINE_CACHE_ENTRIES_CALL, POP_TOP);
#elif PY_VERSION_HEX >= 0x030c0000
    print_calls((const uint8_t[]){CALL, CALL_FUNCTION_EX, 0, 0}, 1, INLINE_CACHE_ENTRIES_CALL, POP_TOP);
#elif PY_VERSION_HEX >= 0x030b0000
    print_calls((const uint8_t[]){CALL, CALL_ADAPTIVE, CALL_FUNCTION_EX, 0}, 2, INLINE_CACHE_ENTRIES_CALL, POP_TOP);
#else
    print_calls((const uint8_t[]){CALL_FUNCTION, CALL_METHOD, CALL_FUNCTION_KW, CALL_FUNCTION_EX}, 0, 0, POP_TOP);
    print("code bytes", offsetof(PyCodeObject, co_code));
#endif
    print("function code", offsetof(PyFunctionObject, func_code));
    print("type name", offsetof(PyTypeObject, tp_name));
    print("type basic size", offsetof(PyTypeObject, tp_basicsize));
    print("type dealloc", offsetof(PyTypeObject, tp_dealloc));
    print("type call", offsetof(PyTypeObject, tp_call));
    print("type flags", offsetof(PyTypeObject, tp_flags));
    print("type traverse", offsetof(PyTypeObject, tp_traverse));
    print("type base", offsetof(PyTypeObject, tp_base));
    print("type dict", offsetof(PyTypeObject, tp_dict));
    print("type mro", offsetof(PyTypeObject, tp_mro));
    print("type subclasses", offsetof(PyTypeObject, tp_subclasses));
    print("type version", offsetof(PyTypeObject, tp_version_tag));
    print("tuple items", offsetof(PyTupleObject, ob_item));
    print("list items", offsetof(PyListObject, ob_item));
    print("weakref object", offsetof(PyWeakReference, wr_object));
    print("buffer memory", offsetof(Py_buffer, buf));
    print("buffer object", offsetof(Py_buffer, obj));
    print("buffer length", offsetof(Py_buffer, len));
    int twelve = PY_VERSION_HEX >> 16 == 0x030c;
    print("parser format", twelve ? 0 : offsetof(_PyArg_Parser, format));
    print("parser format of 3.12", twelve ? offsetof(_PyArg_Parser, format) : 8);
    print("builtin self", offsetof(PyCFunctionObject, m_self));
    print("builtin method", offsetof(PyCFunctionObject, m_ml));
    print("descriptor method", offsetof(PyMethodDescrObject, d_method));
    print("method function", offsetof(PyMethodObject, im_func));
    print("wrapper wrapped", offsetof(PyWrapperDescrObject, d_wrapped));
    print("flags", Py_TPFLAGS_VALID_VERSION_TAG | Py_TPFLAGS_LONG_SUBCLASS | Py_TPFLAGS_LIST_SUBCLASS |
                       Py_TPFLAGS_TUPLE_SUBCLASS | Py_TPFLAGS_BYTES_SUBCLASS | Py_TPFLAGS_UNICODE_SUBCLASS |
                       Py_TPFLAGS_DICT_SUBCLASS | Py_TPFLAGS_TYPE_SUBCLASS);
#if PY_VERSION_HEX >= 0x030c0000
    print("int digits", offsetof(PyLongObject, long_value.ob_digit));
#else
    print("int digits", offsetof(PyLongObject, ob_digit));
#endif
#endif
    return 0;
}
