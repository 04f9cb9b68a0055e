/* SPDX-License-Identifier: Apache-2.0 */
#include <jni.h>
#include <notebook.h>
#include <stdint.h>

#define NATIVE(type, name) JNIEXPORT type JNICALL Java_Book_##name

static notebook *book_of(jlong handle) {
    return (notebook *)(uintptr_t)handle;
}

NATIVE(jlong, open)(JNIEnv *env, jclass class, jstring title) {
    const char *text = (*env)->GetStringUTFChars(env, title, NULL);
    notebook *book = text != NULL ? notebook_open(text) : NULL;
    (*env)->ReleaseStringUTFChars(env, title, text);
    return (jlong)(uintptr_t)book;
}

NATIVE(jint, lines)(JNIEnv *env, jclass class, jlong handle) {
    return notebook_lines(book_of(handle));
}

NATIVE(void, close)(JNIEnv *env, jclass class, jlong handle) {
    notebook_close(book_of(handle));
}
