# SPDX-License-Identifier: Apache-2.0
import ctypes

_xml = ctypes.CDLL("libxml2.so.2")
_xml.xmlReadMemory.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_int]
_xml.xmlReadMemory.restype = ctypes.c_void_p
_xml.xmlDocGetRootElement.argtypes = [ctypes.c_void_p]
_xml.xmlDocGetRootElement.restype = ctypes.c_void_p
_xml.xmlNodeGetContent.argtypes = [ctypes.c_void_p]
_xml.xmlNodeGetContent.restype = ctypes.c_void_p
_xml.xmlFreeDoc.argtypes = [ctypes.c_void_p]
# A variable that holds a function.
_xml_free = ctypes.CFUNCTYPE(None, ctypes.c_void_p).in_dll(_xml, "xmlFree")


def count_memory():
    """libxml2's own allocator, which keeps books: what tests switch on to see whether anything was lost."""
    functions = _xml.xmlMemFree, _xml.xmlMemMalloc, _xml.xmlMemRealloc, _xml.xmlMemoryStrdup
    _xml.xmlMemSetup(*(ctypes.cast(function, ctypes.c_void_p) for function in functions))


def taken(address):
    """The text at an address that is ours to free, as a Python string."""
    text = ctypes.string_at(address).decode()
    _xml_free(address)
    return text


count_memory()
source = b"<greeting>hello</greeting>"
document = _xml.xmlReadMemory(source, len(source), None, None, 0)
print(taken(_xml.xmlNodeGetContent(_xml.xmlDocGetRootElement(document))))
_xml.xmlFreeDoc(document)
