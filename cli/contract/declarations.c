/* SPDX-License-Identifier: Apache-2.0
 *
 * What belongs to a library: behind its FFISAN_LIBRARY, every function that has words, and every other one that is declared
 * in the contract itself, in a header that it includes directly, or in one that is no system header.
 */
#include "declarations.h"

#include <string.h>

#include "attributes.h"
#include "complaints.h"
#include "cursors.h"
#include "words.h"

#define BLOCKS_MAX      8 /* WHEN in WHEN */
#define FILE_WORD       "ffisan_file_word_"
#define FUNCTIONS_FIRST 256

struct walk {
    struct contract *contract;
    struct pool *pool;
    const char **direct; /* files that the contract includes behind its first FFISAN_LIBRARY */
    size_t direct_count;
};

/* ---- words ---- */

struct collecting {
    struct walk *walk;
    struct words *to;
    unsigned places; /* enum word_place, or'ed: what the declaration is */
    bool variadic;
    struct position declared;
    const struct word *blocks[BLOCKS_MAX];
    size_t depth;
    const char **gcc; /* texts of GCC's attributes */
    size_t gcc_count;
};

static const char *place_text(unsigned places) {
    if (places & (WORD_OF_FUNCTION | WORD_OF_RESULT))
        return "a function or its result";
    if (places & WORD_OF_PARAMETER)
        return "a parameter";
    if (places & WORD_OF_FIELD)
        return "a struct's field";
    return places & WORD_OF_FILE ? "what follows in the file" : "a data symbol";
}

static bool word_fits(const struct collecting *collecting, const struct word *word) {
    const struct word_row *row = &word_rows[word->id];
    unsigned places = collecting->places;
    for (const struct word *block = word->block; block; block = block->block)
        if (block->id == FFISAN_WORD_VARIANT)
            places = WORD_OF_PARAMETER;
    if (word->id == FFISAN_WORD_VARIANT && !collecting->variadic && (places & WORD_OF_FUNCTION))
        complain(SAYS_ERROR, word->at, "FFISAN_VARIANT speaks of a variadic argument, and this function has none");
    else if (row->places & places)
        return true;
    else
        complain(SAYS_ERROR, word->at, "%s speaks of %s, and stands behind %s", row->spelling, place_text(row->places),
                 place_text(places));
    return false;
}

static void block_end(struct collecting *collecting) {
    if (collecting->depth)
        collecting->depth--;
}

static void word_take(struct collecting *collecting, const struct spelled *spelled, struct position at) {
    struct pool *pool = collecting->walk->pool;
    struct word *word = pool_get(pool, sizeof(*word));
    *word = (struct word){.id = spelled->id, .at = at, .arguments = spelled->arguments, .count = spelled->count};
    word->expressions = pool_get(pool, (spelled->count + 1) * sizeof(struct expression *));
    word->block = collecting->depth ? collecting->blocks[collecting->depth - 1] : NULL;
    bool fits = word_fits(collecting, word), opens = word->id == FFISAN_WORD_WHEN || word->id == FFISAN_WORD_VARIANT;
    if (opens && collecting->depth == BLOCKS_MAX)
        complain(SAYS_ERROR, at, "conditions stand in conditions, more than %d deep", BLOCKS_MAX);
    else if (opens)
        collecting->blocks[collecting->depth++] = word;
    if (fits)
        *(struct word **)pool_append(pool, &collecting->to->items, &collecting->to->count, sizeof(struct word *)) = word;
}

static void annotation_take(struct collecting *collecting, const char *text, struct position at) {
    struct pool *pool = collecting->walk->pool;
    struct spelled spelled;
    const char *wrong = NULL;
    if (strncmp(text, "gcc:", 4) == 0)
        *(const char **)pool_append(pool, &collecting->gcc, &collecting->gcc_count, sizeof(*collecting->gcc)) = text + 4;
    if (strncmp(text, "ffisan:", 7) != 0)
        return;
    if (!words_spell(pool, text + 7, &spelled, &wrong))
        complain(SAYS_ERROR, at, "%s", wrong);
    else if (spelled.id == FFISAN_WORD_NONE)
        block_end(collecting);
    else
        word_take(collecting, &spelled, at);
}

