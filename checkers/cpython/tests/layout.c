/* SPDX-License-Identifier: Apache-2.0
 *
 * The offsets of versions.h, as one interpreter's own headers have them: compiled once for each interpreter by interpreters.py,
 * which compares with the build of it that prints the table (-DTABLE). This file is a test's: the conditionals here are what
 * versions.h does without.
 */
#include <stddef.h>
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
#if PY_VERSION_HEX >= 0x03090000
#include <internal/pycore_runtime.h>
#endif
#include <internal/pycore_pystate.h>
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
        print("published previous", PUBLISHED_FRAME_PREVIOUS);
        print("published code", PUBLISHED_FRAME_CODE);
        print("published instruction", PUBLISHED_FRAME_INSTRUCTION);
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
    } else {
        print("finalizing", layout.runtime_finalizing);
        print("head", layout.runtime_head);
        print("thread_id", layout.thread_id);
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
    PUBLISHED("previous", interpreter_frame.previous);
    PUBLISHED("code", interpreter_frame.executable);
    PUBLISHED("instruction", interpreter_frame.instr_ptr);
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
    print("thread_id", offsetof(PyThreadState, thread_id));
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
#endif
    return 0;
}
