/* SPDX-License-Identifier: Apache-2.0
 *
 * For machines with libclang and without a compiler's own headers: ISO C 7.19, of x86-64.
 */
#ifndef FFISAN_STDDEF_H
#define FFISAN_STDDEF_H

typedef __SIZE_TYPE__ size_t;
typedef __PTRDIFF_TYPE__ ptrdiff_t;
typedef __WCHAR_TYPE__ wchar_t;
typedef struct {
    long long one __attribute__((__aligned__(8)));
    long double other __attribute__((__aligned__(16)));
} max_align_t;
#undef NULL
#define NULL                   ((void *)0)
#define offsetof(type, member) __builtin_offsetof(type, member)

#endif
