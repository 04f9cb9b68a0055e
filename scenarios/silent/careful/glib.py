# SPDX-License-Identifier: Apache-2.0
"""GLib as a careful program uses it through ctypes."""

import ctypes
import gc
import tempfile

glib = ctypes.CDLL("libglib-2.0.so.0")
P, INT, U, S, Z = ctypes.c_void_p, ctypes.c_int, ctypes.c_uint, ctypes.c_char_p, ctypes.c_size_t
SOURCE = ctypes.CFUNCTYPE(INT, P)
DESTROY = ctypes.CFUNCTYPE(None, P)
EACH = ctypes.CFUNCTYPE(None, P, P, P)
EACH_ITEM = ctypes.CFUNCTYPE(None, P, P)
COMPARE = ctypes.CFUNCTYPE(INT, P, P)
THREAD = ctypes.CFUNCTYPE(P, P)


def declare(name, result, *arguments):
    function = getattr(glib, name)
    function.restype, function.argtypes = result, arguments
    return function


free, duplicate = declare("g_free", None, P), declare("g_strdup", P, S)
free_function = ctypes.cast(glib.g_free, P)
unref_bytes, bytes_data = declare("g_bytes_unref", None, P), declare("g_bytes_get_data", P, P, P)


def taken(address):
    text = ctypes.string_at(address)
    free(address)
    return text


def texts():
    print(taken(duplicate(b"text")), duplicate(None), free(None))
    print(taken(declare("g_utf8_strup", P, S, ctypes.c_ssize_t)("grün".encode(), -1)).decode())
    print(taken(declare("g_strndup", P, S, Z)(b"cut here", 3)), taken(declare("g_strescape", P, S, S)(b"a\nb", None)))
    printed = declare("g_strdup_printf", P, S)
    printed.argtypes = None
    print(taken(printed(b"%s and %d", b"one", 2)))
    split, join = declare("g_strsplit", P, S, S, INT), declare("g_strjoinv", P, S, P)
    parts = split(b"a,b,c", b",", 0)
    print(taken(join(b"+", parts)))
    declare("g_strfreev", None, P)(parts)
    same = declare("g_strchomp", P, P)
    room = ctypes.create_string_buffer(b"blanks  ")
    print(same(room) == ctypes.addressof(room), room.value)
    print(declare("g_utf8_validate", INT, S, ctypes.c_ssize_t, P)(b"\xff", -1, None))
    encoded = declare("g_base64_encode", P, S, Z)(b"hello", 5)
    size = Z()
    print(taken(declare("g_base64_decode", P, P, P)(encoded, ctypes.byref(size))), size.value, taken(encoded))
    print(declare("g_quark_to_string", S, U)(declare("g_quark_from_string", U, S)(b"a quark")))
    print(declare("g_intern_string", S, S)(b"interned"), bool(declare("g_get_home_dir", S)()))


def strings():
    new, append = declare("g_string_new", P, S), declare("g_string_append", P, P, S)
    end = declare("g_string_free", P, P, INT)
    string = new(b"some")
    for _ in range(20):
        append(string, b" more")
    print(len(taken(end(string, 0))), end(new(b"thrown away"), 1))


def tables():
    new, insert = declare("g_hash_table_new_full", P, P, P, P, P), declare("g_hash_table_insert", INT, P, P, P)
    look, remove = declare("g_hash_table_lookup", P, P, P), declare("g_hash_table_remove", INT, P, P)
    each, end = declare("g_hash_table_foreach", None, P, P, P), declare("g_hash_table_unref", None, P)
    hashed, equal = ctypes.cast(glib.g_str_hash, P), ctypes.cast(glib.g_str_equal, P)
    table = new(hashed, equal, free_function, free_function)
    for word in (b"one", b"two", b"three", b"two"):
        insert(table, duplicate(word), duplicate(word.upper()))
    print(ctypes.string_at(look(table, b"two")), look(table, b"four"), remove(table, b"one"))
    seen = []
    each(table, EACH(lambda key, _value, data: seen.append((ctypes.string_at(key), data))), P(7))
    print(sorted(seen))
    keys = declare("g_hash_table_get_keys", P, P)(table)
    print(declare("g_list_length", U, P)(keys))
    declare("g_list_free", None, P)(keys)
    declare("g_hash_table_ref", P, P)(table)
    end(table)
    print(declare("g_hash_table_size", U, P)(table))
    end(table)
    numbers = declare("g_hash_table_new", P, P, P)(None, None)
    insert(numbers, 1, 100)
    print(look(numbers, 1))
    declare("g_hash_table_destroy", None, P)(numbers)
    kept = [ctypes.create_string_buffer(word) for word in (b"a", b"b")]
    borrowing = declare("g_hash_table_new", P, P, P)(hashed, equal)
    for word in kept:
        insert(borrowing, ctypes.addressof(word), ctypes.addressof(word))
    print(ctypes.string_at(look(borrowing, b"b")))
    declare("g_hash_table_destroy", None, P)(borrowing)
    del kept


