/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes the prototype file (ffisan/prototype.h) out of the headers that are installed: what the functions of the libraries in
 * libraries.txt are. A function counts when the library that is installed beside its header gives it out. The same headers and
 * libraries make the same bytes.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exports.h"
#include "headers.h"
#include "library_list.h"
#include "pool.h"

#define ROOM (96u << 20) /* of all types: some ten times what is needed */

struct generator {
    struct pool *pool;
    struct type_maker *maker;
    struct ffisan_prototype_library *libraries;
    size_t library_count;
    struct ffisan_prototype *functions;
    size_t function_count;
    const char **files; /* that were read */
    size_t file_count;
};

/* What is read now. */
struct reading {
    struct generator *generator;
    struct exports exports;
};

_Noreturn static void fail(const char *what, const char *why) {
    fprintf(stderr, "generate: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

/* ---- what the library gives out ---- */

static bool is_exported(const char *name, void *context) {
    const struct reading *reading = context;
    return exports_named(&reading->exports, name) != NULL;
}

static void file_note(const char *path, void *context) {
    struct generator *generator = ((struct reading *)context)->generator;
    for (size_t i = 0; i < generator->file_count; i++)
        if (strcmp(generator->files[i], path) == 0)
            return;
    *(const char **)pool_append(generator->pool, &generator->files, &generator->file_count, sizeof(*generator->files)) =
        pool_copy(generator->pool, path);
}

static void library_exports(struct reading *reading, const struct library_wanted *library) {
    struct pool *pool = reading->generator->pool;
    struct link_map *map;
    void *handle = dlopen(library->sonames.items[0], RTLD_LAZY);
    if (!handle || dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0)
        fail(library->sonames.items[0], pool_text(pool, "%s; ci/setup installs %s", dlerror(), library->package));
    int fd = open(map->l_name, O_RDONLY | O_CLOEXEC);
    Elf *elf = fd >= 0 ? elf_begin(fd, ELF_C_READ, NULL) : NULL;
    if (!elf)
        fail(map->l_name, "cannot be read");
    exports_read(&reading->exports, pool, elf);
    file_note(map->l_name, reading);
    elf_end(elf);
    close(fd);
    dlclose(handle);
}

/* ---- other names of the same function ---- */

static const struct function *function_named(const struct header_reader *reader, const char *name) {
    for (size_t i = 0; i < reader->count; i++)
        if (strcmp(reader->maker->writer.text + reader->functions[i].name, name) == 0)
            return &reader->functions[i];
    return NULL;
}

/* "__strdup" of "strdup", "_IO_puts" of "puts": the same code, and a name that says so. Code alone would not do: linkers fold what
 * happens to be alike. */
static bool is_other_name(const char *name, const char *declared) {
    size_t length = strlen(name), end = strlen(declared);
    return name[0] == '_' && length > end && name[length - end - 1] == '_' && strcmp(name + length - end, declared) == 0;
}

static void alias_add(struct header_reader *reader, const struct exports *exports, const struct export *alias) {
    size_t count;
    const struct export *same = exports_at(exports, alias->value, &count);
    for (size_t i = 0; i < count; i++) {
        const struct function *known = same[i].old ? NULL : function_named(reader, same[i].name);
        if (!known || !is_other_name(alias->name, same[i].name))
            continue;
        struct function function = *known;
        function.name = type_maker_text(reader->maker, alias->name);
        headers_function_add(reader, function);
        return;
    }
}

static void aliases_add(struct header_reader *reader, const struct exports *exports) {
    for (size_t i = 0; i < exports->count; i++)
        if (!exports->items[i].old && !function_named(reader, exports->items[i].name))
            alias_add(reader, exports, &exports->items[i]);
}

/* ---- a library's part of the file ---- */

static const char *sort_text; /* of the names that are compared */

static int function_compare(const void *left, const void *right) {
    const struct function *a = left, *b = right;
    int order = strcmp(a->header, b->header);
    return order ? order : strcmp(sort_text + a->name, sort_text + b->name);
}

/* Functions of one header, under every soname. */
static void header_take(struct generator *generator, const struct library_wanted *library, const char *version,
                        const struct function *functions, size_t count) {
    const char *source =
        pool_text(generator->pool, "%s of %s%s%s", functions->header, library->package, *version ? " " : "", version);
    uint32_t first = (uint32_t)generator->function_count;
    for (size_t i = 0; i < count; i++)
        *(struct ffisan_prototype *)pool_append(generator->pool, &generator->functions, &generator->function_count,
                                                sizeof(*generator->functions)) =
            (struct ffisan_prototype){.name = functions[i].name, .type = functions[i].type};
    for (size_t i = library->sonames.items[0][0] == '/'; i < library->sonames.count; i++)
        *(struct ffisan_prototype_library *)pool_append(generator->pool, &generator->libraries, &generator->library_count,
                                                        sizeof(*generator->libraries)) =
            (struct ffisan_prototype_library){.soname = type_maker_text(generator->maker, library->sonames.items[i]),
                                              .source = type_maker_text(generator->maker, source),
                                              .first = first,
                                              .count = (uint32_t)count};
}

static void functions_take(struct generator *generator, const struct library_wanted *library, struct header_reader *reader) {
    const char *version =
        output_of(generator->pool, pool_text(generator->pool, "dpkg-query -W -f '${Version}' %s 2>/dev/null", library->package));
    sort_text = reader->maker->writer.text;
    qsort(reader->functions, reader->count, sizeof(*reader->functions), function_compare);
    for (size_t first = 0, next; first < reader->count; first = next) {
        for (next = first + 1;
             next < reader->count && strcmp(reader->functions[next].header, reader->functions[first].header) == 0;)
            next++;
        header_take(generator, library, version, &reader->functions[first], next - first);
    }
}

static struct words public_headers(struct pool *pool, const struct library_wanted *library) {
    struct words headers = {0};
    for (size_t i = 0; i < library->unit_count; i++)
        for (size_t j = 0; j < library->units[i].headers.count; j++)
            *(const char **)pool_append(pool, &headers.items, &headers.count, sizeof(*headers.items)) =
                library->units[i].headers.items[j];
    return headers;
}

static void library_take(struct generator *generator, const struct library_wanted *library) {
    struct reading reading = {.generator = generator};
    library_exports(&reading, library);
    struct words headers = public_headers(generator->pool, library);
    struct header_reader reader = {.maker = generator->maker,
                                   .wanted = is_exported,
                                   .read_file = file_note,
                                   .context = &reading,
                                   .public_headers = headers.items,
                                   .public_count = headers.count};
    for (size_t i = 0; i < library->unit_count; i++) {
        const struct unit_wanted *unit = &library->units[i];
        char *complaint = headers_read(&reader, unit->headers.items, unit->headers.count, unit->flags.items, unit->flags.count);
        if (complaint)
            fail(unit->headers.items[0], pool_text(generator->pool, "%s; ci/setup installs %s", complaint, library->package));
    }
    headers_done(&reader);
    aliases_add(&reader, &reading.exports);
    if (!reader.count)
        fail(library->sonames.items[0], "its headers declare none of its functions");
    functions_take(generator, library, &reader);
    free(reader.functions);
}

/* ---- the file ---- */

static uint32_t padded(size_t size) {
    return (uint32_t)((size + 7) & ~(size_t)7);
}

static bool write_padded(FILE *file, const void *bytes, size_t size) {
    static const char zeros[8];
    size_t behind = padded(size) - size;
    return fwrite(bytes, 1, size, file) == size && fwrite(zeros, 1, behind, file) == behind;
}

static void file_write(const struct generator *generator, const char *path) {
    size_t types_size = 0, libraries_size = generator->library_count * sizeof(*generator->libraries),
           functions_size = generator->function_count * sizeof(*generator->functions);
    struct ffisan_types *types = type_maker_table(generator->maker, &types_size);
    if (!types)
        fail(path, "there are more types than there is room for");
    struct ffisan_prototypes head = {.magic = FFISAN_PROTOTYPES_MAGIC,
                                     .version = FFISAN_PROTOTYPES_VERSION,
                                     .library_count = (uint32_t)generator->library_count,
                                     .libraries = sizeof(head),
                                     .function_count = (uint32_t)generator->function_count};
    head.functions = head.libraries + padded(libraries_size);
    head.types = head.functions + padded(functions_size);
    head.size = head.types + padded(types_size);
    FILE *file = fopen(path, "we");
    bool written = file && write_padded(file, &head, sizeof(head)) && write_padded(file, generator->libraries, libraries_size) &&
                   write_padded(file, generator->functions, functions_size) && write_padded(file, types, types_size);
    if (!file || fclose(file) != 0 || !written)
        fail(path, "cannot be written");
    free(types);
}

/* For make: the file is made anew when one of those that it was made from has changed. */
static void dependencies_write(const struct generator *generator, const char *path, const char *made) {
    FILE *file = fopen(path, "we");
    if (!file)
        fail(path, "cannot be written");
    fprintf(file, "%s:", made);
    for (size_t i = 0; i < generator->file_count; i++)
        fprintf(file, " \\\n %s", generator->files[i]);
    fputc('\n', file);
    if (fclose(file) != 0)
        fail(path, "cannot be written");
}

int main(int argc, char **argv) {
    struct generator generator = {.pool = pool_new(), .maker = type_maker_new(ROOM)};
    struct library_wanted *libraries = NULL;
    size_t count = 0;
    if (argc < 3 || argc > 4 || !generator.maker) {
        fputs("usage: generate LIBRARIES FILE [DEPENDENCIES]\n", stderr);
        return EXIT_FAILURE;
    }
    elf_version(EV_CURRENT);
    library_list_read(generator.pool, argv[1], &libraries, &count);
    for (size_t i = 0; i < count; i++)
        library_take(&generator, &libraries[i]);
    type_maker_settle(generator.maker);
    file_write(&generator, argv[2]);
    if (argc == 4)
        dependencies_write(&generator, argv[3], argv[2]);
    type_maker_free(generator.maker);
    pool_free(generator.pool);
    return EXIT_SUCCESS;
}