/* Clang hands the words of an earlier declaration on to later ones: those stand before this one, or in another file. */
static bool is_inherited(const struct collecting *collecting, struct position at) {
    return !at.file || !collecting->declared.file || strcmp(at.file, collecting->declared.file) != 0 ||
           at.offset < collecting->declared.offset;
}

static enum CXChildVisitResult annotation_visit(CXCursor cursor, CXCursor parent, CXClientData data) {
    struct collecting *collecting = data;
    (void)parent;
    if (clang_getCursorKind(cursor) != CXCursor_AnnotateAttr)
        return CXChildVisit_Continue;
    struct position at = position_of(collecting->walk->pool, clang_getCursorLocation(cursor));
    if (!is_inherited(collecting, at))
        annotation_take(collecting, text_of(collecting->walk->pool, clang_getCursorSpelling(cursor)), at);
    return CXChildVisit_Continue;
}

static struct collecting words_of(struct walk *walk, CXCursor cursor, unsigned places, struct words *to) {
    struct collecting collecting = {.walk = walk, .to = to, .places = places, .declared = cursor_start(walk->pool, cursor)};
    collecting.variadic = clang_isFunctionTypeVariadic(clang_getCursorType(cursor));
    clang_visitChildren(cursor, annotation_visit, &collecting);
    return collecting;
}

/* ---- libraries ---- */

static void file_word_take(struct walk *walk, struct word *word) {
    struct contract *contract = walk->contract;
    if (word->id == FFISAN_WORD_LIBRARY) {
        struct group *group = pool_append(walk->pool, &contract->groups, &contract->group_count, sizeof(*group));
        *group = (struct group){.library = word, .at = word->at};
    } else if (word->id == FFISAN_WORD_VERSIONS && contract->group_count == 0) {
        complain(SAYS_ERROR, word->at, "FFISAN_VERSIONS stands before any FFISAN_LIBRARY");
    } else if (word->id == FFISAN_WORD_VERSIONS) {
        contract->groups[contract->group_count - 1].versions = word;
    }
}

static void symbol_take(struct walk *walk, CXCursor cursor, struct words words) {
    struct contract *contract = walk->contract;
    struct symbol *symbol = pool_get(walk->pool, sizeof(*symbol));
    *symbol = (struct symbol){.name = text_of(walk->pool, clang_getCursorSpelling(cursor)),
                              .type = clang_getCursorType(cursor),
                              .at = cursor_name_at(walk->pool, cursor),
                              .words = words,
                              .group = contract->group_count - 1};
    if (contract->group_count == 0)
        complain(SAYS_ERROR, words.items[0]->at, "%s stands before any FFISAN_LIBRARY", word_rows[words.items[0]->id].spelling);
    else
        *(struct symbol **)pool_append(walk->pool, &contract->symbols, &contract->symbol_count, sizeof(struct symbol *)) = symbol;
}

static void variable_take(struct walk *walk, CXCursor cursor) {
    struct words words = {0};
    const char *name = text_of(walk->pool, clang_getCursorSpelling(cursor));
    bool of_file = strncmp(name, FILE_WORD, sizeof(FILE_WORD) - 1) == 0;
    words_of(walk, cursor, of_file ? WORD_OF_FILE : WORD_OF_SYMBOL, &words);
    for (size_t i = 0; of_file && i < words.count; i++)
        file_word_take(walk, words.items[i]);
    if (!of_file && words.count)
        symbol_take(walk, cursor, words);
}

/* ---- structs ---- */

static const struct record *record_defined(const struct contract *contract, CXCursor definition) {
    for (size_t i = 0; i < contract->record_count; i++)
        if (clang_equalCursors(contract->records[i]->cursor, definition))
            return contract->records[i];
    return NULL;
}

const struct record *contract_record(const struct contract *contract, CXType type) {
    if (!is_record(type))
        return NULL;
    CXCursor definition = clang_getCursorDefinition(clang_getTypeDeclaration(plain_type(type)));
    return clang_Cursor_isNull(definition) ? NULL : record_defined(contract, definition);
}

struct record_reading {
    struct walk *walk;
    struct record *record;
};