def lists_and_arrays():
    append, length = declare("g_list_append", P, P, P), declare("g_list_length", U, P)
    items = None
    for number in (3, 1, 2):
        items = append(items, number)
    items = declare("g_list_sort", P, P, COMPARE)(items, COMPARE(lambda left, right: (left or 0) - (right or 0)))
    seen = []
    declare("g_list_foreach", None, P, EACH_ITEM, P)(items, EACH_ITEM(lambda item, _data: seen.append(item)), None)
    items = declare("g_list_remove", P, P, P)(items, 1)
    print(seen, length(items))
    declare("g_list_free", None, P)(items)
    owned = None
    for word in (b"x", b"y"):
        owned = declare("g_slist_prepend", P, P, P)(owned, duplicate(word))
    declare("g_slist_free_full", None, P, P)(owned, free_function)
    array = declare("g_ptr_array_new_with_free_func", P, P)(free_function)
    add = declare("g_ptr_array_add", None, P, P)
    add(array, duplicate(b"one"))
    add(array, duplicate(b"two"))
    print(taken(declare("g_ptr_array_steal_index", P, P, U)(array, 0)))
    declare("g_ptr_array_unref", None, P)(array)
    data = declare("g_byte_array_new", P)()
    declare("g_byte_array_append", P, P, S, U)(data, b"bytes", 5)
    print(taken(declare("g_byte_array_free", P, P, INT)(data, 0))[:5])


def loops():
    new, run, stop = declare("g_main_loop_new", P, P, INT), declare("g_main_loop_run", None, P), glib.g_main_loop_quit
    stop.argtypes, end, loop = [P], declare("g_main_loop_unref", None, P), new(None, 0)
    calls, kept = [], {}

    def three_times(data):
        calls.append(data)
        if len(calls) == 3:
            stop(loop)
        return len(calls) < 3

    kept["idle"] = SOURCE(three_times)
    declare("g_idle_add", U, SOURCE, P)(kept["idle"], P(9))
    run(loop)
    del kept["idle"]
    gc.collect()
    kept["never"] = SOURCE(lambda _data: 1)
    number = declare("g_timeout_add", U, U, SOURCE, P)(1000, kept["never"], None)
    print(calls, declare("g_source_remove", INT, U)(number))
    del kept["never"]
    gc.collect()
    ended = []
    kept["full"] = SOURCE(lambda _data: stop(loop) and 0 or 0)
    kept["notify"] = DESTROY(lambda data: ended.append(data))
    declare("g_idle_add_full", U, INT, SOURCE, P, DESTROY)(200, kept["full"], P(5), kept["notify"])
    run(loop)
    print(ended)
    kept.clear()
    gc.collect()
    again = SOURCE(lambda _data: stop(loop) and 0 or 0)
    source = declare("g_idle_source_new", P)()
    declare("g_source_set_callback", None, P, SOURCE, P, P)(source, again, None, None)
    declare("g_source_attach", U, P, P)(source, None)
    declare("g_source_unref", None, P)(source)
    run(loop)
    end(loop)


def variants():
    make, text_of = declare("g_variant_new_string", P, S), declare("g_variant_get_string", S, P, P)
    sink, unref = declare("g_variant_ref_sink", P, P), declare("g_variant_unref", None, P)
    variant = sink(make(b"a string"))
    printed = declare("g_variant_print", P, P, INT)(variant, 0)
    print(text_of(variant, None), taken(printed))
    unref(variant)
    parsed = declare("g_variant_parse", P, P, S, P, P, P)(None, b"[1, 2, 3]", None, None, None)
    child = declare("g_variant_get_child_value", P, P, Z)(parsed, 1)
    unref(parsed)
    print(declare("g_variant_get_int32", INT, P)(child))
    unref(child)
    unref(make(b"floating"))  # which is allowed
    tuple_of = declare("g_variant_new_tuple", P, P, Z)
    pair = sink(tuple_of((P * 2)(make(b"one"), make(b"two")), 2))  # takes the floating ones over
    unref(pair)


