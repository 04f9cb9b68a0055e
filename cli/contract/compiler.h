/* SPDX-License-Identifier: Apache-2.0
 *
 * Exit statuses of ffisan-contract-compiler.
 */
#ifndef FFISAN_CLI_CONTRACT_COMPILER_H
#define FFISAN_CLI_CONTRACT_COMPILER_H

enum {
    CONTRACT_COMPILER_ERRORS = 1,  /* in the contract; standard error says which */
    CONTRACT_COMPILER_TROUBLE = 2, /* it could not be compiled; standard error says why */
    CONTRACT_COMPILER_NO_LIBCLANG = 3,
};

#endif
