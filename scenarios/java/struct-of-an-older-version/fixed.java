// SPDX-License-Identifier: Apache-2.0
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Structure;

class Fixed {
    @Structure.FieldOrder({"width", "fill", "volume", "suffix"})
    public static class Style extends Structure implements Structure.ByValue {
        public int width;
        public byte fill;
        public double volume;
        public String suffix;
    }

    public interface Greeting extends Library {
        Greeting INSTANCE = Native.load(System.getenv("GREETING_LIBRARY"), Greeting.class);

        Style greeting_style_default();
    }

    public static void main(String[] arguments) {
        System.out.println("suffix: " + Greeting.INSTANCE.greeting_style_default().suffix);
    }
}
