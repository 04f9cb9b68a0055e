// SPDX-License-Identifier: Apache-2.0
import com.sun.jna.Library;
import com.sun.jna.Native;

class Buggy {
    public interface LibM extends Library {
        float pow(float base, float exponent);
    }

    public static void main(String[] arguments) {
        LibM libm = Native.load("libm.so.6", LibM.class);
        System.out.println("2 to the 10th is " + libm.pow(2, 10));
    }
}
