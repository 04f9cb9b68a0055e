/* SPDX-License-Identifier: Apache-2.0 */
#include "gate_subjects.h"

#include <errno.h>

int64_t subject_integers(int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f, int64_t g, int64_t h, int64_t i) {
    return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i;
}

double subject_doubles(double a, double b, double c, double d, double e, double f, double g, double h, double i) {
    return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i;
}

int64_t subject_many(int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f, int64_t g, int64_t h, int64_t i, int64_t j,
                     int64_t k, int64_t l, int64_t m, int64_t n, int64_t o, int64_t p, int64_t q, int64_t r, int64_t s, int64_t t,
                     int64_t u, int64_t v) {
    int64_t all[] = {a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v}, sum = 0;
    for (int at = 0; at < 22; at++)
        sum += all[at] * (at + 1);
    return sum;
}

double subject_variadic(int count, ...) {
    va_list arguments;
    va_start(arguments, count);
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += i % 2 ? va_arg(arguments, double) : va_arg(arguments, int);
    va_end(arguments);
    return sum;
}

int64_t subject_large(struct large large, int64_t scale) {
    int64_t sum = 0;
    for (int i = 0; i < 12; i++)
        sum += large.words[i] * (i + 1);
    return sum * scale;
}

int64_t subject_huge(struct huge huge, int64_t scale) {
    int64_t sum = 0;
    for (int i = 0; i < 200; i++)
        sum += huge.words[i];
    return sum * scale;
}

struct large subject_makes_large(int64_t start) {
    struct large large;
    for (int i = 0; i < 12; i++)
        large.words[i] = start + i;
    return large;
}

struct pair subject_pair(int64_t first, double second) {
    return (struct pair){first * 2, second * 3};
}

struct two subject_two(int64_t first, int64_t second) {
    return (struct two){second, first};
}

long double subject_long(long double value) {
    return value + 1;
}

double complex subject_complex(double complex value) {
    return value * 2;
}

long double complex subject_long_complex(long double complex value) {
    return value + 1;
}

__asm__(".text\n.globl subject_chain\n.type subject_chain, @function\nsubject_chain: movq %r10, %rax\nret\n"
        ".size subject_chain, . - subject_chain");

__asm__(".text\n.globl subject_jumps\n.type subject_jumps, @function\n"
        "subject_jumps: movq %rdi, %rax\nmovq %rsi, %rdi\njmp *%rax\n.size subject_jumps, . - subject_jumps");

int subject_errno(int value) {
    int before = errno;
    errno = value;
    return before;
}

int64_t subject_plain(int64_t value) {
    return value + 1;
}
