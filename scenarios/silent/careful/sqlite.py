# SPDX-License-Identifier: Apache-2.0
"""SQLite as a careful program uses it through ctypes: whatever is lent is kept, whatever is owned is given back, once."""

import ctypes
import gc
import threading

sqlite = ctypes.CDLL("libsqlite3.so.0")
P, INT, S = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
POINTER_OUT = ctypes.POINTER(P)
ROWS = ctypes.CFUNCTYPE(INT, P, INT, ctypes.POINTER(S), ctypes.POINTER(S))
PROGRESS = ctypes.CFUNCTYPE(INT, P)
BUSY = ctypes.CFUNCTYPE(INT, P, INT)
UPDATE = ctypes.CFUNCTYPE(None, P, INT, S, S, ctypes.c_int64)
FUNCTION = ctypes.CFUNCTYPE(None, P, INT, POINTER_OUT)
FINAL = ctypes.CFUNCTYPE(None, P)
DESTROY = ctypes.CFUNCTYPE(None, P)
COLLATE = ctypes.CFUNCTYPE(INT, P, INT, P, INT, P)
STATIC, TRANSIENT = P(0), P(-1)
OK, BUSY_ERROR, ROW, DONE = 0, 5, 100, 101


def declare(name, result, *arguments):
    function = getattr(sqlite, name)
    function.restype, function.argtypes = result, arguments
    return function


open_v2 = declare("sqlite3_open_v2", INT, S, POINTER_OUT, INT, S)
close = declare("sqlite3_close", INT, P)
close_v2 = declare("sqlite3_close_v2", INT, P)
errmsg = declare("sqlite3_errmsg", S, P)
execute = declare("sqlite3_exec", INT, P, S, P, P, POINTER_OUT)
free = declare("sqlite3_free", None, P)
prepare = declare("sqlite3_prepare_v2", INT, P, P, INT, POINTER_OUT, POINTER_OUT)
bind_text = declare("sqlite3_bind_text", INT, P, INT, P, INT, P)
bind_blob = declare("sqlite3_bind_blob", INT, P, INT, P, INT, P)
bind_int = declare("sqlite3_bind_int64", INT, P, INT, ctypes.c_int64)
clear_bindings = declare("sqlite3_clear_bindings", INT, P)
step = declare("sqlite3_step", INT, P)
reset = declare("sqlite3_reset", INT, P)
finalize = declare("sqlite3_finalize", INT, P)
column_text = declare("sqlite3_column_text", P, P, INT)
column_blob = declare("sqlite3_column_blob", P, P, INT)
column_bytes = declare("sqlite3_column_bytes", INT, P, INT)
column_int = declare("sqlite3_column_int64", ctypes.c_int64, P, INT)
column_name = declare("sqlite3_column_name", S, P, INT)
column_value = declare("sqlite3_column_value", P, P, INT)


def connect(path=b":memory:"):
    database = P()
    assert open_v2(path, ctypes.byref(database), 6, None) == OK
    return database


def statement_of(database, text):
    statement = P()
    assert prepare(database, text, -1, ctypes.byref(statement), None) == OK, errmsg(database)
    return statement


def do(database, text):
    assert execute(database, text, None, None, None) == OK, errmsg(database)


def fetch(statement):
    rows = []
    while step(statement) == ROW:
        text, size = column_text(statement, 0), column_bytes(statement, 0)
        rows.append(ctypes.string_at(text, size) if text else None)
    reset(statement)
    return rows


def statements_and_columns():
    database = connect()
    do(database, b"create table t (name text, data blob, n integer)")
    insert = statement_of(database, b"insert into t values (?1, ?2, ?3)")
    for number in range(5):
        name, data = f"name {number}".encode(), bytes(range(number))
        bind_text(insert, 1, name, len(name), STATIC)
        bind_blob(insert, 2, data, len(data), STATIC)
        bind_int(insert, 3, number)
        assert step(insert) == DONE
        reset(insert)
        clear_bindings(insert)
    finalize(insert)
    select = statement_of(database, b"select name, data, n from t order by n")
    print(column_name(select, 0), fetch(select))
    while step(select) == ROW:
        blob, size = column_blob(select, 1), column_bytes(select, 1)
        print(column_int(select, 2), ctypes.string_at(blob, size) if blob else b"")
    finalize(select)
    print(close(database))


def bound_anew():
    """What is bound anew replaces what was; TRANSIENT needs nothing kept; and a destructor says when."""
    database, destroyed = connect(), []
    select = statement_of(database, b"select ?1 || ?2")
    for word in (b"one", b"two", b"three"):
        fresh = ctypes.create_string_buffer(word)
        bind_text(select, 1, fresh, len(word), STATIC)
        kept = fresh  # the last one dies when the next has been bound
        bind_text(select, 2, ctypes.create_string_buffer(b"!"), 1, TRANSIENT)
        gc.collect()
        print(fetch(select))
    bind_text(select, 1, None, 0, STATIC)
    del kept, fresh
    gc.collect()
    rooms = {}

    def destroy(address):
        destroyed.append(rooms.pop(address).value)

    ends = DESTROY(destroy)
    for word in (b"four", b"five"):
        room = ctypes.create_string_buffer(word)
        rooms[ctypes.addressof(room)] = room
        bind_text(select, 1, room, len(word), ends)
        del room
        print(fetch(select))
    finalize(select)
    print(sorted(destroyed), len(rooms), close(database))


