/* SPDX-License-Identifier: Apache-2.0
 *
 * Seeds for the fuzz targets: sound files, from which damage is found faster than from nothing. `fuzz-seeds FOLDER` fills
 * FOLDER/reader, FOLDER/verdict, FOLDER/lists, FOLDER/front, FOLDER/words, FOLDER/options,
 * FOLDER/asan_report and FOLDER/valgrind_report.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "notation.h"
#include "record_writer.h"

static struct record_writer writer;

static FILE *seed_open(const char *folder, const char *kind, const char *name) {
    char path[4200];
    mkdir(folder, 0777);
    snprintf(path, sizeof(path), "%s/%s", folder, kind);
    mkdir(path, 0777);
    snprintf(path, sizeof(path), "%s/%s/%s", folder, kind, name);
    FILE *file = fopen(path, "w");
    if (!file) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    return file;
}

static void seed_write(const char *folder, const char *kind, const char *name, const void *bytes, size_t size) {
    FILE *file = seed_open(folder, kind, name);
    if (fwrite(bytes, 1, size, file) != size || fclose(file) != 0) {
        perror(name);
        exit(EXIT_FAILURE);
    }
}

static void call_write(uint64_t function, const char *declared, uint32_t flags) {
    static const uint64_t frames[] = {0x10010, 0x20020};
    static const struct ffisan_record_argument arguments[] = {{.value = 5}, {.size = 4, .flags = FFISAN_ARGUMENT_SIZED}};
    writer_call_record(&writer);
    writer_stack(&writer, FFISAN_ROLE_DETECTED, frames, 2);
    writer_call_with(&writer, FFISAN_ROLE_DETECTED, function, "f", arguments, 2)->flags =
        flags | FFISAN_CALL_VALUES_KNOWN | FFISAN_CALL_RESULT_DECLARED | FFISAN_CALL_ARGUMENTS_DECLARED;
    writer_types(&writer, FFISAN_ROLE_DETECTED, declared);
}

/* Two declarations of each function, which clash. */
static void calls_write(void) {
    static const char *const pairs[][2] = {
        {"(i;*c,z)", "(*c;*c,z)"},
        {"(v;*@struct_s {a:i,b:{c:h,d:[3]f},e:I/3,g:I/5},i)", "(v;*@struct_s {a:i,b:{c:h,d:[3]d},e:I/4,g:I/4},i)"},
        {"(v;*(i;*v,d),i)", "(v;*(d;&v,*l),i)"},
        {"({l,l,l};{f,f},<16>)", "(x;L,*V)"},
        {"(i;&c,i...)", "(i;d,*(i!))"},
    };
    for (unsigned i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        call_write(0x10100 + i, pairs[i][0], i % 2 ? FFISAN_CALL_VARIADIC : 0);
        call_write(0x10100 + i, pairs[i][1], 0);
    }
    writer_finding(&writer, FFISAN_RULE_FOREIGN_CRASH, "f");
    writer_call(&writer, FFISAN_ROLE_LENT, 0x10100, 1, "f");
    writer_call(&writer, FFISAN_ROLE_DETECTED, 0x10100, 1, NULL);
    writer_types(&writer, FFISAN_ROLE_DETECTED, pairs[1][0]);
    writer_crossing(&writer, 0x10100, &(const struct writer_python_frame){"main", "app.py", 3, 0});
    writer_crossing(&writer, 0x10101, NULL);
}

static void subjects_write(enum ffisan_rule rule) {
    writer_finding(&writer, rule, "");
    writer_subject(&writer, &(const struct writer_subject){.what = FFISAN_SUBJECT_INSIDE,
                                                           .argument = FFISAN_SUBJECT_NO_ARGUMENT,
                                                           .name = "spam.take",
                                                           .detail = "spam.so"});
    writer_subject(&writer, &(const struct writer_subject){.what = FFISAN_SUBJECT_OBJECT,
                                                           .argument = 0,
                                                           .flags = FFISAN_SUBJECT_DIED,
                                                           .count = 1,
                                                           .wanted = 2,
                                                           .name = "list\xff"});
    writer_subject(&writer, &(const struct writer_subject){
                                .what = FFISAN_SUBJECT_OBJECT, .argument = FFISAN_SUBJECT_SELF, .count = UINT64_MAX});
    writer_subject(
        &writer, &(const struct writer_subject){
                     .what = FFISAN_SUBJECT_HOLDER, .argument = FFISAN_SUBJECT_NO_ARGUMENT, .name = "tuple", .detail = "item 0"});
    writer_subject(&writer, &(const struct writer_subject){.what = FFISAN_SUBJECT_CALL,
                                                           .role = FFISAN_ROLE_LENT,
                                                           .argument = FFISAN_SUBJECT_NO_ARGUMENT,
                                                           .name = "PyList_GetItem"});
    writer_subject(&writer,
                   &(const struct writer_subject){
                       .what = FFISAN_SUBJECT_EXCEPTION, .argument = FFISAN_SUBJECT_RESULT, .name = "ValueError", .detail = "x"});
    writer_subject(&writer, &(const struct writer_subject){.what = FFISAN_SUBJECT_STATE, .given = 300, .name = "GIL"});
}