static enum CXVisitorResult field_visit(CXCursor cursor, CXClientData data) {
    struct record_reading *reading = data;
    struct pool *pool = reading->walk->pool;
    struct record *record = reading->record;
    struct field *field = pool_append(pool, &record->fields, &record->field_count, sizeof(*field));
    field->name = clang_Cursor_isAnonymous(cursor) ? "" : text_of(pool, clang_getCursorSpelling(cursor));
    field->type = clang_getCursorType(cursor);
    long long offset = clang_Cursor_getOffsetOfField(cursor);
    field->bit_offset = offset > 0 ? (uint64_t)offset : 0;
    field->bit_width = clang_Cursor_isBitField(cursor) ? (unsigned)clang_getFieldDeclBitWidth(cursor) : 0;
    words_of(reading->walk, cursor, WORD_OF_FIELD, &field->words);
    const struct record *inner = contract_record(reading->walk->contract, field->type);
    record->spoken_of |= field->words.count > 0 || (inner && inner->spoken_of);
    return CXVisit_Continue;
}

static enum CXChildVisitResult inner_record_visit(CXCursor cursor, CXCursor parent, CXClientData data);

static void record_take(struct walk *walk, CXCursor cursor) {
    struct contract *contract = walk->contract;
    CXCursor definition = clang_getCursorDefinition(cursor);
    if (clang_Cursor_isNull(definition) || !clang_equalCursors(definition, cursor))
        return;
    clang_visitChildren(cursor, inner_record_visit, walk);
    struct record *record = pool_get(walk->pool, sizeof(*record));
    struct record_reading reading = {walk, record};
    record->cursor = cursor;
    record->name = text_of(walk->pool, clang_getCursorSpelling(cursor));
    clang_Type_visitFields(clang_getCursorType(cursor), field_visit, &reading);
    if (record->spoken_of)
        *(struct record **)pool_append(walk->pool, &contract->records, &contract->record_count, sizeof(struct record *)) = record;
}

static bool is_record_kind(enum CXCursorKind kind) {
    return kind == CXCursor_StructDecl || kind == CXCursor_UnionDecl;
}

static enum CXChildVisitResult inner_record_visit(CXCursor cursor, CXCursor parent, CXClientData data) {
    (void)parent;
    if (is_record_kind(clang_getCursorKind(cursor)))
        record_take(data, cursor);
    return CXChildVisit_Continue;
}

size_t record_field(const struct record *record, const char *name) {
    size_t index = 0;
    while (index < record->field_count && strcmp(record->fields[index].name, name) != 0)
        index++;
    return index;
}

/* ---- functions ---- */

struct function *contract_function(const struct contract *contract, const char *name) {
    for (size_t i = 0; i < contract->function_count; i++)
        if (strcmp(contract->functions[i]->linkage, name) == 0 || strcmp(contract->functions[i]->name, name) == 0)
            return contract->functions[i];
    return NULL;
}

size_t function_parameter(const struct function *function, const char *name) {
    size_t index = 0;
    while (index < function->parameter_count && strcmp(function->parameters[index].name, name) != 0)
        index++;
    return index;
}

bool declaration_refused(const char *linkage) {
    static const char *const names[] = {"setjmp",      "_setjmp",       "__setjmp",          "sigsetjmp",      "__sigsetjmp",
                                        "longjmp",     "_longjmp",      "siglongjmp",        "__longjmp_chk",  "vfork",
                                        "__vfork",     "getcontext",    "setcontext",        "swapcontext",    "makecontext",
                                        "__cxa_throw", "__cxa_rethrow", "__cxa_begin_catch", "__cxa_end_catch"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(linkage, names[i]) == 0)
            return true;
    return strncmp(linkage, "_Unwind_", 8) == 0 || strncmp(linkage, "__gxx_", 6) == 0;
}

static const struct word *earlier(const struct word *one, const struct words *words) {
    for (size_t i = 0; i < words->count; i++)
        if (!words->items[i]->implied)
            return one && one->at.offset < words->items[i]->at.offset ? one : words->items[i];
    return one;
}

/* That somebody wrote; NULL: none. */
static const struct word *first_word(const struct function *function) {
    const struct word *first = earlier(NULL, &function->words);
    for (size_t i = 0; i < function->parameter_count; i++)
        first = earlier(first, &function->parameters[i].words);
    return first;
}

