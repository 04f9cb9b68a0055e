// SPDX-License-Identifier: Apache-2.0
//
// Opens a C++ module (with the C++ runtime in it, or shared) over and over: constructors that throw, objects that pass,
// exceptions that pass.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <new>
#include <string>

template <typename Function> static Function find(void *handle, const char *name) {
    auto function = reinterpret_cast<Function>(dlsym(handle, name));
    if (!function)
        _Exit(70);
    return function;
}

int main(int argc, char **argv) {
    bool is_shared = argc > 2 && std::strcmp(argv[2], "shared") == 0;
    for (int i = 0; i < 10; i++) {
        void *handle = dlopen(argv[1], i % 2 ? RTLD_NOW : RTLD_LAZY);
        if (!handle)
            return 71;
        auto *text = find<std::string *(*)(const char *)>(handle, "module_make")("a text that is long enough to be on the heap");
        text->append(200, '!');
        find<void (*)(std::string *)>(handle, "module_drop")(text);
        delete[] find<char *(*)(size_t)>(handle, "module_make_array")(100);
        if (find<size_t (*)()>(handle, "module_count")() != 2)
            return 72;
        if (is_shared) {
            try {
                find<void (*)(int)>(handle, "module_throw")(i % 2);
            } catch (const std::bad_alloc &) {
                std::puts("bad_alloc");
            } catch (const std::string &thrown) {
                std::puts(thrown.c_str());
            }
        }
        dlclose(handle);
    }
    if (std::strcmp(argv[argc - 1], "bug") == 0)
        delete new int[10]; // NOLINT
    std::puts("done");
    return 0;
}
