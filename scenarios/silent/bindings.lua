-- SPDX-License-Identifier: Apache-2.0
-- LuaJIT's ffi: functions, compiled to machine code too, structs, callbacks, owned memory, variadic functions.
local ffi = require("ffi")

ffi.cdef [[
typedef struct { long quot, rem; } ldiv_t;
ldiv_t ldiv(long numerator, long denominator);
size_t strlen(const char *text);
char *strdup(const char *text);
void free(void *memory);
int snprintf(char *out, size_t size, const char *format, ...);
void qsort(void *base, size_t count, size_t size, int (*compare)(const int *, const int *));
double pow(double base, double exponent);
struct greeting_style { int width; char fill; double volume; const char *suffix; };
struct greeting *greeting_new(const char *name);
void greeting_free(struct greeting *greeting);
size_t greeting_measure(const char *name, const struct greeting_style *style);
typedef struct sqlite3 sqlite3;
int sqlite3_open(const char *name, sqlite3 **connection);
int sqlite3_exec(sqlite3 *connection, const char *query, int (*row)(void *, int, char **, char **), void *context, char **error);
int sqlite3_close(sqlite3 *connection);
]]
local greeting = ffi.load(os.getenv("GREETING_LIBRARY"))
local sqlite = ffi.load("libsqlite3.so.0")
local libm = ffi.load("libm.so.6")

local function calls()
    local numbers = ffi.new("int[3]", { 3, 1, 2 })
    local compare = ffi.cast("int (*)(const int *, const int *)", function(left, right) return left[0] - right[0] end)
    ffi.C.qsort(numbers, 3, 4, compare)
    compare:free()
    local out = ffi.new("char[64]")
    ffi.C.snprintf(out, 64, "%d %s", ffi.cast("int", 7), "seven")
    local copy = ffi.gc(ffi.C.strdup("copied"), ffi.C.free)
    print(numbers[0], ffi.string(out), ffi.string(copy), tonumber(ffi.C.ldiv(17, 5).quot), tonumber(ffi.C.strlen("hello")))
end

local function rows(query)
    local found, place = {}, ffi.new("sqlite3 *[1]")
    local row = ffi.cast("int (*)(void *, int, char **, char **)", function(_, _, values)
        found[#found + 1] = ffi.string(values[0])
        return 0
    end)
    sqlite.sqlite3_open(":memory:", place)
    sqlite.sqlite3_exec(place[0], query, row, nil, nil)
    sqlite.sqlite3_close(place[0])
    row:free()
    return table.concat(found, ",")
end

for _ = 1, 20 do
    calls()
    print(rows("select 1 union select 2"))
end
local person = ffi.gc(greeting.greeting_new("world"), greeting.greeting_free)
local style, sum = ffi.new("struct greeting_style", { 20, 32, 1.0, nil }), 0
for _ = 1, 100000 do
    sum = sum + tonumber(greeting.greeting_measure("world", style))
end
print(person ~= nil, sum, libm.pow(2, 10))
collectgarbage()
