/* SPDX-License-Identifier: Apache-2.0
 *
 * A library with names of CPython's: test_stacks.c hands out addresses in it.
 */
volatile int guinea_sink;
void _PyEval_EvalFrameDefault(void);
void _PyEval_Vector(void);

void _PyEval_EvalFrameDefault(void) {
    guinea_sink = 1;
    guinea_sink = 2;
}

void _PyEval_Vector(void) {
    guinea_sink = 3;
    guinea_sink = 4;
}
