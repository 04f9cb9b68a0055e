/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions to stand behind gates, in a library of their own.
 */
#ifndef FFISAN_HOOKS_TESTS_GATE_SUBJECTS_H
#define FFISAN_HOOKS_TESTS_GATE_SUBJECTS_H

#include <complex.h>
#include <stdarg.h>
#include <stdint.h>

struct pair {
    int64_t first;
    double second;
};
struct two {
    int64_t first, second;
};
struct large {
    int64_t words[12];
};
struct huge {
    int64_t words[200];
};

int64_t subject_integers(int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f, int64_t g, int64_t h, int64_t i);
double subject_doubles(double a, double b, double c, double d, double e, double f, double g, double h, double i);
int64_t subject_many(int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f, int64_t g, int64_t h, int64_t i, int64_t j,
                     int64_t k, int64_t l, int64_t m, int64_t n, int64_t o, int64_t p, int64_t q, int64_t r, int64_t s, int64_t t,
                     int64_t u, int64_t v);
double subject_variadic(int count, ...);
int64_t subject_large(struct large large, int64_t scale);
int64_t subject_huge(struct huge huge, int64_t scale);
struct large subject_makes_large(int64_t start);
struct pair subject_pair(int64_t first, double second);
struct two subject_two(int64_t first, int64_t second);
long double subject_long(long double value);
double complex subject_complex(double complex value);
long double complex subject_long_complex(long double complex value);
/* What is in the static chain register when it is called. */
uintptr_t subject_chain(void);
int subject_errno(int value);
int64_t subject_plain(int64_t value);
/* Ends in a jump to `next`, which returns for it. */
int64_t subject_jumps(int64_t (*next)(int64_t), int64_t value);

#endif
