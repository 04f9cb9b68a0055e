# SPDX-License-Identifier: Apache-2.0
import ctypes

_xml = ctypes.CDLL("libxml2.so.2")
_xml.xmlReadMemory.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_int]
_xml.xmlReadMemory.restype = ctypes.c_void_p
_xml.xmlDocGetRootElement.argtypes = [ctypes.c_void_p]
_xml.xmlDocGetRootElement.restype = ctypes.c_void_p
_xml.xmlChildElementCount.argtypes = [ctypes.c_void_p]
_xml.xmlChildElementCount.restype = ctypes.c_ulong
_xml.xmlFreeDoc.argtypes = [ctypes.c_void_p]


class Document:
    def __init__(self, source):
        self.document = _xml.xmlReadMemory(source, len(source), None, None, 0)

    def __del__(self):
        _xml.xmlFreeDoc(self.document)

    def root(self):
        return Node(self, _xml.xmlDocGetRootElement(self.document))


class Node:
    def __init__(self, document, node):
        self.document, self.node = document, node

    def children(self):
        return _xml.xmlChildElementCount(self.node)


root = Document(b"<a><b/><b/></a>").root()
print("children" if root.children() < 1 << 63 else "")
