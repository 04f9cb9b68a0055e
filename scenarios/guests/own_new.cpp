// SPDX-License-Identifier: Apache-2.0
//
// A program with its own operators new and delete, which put a header in front: what they return is not what malloc gave. Also
// for the library's objects, since operators are replaced for the whole program.
#include <cstdio>
#include <cstdlib>
#include <map>
#include <new>
#include <string>
#include <vector>

static size_t live;

void *operator new(size_t size) {
    auto *block = static_cast<size_t *>(std::malloc(size + 32));
    if (!block)
        throw std::bad_alloc();
    block[0] = size;
    live++;
    return block + 4;
}
void *operator new[](size_t size) {
    return operator new(size);
}
void operator delete(void *block) noexcept {
    if (!block)
        return;
    live--;
    std::free(static_cast<size_t *>(block) - 4);
}
void operator delete[](void *block) noexcept {
    operator delete(block);
}
void operator delete(void *block, size_t size) noexcept {
    if (block && (static_cast<size_t *>(block) - 4)[0] != size)
        std::abort();
    operator delete(block);
}
void operator delete[](void *block, size_t size) noexcept {
    operator delete(block, size);
}

int main() {
    size_t before = live;
    {
        std::map<std::string, std::vector<std::string>> table;
        for (int i = 0; i < 500; i++)
            table["a key that is too long to be kept inside: " + std::to_string(i % 50)].push_back(std::string(i, 'x'));
        delete[] new int[100];
        delete new double(1);
    }
    std::printf("%zu left\n", live - before);
    return 0;
}
