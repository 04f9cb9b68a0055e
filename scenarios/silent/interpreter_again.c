/* SPDX-License-Identifier: Apache-2.0
 *
 * interpreter_again LIBPYTHON: an interpreter that begins and ends time and again in one process, as in programs that embed it. Each
 * time CPython sets its allocators back to what they were, and frees with one what it allocated with the other. How far it has
 * come when the shim attaches to it depends on the number of calls of malloc before.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

static void *library;

static void *function(const char *name) {
    void *address = dlsym(library, name);
    if (!address) {
        puts(dlerror());
        exit(1);
    }
    return address;
}

int main(int count, char **arguments) {
    library = count > 1 ? dlopen(arguments[1], RTLD_NOW | RTLD_GLOBAL) : NULL;
    if (!library) {
        puts("which interpreter?");
        return 1;
    }
    void (*begin)(int) = (void (*)(int))function("Py_InitializeEx");
    int (*run)(const char *) = (int (*)(const char *))function("PyRun_SimpleString");
    int (*end)(void) = (int (*)(void))function("Py_FinalizeEx");
    int bad = 0;
    for (int i = 0; i < 12; i++) {
        for (int n = 0; n < 7 * i; n++)
            free(malloc(1));
        begin(0);
        bad |= run("import json, re, threading, zlib\n"
                   "threads = [threading.Thread(target=json.dumps, args=([1] * 1000,)) for _ in range(4)]\n"
                   "[thread.start() for thread in threads]\n"
                   "[thread.join() for thread in threads]\n"
                   "print(len(json.loads(json.dumps(list(range(3000))))), flush=True)\n");
        bad |= end();
    }
    return bad != 0;
}
