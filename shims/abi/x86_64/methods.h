/* SPDX-License-Identifier: Apache-2.0
 *
 * The shape of the table of stubs that stand for extensions' functions. Read by the assembler too.
 */
#ifndef FFISAN_ABI_METHODS_H
#define FFISAN_ABI_METHODS_H

#define METHODS     16384
#define METHOD_SIZE 16

#endif
