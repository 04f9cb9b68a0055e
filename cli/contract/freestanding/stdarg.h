/* SPDX-License-Identifier: Apache-2.0
 *
 * ISO C 7.16, as far as declarations need it: see stddef.h here.
 */
#ifndef FFISAN_STDARG_H
#define FFISAN_STDARG_H

typedef __builtin_va_list va_list;
typedef __builtin_va_list __gnuc_va_list;

#endif