def replaced_in_passing():
    """The name gets the new one, which frees the old one, and then SQLite does: nothing happens in between."""
    database, select = connect(), None
    for word in (b"one", b"two"):
        handler = PROGRESS(lambda _data: 0)
        sqlite.sqlite3_progress_handler(database, 10, handler, None)
        select = select or statement_of(database, b"select ?1")
        text = ctypes.create_string_buffer(word * 100)
        bind_text(select, 1, text, len(word) * 100, STATIC)
        gc.collect()
        print(fetch(select)[0][:3])
    print(finalize(select), close(database))
    del handler, text
    gc.collect()


def parts_of_a_buffer():
    """Statements out of a larger text, with its length and without a NUL; what is left over is inside the same text."""
    database, left, statement = connect(), P(), P()
    script = (ctypes.c_char * 43)(*b"create table a (x);insert into a values (7)")
    start, end = ctypes.addressof(script), ctypes.addressof(script) + 43
    while start < end:
        assert prepare(database, start, end - start, ctypes.byref(statement), ctypes.byref(left)) == OK
        assert step(statement) == DONE
        finalize(statement)
        start = left.value
    rest = statement_of(database, b"select x from a")
    print(fetch(rest), finalize(rest), close(database))


def failures():
    message, database = P(), connect()
    print(execute(database, b"selekt", None, None, ctypes.byref(message)), ctypes.string_at(message.value))
    free(message)
    statement = P()
    print(prepare(database, b"select * from nowhere", -1, ctypes.byref(statement), None), statement.value, finalize(statement))
    open_statement = statement_of(database, b"select 1\0\0")
    print(close(database) == BUSY_ERROR, fetch(open_statement))
    finalize(open_statement)
    print(close(database))
    missing = P()
    print(open_v2(b"/nowhere/at/all", ctypes.byref(missing), 1, None), errmsg(missing), close(missing))
    print(close(None), finalize(None), free(None))


def closed_with_statements_open():
    """close_v2 leaves a connection alive until its last statement has gone."""
    database = connect()
    do(database, b"create table t (x); insert into t values ('kept')")
    select = statement_of(database, b"select x from t")
    print(close_v2(database), fetch(select), fetch(select), finalize(select))


def callbacks():
    database, seen = connect(), []
    do(database, b"create table t (x); insert into t values (1), (2)")

    @ROWS
    def row(_data, count, values, names):
        seen.append((names[0], values[0], count))
        return 0

    execute(database, b"select x from t", row, None, None)
    execute(database, b"select x + 1 as y from t", ROWS(lambda _data, _count, _values, _names: 0), None, None)
    progress = PROGRESS(lambda _data: 0)
    sqlite.sqlite3_progress_handler(database, 10, progress, None)
    do(database, b"insert into t select x + 2 from t")
    other = PROGRESS(lambda _data: 0)
    sqlite.sqlite3_progress_handler(database, 5, other, None)
    del progress
    gc.collect()
    do(database, b"insert into t select x + 4 from t")
    sqlite.sqlite3_progress_handler(database, 0, None, None)
    del other
    busy = BUSY(lambda _data, _attempts: 0)
    sqlite.sqlite3_busy_handler(database, busy, None)
    sqlite.sqlite3_busy_timeout(database, 10)  # takes the handler's place
    del busy
    gc.collect()
    updated = UPDATE(lambda _data, operation, _name, table, number: seen.append((operation, table, number)))
    sqlite.sqlite3_update_hook.restype = P
    sqlite.sqlite3_update_hook(database, updated, P(4711))
    do(database, b"insert into t values (9)")
    print(sqlite.sqlite3_update_hook(database, None, None), seen)
    del updated
    gc.collect()
    do(database, b"insert into t values (10)")
    close(database)


