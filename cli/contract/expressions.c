/* SPDX-License-Identifier: Apache-2.0 */
#include "expressions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "complaints.h"
#include "cursors.h"
#include "sources.h"
#include "words.h"

#define TEXT_NAME       "ffisan_text_"
#define EXPRESSION_NAME "ffisan_expression_"
#define EXPRESSIONS_MAX 100000u
#define TEXT_MAX        4096u /* of one, spelled out */

/* ---- which there are ---- */

static void expression_add(struct contract *contract, struct word *word, size_t argument, const struct function *function,
                           const struct record *record) {
    struct expression *expression = pool_get(contract->pool, sizeof(*expression));
    *expression = (struct expression){.word = word,
                                      .argument = argument,
                                      .at = word->implied ? word->at : sources_argument(word->at, argument),
                                      .raw = word->arguments[argument],
                                      .function = function,
                                      .record = record,
                                      .is_type = word->id == FFISAN_WORD_VARIANT && argument == 1};
    word->expressions[argument] = expression;
    *(struct expression **)pool_append(contract->pool, &contract->expressions, &contract->expression_count,
                                       sizeof(struct expression *)) = expression;
}

static void words_add(struct contract *contract, const struct words *words, const struct function *function,
                      const struct record *record) {
    for (size_t i = 0; i < words->count; i++)
        for (size_t j = 0; j < words->items[i]->count; j++)
            if (words_takes(words->items[i]->id, j) == 'e')
                expression_add(contract, words->items[i], j, function, record);
}

static void expressions_collect(struct contract *contract) {
    for (size_t i = 0; i < contract->function_count; i++) {
        const struct function *function = contract->functions[i];
        for (size_t j = 0; function->belongs && j < function->parameter_count; j++)
            words_add(contract, &function->parameters[j].words, function, NULL);
        if (function->belongs)
            words_add(contract, &function->words, function, NULL);
    }
    for (size_t i = 0; i < contract->record_count; i++)
        for (size_t j = 0; j < contract->records[i]->field_count; j++)
            words_add(contract, &contract->records[i]->fields[j].words, NULL, contract->records[i]);
}

/* ---- lines behind the contract ---- */

struct lines {
    struct contract *contract;
    FILE *stream;
    char *text;
    size_t size;
    unsigned first;  /* line of the first expression */
    unsigned each;   /* lines of one */
    unsigned column; /* that its text begins in; of the line that has it */
    unsigned which;  /* of its lines has the text */
};

static unsigned lines_in(const char *text, size_t size) {
    unsigned count = 0;
    for (size_t i = 0; i < size; i++)
        count += text[i] == '\n';
    return count;
}

/* Numbers and names that every contract may use. */
static const char preamble[] = "\n"
                               "#if __has_include(<errno.h>)\n"
                               "#include <errno.h>\n"
                               "#endif\n"
                               "#ifndef NULL\n"
                               "#define NULL ((void *)0)\n"
                               "#endif\n"
                               "#define FFISAN_TEXT_(...) FFISAN_TEXT_OF_(__VA_ARGS__)\n"
                               "#define FFISAN_TEXT_OF_(...) #__VA_ARGS__\n";

static void lines_start(struct lines *lines, struct contract *contract) {
    *lines = (struct lines){.contract = contract};
    lines->stream = open_memstream(&lines->text, &lines->size);
    if (!lines->stream)
        pool_exhausted();
    fwrite(contract->text, 1, contract->size, lines->stream);
    fputs(preamble, lines->stream);
    lines->first = lines_in(contract->text, contract->size) + lines_in(preamble, sizeof(preamble) - 1) + 1;
}

static void lines_end(struct lines *lines) {
    if (fclose(lines->stream) != 0)
        pool_exhausted();
}

/* The expression that a line behind the contract belongs to; NULL: none. */
static const struct expression *expression_at(const struct lines *lines, struct position at) {
    const struct contract *contract = lines->contract;
    if (strcmp(at.file, contract->path) != 0 || at.line < lines->first)
        return NULL;
    size_t index = (at.line - lines->first) / lines->each;
    return index < contract->expression_count ? contract->expressions[index] : NULL;
}

