/* SPDX-License-Identifier: Apache-2.0
 *
 * What programs say of themselves (ffisan/ffisan.h). Each function that says something becomes a registered function with a contract of a word
 * or two, made up here, and its statement a call of it: from there on everything is as with any other contract.
 */
#ifndef FFISAN_CONTRACT_SPOKEN_H
#define FFISAN_CONTRACT_SPOKEN_H

/* In a forked child. */
void spoken_forked(void);

#endif
