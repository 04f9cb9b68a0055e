// SPDX-License-Identifier: Apache-2.0
// JNA: interfaces and direct mapping, structures, by value too, callbacks, references, memory, variadic functions, errors.
import com.sun.jna.Callback;
import com.sun.jna.LastErrorException;
import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import com.sun.jna.Pointer;
import com.sun.jna.Structure;
import com.sun.jna.ptr.DoubleByReference;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.NativeLongByReference;
import com.sun.jna.ptr.PointerByReference;
import java.util.ArrayList;
import java.util.List;

class Bindings {
    @Structure.FieldOrder({"quot", "rem"})
    public static class Division extends Structure {
        public NativeLong quot;
        public NativeLong rem;

        public static class ByValue extends Division implements Structure.ByValue {}
    }

    @Structure.FieldOrder({"width", "fill", "volume", "suffix"})
    public static class Style extends Structure {
        public int width;
        public byte fill;
        public double volume;
        public Pointer suffix;

        public static class ByValue extends Style implements Structure.ByValue {}
    }

    public interface Compare extends Callback {
        int compare(Pointer left, Pointer right);
    }

    public interface Row extends Callback {
        int row(Pointer context, int count, Pointer values, Pointer names);
    }

    public interface LibC extends Library {
        LibC INSTANCE = Native.load("c", LibC.class);

        Division.ByValue ldiv(NativeLong numerator, NativeLong denominator);

        long strlen(String text);

        String getenv(String name);

        void qsort(Pointer base, long count, long size, Compare compare);

        int snprintf(byte[] out, long size, String format, Object... arguments);

        int open(String path, int flags) throws LastErrorException;
    }

    public interface Sqlite extends Library {
        Sqlite INSTANCE = Native.load("libsqlite3.so.0", Sqlite.class);

        int sqlite3_open(String name, PointerByReference connection);

        int sqlite3_exec(Pointer connection, String query, Row row, Pointer context, PointerByReference error);

        int sqlite3_close(Pointer connection);
    }

    public interface Zlib extends Library {
        Zlib INSTANCE = Native.load("libz.so.1", Zlib.class);

        int compress(byte[] out, NativeLongByReference size, byte[] data, NativeLong length);
    }

    public interface Greeting extends Library {
        Greeting INSTANCE = Native.load(System.getenv("GREETING_LIBRARY"), Greeting.class);

        Style.ByValue greeting_style_default();

        long greeting_measure(String name, Style style);

        int greeting_format(String name, Style style, Memory out, LongByReference size);
    }

    static class Direct {
        static {
            Native.register("libm.so.6");
        }

        static native double pow(double base, double exponent);

        static native double modf(double value, DoubleByReference whole);
    }

    static List<String> rows(String query) {
        List<String> found = new ArrayList<>();
        PointerByReference connection = new PointerByReference();
        Sqlite.INSTANCE.sqlite3_open(":memory:", connection);
        Row row = (context, count, values, names) -> {
            for (String value : values.getStringArray(0, count)) {
                found.add(value);
            }
            return 0;
        };
        Sqlite.INSTANCE.sqlite3_exec(connection.getValue(), query, row, null, null);
        Sqlite.INSTANCE.sqlite3_close(connection.getValue());
        return found;
    }

    static void calls() {
        LibC libc = LibC.INSTANCE;
        Memory numbers = new Memory(12);
        numbers.write(0, new int[] {3, 1, 2}, 0, 3);
        libc.qsort(numbers, 3, 4, (left, right) -> left.getInt(0) - right.getInt(0));
        byte[] out = new byte[64];
        libc.snprintf(out, 64, "%d %s %.1f", 7, "seven", 2.5);
        Division division = libc.ldiv(new NativeLong(17), new NativeLong(5));
        System.out.println(numbers.getInt(0) + " " + Native.toString(out) + " " + division.quot + " " + libc.strlen("hello") + " "
            + libc.getenv("NOT_THERE"));
        try {
            libc.open("/no/such/file", 0);
        } catch (LastErrorException error) {
            System.out.println(error.getErrorCode());
        }
    }

    static void greet() {
        Style style = Greeting.INSTANCE.greeting_style_default();
        style.width = 20;
        Memory out = new Memory(64);
        LongByReference size = new LongByReference(64);
        Greeting.INSTANCE.greeting_format("world", style, out, size);
        System.out.println(out.getString(0) + "|" + size.getValue() + " " + Greeting.INSTANCE.greeting_measure("world", style));
    }

    public static void main(String[] arguments) {
        for (int i = 0; i < 20; i++) {
            calls();
            System.out.println(rows("select 1, 'x'"));
            greet();
        }
        byte[] data = "hello, world; ".repeat(20).getBytes();
        NativeLongByReference size = new NativeLongByReference(new NativeLong(1000));
        int status = Zlib.INSTANCE.compress(new byte[1000], size, data, new NativeLong(data.length));
        DoubleByReference whole = new DoubleByReference();
        System.out.println(status + " " + size.getValue() + " " + Direct.pow(2, 10) + " " + Direct.modf(2.5, whole) + " " + whole.getValue());
    }
}
