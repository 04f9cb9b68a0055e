# SPDX-License-Identifier: Apache-2.0
from _binding import ffi, lib

words = []


@ffi.def_extern()
def visit(word, length, _user):
    """0: go on."""
    text = ffi.string(word, length)
    words.append(text.decode())
    return 0


print("stopped:", lib.walk("salve ciao g\u00fczel".encode(), ffi.NULL))
print(len(words), "words")