static void parameters_take(struct walk *walk, struct function *function) {
    int count = clang_getNumArgTypes(function->type), named = clang_Cursor_getNumArguments(function->cursor);
    function->parameter_count = count > 0 ? (size_t)count : 0;
    function->parameters = pool_get(walk->pool, (function->parameter_count + 1) * sizeof(*function->parameters));
    for (size_t i = 0; i < function->parameter_count; i++) {
        struct parameter *parameter = &function->parameters[i];
        parameter->name = "";
        parameter->type = clang_getArgType(function->type, (unsigned)i);
        if (named != count)
            continue;
        CXCursor cursor = clang_Cursor_getArgument(function->cursor, (unsigned)i);
        parameter->name = text_of(walk->pool, clang_getCursorSpelling(cursor));
        words_of(walk, cursor, WORD_OF_PARAMETER, &parameter->words);
    }
}

static struct function *function_read(struct walk *walk, CXCursor cursor, const char *linkage) {
    struct function *function = pool_get(walk->pool, sizeof(*function));
    *function = (struct function){.name = text_of(walk->pool, clang_getCursorSpelling(cursor)),
                                  .linkage = linkage,
                                  .cursor = cursor,
                                  .type = clang_getCursorType(cursor),
                                  .at = cursor_name_at(walk->pool, cursor)};
    function->variadic = clang_isFunctionTypeVariadic(function->type);
    parameters_take(walk, function);
    struct collecting collecting = words_of(walk, cursor, WORD_OF_FUNCTION | WORD_OF_RESULT, &function->words);
    for (size_t i = 0; i < collecting.gcc_count; i++)
        attribute_take(walk->pool, function, collecting.gcc[i]);
    return function;
}

static bool is_direct(const struct walk *walk, const char *file) {
    for (size_t i = 0; file && i < walk->direct_count; i++)
        if (strcmp(walk->direct[i], file) == 0)
            return true;
    return false;
}

static bool belongs(const struct walk *walk, const struct function *function) {
    if (walk->contract->group_count == 0)
        return false;
    return first_word(function) || is_direct(walk, function->at.file) ||
           !clang_Location_isInSystemHeader(clang_getCursorLocation(function->cursor));
}

static bool word_equal(const struct word *one, const struct word *other) {
    if (one->id != other->id || one->count != other->count)
        return false;
    for (size_t i = 0; i < one->count; i++)
        if (strcmp(one->arguments[i], other->arguments[i]) != 0)
            return false;
    return true;
}

/* The next one that somebody wrote; NULL: there is no other. */
static const struct word *next_written(const struct words *words, size_t *index) {
    while (*index < words->count && words->items[*index]->implied)
        (*index)++;
    return *index < words->count ? words->items[(*index)++] : NULL;
}

static bool words_equal(const struct words *one, const struct words *other) {
    size_t at = 0, other_at = 0;
    for (;;) {
        const struct word *word = next_written(one, &at), *other_word = next_written(other, &other_at);
        if (!word || !other_word)
            return word == other_word;
        if (!word_equal(word, other_word))
            return false;
    }
}

static bool functions_agree(const struct function *one, const struct function *other) {
    if (one->parameter_count != other->parameter_count || !words_equal(&one->words, &other->words))
        return false;
    for (size_t i = 0; i < one->parameter_count; i++)
        if (!words_equal(&one->parameters[i].words, &other->parameters[i].words))
            return false;
    return true;
}

static void inherit(struct pool *pool, struct function *to, const struct function *from) {
    attributes_inherit(pool, &to->words, &from->words);
    for (size_t i = 0; i < to->parameter_count && i < from->parameter_count; i++)
        attributes_inherit(pool, &to->parameters[i].words, &from->parameters[i].words);
}

/* Declared again: the words may stand at either declaration, or at both alike. */
static void function_merge(struct walk *walk, struct function *known, struct function *again) {
    inherit(walk->pool, again, known);
    inherit(walk->pool, known, again);
    if (first_word(known) && first_word(again) && !functions_agree(known, again)) {
        complain(SAYS_ERROR, first_word(again)->at, "'%s' is declared twice, and the words differ", again->name);
        complain(SAYS_NOTE, known->at, "its other declaration is here");
    }
    bool joins = again->belongs && !known->belongs;
    again->belongs |= known->belongs;
    if (known->belongs)
        again->group = known->group;
    if (!first_word(known) && (first_word(again) || joins))
        *known = *again;
}

static void function_check(const struct walk *walk, struct function *function) {
    const struct word *word = first_word(function);
    if (first_word(function) && walk->contract->group_count == 0)
        complain(SAYS_ERROR, word->at, "%s stands before any FFISAN_LIBRARY; say first which library has '%s'",
                 word_rows[word->id].spelling, function->name);
    if (!declaration_refused(function->linkage))
        return;
    if (first_word(function))
        complain(SAYS_ERROR, function->at, "'%s' returns twice, switches stacks or unwinds them; no contract can stand before it",
                 function->name);
    function->belongs = false;
}

