/* SPDX-License-Identifier: Apache-2.0
 *
 * More types than anybody wants to know of: a struct that leads to ten others, each of which leads to ten, four times over, to ten
 * thousand that are only declared. A struct is named by its way: s, s3, s37, s370.
 */
// NOLINTBEGIN(bugprone-macro-parentheses)
#define TEN_A(m, n) m(n##0) m(n##1) m(n##2) m(n##3) m(n##4) m(n##5) m(n##6) m(n##7) m(n##8) m(n##9)
#define TEN_B(m, n) m(n##0) m(n##1) m(n##2) m(n##3) m(n##4) m(n##5) m(n##6) m(n##7) m(n##8) m(n##9)
#define TEN_C(m, n) m(n##0) m(n##1) m(n##2) m(n##3) m(n##4) m(n##5) m(n##6) m(n##7) m(n##8) m(n##9)
#define TEN_D(m, n) m(n##0) m(n##1) m(n##2) m(n##3) m(n##4) m(n##5) m(n##6) m(n##7) m(n##8) m(n##9)

#define POINTER(n) struct n *to_##n;
#define RECORD(n)                                                                                                                \
    struct n {                                                                                                                   \
        TEN_A(POINTER, n)                                                                                                        \
    };
#define RECORDS(n)         TEN_B(RECORD, n)
#define HUNDRED_RECORDS(n) TEN_C(RECORDS, n)

RECORD(s)
RECORDS(s)
HUNDRED_RECORDS(s)
TEN_D(HUNDRED_RECORDS, s)
// NOLINTEND(bugprone-macro-parentheses)

void *wide_graph(struct s *a, int b);
void *wide_graph(struct s *a, int b) {
    return b ? (void *)a->to_s0->to_s01->to_s012->to_s0123 : (void *)a->to_s9;
}