def functions():
    database = connect()
    result_text = declare("sqlite3_result_text", None, P, P, INT, P)
    value_text, value_bytes = declare("sqlite3_value_text", P, P), declare("sqlite3_value_bytes", INT, P)
    create = declare("sqlite3_create_function_v2", INT, P, S, INT, INT, P, P, P, P, P)
    user_data = declare("sqlite3_user_data", P, P)
    context = declare("sqlite3_aggregate_context", P, P, INT)
    kept, gone = {}, []

    @DESTROY
    def destroy(number):
        gone.append(number)

    def upper(call, _count, values):
        text = ctypes.string_at(value_text(values[0]), value_bytes(values[0])).upper() + b"%d" % user_data(call)
        result_text(call, text, len(text), TRANSIENT)

    def count(call, _count, _values):
        ctypes.cast(context(call, 8), ctypes.POINTER(ctypes.c_int64))[0] += 1

    def counted(call):
        total = b"%d" % ctypes.cast(context(call, 8), ctypes.POINTER(ctypes.c_int64))[0]
        result_text(call, total, len(total), TRANSIENT)

    for number in (1, 2):
        old = kept.get("upper")
        kept["upper"] = FUNCTION(upper)
        create(database, b"upper2", 1, 1, P(number), kept["upper"], None, None, destroy)
        del old
        gc.collect()
    kept["count"], kept["counted"] = FUNCTION(count), FINAL(counted)
    create(database, b"total2", 1, 1, None, None, kept["count"], kept["counted"], None)
    kept["collate"] = COLLATE(lambda _data, n, left, m, right: (ctypes.string_at(left, n) > ctypes.string_at(right, m)) * 2 - 1)
    sqlite.sqlite3_create_collation_v2(database, b"back", 1, None, kept["collate"], None)
    select = statement_of(database, b"select upper2('abc'), total2(1) union all select 'b', 1 order by 1 collate back")
    print(fetch(select), finalize(select))
    print(close(database), gone)


def tables_values_blobs():
    database = connect()
    do(database, b"create table t (x); insert into t values ('some text'), (zeroblob(8))")
    table, rows, columns = ctypes.POINTER(S)(), INT(), INT()
    sqlite.sqlite3_get_table(database, b"select x from t limit 1", *map(ctypes.byref, (table, rows, columns)), None)
    print(table[0], table[1], rows.value, columns.value)
    sqlite.sqlite3_free_table(table)
    select = statement_of(database, b"select x from t")
    step(select)
    duplicate = declare("sqlite3_value_dup", P, P)(column_value(select, 0))
    finalize(select)
    print(ctypes.string_at(sqlite.sqlite3_value_text(P(duplicate))))
    sqlite.sqlite3_value_free(P(duplicate))
    blob, room = P(), ctypes.create_string_buffer(4)
    sqlite.sqlite3_blob_open(database, b"main", b"t", b"x", ctypes.c_int64(2), 1, ctypes.byref(blob))
    print(sqlite.sqlite3_blob_write(blob, b"abcd", 4, 2), sqlite.sqlite3_blob_read(blob, room, 4, 2), room.raw)
    print(sqlite.sqlite3_blob_close(blob), close(database))


def texts_of_statements():
    database = connect()
    select = statement_of(database, b"select ?1")
    bind_int(select, 1, 42)
    sql = declare("sqlite3_sql", S, P)
    expanded = declare("sqlite3_expanded_sql", P, P)(select)
    print(sql(select), ctypes.string_at(expanded))
    free(expanded)
    made = declare("sqlite3_mprintf", P, S)
    made.argtypes = None
    text = made(b"%Q and %d", b"it's", 7)
    print(ctypes.string_at(text))
    free(text)
    finalize(select)
    close(database)


def copies():
    source, target = connect(), connect()
    do(source, b"create table t (x); insert into t values (1)")
    init = declare("sqlite3_backup_init", P, P, S, P, S)
    backup = init(target, b"main", source, b"main")
    print(sqlite.sqlite3_backup_step(P(backup), -1), sqlite.sqlite3_backup_finish(P(backup)))
    size = ctypes.c_int64()
    image = declare("sqlite3_serialize", P, P, S, P, INT)(target, b"main", ctypes.byref(size), 0)
    other = connect()
    deserialize = declare("sqlite3_deserialize", INT, P, S, P, ctypes.c_int64, ctypes.c_int64, INT)
    print(deserialize(other, b"main", image, size, size, 1))  # FREEONCLOSE: SQLite's from now on
    select = statement_of(other, b"select x from t")
    print(fetch(select), finalize(select), close(other), close(target), close(source))


def many_connections():
    """The same addresses come back again and again."""
    for _ in range(200):
        database = connect()
        select = statement_of(database, b"select 1")
        fetch(select)
        finalize(select)
        close(database)
    print("many")


def shared_by_threads():
    """SQLite is built for threads, and locks."""
    database = connect()
    do(database, b"create table t (x)")
    threads = [threading.Thread(target=do, args=(database, b"insert into t values (1)")) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    select = statement_of(database, b"select count(*) from t")
    print(fetch(select), finalize(select), close(database))


for usage in (
    statements_and_columns,
    bound_anew,
    replaced_in_passing,
    parts_of_a_buffer,
    failures,
    closed_with_statements_open,
    callbacks,
    functions,
    tables_values_blobs,
    texts_of_statements,
    copies,
    many_connections,
    shared_by_threads,
):
    usage()
