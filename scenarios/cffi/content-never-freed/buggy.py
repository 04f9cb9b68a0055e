# SPDX-License-Identifier: Apache-2.0
import cffi

ffi = cffi.FFI()
ffi.cdef("""
    typedef struct doc doc;
    typedef struct node node;
    extern void (*xmlFree)(void *);
    doc *xmlReadMemory(const char *text, int size, const char *address, const char *encoding, int options);
    node *xmlDocGetRootElement(doc *document);
    char *xmlNodeGetContent(const node *node);
    void xmlFreeDoc(doc *document);
""")
xml = ffi.dlopen("libxml2.so.2")


class Document:
    def __init__(self, text):
        self.document = ffi.gc(xml.xmlReadMemory(text, len(text), ffi.NULL, ffi.NULL, 0), xml.xmlFreeDoc)

    def content(self):
        content = xml.xmlNodeGetContent(xml.xmlDocGetRootElement(self.document))
        return ffi.string(content).decode()


for number in range(8):
    print(Document(b"<number>%d</number>" % number).content())