static void function_take(struct walk *walk, CXCursor cursor) {
    struct contract *contract = walk->contract;
    const char *linkage = text_of(walk->pool, clang_Cursor_getMangling(cursor));
    linkage += *linkage == '\1';
    struct function *function = function_read(walk, cursor, linkage);
    if (clang_Cursor_getStorageClass(cursor) == CX_SC_Static) {
        if (first_word(function))
            complain(SAYS_ERROR, first_word(function)->at, "'%s' is static: it is in no library", function->name);
        return;
    }
    function->belongs = belongs(walk, function);
    function->group = contract->group_count ? contract->group_count - 1 : 0;
    function_check(walk, function);
    struct function *known = contract_function(contract, linkage);
    if (known)
        function_merge(walk, known, function);
    else
        *(struct function **)pool_append(walk->pool, &contract->functions, &contract->function_count, sizeof(struct function *)) =
            function;
}

/* ---- kinds of handles ---- */

static struct record_typedef *typedef_known(const struct contract *contract, CXCursor record) {
    for (size_t i = 0; i < contract->typedef_count; i++)
        if (clang_equalCursors(contract->typedefs[i].record, record))
            return &contract->typedefs[i];
    return NULL;
}

static CXCursor record_of(CXType type) {
    return clang_getCanonicalCursor(clang_getTypeDeclaration(plain_type(type)));
}

/* The first one counts; one of the struct itself before one of a pointer to it. */
static void typedef_take(struct walk *walk, CXCursor cursor) {
    struct contract *contract = walk->contract;
    CXType type = clang_getTypedefDeclUnderlyingType(cursor);
    bool of_pointer = is_pointer(type);
    type = of_pointer ? pointee_of(type) : type;
    if (!is_record(type))
        return;
    struct record_typedef *known = typedef_known(contract, record_of(type));
    if (known && (!known->of_pointer || of_pointer))
        return;
    if (!known)
        known = pool_append(walk->pool, &contract->typedefs, &contract->typedef_count, sizeof(*known));
    *known = (struct record_typedef){record_of(type), text_of(walk->pool, clang_getCursorSpelling(cursor)), of_pointer};
}

const char *contract_kind(const struct contract *contract, CXType type) {
    const struct record_typedef *known = typedef_known(contract, record_of(type));
    return known ? known->name : record_name(contract->pool, type);
}

bool contract_is_handle(CXType type) {
    return is_pointer(type) && is_opaque(pointee_of(type));
}

/* ---- the file ---- */

static enum CXChildVisitResult declaration_visit(CXCursor cursor, CXCursor parent, CXClientData data) {
    (void)parent;
    enum CXCursorKind kind = clang_getCursorKind(cursor);
    if (kind == CXCursor_FunctionDecl)
        function_take(data, cursor);
    else if (kind == CXCursor_VarDecl)
        variable_take(data, cursor);
    else if (kind == CXCursor_TypedefDecl)
        typedef_take(data, cursor);
    else if (is_record_kind(kind))
        record_take(data, cursor);
    return CXChildVisit_Continue;
}

/* Depth 0 is the contract itself. What it includes before its first FFISAN_LIBRARY is for its types. */
static void inclusion_visit(CXFile file, CXSourceLocation *stack, unsigned depth, CXClientData data) {
    struct walk *walk = data;
    if (depth == 1 && stack)
        *(const char **)pool_append(walk->pool, &walk->direct, &walk->direct_count, sizeof(*walk->direct)) =
            text_of(walk->pool, clang_getFileName(file));
}

void declarations_read(struct contract *contract) {
    struct walk walk = {.contract = contract, .pool = contract->pool};
    clang_getInclusions(contract->unit, inclusion_visit, &walk);
    clang_visitChildren(clang_getTranslationUnitCursor(contract->unit), declaration_visit, &walk);
    if (contract->group_count == 0 && complaints_errors() == 0)
        complain(SAYS_ERROR, (struct position){.file = contract->path, .line = 1, .column = 1},
                 "the contract does not say which library it is about: FFISAN_LIBRARY(\"libgreeting.so.1\")");
}
