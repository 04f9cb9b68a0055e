// SPDX-License-Identifier: Apache-2.0
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;

class Buggy {
    public interface Greeting extends Library {
        Greeting INSTANCE = Native.load(System.getenv("GREETING_LIBRARY"), Greeting.class);

        Pointer greeting_new(String name);

        String greeting_name(Pointer greeting);

        void greeting_free(Pointer greeting);
    }

    static class Person implements AutoCloseable {
        private Pointer greeting;

        Person(String name) {
            greeting = Greeting.INSTANCE.greeting_new(name);
        }

        String name() {
            return Greeting.INSTANCE.greeting_name(greeting);
        }

        @Override
        public void close() {
            Greeting.INSTANCE.greeting_free(greeting);
        }
    }

    public static void main(String[] arguments) {
        try (Person person = new Person("world")) {
            System.out.println(person.name());
            person.close();
        }
    }
}
