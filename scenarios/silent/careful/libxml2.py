# SPDX-License-Identifier: Apache-2.0
"""libxml2 as a careful program uses it through ctypes."""

import ctypes
import gc
import tempfile

xml = ctypes.CDLL("libxml2.so.2")
P, INT, S = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
ERROR = ctypes.CFUNCTYPE(None, P, P)
READ = ctypes.CFUNCTYPE(INT, P, P, INT)
CLOSE = ctypes.CFUNCTYPE(INT, P)
free = ctypes.CFUNCTYPE(None, P).in_dll(xml, "xmlFree")
NO_DICTIONARY = 4096
QUIET = 1 | 32 | 64  # recover, no errors, no warnings on standard error


def declare(name, result, *arguments):
    function = getattr(xml, name)
    function.restype, function.argtypes = result, arguments
    return function


read_memory = declare("xmlReadMemory", P, S, INT, S, S, INT)
free_document = declare("xmlFreeDoc", None, P)
root_of = declare("xmlDocGetRootElement", P, P)
content_of = declare("xmlNodeGetContent", P, P)
property_of = declare("xmlGetProp", P, P, S)
set_property = declare("xmlSetProp", P, P, S, S)
new_document = declare("xmlNewDoc", P, S)
new_node = declare("xmlNewNode", P, P, S)
new_child = declare("xmlNewChild", P, P, P, S, S)
new_text = declare("xmlNewText", P, S)
add_child = declare("xmlAddChild", P, P, P)
set_root = declare("xmlDocSetRootElement", P, P, P)
unlink = declare("xmlUnlinkNode", None, P)
free_node = declare("xmlFreeNode", None, P)
first_child = declare("xmlFirstElementChild", P, P)
next_sibling = declare("xmlNextElementSibling", P, P)
dump = declare("xmlDocDumpMemory", None, P, ctypes.POINTER(P), ctypes.POINTER(INT))
copy_document = declare("xmlCopyDoc", P, P, INT)
copy_node = declare("xmlDocCopyNode", P, P, P, INT)


def parse(text, options=0):
    return read_memory(text, len(text), None, None, options)


def taken(address):
    """What is ours to free."""
    if not address:
        return None
    text = ctypes.string_at(address)
    free(address)
    return text


def written(document):
    text, size = P(), INT()
    dump(document, ctypes.byref(text), ctypes.byref(size))
    return taken(text.value)


def read():
    document = parse(b"<a x='1'><b>one</b><b>two</b></a>")
    root = root_of(document)
    print(taken(property_of(root, b"x")), taken(property_of(root, b"none")), taken(content_of(root)))
    node = first_child(root)
    while node:
        print(taken(content_of(node)))
        node = next_sibling(node)
    free_document(document)
    free_document(None)


def build():
    document = new_document(b"1.0")
    root = new_node(None, b"list")
    set_root(document, root)
    for number in range(3):
        set_property(new_child(root, None, b"item", b"text %d" % number), b"n", b"%d" % number)
    add_child(root, new_text(b"one "))
    add_child(root, new_text(b"text"))  # freed: it became a part of the other
    print(written(document))
    free_document(document)


def moved_between_documents():
    """A node goes with the document that it is in, wherever it was made; but a name stays in its dictionary: hence none."""
    first, second = parse(b"<a><b>moved</b></a>", NO_DICTIONARY), parse(b"<c/>", NO_DICTIONARY)
    node = first_child(root_of(first))
    unlink(node)
    add_child(root_of(second), node)
    free_document(first)
    print(taken(content_of(node)), written(second))
    unlink(node)
    print(taken(content_of(node)))
    free_node(node)
    free_document(second)


def replaced_root():
    document = parse(b"<old><kept/></old>")
    old = set_root(document, new_node(None, b"new"))
    print(written(document), taken(content_of(old)))
    free_node(old)
    other = copy_document(document, 1)
    add_child(root_of(other), copy_node(root_of(document), other, 1))
    free_document(document)
    print(written(other))
    free_document(other)


