# SPDX-License-Identifier: Apache-2.0
"""PyGObject: objects, signals, closures of every scope, out-parameters, arrays, hash tables, errors, an event loop."""

import gi

gi.require_version("GLib", "2.0")
gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib, GObject  # noqa: E402


class Counter(GObject.Object):
    count = GObject.Property(type=int, default=0)

    @GObject.Signal(arg_types=(int,))
    def counted(self, number):
        self.count += number


def signals():
    counter, seen = Counter(), []
    handler = counter.connect("counted", lambda _counter, number: seen.append(number))
    counter.connect("notify::count", lambda counter, _spec: seen.append(counter.count))
    for number in range(5):
        counter.emit("counted", number)
    counter.disconnect(handler)
    counter.emit("counted", 10)
    print(seen)


def event_loop():
    loop, ticks = GLib.MainLoop(), []

    def tick(limit):
        ticks.append(len(ticks))
        if len(ticks) == limit:
            loop.quit()
        return len(ticks) < limit

    GLib.timeout_add(1, tick, 5)
    GLib.idle_add(lambda: False)
    loop.run()
    print(ticks)


def files():
    source = Gio.File.new_for_path("/etc/passwd")
    print(source.get_basename(), source.query_exists(None))
    answers, loop = [], GLib.MainLoop()

    def ready(file, result):
        answers.append(file.query_info_finish(result).get_size() > 0)
        loop.quit()

    source.query_info_async("standard::size", Gio.FileQueryInfoFlags.NONE, GLib.PRIORITY_DEFAULT, None, ready)
    loop.run()
    try:
        Gio.File.new_for_path("/no/such/file").load_contents(None)
    except GLib.Error as error:
        answers.append(error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND))
    print(answers)


def values():
    variant = GLib.Variant("(sia{sv})", ("text", 7, {"key": GLib.Variant("d", 2.5)}))
    print(variant.unpack(), GLib.Bytes.new(b"bytes").get_data(), GLib.shell_parse_argv("a 'b c'"))
    keys = GLib.KeyFile()
    text = "[group]\nkey=value\n"
    keys.load_from_data(text, len(text), GLib.KeyFileFlags.NONE)
    print(keys.get_groups(), keys.get_string("group", "key"), GLib.uri_escape_string("a b", None, True))
    store = Gio.ListStore.new(Counter)
    for number in (3, 1, 2):
        store.append(Counter(count=number))
    store.sort(lambda left, right, *_: left.count - right.count)
    print([item.count for item in store], GLib.utf8_strlen("häh", -1), GLib.random_int_range(1, 2))


for _ in range(20):
    signals()
event_loop()
files()
values()
