// SPDX-License-Identifier: Apache-2.0
//
// A C++ library, also built with -static-libstdc++ (then it has operators and exceptions of its own). Its constructor throws, and
// catches what it has thrown; objects pass between it and the program.
#include <map>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

namespace {
struct Starter {
    std::map<std::string, std::vector<int>> table;
    Starter() {
        for (int i = 0; i < 50; i++) {
            try {
                auto *leaky = new std::string(100, 'x');
                std::string text = *leaky;
                delete leaky;
                if (i % 2)
                    throw std::runtime_error(text);
                throw new int(i);
            } catch (const std::runtime_error &error) {
                table[error.what()].push_back(i);
            } catch (int *number) {
                table["int"].push_back(*number);
                delete number;
            }
        }
    }
} starter;
} // namespace

extern "C" {
std::string *module_make(const char *text) {
    return new std::string(text);
}
void module_drop(std::string *text) {
    delete text;
}
char *module_make_array(size_t size) {
    return new char[size];
}
void module_throw(int how) {
    if (how == 0)
        throw std::bad_alloc();
    throw std::string("thrown from the module, long enough to be on the heap");
}
size_t module_count() {
    return starter.table.size();
}
}
