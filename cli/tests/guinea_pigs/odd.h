/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions with every type that a header may have: what debug info says of them, and what libclang reads here, must be the same.
 */
#ifndef FFISAN_CLI_TESTS_GUINEA_PIGS_ODD_H
#define FFISAN_CLI_TESTS_GUINEA_PIGS_ODD_H

#include <complex.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

/* numbers */
char odd_characters(signed char a, unsigned char b, char c, int8_t d, uint8_t e);
short odd_integers(unsigned short a, int b, unsigned c, long d, unsigned long e, long long f, unsigned long long g);
size_t odd_typedefs(int16_t a, uint16_t b, int32_t c, uint32_t d, int64_t e, uint64_t f, ptrdiff_t g, uintptr_t h);
__int128 odd_wide_integers(unsigned __int128 a);
bool odd_bool(bool a);
double odd_floats(float a, long double b);
double complex odd_complex(float complex a, long double complex b);
wchar_t odd_wide(wchar_t a, const wchar_t *b, wint_t c);
typedef void odd_void;
odd_void *odd_nothing(void);

/* enumerations */
enum odd_colour { ODD_RED, ODD_GREEN };
typedef enum { ODD_BELOW = -1, ODD_ABOVE = 1 } odd_side;
enum odd_large { ODD_LARGE = 0x100000000 };
enum odd_colour odd_enums(odd_side a, enum odd_large b, enum odd_colour *c);

/* pointers and arrays */
typedef const char *odd_text;
typedef unsigned long odd_number, odd_numbers[4];
odd_text odd_pointers(const char *a, char *const b, const char *const *c, char **d, volatile int *restrict e, odd_text *f);
void *odd_arrays(int a[10], const char b[], odd_numbers c, int (*d)[5], const double (*e)[2][3], odd_number *f);
int (*odd_array_of(void))[3];
int odd_variadic(const char *format, ...);
int odd_list(const char *format, va_list arguments);

/* functions */
typedef int (*odd_compare)(const void *, const void *);
typedef void odd_handler(int, void *);
void odd_callbacks(odd_compare a, odd_handler *b, odd_handler c, int (*d)(long, ...), void (*(*e)(void))(int));
void (*odd_signal(int number, void (*handler)(int)))(int);
int odd_unspecified();

/* structs and unions */
struct odd_plain {
    char letter;
    int number;
    double value;
    const char *text;
    short shorts[3];
    char matrix[2][5];
};
struct odd_bits {
    unsigned first : 3, second : 9;
    int : 4;
    signed third : 2;
    uint64_t fourth : 40;
    bool fifth : 1;
    int : 0;
    unsigned char sixth : 7;
};
struct odd_packed {
    char letter;
    int number;
    struct odd_plain *plain;
} __attribute__((packed));
typedef struct {
    size_t length;
    unsigned char bytes[];
} odd_flexible;
struct odd_old_flexible {
    int count;
    struct odd_packed items[1];
};
typedef union {
    int64_t integer;
    double real;
    struct {
        uint32_t low, high;
    } halves;
} odd_value;
struct odd_anonymous {
    int kind;
    union {
        long integer;
        double real;
        struct {
            short x, y;
        };
    };
    struct {
        char inside;
    } named;
};
struct odd_node {
    struct odd_node *next, **previous;
    struct odd_tree *tree;
    odd_compare compare;
    int (*visit)(struct odd_node *, enum odd_colour);
};
struct odd_tree {
    struct odd_node root;
    odd_value values[2];
};
struct odd_aligned {
    char letter;
    int number __attribute__((aligned(8)));
};
struct odd_empty {};
typedef struct odd_hidden odd_hidden;

struct odd_plain odd_by_value(struct odd_plain a, odd_value b, struct odd_bits c);
struct odd_packed *odd_by_address(odd_flexible *a, struct odd_old_flexible *b, const struct odd_anonymous *c);
odd_hidden *odd_opaque(struct odd_hidden *a, const odd_hidden *b, odd_hidden **c);
struct odd_tree *odd_circles(struct odd_node *a, const struct odd_tree *b);
void odd_alignments(struct odd_aligned *a, struct odd_empty *b, struct odd_bits *c);

/* a transparent union, which is handed over like its first member, and what a call gives only a part of */
typedef union {
    struct odd_plain *plain;
    struct odd_tree *tree;
} odd_choice __attribute__((transparent_union));
struct sockaddr;
int odd_choices(odd_choice a, const struct sockaddr *b);

/* vectors */
typedef float odd_vector __attribute__((vector_size(16)));
odd_vector odd_vectors(odd_vector a, odd_vector *b);

#endif