static struct position error_place(void *context, struct position at) {
    const struct lines *lines = context;
    const struct expression *expression = expression_at(lines, at);
    if (!expression)
        return at;
    bool inside = (at.line - lines->first) % lines->each == lines->which && at.column >= lines->column && expression->text;
    return inside ? sources_within(expression->at, expression->text, at.column - lines->column) : expression->at;
}

/* ---- second pass: macros ---- */

static enum CXChildVisitResult text_visit(CXCursor cursor, CXCursor parent, CXClientData data) {
    struct contract *contract = data;
    const char *name = text_of(contract->pool, clang_getCursorSpelling(parent));
    if (clang_getCursorKind(cursor) != CXCursor_AnnotateAttr || strncmp(name, TEXT_NAME, sizeof(TEXT_NAME) - 1) != 0)
        return CXChildVisit_Continue;
    size_t index = strtoul(name + sizeof(TEXT_NAME) - 1, NULL, 10);
    if (index < contract->expression_count)
        contract->expressions[index]->text = text_of(contract->pool, clang_getCursorSpelling(cursor));
    return CXChildVisit_Continue;
}

static enum CXChildVisitResult text_variable_visit(CXCursor cursor, CXCursor parent, CXClientData data) {
    (void)parent;
    if (clang_getCursorKind(cursor) == CXCursor_VarDecl)
        clang_visitChildren(cursor, text_visit, data);
    return CXChildVisit_Continue;
}

static void macros_expand(struct contract *contract, const struct passes *passes) {
    struct lines lines;
    lines_start(&lines, contract);
    lines.each = 1;
    for (size_t i = 0; i < contract->expression_count; i++)
        fprintf(lines.stream, "extern const char " TEXT_NAME "%zu __attribute__((annotate(FFISAN_TEXT_(%s))));\n", i,
                contract->expressions[i]->raw);
    lines_end(&lines);
    CXTranslationUnit unit = pass_run(passes, lines.text, lines.size, NULL);
    if (unit) {
        if (!pass_complaints(contract->pool, unit, error_place, &lines))
            clang_visitChildren(clang_getTranslationUnitCursor(unit), text_variable_visit, contract);
        clang_disposeTranslationUnit(unit);
    }
    free(lines.text);
}

static void texts_check(struct contract *contract) {
    for (size_t i = 0; i < contract->expression_count && complaints_errors() == 0; i++) {
        const struct expression *expression = contract->expressions[i];
        if (!expression->text)
            complain(SAYS_ERROR, expression->at, "'%s' is no expression", expression->raw);
        else if (strlen(expression->text) > TEXT_MAX)
            complain(SAYS_ERROR, expression->at, "the expression is too long, once its macros are spelled out");
    }
}

/* ---- third pass: trees ---- */

static bool is_nameless(const char *type) {
    return strstr(type, "(unnamed") || strstr(type, "(anonymous");
}

/* Types that have no name cannot be written down; what points to them is a pointer all the same. */
static const char *type_text_of(struct contract *contract, CXType type) {
    const char *text = text_of(contract->pool, clang_getTypeSpelling(type));
    if (plain_type(type).kind == CXType_VariableArray)
        text = pool_text(contract->pool, "%s *", text_of(contract->pool, clang_getTypeSpelling(pointee_of(type))));
    if (is_nameless(text))
        text = is_pointer(type) ? "void *" : "int";
    return text;
}

static void names_write(struct lines *lines, const char *name, const char *type, bool *first) {
    if (!*name)
        return;
    fprintf(lines->stream, "%s__typeof__(%s) %s", *first ? "" : ", ", type, name);
    *first = false;
}

/* The type of a field without a name of its own is that of the field. */
static void field_names(struct lines *lines, const struct record *record) {
    struct contract *contract = lines->contract;
    const char *whole = text_of(contract->pool, clang_getTypeSpelling(clang_getCursorType(record->cursor)));
    bool first = true;
    for (size_t i = 0; i < record->field_count; i++) {
        const struct field *field = &record->fields[i];
        const char *type = text_of(contract->pool, clang_getTypeSpelling(field->type));
        bool by_field = is_nameless(type) && !is_nameless(whole) && !field->bit_width;
        names_write(lines, field->name,
                    by_field ? pool_text(contract->pool, "((%s *)0)->%s", whole, field->name)
                             : type_text_of(contract, field->type),
                    &first);
    }
}

