/* SPDX-License-Identifier: Apache-2.0 */
#include "odd.h"

char odd_characters(signed char a, unsigned char b, char c, int8_t d, uint8_t e) {
    return (char)(a + b + c + d + e);
}
short odd_integers(unsigned short a, int b, unsigned c, long d, unsigned long e, long long f, unsigned long long g) {
    return (short)((unsigned long)a + (unsigned long)b + c + (unsigned long)d + e + (unsigned long)f + g);
}
size_t odd_typedefs(int16_t a, uint16_t b, int32_t c, uint32_t d, int64_t e, uint64_t f, ptrdiff_t g, uintptr_t h) {
    return (size_t)a + b + (size_t)c + d + (size_t)e + f + (size_t)g + h;
}
__int128 odd_wide_integers(unsigned __int128 a) {
    return (__int128)a;
}
bool odd_bool(bool a) {
    return !a;
}
double odd_floats(float a, long double b) {
    return a + (double)b;
}
double complex odd_complex(float complex a, long double complex b) {
    return (double complex)(a + b);
}
wchar_t odd_wide(wchar_t a, const wchar_t *b, wint_t c) {
    return a + *b + (wchar_t)c;
}
odd_void *odd_nothing(void) {
    return NULL;
}

enum odd_colour odd_enums(odd_side a, enum odd_large b, enum odd_colour *c) {
    return a == ODD_ABOVE && b ? ODD_RED : *c;
}

odd_text odd_pointers(const char *a, char *const b, const char *const *c, char **d, volatile int *restrict e, odd_text *f) {
    return *e ? a : b ? *c : d ? *d : *f;
}
void *odd_arrays(int a[10], const char b[], odd_numbers c, int (*d)[5], const double (*e)[2][3], odd_number *f) {
    return a[0] ? (void *)c : b[0] ? (void *)d : e ? (void *)f : NULL;
}
int (*odd_array_of(void))[3] {
    return NULL;
}
int odd_variadic(const char *format, ...) {
    return *format;
}
int odd_list(const char *format, va_list arguments) {
    return *format + va_arg(arguments, int);
}

void odd_callbacks(odd_compare a, odd_handler *b, odd_handler c, int (*d)(long, ...), void (*(*e)(void))(int)) {
    b(a(NULL, NULL) + d(0), NULL);
    c(0, NULL);
    e()(0);
}
void (*odd_signal(int number, void (*handler)(int)))(int) {
    return number ? handler : NULL;
}
int odd_unspecified() {
    return 0;
}

struct odd_plain odd_by_value(struct odd_plain a, odd_value b, struct odd_bits c) {
    a.number = (int)b.integer + (int)c.second;
    return a;
}
struct odd_packed *odd_by_address(odd_flexible *a, struct odd_old_flexible *b, const struct odd_anonymous *c) {
    return a->length && c->kind ? b->items : NULL;
}
odd_hidden *odd_opaque(struct odd_hidden *a, const odd_hidden *b, odd_hidden **c) {
    return a == b ? a : *c;
}
struct odd_tree *odd_circles(struct odd_node *a, const struct odd_tree *b) {
    return a == &b->root ? a->tree : NULL;
}
void odd_alignments(struct odd_aligned *a, struct odd_empty *b, struct odd_bits *c) {
    a->number = b ? (int)c->first : 0;
}

int odd_choices(odd_choice a, const struct sockaddr *b) {
    return a.plain && b;
}

odd_vector odd_vectors(odd_vector a, odd_vector *b) {
    return a + *b;
}
