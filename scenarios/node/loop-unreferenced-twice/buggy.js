// SPDX-License-Identifier: Apache-2.0
const koffi = require("koffi");

const glib = koffi.load("libglib-2.0.so.0");
const newLoop = glib.func("void *g_main_loop_new(void *context, int running)");
const isRunning = glib.func("int g_main_loop_is_running(void *loop)");
const unreference = glib.func("void g_main_loop_unref(void *loop)");

/** What a binding makes of a boxed type: it drops its reference when it is disposed of. */
class MainLoop {
  constructor() {
    this.loop = newLoop(null, 0);
  }

  isRunning() {
    return isRunning(this.loop) !== 0;
  }

  unref() {
    unreference(this.loop);
  }

  dispose() {
    this.unref();
  }
}

const loop = new MainLoop();
console.log(loop.isRunning());
loop.unref();
loop.dispose();