static void reader_seeds(const char *folder) {
    static const uint64_t frames[] = {0x10010, 0x20020, 0x10030};
    static const struct writer_python_frame python[] = {{"f", "x.py", 1, 0}, {"main", "app.py", 3, 1}};
    writer_start(&writer);
    writer_finish(&writer);
    seed_write(folder, "reader", "empty", writer.bytes, writer.used);
    writer_module(&writer, 1, 0x10000, "/lib/libgreeting.so.1");
    writer_module(&writer, 2, 0x20000, "/usr/lib/libpython3.11.so.1.0");
    writer_module_gone(&writer, 1, 3);
    writer_note(&writer, FFISAN_NOTE_NAMESPACE, "libx.so");
    writer_exec(&writer, 101, FFISAN_EXEC_EMPTIED, "/bin/true");
    for (unsigned rule = 0; rule < FFISAN_RULES; rule++) {
        struct ffisan_record_finding *finding = writer_finding(&writer, (enum ffisan_rule)rule, "free");
        finding->owner = 1;
        writer_stack(&writer, FFISAN_ROLE_DETECTED, frames, 3);
        writer_python(&writer, FFISAN_ROLE_DETECTED, python, 2);
        writer_stack(&writer, FFISAN_ROLE_ALLOCATED, frames, 2);
    }
    writer_finish(&writer);
    seed_write(folder, "reader", "everything", writer.bytes, writer.used);
    writer_start(&writer);
    writer_module(&writer, 1, 0x10000, "/lib/libgreeting.so.1");
    calls_write();
    writer_finish(&writer);
    seed_write(folder, "reader", "calls", writer.bytes, writer.used);
    writer_start(&writer);
    for (unsigned rule = FFISAN_RULE_UNATTACHED_THREAD; rule < FFISAN_RULES; rule++)
        subjects_write((enum ffisan_rule)rule);
    writer_finish(&writer);
    seed_write(folder, "reader", "subjects", writer.bytes, writer.used);
}

static void text_seeds(const char *folder, const char *kind, const char *const *texts, size_t count) {
    for (size_t i = 0; i < count; i++)
        seed_write(folder, kind, (char[]){(char)('a' + i), 0}, texts[i], strlen(texts[i]));
}

static const char *const lists[] = {
    "# known\nleak:libx*\n*:main\ndouble-free:/home/*/app.py\n",
    "all,-leak,+double-free",
    "--password=x\n--token\nx\nhttps://a:b@c/\nKEY=1\n",
    "\xff\x1b[0m:\xc3\xa9[[:alpha:]\n",
};

static const char *const options[] = {
    "records=/tmp/records:frames=16:quarantine=all:quarantine-size=1:halt=1:leaks=0",
    "rules=none,+leak,-double-free:follow=\"/opt/a:b/*\":only-library=libx*,liby.so",
    "frames=17:quarantine=some:halt=yes:records=:unknown=1:::=:rules=+nothing,all",
    "records=\"say \"\"hello\"\"\":python-memory=full:command=4194304",
};

static const char *const contracts[] = {
    "doc *doc_open(const char *path FFISAN_UTF8) FFISAN_OWNED(doc_close) FFISAN_FAILS(ret == NULL, NULL, 2, 12);\n",
    "#define MOST(n) ((n) > 9 ? 9 : (n))\nint doc_read(doc *d, char *to FFISAN_OUT(MOST(n) * 2 + sizeof(long)), int n) "
    "FFISAN_SERIAL(d);\n",
    "int doc_part(struct part *p, char **out FFISAN_OUT_OWNED(free) FFISAN_WHEN(p->length && !(n % 3), FFISAN_NONNULL), int "
    "n);\n",
    "int doc_set(doc *d, int what, ...) FFISAN_VARIANT(what == 1, char *, FFISAN_RETAINED(d, doc_set) FFISAN_IN(7));\n",
    "void doc_on(doc *d, void (*fn)(void *) FFISAN_RETAINED(d), void *user FFISAN_USER_DATA(fn)) FFISAN_KEYED_BY(strlen((char "
    "*)user));\n",
};