def shared_bytes():
    new, size = declare("g_bytes_new", P, S, Z), Z()
    copied = new(b"copied", 6)
    print(ctypes.string_at(bytes_data(copied, ctypes.byref(size)), size.value))
    declare("g_bytes_ref", P, P)(copied)
    unref_bytes(copied)
    print(taken(declare("g_bytes_unref_to_data", P, P, P)(copied, ctypes.byref(size)))[:6])
    lent = ctypes.create_string_buffer(b"lent")
    over = declare("g_bytes_new_static", P, P, Z)(lent, 4)
    part = declare("g_bytes_new_from_bytes", P, P, Z, Z)(over, 1, 2)
    unref_bytes(over)
    print(ctypes.string_at(bytes_data(part, None), 2))
    unref_bytes(part)
    given = declare("g_bytes_new_take", P, P, Z)(duplicate(b"given"), 5)
    unref_bytes(given)
    room, gone = ctypes.create_string_buffer(b"mine"), []
    ends = DESTROY(lambda data: gone.append(data))
    with_free = declare("g_bytes_new_with_free_func", P, P, Z, DESTROY, P)(room, 4, ends, P(3))
    unref_bytes(with_free)
    print(gone)


def files_and_errors():
    contents, size, error = P(), Z(), P()
    read = declare("g_file_get_contents", INT, S, P, P, P)
    with tempfile.NamedTemporaryFile() as file:
        declare("g_file_set_contents", INT, S, S, ctypes.c_ssize_t, P)(file.name.encode(), b"contents", -1, None)
        print(read(file.name.encode(), ctypes.byref(contents), ctypes.byref(size), None), taken(contents.value), size.value)
    print(read(b"/nowhere/at/all", ctypes.byref(contents), None, ctypes.byref(error)), bool(error))
    message = ctypes.cast(error.value + 8, ctypes.POINTER(S))[0]
    print(message[:14])
    declare("g_clear_error", None, P)(ctypes.byref(error))
    print(error.value, declare("g_clear_error", None, P)(ctypes.byref(error)))
    literal = declare("g_error_new_literal", P, U, INT, S)(1, 2, b"made by hand")
    copy = declare("g_error_copy", P, P)(literal)
    declare("g_error_free", None, P)(literal)
    declare("g_propagate_error", None, P, P)(ctypes.byref(error), copy)
    declare("g_error_free", None, P)(error)
    path = declare("g_build_filename", P, S, S, S, P)(b"a", b"b", b"c", None)
    print(taken(path), taken(declare("g_path_get_basename", P, S)(b"/a/b")))


def key_files_patterns_times():
    new, load = declare("g_key_file_new", P), declare("g_key_file_load_from_data", INT, P, S, Z, INT, P)
    file = new()
    load(file, b"[a]\nb=c;d\n", 10, 0, None)
    value = declare("g_key_file_get_string", P, P, S, S, P)(file, b"a", b"b", None)
    print(taken(value), declare("g_key_file_get_string", P, P, S, S, P)(file, b"a", b"none", None))
    groups = declare("g_key_file_get_groups", P, P, P)(file, None)
    declare("g_strfreev", None, P)(groups)
    declare("g_key_file_free", None, P)(file)
    expression, match = declare("g_regex_new", P, S, INT, INT, P)(b"(b+)", 0, 0, None), P()
    subject = ctypes.create_string_buffer(b"aabbb")
    print(declare("g_regex_match", INT, P, S, INT, P)(expression, ctypes.cast(subject, S), 0, ctypes.byref(match)))
    print(taken(declare("g_match_info_fetch", P, P, INT)(match, 1)))
    declare("g_match_info_free", None, P)(match)
    declare("g_regex_unref", None, P)(expression)
    zone = declare("g_time_zone_new_utc", P)()
    time = declare("g_date_time_new", P, P, INT, INT, INT, INT, INT, ctypes.c_double)(zone, 2024, 2, 29, 12, 0, 0)
    declare("g_time_zone_unref", None, P)(zone)
    print(taken(declare("g_date_time_format", P, P, S)(time, b"%F")))
    declare("g_date_time_unref", None, P)(time)
    checksum = declare("g_checksum_new", P, INT)(2)
    declare("g_checksum_update", None, P, S, ctypes.c_ssize_t)(checksum, b"x", 1)
    print(declare("g_checksum_get_string", S, P)(checksum)[:8])
    declare("g_checksum_free", None, P)(checksum)


def threads_and_queues():
    done = []
    work = THREAD(lambda data: done.append(data) or 11)
    thread = declare("g_thread_new", P, S, THREAD, P)(b"worker", work, P(8))
    print(declare("g_thread_join", P, P)(thread), done)
    queue = declare("g_async_queue_new", P)()
    declare("g_async_queue_push", None, P, P)(queue, 5)
    print(declare("g_async_queue_pop", P, P)(queue))
    declare("g_async_queue_unref", None, P)(queue)
    plain = declare("g_queue_new", P)()
    declare("g_queue_push_tail", None, P, P)(plain, 6)
    print(declare("g_queue_pop_head", P, P)(plain))
    declare("g_queue_free", None, P)(plain)


for usage in (
    texts,
    strings,
    tables,
    lists_and_arrays,
    loops,
    variants,
    shared_bytes,
    files_and_errors,
    key_files_patterns_times,
    threads_and_queues,
):
    usage()
