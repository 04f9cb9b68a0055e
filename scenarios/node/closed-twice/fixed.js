// SPDX-License-Identifier: Apache-2.0
const koffi = require("koffi");

const library = koffi.load(process.env.GREETING_LIBRARY);
const greetingNew = library.func("void *greeting_new(const char *name)");
const greetingFree = library.func("void greeting_free(void *greeting)");

class Person {
  constructor(name) {
    this.greeting = greetingNew(name);
  }

  close() {
    if (this.greeting !== null) {
      greetingFree(this.greeting);
      this.greeting = null;
    }
  }
}

const person = new Person("world");
person.close();
person.close();
console.log("closed");
