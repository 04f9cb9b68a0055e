/* SPDX-License-Identifier: Apache-2.0
 *
 * Seeds for the fuzz targets: sound files, from which damage is found faster than from nothing. `fuzz-seeds FOLDER` fills
 * FOLDER/reader, FOLDER/lists and FOLDER/options.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: fuzz-seeds FOLDER\n");
        return EXIT_FAILURE;
    }
    reader_seeds(argv[1]);
    text_seeds(argv[1], "lists", lists, sizeof(lists) / sizeof(lists[0]));
    text_seeds(argv[1], "options", options, sizeof(options) / sizeof(options[0]));
    return EXIT_SUCCESS;
}
