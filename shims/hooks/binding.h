/* SPDX-License-Identifier: Apache-2.0
 *
 * Which definition a reference leads to: for slots that the loader fills only when they are first used.
 */
#ifndef FFISAN_HOOKS_BINDING_H
#define FFISAN_HOOKS_BINDING_H

#include "core/modules.h"
#include "core/types.h"

/* Where the loader is going to lead a call from `module` of the function `name` in that version (NULL: it asks for none). 0: nowhere,
 * or not certain. Under the loader's lock, one thread at a time. */
uintptr_t binding_of(const struct module *module, const char *name, const char *version);
/* A library was opened with RTLD_GLOBAL: from now on what others define may come before what a module needs itself. */
void binding_note_global(void);

#endif
