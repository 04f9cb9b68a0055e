# SPDX-License-Identifier: Apache-2.0
cdef extern from "<pthread.h>" nogil:
    ctypedef unsigned long pthread_t
    int pthread_create(pthread_t *thread, void *attributes, void *(*start)(void *) noexcept nogil, void *argument)
    int pthread_join(pthread_t thread, void **result)

listener = None


cdef void *announce(void *argument) noexcept:
    listener("hello")
    return NULL


def listen(function):
    global listener
    cdef pthread_t thread
    listener = function
    with nogil:
        pthread_create(&thread, NULL, <void *(*)(void *) noexcept nogil>announce, NULL)
        pthread_join(thread, NULL)
