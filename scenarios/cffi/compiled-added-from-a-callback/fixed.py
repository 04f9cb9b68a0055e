# SPDX-License-Identifier: Apache-2.0
from _binding import ffi, lib


class Loader:
    def __init__(self):
        self.multi = ffi.gc(lib.curl_multi_init(), lib.curl_multi_cleanup)
        self.tasks = []
        self.waiting = []
        self.got = []

    def load(self, address):
        task = lib.curl_easy_init()
        lib.curl_easy_setopt(task, lib.CURLOPT_URL, ffi.new("char []", address))
        lib.curl_easy_setopt(task, lib.CURLOPT_WRITEFUNCTION, lib.received)
        self.tasks.append(task)
        lib.curl_multi_add_handle(self.multi, task)

    def run(self):
        running = ffi.new("int *", 1)
        while running[0] or self.waiting:
            while self.waiting:
                self.load(self.waiting.pop())
            lib.curl_multi_perform(self.multi, running)

    def close(self):
        for task in self.tasks:
            lib.curl_multi_remove_handle(self.multi, task)
            lib.curl_easy_cleanup(task)
        ffi.release(self.multi)


loader = Loader()


@ffi.def_extern()
def received(data, size, count, _user):
    """What was loaded names what is to be loaded next."""
    text = bytes(ffi.buffer(data, size * count))
    loader.got.append(text.strip())
    if len(loader.got) == 1:
        loader.waiting.append(b"file:///proc/sys/kernel/ostype")
    return size * count


loader.load(b"file:///proc/sys/kernel/ostype")
loader.run()
loader.close()
print(loader.got)
