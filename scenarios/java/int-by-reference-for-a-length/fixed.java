// SPDX-License-Identifier: Apache-2.0
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import com.sun.jna.ptr.NativeLongByReference;

class Fixed {
    public interface Zlib extends Library {
        int compress(byte[] out, NativeLongByReference size, byte[] data, NativeLong length);
    }

    public static void main(String[] arguments) {
        Zlib zlib = Native.load("libz.so.1", Zlib.class);
        byte[] data = "hello, world; ".repeat(20).getBytes();
        byte[] out = new byte[1000];
        NativeLongByReference size = new NativeLongByReference(new NativeLong(out.length));
        int status = zlib.compress(out, size, data, new NativeLong(data.length));
        System.out.println("status " + status + ", " + size.getValue().intValue() + " bytes");
    }
}
