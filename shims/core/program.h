/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FFISAN_CORE_PROGRAM_H
#define FFISAN_CORE_PROGRAM_H

/* The path of the program that this process runs; empty: not known. Asked for first when there is one thread, and the same from
 * then on. */
const char *program_path(void);

#endif
