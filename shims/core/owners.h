/* SPDX-License-Identifier: Apache-2.0
 *
 * Whose a block is, by the site that allocated it, and whether its loss is anybody's business.
 */
#ifndef FFISAN_CORE_OWNERS_H
#define FFISAN_CORE_OWNERS_H

#include "core/modules.h"
#include "core/sites.h"

enum claim {
    CLAIM_NONE,   /* an interpreter's own memory, the loader's, or nobody knows whose: nothing is said of it */
    CLAIM_OTHERS, /* somebody's, but options.only_library asks for others */
    CLAIM_OURS,   /* to be reported when it is lost */
};

/* The module that the site's row belongs to; when that is libc or unknown, the innermost one that is neither libc nor the shim.
 * NULL: nobody knows: code outside of any module stands before it. */
const struct module *site_owner(const struct site *site);
enum claim site_claim(const struct site *site);

#endif
