// SPDX-License-Identifier: Apache-2.0
class Book {
    static native long open(String title);

    static native int lines(long book);

    static native void close(long book);

    public static void main(String[] arguments) {
        System.load(System.getenv("BINDING_LIBRARY"));
        long book = open("monday");
        close(book);
        lines(book);
        System.out.println("closed");
    }
}
