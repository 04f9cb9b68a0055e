// SPDX-License-Identifier: Apache-2.0
import com.sun.jna.Callback;
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;

class Fixed {
    public interface Heard extends Callback {
        int heard(String name, Pointer data);
    }

    public interface Greeting extends Library {
        Greeting INSTANCE = Native.load(System.getenv("GREETING_LIBRARY"), Greeting.class);

        void greeting_listen(Heard heard, Pointer data);

        int greeting_announce(String name);
    }

    public interface Compare extends Callback {
        int compare(Pointer left, Pointer right);
    }

    public interface LibC extends Library {
        LibC INSTANCE = Native.load("c", LibC.class);

        void qsort(int[] numbers, long count, long size, Compare compare);
    }

    static Heard heard;

    static void listen(int wanted) {
        heard = (name, data) -> wanted;
        Greeting.INSTANCE.greeting_listen(heard, null);
    }

    public static void main(String[] arguments) throws InterruptedException {
        listen(3);
        for (int i = 0; i < 20; i++) {
            int[] numbers = {3, i, 2};
            LibC.INSTANCE.qsort(numbers, 3, 4, (left, right) -> left.getInt(0) - right.getInt(0));
            System.gc();
            Thread.sleep(20);
        }
        int more = Greeting.INSTANCE.greeting_announce("world");
        System.out.println("announced" + (more > 3 ? " too often" : ""));
    }
}
