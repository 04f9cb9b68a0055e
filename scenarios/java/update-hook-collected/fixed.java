// SPDX-License-Identifier: Apache-2.0
import com.sun.jna.Callback;
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.util.ArrayList;
import java.util.List;

class Fixed {
    static Updated kept;

    public interface Updated extends Callback {
        void updated(Pointer data, int operation, String database, String table, long row);
    }

    public interface SQLite extends Library {
        SQLite INSTANCE = Native.load("libsqlite3.so.0", SQLite.class);

        int sqlite3_open(String path, PointerByReference database);

        Pointer sqlite3_update_hook(Pointer database, Updated updated, Pointer data);

        int sqlite3_exec(Pointer database, String statement, Pointer row, Pointer data, Pointer message);

        int sqlite3_close(Pointer database);
    }

    public interface Compare extends Callback {
        int compare(Pointer left, Pointer right);
    }

    public interface LibC extends Library {
        LibC INSTANCE = Native.load("c", LibC.class);

        void qsort(int[] numbers, long count, long size, Compare compare);
    }

    static void watch(Pointer database, List<Long> changed) {
        kept = (data, operation, name, table, row) -> changed.add(row);
        SQLite.INSTANCE.sqlite3_update_hook(database, kept, null);
    }

    public static void main(String[] arguments) throws InterruptedException {
        PointerByReference database = new PointerByReference();
        SQLite.INSTANCE.sqlite3_open(":memory:", database);
        watch(database.getValue(), new ArrayList<>());
        for (int i = 0; i < 20; i++) {
            int[] numbers = {3, i, 2};
            LibC.INSTANCE.qsort(numbers, 3, 4, (left, right) -> left.getInt(0) - right.getInt(0));
            System.gc();
            Thread.sleep(20);
        }
        SQLite.INSTANCE.sqlite3_exec(database.getValue(), "create table notes (text)", null, null, null);
        SQLite.INSTANCE.sqlite3_close(database.getValue());
        System.out.println("watched");
    }
}
