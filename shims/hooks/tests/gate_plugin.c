/* SPDX-License-Identifier: Apache-2.0
 *
 * A library that comes and goes; ANSWER tells one from the other.
 */
int plugin_answer(void);
int plugin_answer(void) {
    return ANSWER;
}
