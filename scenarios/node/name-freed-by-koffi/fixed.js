// SPDX-License-Identifier: Apache-2.0
const koffi = require("koffi");

const library = koffi.load(process.env.GREETING_LIBRARY);
const greetingNew = library.func("void *greeting_new(const char *name)");
const greetingName = library.func("const char *greeting_name(void *greeting)");
const greetingFree = library.func("void greeting_free(void *greeting)");

const person = greetingNew("world");
console.log(greetingName(person));
greetingFree(person);