def xpath():
    context_of, evaluate = declare("xmlXPathNewContext", P, P), declare("xmlXPathEvalExpression", P, S, P)
    free_object, free_context = declare("xmlXPathFreeObject", None, P), declare("xmlXPathFreeContext", None, P)
    cast, register = declare("xmlXPathCastToString", P, P), declare("xmlXPathRegisterNs", INT, P, S, S)
    document = parse(b"<a xmlns='urn:a'><b>1</b><b>2</b></a>")
    context = context_of(document)
    register(context, b"p", b"urn:a")
    for expression in (b"count(//p:b)", b"//p:b[2]", b"string(//p:b)", b"//none", b"1 +"):
        xml.xmlSetStructuredErrorFunc(None, IGNORE)
        result = evaluate(expression, context)
        xml.xmlSetStructuredErrorFunc(None, None)
        print(expression, taken(cast(result)) if result else None)
        free_object(result)
    free_context(context)
    free_document(document)


IGNORE = ERROR(lambda _data, _error: None)


def errors():
    seen = []
    handler = ERROR(lambda data, _error: seen.append(data))
    xml.xmlSetStructuredErrorFunc(P(7), handler)
    print(parse(b"<a>"), seen)
    xml.xmlSetStructuredErrorFunc(None, None)
    del handler
    gc.collect()
    print(parse(b"<a>", 32 | 64))
    last = declare("xmlGetLastError", P)()
    print(bool(last))
    xml.xmlResetLastError()
    recovered = parse(b"<a><b>", QUIET)
    print(written(recovered))
    free_document(recovered)


def readers():
    for_memory = declare("xmlReaderForMemory", P, S, INT, S, S, INT)
    step, name = declare("xmlTextReaderRead", INT, P), declare("xmlTextReaderConstName", S, P)
    text = declare("xmlTextReaderReadString", P, P)
    source = b"<a><b>text</b></a>"
    reader = for_memory(source, len(source), None, None, 0)
    while step(reader) == 1:
        print(name(reader), taken(text(reader)))
    declare("xmlFreeTextReader", None, P)(reader)


def from_callbacks():
    pieces = [b"<a>", b"piece", b"</a>"]

    @READ
    def give(_data, room, _size):
        piece = pieces.pop(0) if pieces else b""
        ctypes.memmove(room, piece, len(piece))
        return len(piece)

    closed = CLOSE(lambda _data: 0)
    document = declare("xmlReadIO", P, READ, CLOSE, P, S, S, INT)(give, closed, None, None, None, 0)
    del give, closed
    gc.collect()
    print(written(document))
    free_document(document)


def pushed():
    create = declare("xmlCreatePushParserCtxt", P, P, P, S, INT, S)
    push = declare("xmlParseChunk", INT, P, S, INT, INT)
    parser = create(None, None, None, 0, None)
    for chunk in (b"<a>", b"te", b"xt</a>"):
        push(parser, chunk, len(chunk), 0)
    push(parser, None, 0, 1)
    document = ctypes.cast(parser + 16, ctypes.POINTER(P))[0]  # myDoc
    declare("xmlFreeParserCtxt", None, P)(parser)
    print(written(document))
    free_document(document)


def files_and_buffers():
    save, load = declare("xmlSaveFile", INT, S, P), declare("xmlReadFile", P, S, S, INT)
    document = parse(b"<a>in a file</a>")
    with tempfile.NamedTemporaryFile() as file:
        print(save(file.name.encode(), document) > 0)
        again = load(file.name.encode(), None, 0)
        print(taken(content_of(root_of(again))))
        free_document(again)
    buffer = declare("xmlBufferCreate", P)()
    declare("xmlNodeDump", INT, P, P, P, INT, INT)(buffer, document, root_of(document), 0, 0)
    print(declare("xmlBufferContent", S, P)(buffer))
    declare("xmlBufferFree", None, P)(buffer)
    free_document(document)
    print(taken(declare("xmlStrdup", P, S)(b"a copy")))


def html():
    document = declare("htmlReadMemory", P, S, INT, S, S, INT)(b"<p>one<p>two", 12, None, None, QUIET)
    print(taken(content_of(root_of(document))))
    free_document(document)


def many_documents():
    for number in range(200):
        document = parse(b"<a><b/></a>")
        set_property(root_of(document), b"n", b"%d" % number)
        free_document(document)
    print("many")


for usage in (
    read,
    build,
    moved_between_documents,
    replaced_root,
    xpath,
    errors,
    readers,
    from_callbacks,
    pushed,
    files_and_buffers,
    html,
    many_documents,
):
    usage()
