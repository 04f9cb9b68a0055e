/* SPDX-License-Identifier: Apache-2.0
 *
 * Libraries that define the same function, and libraries that call it: ANSWER is what it answers, USER calls it, and with both it does both.
 */
#ifdef ANSWER
int twin(void);
int twin(void) {
    return ANSWER;
}
#endif

#ifdef USER
int twin(void);
int use(void);
int use(void) {
    return twin();
}
#endif
