/* SPDX-License-Identifier: Apache-2.0
 *
 * A function that is inlined into another: test_symbols.c asks for the address of the store and wants both, with these lines.
 */
volatile int guinea_sink;
void guinea_outer(int value);

static inline __attribute__((always_inline)) void guinea_inner(int value) {
    guinea_sink = value; /* line 9 */
}

__attribute__((noinline)) void guinea_outer(int value) {
    guinea_inner(value + 1); /* line 13 */
}
