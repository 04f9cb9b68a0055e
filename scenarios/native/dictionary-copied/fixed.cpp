/* SPDX-License-Identifier: Apache-2.0 */
#include <cstdio>
#include <string>
#include <utility>
#include <zstd.h>

struct Dictionary {
    Dictionary() = default;
    explicit Dictionary(const std::string &content) : dictionary(ZSTD_createDDict(content.data(), content.size())) {}
    Dictionary(const Dictionary &) = delete;
    Dictionary &operator=(Dictionary &&other) noexcept {
        std::swap(dictionary, other.dictionary);
        return *this;
    }
    ~Dictionary() { ZSTD_freeDDict(dictionary); }
    ZSTD_DDict *dictionary = nullptr;
};

struct Compressor {
    explicit Compressor(const std::string &content) { dictionary = Dictionary(content); }
    unsigned id() const { return ZSTD_getDictID_fromDDict(dictionary.dictionary); }
    Dictionary dictionary;
};

static Compressor *compressor; // for the whole program

int main() {
    compressor = new Compressor("some words that occur in every message");
    std::puts(compressor->id() + 1 != 0 ? "ready" : "not ready");
    return 0;
}
