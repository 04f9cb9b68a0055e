// SPDX-License-Identifier: Apache-2.0
//
// Every form of operator new with the delete that belongs to it; failures by exception, by nullptr and through a new_handler.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

struct alignas(64) Wide {
    char bytes[192];
};
struct Base {
    virtual ~Base() = default;
    int number = 0;
};
struct Derived : Base {
    char more[500] = {};
};
struct Throwing {
    char bytes[64];
    Throwing() { throw std::string("from a constructor, and long enough to be on the heap"); }
};

static const size_t HUGE_SIZE = static_cast<size_t>(1) << 62;
static int handled;

static void handler() {
    if (++handled == 3)
        std::set_new_handler(nullptr);
}

static void fail() {
    volatile size_t size = HUGE_SIZE;
    try {
        delete[] new char[size];
    } catch (const std::bad_alloc &error) {
        std::puts(error.what());
    }
    std::puts(new (std::nothrow) char[size] ? "memory" : "nullptr");
    std::puts(operator new(size, std::align_val_t(64), std::nothrow) ? "memory" : "nullptr");
    std::set_new_handler(handler);
    try {
        operator delete(operator new(size));
    } catch (const std::bad_alloc &) {
        std::printf("after %d calls of the handler\n", handled);
    }
    try {
        delete[] new int[size / 2];
    } catch (const std::bad_array_new_length &) {
        std::puts("bad_array_new_length");
    } catch (const std::bad_alloc &) {
        std::puts("bad_alloc");
    }
    for (int i = 0; i < 2; i++) {
        try {
            delete (i ? new Throwing : new (std::nothrow) Throwing);
        } catch (const std::string &text) {
            std::puts(text.c_str());
        }
    }
}

static void succeed() {
    delete new int(1);
    delete[] new int[7];
    delete new Wide;
    delete[] new Wide[3];
    delete new (std::nothrow) Wide;
    delete[] new (std::nothrow) std::string[5];
    Base *base = new Derived;
    delete base;
    operator delete(operator new(0), static_cast<size_t>(0));
    operator delete(operator new(10), std::nothrow);
    operator delete[](operator new[](10), static_cast<size_t>(10));
    operator delete(operator new(100, std::align_val_t(32)), static_cast<size_t>(100), std::align_val_t(32));
    operator delete(operator new(3, std::align_val_t(1024)), std::align_val_t(1024));
    operator delete[](operator new[](3, std::align_val_t(4096), std::nothrow), std::align_val_t(4096), std::nothrow);
    operator delete[](operator new[](33, std::align_val_t(16)), static_cast<size_t>(33), std::align_val_t(16));
    operator delete(nullptr);
    std::vector<std::unique_ptr<Base>> all;
    for (int i = 0; i < 100; i++)
        all.push_back(i % 2 ? std::make_unique<Base>() : std::unique_ptr<Base>(new Derived));
    auto shared = std::make_shared<std::vector<std::string>>(50, std::string(100, 's'));
}

int main(int argc, char **argv) {
    for (int i = 0; i < 10; i++)
        succeed();
    fail();
    if (argc > 1 && std::strcmp(argv[argc - 1], "bug") == 0)
        std::free(new int); // NOLINT
    return 0;
}
