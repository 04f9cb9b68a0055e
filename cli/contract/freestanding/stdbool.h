/* SPDX-License-Identifier: Apache-2.0
 *
 * ISO C 7.18: see stddef.h here.
 */
#ifndef FFISAN_STDBOOL_H
#define FFISAN_STDBOOL_H

#define bool _Bool
#define true 1
#define false 0

#endif
