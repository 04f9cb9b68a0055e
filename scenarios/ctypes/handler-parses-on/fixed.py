# SPDX-License-Identifier: Apache-2.0
import ctypes

_expat = ctypes.CDLL("libexpat.so.1")
_TEXT = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.POINTER(ctypes.c_char), ctypes.c_int)
_expat.XML_ParserCreate.argtypes = [ctypes.c_char_p]
_expat.XML_ParserCreate.restype = ctypes.c_void_p
_expat.XML_SetCharacterDataHandler.argtypes = [ctypes.c_void_p, _TEXT]
_expat.XML_Parse.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_int]
_expat.XML_ParserFree.argtypes = [ctypes.c_void_p]


class Parser:
    def __init__(self):
        self.parser = _expat.XML_ParserCreate(b"UTF-8")
        self.handler = _TEXT(self.text)
        self.waiting = [b" world", b"</greeting>"]
        _expat.XML_SetCharacterDataHandler(self.parser, self.handler)

    def feed(self, data):
        _expat.XML_Parse(self.parser, data, len(data), 0)

    def text(self, _data, _characters, _length):
        """Some text has come: more is wanted, later."""

    def close(self):
        _expat.XML_ParserFree(self.parser)


parser = Parser()
parser.feed(b"<greeting>hello")
for data in parser.waiting:
    parser.feed(data)
parser.close()
print("parsed")
