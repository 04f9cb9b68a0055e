/* SPDX-License-Identifier: Apache-2.0
 *
 * libclang, opened while the compiler runs: FFISan is built with its headers and does not need it to be installed. The
 * functions of libclang.def go under their own names here, and lead to what was opened.
 */
#ifndef FFISAN_CLI_CONTRACT_LIBCLANG_H
#define FFISAN_CLI_CONTRACT_LIBCLANG_H

#include <stdbool.h>

/* True: there is one, and every function was found. Else *why says what is missing. FFISAN_LIBCLANG may name it. */
bool libclang_open(const char **why);

#endif