static const char *const words[] = {
    "out_n(LIMIT(n, 2) + (c == ',' ? 1 : 2))",
    "owned(doc_close, free)",
    "borrowed(*out, doc_rename)",
    "library(\"libdoc.so.1\", \"libdoc-*.so\")",
    "variant(option == 3,void (*)(int, char))",
    "int f(char *to FFISAN_OUT(n + /* , */ 1), int n) FFISAN_FAILS(ret < 0, \\\n -1, 5);\nchar *x FFISAN_IN(",
};

/* What a call declares and what the function is, one behind the other: see verdict_fuzz.c. */
static void verdict_seeds(const char *folder) {
    static const char *const pairs[][2] = {
        {"(i;*c,i)", "(*c;name:&c,size:z)"},
        {"(*@Tm {tm_hour:i,tm_min:i};)", "(*@struct_tm {tm_sec:i,tm_min:i,tm_hour:i,more:[4]l};)"},
        {"(v;*(i;*v,*h,i),{f,f},<16>)", "(v;compare:*(d;&v,&i),L,x)"},
        {"(v;*{a:I/3,b:I/5,c:[2]{d:l}},f...)", "(v;*{+a:I/4,b:I/4,c:[2]{d:d},e:[1]c}...)"},
    };
    static _Alignas(8) char room[8192];
    for (unsigned i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        size_t size = notation_read(pairs[i][0], (void *)room, sizeof(room));
        size += notation_read(pairs[i][1], (void *)(room + size), sizeof(room) - size);
        seed_write(folder, "verdict", (char[]){(char)('a' + i), 0}, room, size);
    }
}

static const char *const asan_reports[] = {
    "==p==7==ERROR: AddressSanitizer: heap-use-after-free on address 0x603000001003 at pc 0x1\n"
    "READ of size 4 at 0x603000001003 thread T2\n    #0 0x100010fc  (lib.so+0x11fc)\n    #1 0x100020fc in main b.c:3\n\n"
    "0x603000001003 is located 3 bytes inside of 24-byte region [0x603000001000,0x603000001018)\n"
    "freed by thread T0 here:\n    #0 0x300000\n\npreviously allocated by thread T1 here:\n    #0 0x1000\n"
    "Thread T1 created by T0 here:\n    #0 0x1\nSUMMARY: AddressSanitizer: x\n",
    "==5==ERROR: LeakSanitizer: detected memory leaks\n\nDirect leak of 48 byte(s) in 2 object(s) allocated from:\n    #0 "
    "0x1000\n\n"
    "Indirect leak of 10 byte(s) in 1 object(s) allocated from:\n    #0 0x3000\n",
    "==1==ERROR: AddressSanitizer: alloc-dealloc-mismatch (operator new [] vs free) on 0x40\n    #0 0x1\n",
    "==1==ERROR: AddressSanitizer: new-delete-type-mismatch on 0x40 in thread T0:\n  size of the deallocated type: 1 bytes.\n",
    "==1==ERROR: AddressSanitizer: stack-overflow on address 0x40 (pc 0x1)\n",
};

static const char *const valgrind_reports[] = {
    "<error><tid>1</tid><kind>InvalidRead</kind><what>Invalid read of size 8</what><stack><frame><ip>0x5000</ip><obj>/l.so</obj>"
    "</frame></stack><auxwhat>Address 0x9003 is 1,003 bytes inside a block of size 2,400 "
    "free'd</auxwhat><stack><frame><ip>0x7000</ip>"
    "</frame></stack><auxwhat>Block was alloc'd at</auxwhat><stack><frame><ip>0x8000</ip></frame></stack></error>"
    "<clientmsg><tid>1</tid><text>ffisan-checked 4096\n</text></clientmsg>",
    "<error><tid>1</tid><kind>Leak_DefinitelyLost</kind><xwhat><text>x</text><leakedbytes>8</leakedbytes><leakedblocks>1</"
    "leakedblocks>"
    "</xwhat><stack><frame><ip>0x5000</ip></frame></stack></error>",
    "<error><kind>MismatchedFree</kind><what>&#65;&amp;</what></error><error><kind>InvalidFree</kind></error>",
};

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: fuzz-seeds FOLDER\n");
        return EXIT_FAILURE;
    }
    reader_seeds(argv[1]);
    verdict_seeds(argv[1]);
    text_seeds(argv[1], "lists", lists, sizeof(lists) / sizeof(lists[0]));
    text_seeds(argv[1], "front", contracts, sizeof(contracts) / sizeof(contracts[0]));
    text_seeds(argv[1], "words", words, sizeof(words) / sizeof(words[0]));
    text_seeds(argv[1], "options", options, sizeof(options) / sizeof(options[0]));
    text_seeds(argv[1], "asan_report", asan_reports, sizeof(asan_reports) / sizeof(asan_reports[0]));
    text_seeds(argv[1], "valgrind_report", valgrind_reports, sizeof(valgrind_reports) / sizeof(valgrind_reports[0]));
    return EXIT_SUCCESS;
}
