-- SPDX-License-Identifier: Apache-2.0
local ffi = require("ffi")

ffi.cdef [[
char *strdup(const char *text);
void free(void *memory);
]]

local function shout(name)
    local copy = ffi.C.strdup(name)
    local text = ffi.string(copy):upper()
    ffi.C.free(copy)
    return text
end

for _ = 1, 8 do
    print(shout("world"))
end
