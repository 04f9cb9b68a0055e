/* SPDX-License-Identifier: Apache-2.0
 *
 * libffi's structures, as every version since 3.0 has them on x86-64 (include/ffi.h.in, src/x86/ffitarget.h). The shim is not linked to
 * libffi and does not need its headers: which libffi it meets, and how many, shows only when the program runs.
 */
#ifndef FFISAN_HOOKS_LIBFFI_H
#define FFISAN_HOOKS_LIBFFI_H

#include "core/signatures.h"

/* ffi_type.type */
enum libffi_code {
    LIBFFI_VOID,
    LIBFFI_INT,
    LIBFFI_FLOAT,
    LIBFFI_DOUBLE,
    LIBFFI_LONGDOUBLE,
    LIBFFI_UINT8,
    LIBFFI_SINT8,
    LIBFFI_UINT16,
    LIBFFI_SINT16,
    LIBFFI_UINT32,
    LIBFFI_SINT32,
    LIBFFI_UINT64,
    LIBFFI_SINT64,
    LIBFFI_STRUCT,
    LIBFFI_POINTER,
    LIBFFI_COMPLEX,
};

struct libffi_type {
    size_t size;
    uint16_t alignment;
    uint16_t type;                       /* enum libffi_code */
    const struct libffi_type **elements; /* of a struct, NULL-terminated; of a complex one, its part */
};

#define LIBFFI_UNIX64 2u /* ffi_cif.abi: the System V one */

struct libffi_cif {
    uint32_t abi;
    uint32_t nargs;
    const struct libffi_type **arg_types;
    const struct libffi_type *rtype;
    uint32_t bytes;
    uint32_t flags;
};

/* The FUNCTION that a cif describes, as far as libffi knows: index in the table, 0 when it does not fit. */
uint32_t libffi_describe(struct type_writer *writer, const struct libffi_cif *cif);
/* What makes two cifs the same: every type by its content. */
uint64_t libffi_key(const struct libffi_cif *cif);

#endif
