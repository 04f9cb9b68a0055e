// SPDX-License-Identifier: Apache-2.0
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;

class Fixed {
    public interface LibC extends Library {
        Pointer getenv(String name);
    }

    public static void main(String[] arguments) {
        LibC libc = Native.load("c", LibC.class);
        System.out.println(libc.getenv("PATH") == null ? "no PATH" : "there is a PATH");
    }
}
