/* SPDX-License-Identifier: Apache-2.0
 *
 * C++ that is called from outside.
 */
#include <cstddef>

struct base {
    int number;
    virtual ~base();
    int method(long a) const;
    static int of_the_class(char a);
};
base::~base() {}
int base::method(long a) const {
    return number + static_cast<int>(a);
}
int base::of_the_class(char a) {
    return a;
}

struct plain {
    int number;
    struct {
        double real;
    } inside;
};

namespace space {
struct moved {
    int *owned;
    moved(const moved &other);
    ~moved();
};
moved::moved(const moved &other) : owned(other.owned) {}
moved::~moved() {}
int takes(int &a, const plain &b, int &&c);
int takes(int &a, const plain &b, int &&c) {
    return a + b.number + c;
}
} // namespace space

extern "C" {
int cxx_simple(int a, const char *b, bool c, wchar_t d, char16_t e);
int cxx_simple(int a, const char *b, bool c, wchar_t d, char16_t e) {
    return a + *b + c + static_cast<int>(d) + e;
}
plain cxx_plain(plain a);
plain cxx_plain(plain a) {
    return a;
}
int cxx_moved(space::moved a, int b);
int cxx_moved(space::moved a, int b) {
    return *a.owned + b;
}
}
space::moved cxx_returned(int a, space::moved &b);
space::moved cxx_returned(int a, space::moved &b) {
    *b.owned = a;
    return b;
}
