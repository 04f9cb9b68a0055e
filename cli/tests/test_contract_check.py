# SPDX-License-Identifier: Apache-2.0
"""What `ffisan contract check` says of contracts that are wrong: the sentence, and where its caret stands.

In each contract '@' stands before what its error, or the n-th of them, is about; the contract that is checked has none.
"""

from __future__ import annotations

import re
import unittest

from harness import LauncherTest

HEAD = """#include <ffisan/contract.h>
#include <stddef.h>
FFISAN_LIBRARY("libdoc.so.1")
typedef struct doc doc;
void doc_close(doc *d FFISAN_CONSUMED);
"""

# name: (what follows HEAD, the errors and warnings in the order of the '@')
WRONG: dict[str, tuple[str, list[str]]] = {
    "does_not_parse": ("int doc_read(doc *d@;", ["expected ')'"]),
    "type_unknown": ("@dok *doc_open(void);", ["unknown type name 'dok'"]),
    "header_unknown": ("#include @<doc/nowhere.h>\n", ["'doc/nowhere.h' file not found"]),
    "prototypes_differ": ("int doc_size(doc *d);\nlong @doc_size(doc *d);", ["conflicting types for 'doc_size'"]),
    # names
    "function_unknown": (
        "doc *doc_open(void) FFISAN_OWNED(@doc_clos);",
        ["nothing declares a function 'doc_clos'; did you mean 'doc_close'?"],
    ),
    "function_unknown_and_nothing_near": ("doc *doc_open(void) FFISAN_OWNED(@unmake);", ["nothing declares a function 'unmake'"]),
    "function_unknown_beside_a_wrong_size": (
        "int doc_read(doc *d, char *buffer FFISAN_OUT(@m));\ndoc *doc_open(void) FFISAN_OWNED(@unmake);",
        ["use of undeclared identifier 'm'", "nothing declares a function 'unmake'"],
    ),
    "second_function_unknown": (
        "doc *doc_open(void) FFISAN_OWNED(doc_close, @doc_shut);",
        ["nothing declares a function 'doc_shut'"],
    ),
    "owner_unknown": (
        "const char *doc_title(doc *document) FFISAN_BORROWED(@documend);",
        ["'doc_title' has no argument 'documend'; did you mean 'document'?"],
    ),
    "callback_unknown": (
        "void doc_on(doc *d, void (*fn)(void *) FFISAN_RETAINED(d), void *user FFISAN_USER_DATA(@gn));",
        ["'doc_on' has no argument 'gn'; did you mean 'fn'?"],
    ),
    "user_data_of_no_callback": (
        "void doc_on(doc *d, int n, void *user FFISAN_USER_DATA(@n));",
        ["'n' of 'doc_on' is no callback"],
    ),
    "size_of_an_unknown_name": (
        "int doc_read(doc *d, char *to FFISAN_OUT(2 * @m), size_t n);",
        ["use of undeclared identifier 'm'"],
    ),
    "result_of_a_void_function": (
        "void doc_read(doc *d) FFISAN_FAILS(@ret < 0);",
        ["use of undeclared identifier 'ret'"],
    ),
    # places and numbers of words
    "word_of_a_parameter_on_a_function": (
        "int doc_read(doc *d, char *to) @FFISAN_OUT(1);",
        ["FFISAN_OUT speaks of a parameter, and stands behind a function or its result"],
    ),
    "word_of_a_function_on_a_parameter": (
        "int doc_read(doc *d @FFISAN_BLOCKS);",
        ["FFISAN_BLOCKS speaks of a function or its result, and stands behind a parameter"],
    ),
    "word_of_a_result_on_a_symbol": (
        "extern char *doc_name @FFISAN_STATIC;",
        ["FFISAN_STATIC speaks of a function or its result, and stands behind a data symbol"],
    ),
    "variant_of_a_function_that_is_not_variadic": (
        "int doc_set(doc *d, int what) @FFISAN_VARIANT(what == 1, char *, FFISAN_CSTRING);",
        ["FFISAN_VARIANT speaks of a variadic argument, and this function has none"],
    ),
    "no_argument": ("doc *doc_open(void) @FFISAN_OWNED();", ["FFISAN_OWNED takes at least 1 argument"]),
    "too_few_arguments": ('@FFISAN_VERSIONS("1.0")', ["FFISAN_VERSIONS takes 2 arguments"]),
    "too_many_arguments": (
        "int doc_read(char *to @FFISAN_OUT(1, @2));",
        ["expected ')'", "too many arguments provided to function-like macro invocation"],
    ),
    "argument_that_is_no_name": (
        "const char *doc_title(doc *d) @FFISAN_BORROWED(d + 1);",
        ["FFISAN_BORROWED takes the name of an argument here, not 'd + 1'"],
    ),
    "library_without_quotes": ("@FFISAN_LIBRARY(libother.so)", ["FFISAN_LIBRARY takes a text in quotes here, not 'libother.so'"]),
    "nested_word_is_where_it_stands": (
        "int doc_read(doc *d, char *to FFISAN_WHEN(n > 0, FFISAN_CSTRING @FFISAN_OWNED(doc_close)), int n);",
        ["FFISAN_OWNED speaks of a function or its result, and stands behind a parameter"],
    ),
    # types
    "size_of_no_pointer": ("int doc_read(int n @FFISAN_OUT(1));", ["FFISAN_OUT speaks of a pointer, and this is none"]),
    "stored_where_nothing_can_be": (
        "int doc_make(int out @FFISAN_OUT_OWNED(doc_close));",
        ["FFISAN_OUT_OWNED speaks of a pointer to what the call stores there, and this is none"],
    ),
    "elements_of_unknown_size": (
        "int doc_all(doc *d @FFISAN_IN_N(n), int n);",
        ["how large one element is is not known here: say it in bytes, without _N"],
    ),
    # contradictions
    "consumed_and_retained": (
        "int doc_add(doc *d, char *text FFISAN_CONSUMED @FFISAN_RETAINED(d));",
        ["FFISAN_RETAINED contradicts FFISAN_CONSUMED, of 'text'"],
    ),
    "nullable_and_nonnull": (
        "int doc_add(doc *d, char *text FFISAN_NULLABLE @FFISAN_NONNULL);",
        ["FFISAN_NONNULL contradicts FFISAN_NULLABLE, of 'text'"],
    ),
    "nullable_against_the_header": (
        "int doc_add(doc *d, char *text) __attribute__((__nonnull__(2)));\nint doc_add(doc *d, char *text @FFISAN_NULLABLE);",
        ["FFISAN_NULLABLE contradicts FFISAN_NONNULL, as an attribute of the header has it, of 'text'"],
    ),
    "owned_and_borrowed": (
        "char *doc_text(doc *d) FFISAN_OWNED(free) @FFISAN_BORROWED(d);",
        ["FFISAN_BORROWED contradicts FFISAN_OWNED, of 'doc_text'"],
    ),
    "said_twice": (
        "int doc_add(doc *d, char *text FFISAN_IN(1) @FFISAN_IN(2));",
        ["FFISAN_IN is said twice of 'text'"],
    ),
    "two_declarations_that_differ": (
        "int doc_add(doc *d, char *t FFISAN_IN(1));\nint doc_add(doc *d, char *t @FFISAN_IN(2));",
        ["'doc_add' is declared twice, and the words differ"],
    ),
    # expressions
    "call": (
        "int f(int n);\nint doc_read(char *to FFISAN_OUT(1 + @f(n)), int n);",
        ["functions cannot be called in a contract, but for strlen"],
    ),
    "floating_point": (
        "int doc_read(char *to FFISAN_OUT(@n * 1.5), int n);",
        ["expressions are of integers; this is a floating-point number"],
    ),
    "assignment": (
        "int doc_read(doc *d, int n) FFISAN_FAILS(@n = 1);",
        ["an expression must not change anything; '==' compares"],
    ),
    "increment": ("int doc_read(char *to FFISAN_OUT(@n++), int n);", ["an expression must not change anything"]),
    "variable": (
        "extern int limit;\nint doc_read(char *to FFISAN_OUT(@limit));",
        ["variables cannot be looked at; arguments, fields, ret and constants can"],
    ),
    "text": (
        'int doc_read(const char *name, int n) FFISAN_FAILS(name == @"x");',
        ["texts cannot be compared in a contract"],
    ),
    "pointer_with_integer": (
        "int doc_read(doc *d, int n) FFISAN_FAILS(ret @== NULL);",
        ["comparison between pointer and integer ('typeof(int)' (aka 'int') and 'void *')"],
    ),
    "field_of_an_opaque_struct": (
        "int doc_read(doc *d, char *to FFISAN_OUT(d@->size));",
        ["incomplete definition of type 'struct doc'"],
    ),
    "inside_a_macro_of_the_header": (
        "#define TWICE(n) ((n) * 2 + missing)\nint doc_read(char *to FFISAN_OUT(@TWICE(n)), int n);",
        ["use of undeclared identifier 'missing'"],
    ),
    "behind_a_macro_of_the_header": (
        "#define OUTPUT FFISAN_OUT(m)\nint doc_read(char *to @OUTPUT, int n);",
        ["use of undeclared identifier 'm'"],
    ),
    "on_the_next_line": (
        "int doc_read(char *to FFISAN_OUT(n +\n        @m), int n);",
        ["use of undeclared identifier 'm'"],
    ),
    "errno_that_is_none": (
        "int doc_read(int n) FFISAN_FAILS(ret < 0, -1, @n);",
        ["'n' is no number of an error (errno)"],
    ),
    "struct_by_value": (
        "struct size { int n; };\nint doc_read(char *to FFISAN_OUT(@s.n), struct size s);",
        ["a struct that is passed by value cannot be looked into, and arguments have no address"],
    ),
    # fields
    "field_unknown": (
        "struct part { char *at FFISAN_IN(@length); size_t size; };\nint doc_part(struct part *p);",
        ["use of undeclared identifier 'length'"],
    ),
    # what cannot be watched
    "returns_twice": (
        "int @setjmp(void *where FFISAN_NONNULL);",
        ["'setjmp' returns twice, switches stacks or unwinds them; no contract can stand before it"],
    ),
    "unwinder": (
        "int @_Unwind_RaiseException(void *what FFISAN_NONNULL);",
        ["'_Unwind_RaiseException' returns twice, switches stacks or unwinds them; no contract can stand before it"],
    ),
    "static_function": (
        "static int doc_read(char *to @FFISAN_OUT(1));",
        ["'doc_read' is static: it is in no library"],
    ),
    "two_errors": (
        "doc *doc_open(void) FFISAN_OWNED(@doc_shut);\nint doc_read(int n @FFISAN_CSTRING);",
        ["nothing declares a function 'doc_shut'", "FFISAN_CSTRING speaks of a pointer, and this is none"],
    ),
}

