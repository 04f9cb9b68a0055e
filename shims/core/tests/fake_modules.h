/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FFISAN_CORE_TESTS_FAKE_MODULES_H
#define FFISAN_CORE_TESTS_FAKE_MODULES_H

#include "core/modules.h"

/* Looks again at what is loaded; modules that are no longer there are marked gone. Before the first call there are none. */
void fake_modules_refresh(void);
/* As between a call of dlclose and the refresh after it: what was not there at the first refresh is not pinned. */
void fake_modules_closing(bool now);
/* This one is found before all others; NULL: none. */
void fake_modules_first(const struct module *module);

#endif
