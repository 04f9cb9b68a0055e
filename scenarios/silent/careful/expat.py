# SPDX-License-Identifier: Apache-2.0
"""expat as a careful program uses it through ctypes."""

import ctypes
import gc

expat = ctypes.CDLL("libexpat.so.1")
P, INT, S = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
START = ctypes.CFUNCTYPE(None, P, S, ctypes.POINTER(S))
END = ctypes.CFUNCTYPE(None, P, S)
TEXT = ctypes.CFUNCTYPE(None, P, ctypes.POINTER(ctypes.c_char), INT)
EXTERNAL = ctypes.CFUNCTYPE(INT, P, S, S, S, S)
OK, SUSPENDED = 1, 2


def declare(name, result, *arguments):
    function = getattr(expat, name)
    function.restype, function.argtypes = result, arguments
    return function


create, free = declare("XML_ParserCreate", P, S), declare("XML_ParserFree", None, P)
parse, set_elements = declare("XML_Parse", INT, P, P, INT, INT), declare("XML_SetElementHandler", None, P, START, END)
set_text, set_data = declare("XML_SetCharacterDataHandler", None, P, TEXT), declare("XML_SetUserData", None, P, P)
error_of, text_of_error = declare("XML_GetErrorCode", INT, P), declare("XML_ErrorString", S, INT)
stop, resume = declare("XML_StopParser", INT, P, ctypes.c_ubyte), declare("XML_ResumeParser", INT, P)
reset = declare("XML_ParserReset", ctypes.c_ubyte, P, S)


class Parser:
    def __init__(self):
        self.parser, self.seen = create(None), []
        self.start = START(lambda _data, name, attributes: self.seen.append((name, attributes[0])))
        self.end = END(lambda _data, name: self.seen.append(name))
        self.text = TEXT(lambda _data, text, size: self.seen.append(text[:size]))
        set_elements(self.parser, self.start, self.end)
        set_text(self.parser, self.text)

    def close(self):
        free(self.parser)


def pieces():
    parser = Parser()
    for piece in (b"<a x", b"='1'>te", b"xt</a", b">"):
        parse(parser.parser, piece, len(piece), 0)
    print(parse(parser.parser, b"", 0, 1), parser.seen)
    parser.close()
    free(None)


def failure():
    parser = Parser()
    print(parse(parser.parser, b"<a></b>", 7, 1), text_of_error(error_of(parser.parser)))
    parser.close()


def buffers():
    """A buffer that expat gives, is filled, and is parsed."""
    get, parsed = declare("XML_GetBuffer", P, P, INT), declare("XML_ParseBuffer", INT, P, INT, INT)
    parser = Parser()
    for piece, last in ((b"<a>", 0), (b"</a>", 1)):
        ctypes.memmove(get(parser.parser, len(piece)), piece, len(piece))
        parsed(parser.parser, len(piece), last)
    print(parser.seen)
    parser.close()


def handlers_changed():
    """In the middle of a document, from within a handler as well."""
    parser = create(None)
    seen = []
    second = END(lambda _data, name: seen.append((b"second", name)))

    @END
    def first(_data, name):
        seen.append((b"first", name))
        set_elements(parser, START(), second)

    set_elements(parser, START(), first)
    parse(parser, b"<a><b/><c/>", 11, 0)
    del first
    gc.collect()
    parse(parser, b"</a>", 4, 1)
    print(seen)
    free(parser)


def asked_from_handlers():
    """What may be called from within a handler."""
    parser = create(None)
    set_data(parser, P(parser))

    @START
    def start(data, name, _attributes):
        line = declare("XML_GetCurrentLineNumber", ctypes.c_ulong, P)(data)
        if name == b"stop":
            stop(data, 1)
        print(name, line)

    set_elements(parser, start, END())
    result = parse(parser, b"<a>\n<stop/>\n<b/></a>", 20, 1)
    print(result == SUSPENDED, resume(parser) == OK)
    free(parser)


def used_again():
    parser = Parser()
    for word in (b"<a/>", b"<b/>"):
        parse(parser.parser, word, 4, 1)
        print(parser.seen, reset(parser.parser, None))
        parser.seen.clear()
        set_elements(parser.parser, parser.start, parser.end)
    parser.close()


def entities():
    """A parser within a parser, which is freed first."""
    parser = Parser()
    child_of = declare("XML_ExternalEntityParserCreate", P, P, S, S)

    @EXTERNAL
    def external(outer, names, _base, _system, _public):
        child = child_of(outer, names, None)
        result = parse(child, b"<inner/>", 8, 1)
        free(child)
        return result

    declare("XML_SetExternalEntityRefHandler", None, P, EXTERNAL)(parser.parser, external)
    source = b"<!DOCTYPE a [<!ENTITY e SYSTEM 'x'>]><a>&e;</a>"
    print(parse(parser.parser, source, len(source), 1), parser.seen)
    parser.close()


def within_another():
    """A handler may parse with another parser."""
    outer, inner = create(None), Parser()

    @TEXT
    def text(_data, characters, size):
        parse(inner.parser, characters[:size], size, 0)

    set_text(outer, text)
    source = b"<a>&lt;b/&gt;</a>"
    parse(outer, source, len(source), 1)
    print(inner.seen)
    inner.close()
    free(outer)


def many():
    for _ in range(200):
        parser = Parser()
        parse(parser.parser, b"<a/>", 4, 1)
        parser.close()
    print("many")


for usage in (pieces, failure, buffers, handlers_changed, asked_from_handlers, used_again, entities, within_another, many):
    usage()
