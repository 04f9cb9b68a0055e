// SPDX-License-Identifier: Apache-2.0
// koffi: functions, structs, by value too, callbacks, calls on other threads, owned memory, variadic functions.
const koffi = require("koffi");

const Division = koffi.struct("Division", { quot: "long", rem: "long" });
const Style = koffi.struct("Style", { width: "int", fill: "char", volume: "double", suffix: "const char *" });
koffi.proto("int compare(const void *left, const void *right)");
koffi.proto("int row(void *context, int count, const char **values, const char **names)");
koffi.opaque("sqlite3");
const libc = koffi.load("libc.so.6");
const sqlite = koffi.load("libsqlite3.so.0");
const greeting = koffi.load(process.env.GREETING_LIBRARY);

const ldiv = libc.func("Division ldiv(long numerator, long denominator)");
const strlen = libc.func("size_t strlen(const char *text)");
const qsort = libc.func("void qsort(_Inout_ int *base, size_t count, size_t size, compare *compare)");
const snprintf = libc.func("int snprintf(_Out_ uint8_t *out, size_t size, const char *format, ...)");
const greetingNew = greeting.func("void *greeting_new(const char *name)");
const greetingName = greeting.func("const char *greeting_name(void *greeting)");
const greetingFree = greeting.func("void greeting_free(void *greeting)");
const stringFree = greeting.func("void greeting_string_free(void *text)");
koffi.disposable("Text", "str", stringFree);
const render = greeting.func("Text greeting_render(void *greeting)");
const measure = greeting.func("size_t greeting_measure(const char *name, const Style *style)");
const open = sqlite.func("int sqlite3_open(const char *name, _Out_ sqlite3 **connection)");
const exec = sqlite.func("int sqlite3_exec(sqlite3 *connection, const char *query, row *row, void *context, void *error)");
const close = sqlite.func("int sqlite3_close(sqlite3 *connection)");

function calls() {
  const numbers = [3, 1, 2];
  qsort(numbers, 3, 4, (left, right) => koffi.decode(left, "int") - koffi.decode(right, "int"));
  const out = Buffer.alloc(64);
  snprintf(out, 64, "%d %s", "int", 7, "str", "seven");
  console.log(numbers, out.toString("latin1", 0, 7), ldiv(17, 5), strlen("hello"));
}

function rows(query) {
  const place = [null];
  let count = 0;
  open(":memory:", place);
  exec(place[0], query, () => { count++; return 0; }, null, null);
  close(place[0]);
  return count;
}

for (let i = 0; i < 20; i++) {
  calls();
  console.log(rows("select 1 union select 2"));
  const person = greetingNew("world");
  console.log(greetingName(person), render(person), measure("world", { width: 20, fill: 32, volume: 1.0, suffix: null }));
  greetingFree(person);
}
strlen.async("from another thread", (error, length) => console.log(error, length));
