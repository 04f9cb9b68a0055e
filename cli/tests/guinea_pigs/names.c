/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions that have more than one name, or one name for two of them, or are chosen when the library is loaded.
 */
long guinea_first(int a);
long guinea_first(int a) {
    return a;
}
long guinea_second(int a) __attribute__((alias("guinea_first")));

short guinea_same(int a);
short guinea_same(int a) {
    return (short)a;
}
short _guinea_same(int a) __attribute__((alias("guinea_same")));

/* An IFUNC: what is called is guinea_inside, which nobody sees. */
static double inside(double a) {
    return a + 1;
}
typedef double chosen(double a);
static __attribute__((used)) chosen *choose(void) {
    return inside;
}
double guinea_chosen(double a) __attribute__((ifunc("choose")));

/* Two versions: programs of old get the first, by a name that is the second's now. */
int guinea_versions_old(char *a);
int guinea_versions_new(const char *a, int b);
int guinea_versions_old(char *a) {
    return *a;
}
int guinea_versions_new(const char *a, int b) {
    return *a + b;
}
__asm__(".symver guinea_versions_old, guinea_versions@NAMES_1, remove");
__asm__(".symver guinea_versions_new, guinea_versions@@NAMES_2, remove");
