# SPDX-License-Identifier: Apache-2.0
cdef extern from "<unistd.h>" nogil:
    int usleep(unsigned int microseconds)


def nap(unsigned int milliseconds):
    usleep(milliseconds * 1000)
