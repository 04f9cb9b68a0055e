/* SPDX-License-Identifier: Apache-2.0
 *
 * What every unit test of the core begins with. cmocka wants its own order of headers.
 */
#ifndef FFISAN_CORE_TESTS_UNIT_H
#define FFISAN_CORE_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
