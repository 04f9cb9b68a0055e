// SPDX-License-Identifier: Apache-2.0
import com.sun.jna.Library;
import com.sun.jna.Native;

class Buggy {
    public interface LibC extends Library {
        int getenv(String name);
    }

    public static void main(String[] arguments) {
        LibC libc = Native.load("c", LibC.class);
        System.out.println(libc.getenv("PATH") == 0 ? "no PATH" : "there is a PATH");
    }
}