static void function_names(struct lines *lines, const struct function *function) {
    CXType result = clang_getResultType(function->type);
    bool first = true;
    for (size_t i = 0; i < function->parameter_count; i++)
        names_write(lines, function->parameters[i].name, type_text_of(lines->contract, function->parameters[i].type), &first);
    if (plain_type(result).kind != CXType_Void && function_parameter(function, "ret") == function->parameter_count)
        names_write(lines, "ret", type_text_of(lines->contract, result), &first);
}

static void expression_write(struct lines *lines, size_t index) {
    const struct expression *expression = lines->contract->expressions[index];
    fprintf(lines->stream, "static void " EXPRESSION_NAME "%zu(", index);
    if (expression->is_type) {
        fprintf(lines->stream, "\n__typeof__(%s) value\n) {}\n", expression->text);
        return;
    }
    if (expression->function)
        function_names(lines, expression->function);
    if (expression->record)
        field_names(lines, expression->record);
    fprintf(lines->stream, ") {\n          (%s);\n}\n", expression->text);
}

static enum CXChildVisitResult last_child(CXCursor cursor, CXCursor parent, CXClientData data) {
    (void)parent;
    *(CXCursor *)data = cursor;
    return CXChildVisit_Continue;
}

static enum CXChildVisitResult tree_visit(CXCursor cursor, CXCursor parent, CXClientData data) {
    struct contract *contract = data;
    (void)parent;
    if (clang_getCursorKind(cursor) != CXCursor_FunctionDecl)
        return CXChildVisit_Continue;
    const char *name = text_of(contract->pool, clang_getCursorSpelling(cursor));
    if (strncmp(name, EXPRESSION_NAME, sizeof(EXPRESSION_NAME) - 1) != 0)
        return CXChildVisit_Continue;
    size_t index = strtoul(name + sizeof(EXPRESSION_NAME) - 1, NULL, 10);
    if (index >= contract->expression_count)
        return CXChildVisit_Continue;
    struct expression *expression = contract->expressions[index];
    CXCursor body = clang_getNullCursor(), tree = clang_getNullCursor();
    clang_visitChildren(cursor, last_child, &body);
    clang_visitChildren(body, last_child, &tree);
    expression->tree = tree;
    expression->type = expression->is_type ? clang_getArgType(clang_getCursorType(cursor), 0) : clang_getCursorType(tree);
    return CXChildVisit_Continue;
}

struct position expression_position(const struct expression *expression, size_t offset) {
    size_t line = offset;
    while (line > 0 && expression->source[line - 1] != '\n')
        line--;
    return offset - line < 11 ? expression->at : sources_within(expression->at, expression->text, offset - line - 11);
}

static void trees_read(struct contract *contract, const struct passes *passes, CXTranslationUnit *unit) {
    static const char *const flags[] = {"-Werror=implicit-function-declaration", "-Werror=int-conversion",
                                        "-Werror=pointer-integer-compare", NULL};
    struct lines lines;
    lines_start(&lines, contract);
    fputs("unsigned long strlen(const char *);\n", lines.stream);
    lines.first++;
    lines.each = 3;
    lines.column = 12;
    lines.which = 1;
    for (size_t i = 0; i < contract->expression_count; i++)
        expression_write(&lines, i);
    lines_end(&lines);
    char *text = pool_get(contract->pool, lines.size + 1);
    memcpy(text, lines.text, lines.size);
    free(lines.text);
    *unit = pass_run(passes, text, lines.size, flags);
    if (!*unit || pass_complaints(contract->pool, *unit, error_place, &lines))
        return;
    for (size_t i = 0; i < contract->expression_count; i++)
        contract->expressions[i]->source = text;
    clang_visitChildren(clang_getTranslationUnitCursor(*unit), tree_visit, contract);
}

bool expressions_read(struct contract *contract, const struct passes *passes, CXTranslationUnit *unit) {
    expressions_collect(contract);
    *unit = NULL;
    if (contract->expression_count > EXPRESSIONS_MAX)
        complain(SAYS_ERROR, (struct position){.file = contract->path, .line = 1, .column = 1}, "there are too many expressions");
    if (complaints_errors() == 0 && contract->expression_count)
        macros_expand(contract, passes);
    texts_check(contract);
    if (complaints_errors() == 0 && contract->expression_count)
        trees_read(contract, passes, unit);
    return complaints_errors() == 0;
}
