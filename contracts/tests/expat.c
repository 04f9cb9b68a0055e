/* SPDX-License-Identifier: Apache-2.0
 *
 * expat, right and wrong.
 */
#include <expat.h>

#include "cases.h"
#include "closures.h"

static void parse_said(int said) {
    char *text = block_of(64, ' ');
    memcpy(text, "<greeting/>", 11);
    XML_Parser parser = XML_ParserCreate(NULL);
    XML_Parse(parser, text, said, 1);
    free(text);
    XML_ParserFree(parser);
}
RIGHT(parse_what_is_there) {
    parse_said(64);
}
WRONG(parse_more_than_there_is, "buffer-too-small", "XML_Parse") {
    parse_said(96);
}

/* ---- parsers ---- */

RIGHT(parser_reset_and_freed) {
    XML_Parser parser = XML_ParserCreate("UTF-8");
    XML_Parse(parser, "<greeting/>", 11, 1);
    XML_ParserReset(parser, NULL);
    XML_Parse(parser, "<greeting>", 10, 0);
    XML_ParserFree(parser);
    XML_ParserFree(NULL);
}
WRONG(parser_after_its_end, "use-after-close", "XML_GetErrorCode") {
    XML_Parser parser = XML_ParserCreate(NULL);
    XML_ParserFree(parser);
    XML_GetErrorCode(parser);
}
WRONG(encoding_without_an_end, "unterminated-string", "XML_ParserCreate") {
    char *encoding = block_of(16, 'x');
    XML_Parser parser = XML_ParserCreate(encoding);
    XML_ParserFree(parser);
    free(encoding);
}

/* ---- from inside a handler ---- */

static void buffer_inside(void *user, const char *name, const char **attributes) {
    XML_GetBuffer(user, 1);
}
WRONG(buffer_inside_parsing, "reentrant-call", "XML_GetBuffer") {
    XML_Parser parser = XML_ParserCreate(NULL);
    XML_SetUserData(parser, parser);
    XML_SetStartElementHandler(parser, buffer_inside);
    XML_Parse(parser, "<greeting>", 10, 0);
    XML_ParserFree(parser);
}
static void other_inside(void *user, const char *name, const char **attributes) {
    XML_Parser other = XML_ParserCreate(NULL);
    XML_Parse(other, "<inner/>", 8, 1);
    XML_ParserFree(other);
    XML_GetCurrentLineNumber(user);
    XML_StopParser(user, XML_TRUE);
}
RIGHT(another_parser_inside_parsing) {
    XML_Parser parser = XML_ParserCreate(NULL);
    XML_SetUserData(parser, parser);
    XML_SetStartElementHandler(parser, other_inside);
    XML_Parse(parser, "<greeting/>", 11, 1);
    XML_SetStartElementHandler(parser, NULL);
    XML_ResumeParser(parser);
    XML_ParserFree(parser);
}

/* ---- handlers ---- */

static void handler_dropped(void (*set)(XML_Parser parser)) {
    struct closure closure = {0};
    XML_Parser parser = XML_ParserCreate(NULL);
    XML_SetElementHandler(parser, closure_make(&closure, &ffi_type_void, 3), NULL);
    set(parser);
    closure_drop(&closure);
    XML_Parse(parser, "<!-- no element yet -->", 23, 0);
    XML_ParserFree(parser);
}
static void take_start_away(XML_Parser parser) {
    XML_SetStartElementHandler(parser, NULL);
}
static void reset(XML_Parser parser) {
    XML_ParserReset(parser, NULL);
}
static void set_another(XML_Parser parser) {
    XML_SetEndElementHandler(parser, NULL);
}
RIGHT(handler_dropped_when_taken_away) {
    handler_dropped(take_start_away);
    handler_dropped(reset);
}
WRONG(handler_dropped_while_it_is_set, "collected-callback", "XML_SetElementHandler") {
    handler_dropped(set_another);
}

/* ---- memory ---- */

RIGHT(buffer_filled_and_parsed) {
    XML_Parser parser = XML_ParserCreate(NULL);
    void *buffer = XML_GetBuffer(parser, 100);
    memcpy(buffer, "<greeting/>", 11);
    XML_ParseBuffer(parser, 11, 0);
    buffer = XML_GetBuffer(parser, 100);
    XML_ParseBuffer(parser, 0, 1);
    XML_ParserFree(parser);
}
WRONG(buffer_freed, "free-of-borrowed", "XML_GetBuffer") {
    XML_Parser parser = XML_ParserCreate(NULL);
    free(XML_GetBuffer(parser, 100));
    XML_ParserFree(parser);
}
RIGHT(memory_of_the_suite) {
    XML_Parser parser = XML_ParserCreate(NULL);
    void *memory = XML_MemMalloc(parser, 16);
    memory = XML_MemRealloc(parser, memory, 4000);
    XML_MemFree(parser, memory);
    XML_MemFree(parser, NULL);
    XML_ParserFree(parser);
}
WRONG(error_text_freed, "free-of-borrowed", "XML_ErrorString") {
    free((char *)XML_ErrorString(XML_ERROR_SYNTAX));
}
