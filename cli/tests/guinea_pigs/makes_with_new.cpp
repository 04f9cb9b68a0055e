// SPDX-License-Identifier: Apache-2.0
// A library that makes a block with operator new. How it is linked decides whether anybody outside can see that.
#include <new>

extern "C" int *guinea_make() {
    try {
        return new int[10];
    } catch (const std::bad_alloc &) {
        return nullptr;
    }
}