WITHOUT_HEAD: dict[str, tuple[str, list[str]]] = {
    "word_before_any_library": (
        "#include <ffisan/contract.h>\nint doc_read(char *to @FFISAN_OUT(1));",
        ["FFISAN_OUT stands before any FFISAN_LIBRARY; say first which library has 'doc_read'"],
    ),
    "versions_before_any_library": (
        '#include <ffisan/contract.h>\n@FFISAN_VERSIONS("1", "2")',
        ["FFISAN_VERSIONS stands before any FFISAN_LIBRARY"],
    ),
    "no_library": (
        "@int doc_read(char *to);",
        ['the contract does not say which library it is about: FFISAN_LIBRARY("libgreeting.so.1")'],
    ),
}


def marks(text: str) -> list[tuple[int, int]]:
    """Line and column of each '@', as they are once all of them are gone."""
    positions = []
    for number, line in enumerate(text.split("\n"), 1):
        pieces = line.split("@")
        positions += [(number, sum(map(len, pieces[: count + 1])) + 1) for count in range(len(pieces) - 1)]
    return positions


class ContractCheck(LauncherTest):
    def check(self, text: str, *arguments: str) -> tuple[int, str]:
        (self.place / "doc.h").write_text(text.replace("@", ""))
        result = self.ffisan("contract", "check", *arguments, "doc.h")
        return result.returncode, result.stderr.decode()

    def assert_wrong(self, text: str, sentences: list[str]) -> None:
        status, said = self.check(text)
        self.assertEqual(status, 1, said)
        found = re.findall(r"^doc\.h:(\d+):(\d+): (?:error|warning): (.*)\n(.*)\n([\t ]*)\^$", said, re.MULTILINE)
        expected = list(zip(marks(text), sentences, strict=True))
        self.assertEqual([((int(line), int(column)), sentence) for line, column, sentence, _, _ in found], expected, said)
        lines = text.replace("@", "").split("\n")
        for line, column, _, shown, before in found:
            self.assertEqual(shown, lines[int(line) - 1])
            self.assertEqual(len(before), int(column) - 1)

    def test_what_is_right_is_summed_up(self) -> None:
        status, said = self.check(HEAD + "doc *doc_open(void) FFISAN_OWNED(doc_close);")
        self.assertEqual((status, said), (0, ""))

    def test_a_destructor_that_takes_nothing_over_is_a_warning(self) -> None:
        status, said = self.check(HEAD + "doc *doc_ref(doc *d) FFISAN_OWNED(doc_drop);\nvoid doc_drop(doc *d);")
        self.assertEqual(status, 0)
        self.assertIn("doc.h:7:6: warning: what others give out goes back to 'doc_drop', and none of its arguments is", said)

    def test_another_declaration_is_pointed_at(self) -> None:
        _, said = self.check(HEAD + "int doc_add(char *t FFISAN_IN(1));\nint doc_add(char *t FFISAN_IN(2));")
        self.assertIn("doc.h:6:5: note: its other declaration is here", said)

    def test_tabs_stay_under_the_caret(self) -> None:
        _, said = self.check(HEAD + "\tint doc_read(int n\tFFISAN_CSTRING);")
        self.assertIn("\n\tint doc_read(int n\tFFISAN_CSTRING);\n\t                  \t^\n", said)

    def test_a_function_that_the_library_lacks_is_an_error(self) -> None:
        (self.place / "real.h").write_text("struct doc; int doc_size(struct doc *);\nvoid doc_close(struct doc *);\n")
        status, said = self.check(HEAD + "long doc_size(doc *d);\nint doc_age(doc *d);", "--against", "real.h")
        self.assertEqual(status, 1)
        self.assertIn(
            "doc.h:6:6: error: 'doc_size' is not what the library's header declares: the result is 'long' here and 'int' there",
            said,
        )
        self.assertIn("real.h:1:17: note: it is declared here", said)
        self.assertIn("doc.h:7:5: error: the library's headers declare no function 'doc_age'", said)

    def test_a_contract_that_takes_too_long_is_ended(self) -> None:
        levels = "\n".join(f"#define L{n} L{n - 1} L{n - 1}" for n in range(1, 40))
        (self.place / "doc.h").write_text(HEAD + f"#define L0 int x;\n{levels}\nL39")
        result = self.ffisan("contract", "check", "doc.h", FFISAN_CONTRACT_SECONDS="1")
        self.assertEqual(result.returncode, 125)
        self.assertRegex(result.stderr.decode(), "doc.h: (it takes too long to compile|libclang ended with signal)")

    def test_without_libclang_it_says_both_ways_out(self) -> None:
        (self.place / "doc.h").write_text(HEAD)
        result = self.ffisan("contract", "check", "doc.h", FFISAN_LIBCLANG=str(self.place / "nowhere.so"))
        self.assertEqual(result.returncode, 125)
        for words in (b"libclang", b"Install it", b"ffisan contract check -o"):
            self.assertIn(words, result.stderr)

    def show(self, text: str) -> str:
        (self.place / "doc.h").write_text(text)
        shown = self.ffisan("contract", "show", "doc.h")
        self.assertEqual((shown.returncode, shown.stderr), (0, b""))
        return shown.stdout.decode()

    def test_attributes_say_the_same_however_they_are_spelled(self) -> None:
        """Also where their names are those of functions, and beside others that are kept: packed, mode."""
        spelled = """char *doc_text(int count, doc *from) __attribute__((cold, {malloc}(doc_free, 1)));
        void doc_fill(int *to, int count) __attribute__(({access}({write_only}, 1, 2))) __attribute__(({nonnull}));
        int doc_open(const char *path) __attribute__(({nonnull} (1), unused, {text}(1), pure));
        void doc_fd(int at) __attribute__(({fd}(1)));
        struct __attribute__((packed)) pair {{ char one; wide two; }};
        void doc_pair(struct pair *to FFISAN_IN(sizeof(struct pair)));
        """
        names = {"malloc": "malloc", "access": "access", "write_only": "write_only", "nonnull": "nonnull",
                 "text": "null_terminated_string_arg", "fd": "fd_arg_read"}  # fmt: skip
        around = {key: f"__{name}__" for key, name in names.items()}
        head = (
            HEAD
            + "typedef int wide __attribute__((mode(DI)));\nvoid *malloc(size_t);\nvoid doc_free(char *text FFISAN_CONSUMED);\n"
        )
        plain = self.show(head + spelled.format(**names))
        self.assertEqual(self.show(head + spelled.format(**around)), plain)
        for words in (
            "FFISAN_OWNED(doc_free)", "int *to FFISAN_OUT(count * 4) FFISAN_NONNULL",
            "const char *path FFISAN_NONNULL FFISAN_CSTRING", "int at FFISAN_HANDLE(fd)", "*to FFISAN_IN(9)",
        ):  # fmt: skip
            self.assertIn(words, plain)

    def test_what_a_header_implies_holds_under_other_names(self) -> None:
        """It calls its parameters otherwise; and one without words in the contract belongs to the library all the same."""
        again = "int getpwnam_r(const char *, struct passwd *result, char *room, size_t, struct passwd **found);"
        said = self.show(f"#include <pwd.h>\n{HEAD}{again}\n")
        self.assertIn("char *room FFISAN_NONNULL FFISAN_OUT(argument_4)", said)

    def test_an_error_beside_such_attributes_is_the_only_one(self) -> None:
        status, said = self.check(HEAD + "doc *doc_open(void) __attribute__((malloc(doc_close, 1)));\nint doc_read(dok *d);")
        self.assertEqual((status, said.count("error:")), (1, 1), said)

    def test_equal_contracts_make_equal_tables(self) -> None:
        tables = []
        for name in ("one.ffc", "other.ffc"):
            status, said = self.check(HEAD + "doc *doc_open(void) FFISAN_OWNED(doc_close);", "-o", name)
            self.assertEqual(status, 0, said)
            tables.append((self.place / name).read_bytes())
        self.assertEqual(tables[0], tables[1])


def case(text: str, sentences: list[str]) -> object:
    return lambda test: test.assert_wrong(text, sentences)


for name, (text, sentences) in WRONG.items():
    setattr(ContractCheck, f"test_{name}", case(HEAD + text, sentences))
for name, (text, sentences) in WITHOUT_HEAD.items():
    setattr(ContractCheck, f"test_{name}", case(text, sentences))

if __name__ == "__main__":
    unittest.main()
