/* SPDX-License-Identifier: Apache-2.0
 *
 * What went wrong, in one sentence for the user: what, where, and what to do next. NULL stands for success everywhere. The
 * launcher prints it and ends with 125. There are no codes: nobody but the user decides anything by the kind of trouble.
 */
#ifndef FFISAN_CLI_TROUBLE_H
#define FFISAN_CLI_TROUBLE_H

struct trouble;

/* Never NULL: when there is no memory for the sentence, it is one that says so. */
struct trouble *trouble_new(const char *format, ...) __attribute__((format(printf, 1, 2), returns_nonnull));
/* Without a newline and without the program's name. Valid until trouble_free. */
const char *trouble_text(const struct trouble *trouble);
/* NULL is fine. */
void trouble_free(struct trouble *trouble);

#endif
