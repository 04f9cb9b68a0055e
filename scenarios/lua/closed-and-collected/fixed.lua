-- SPDX-License-Identifier: Apache-2.0
local ffi = require("ffi")

ffi.cdef [[
struct greeting *greeting_new(const char *name);
const char *greeting_name(const struct greeting *greeting);
void greeting_free(struct greeting *greeting);
]]
local library = ffi.load(os.getenv("GREETING_LIBRARY"))

local person = ffi.gc(library.greeting_new("world"), library.greeting_free)
print(ffi.string(library.greeting_name(person)))
library.greeting_free(ffi.gc(person, nil))
