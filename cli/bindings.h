/* SPDX-License-Identifier: Apache-2.0
 *
 * Modules that make foreign calls for managed code, as far as the report has to say that their calls were not seen.
 */
#ifndef FFISAN_CLI_BINDINGS_H
#define FFISAN_CLI_BINDINGS_H

#include <libelf.h>
#include <stdbool.h>

enum binding_reach {
    BINDING_NONE,   /* no such module */
    BINDING_SEEN,   /* its calls go through a libffi that the shim stands before */
    BINDING_HIDDEN, /* it has a libffi inside that nobody can stand before: linked in, and not exported */
    BINDING_OWN,    /* it makes calls itself, with code of its own */
};
/* By the file's name and its symbols; `elf` NULL: the file cannot be read, and nothing is said of a libffi in it. *product: what people call
 * it, or NULL. */
enum binding_reach binding_reach(const char *name, Elf *elf, const char **product);

#endif
