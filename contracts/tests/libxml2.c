/* SPDX-License-Identifier: Apache-2.0
 *
 * libxml2, right and wrong.
 */
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlreader.h>
#include <libxml/xmlsave.h>
#include <libxml/xmlschemas.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

#include "cases.h"
#include "closures.h"

#define XML "<root><a>one</a><b at='x'>two</b></root>"

/* Without a dictionary, so that nodes can be moved from one to another. */
static xmlDoc *document(void) {
    return xmlReadMemory(XML, sizeof(XML) - 1, NULL, NULL, XML_PARSE_NODICT);
}

/* ---- documents and nodes ---- */

RIGHT(nodes_moved_merged_and_freed) {
    xmlDoc *doc = document(), *other = xmlNewDoc(BAD_CAST "1.0");
    xmlNode *root = xmlDocGetRootElement(doc), *taken = root->children, *text;
    xmlUnlinkNode(taken);
    xmlDocSetRootElement(other, taken);
    text = xmlNewText(BAD_CAST " and more");
    xmlAddChild(taken, text);
    text = xmlAddChild(taken, xmlNewText(BAD_CAST " still"));
    xmlAddChild(root, xmlDocCopyNode(taken, doc, 1));
    xmlAddNextSibling(root->children, xmlNewDocNode(doc, NULL, BAD_CAST "new", BAD_CAST "text"));
    taken = root->last;
    xmlUnlinkNode(taken);
    xmlFreeNode(taken);
    xmlFreeNode(xmlNewNode(NULL, BAD_CAST "alone"));
    xmlFreeNode(xmlDocSetRootElement(other, xmlNewNode(NULL, BAD_CAST "root")));
    xmlFreeDoc(other);
    xmlFreeDoc(doc);
    xmlFreeDoc(NULL);
}
RIGHT(parser_and_its_document) {
    xmlParserCtxt *parser = xmlCreatePushParserCtxt(NULL, NULL, NULL, 0, NULL);
    xmlParseChunk(parser, XML, sizeof(XML) - 1, 0);
    xmlParseChunk(parser, NULL, 0, 1);
    xmlDoc *doc = parser->myDoc;
    xmlFreeParserCtxt(parser);
    xmlFreeDoc(doc);
    parser = xmlNewParserCtxt();
    xmlFreeDoc(xmlCtxtReadMemory(parser, XML, sizeof(XML) - 1, NULL, NULL, 0));
    xmlFreeParserCtxt(parser);
}
WRONG(document_after_free, "use-after-close", "xmlGetDocCompressMode") {
    xmlDoc *doc = document();
    xmlFreeDoc(doc);
    xmlGetDocCompressMode(doc);
}
WRONG(more_read_than_there_is, "buffer-too-small", "xmlReadMemory") {
    char *text = strdup("<a/>");
    xmlFreeDoc(xmlReadMemory(text, 16, NULL, NULL, XML_PARSE_NOERROR | XML_PARSE_RECOVER));
    free(text);
}

/* ---- texts ---- */

RIGHT(texts_given_back) {
    xmlDoc *doc = document();
    xmlChar *text = xmlNodeGetContent(xmlDocGetRootElement(doc));
    int size;
    xmlFree(xmlStrcat(text, BAD_CAST " more"));
    xmlFree(xmlGetProp(xmlDocGetRootElement(doc)->last, BAD_CAST "at"));
    xmlDocDumpMemory(doc, &text, &size);
    xmlFree(text);
    xmlFree(xmlGetNodePath(xmlDocGetRootElement(doc)));
    xmlFreeDoc(doc);
    xmlBuffer *buffer = xmlBufferCreate();
    xmlBufferCat(buffer, BAD_CAST "text");
    xmlFree(xmlBufferDetach(buffer));
    xmlBufferFree(buffer);
    xmlDict *dict = xmlDictCreate();
    xmlDictLookup(dict, BAD_CAST "name", -1);
    xmlDictReference(dict);
    xmlDictFree(dict);
    xmlDictOwns(dict, xmlDictLookup(dict, BAD_CAST "name", -1));
    xmlDictFree(dict);
}
/* As xmlFree does here. */
RIGHT(content_freed_by_libc) {
    xmlDoc *doc = document();
    free(xmlNodeGetContent(xmlDocGetRootElement(doc)));
    xmlFreeDoc(doc);
}
WRONG(content_never_given_back, "leak", "") {
    xmlDoc *doc = document();
    for (int i = 0; i < 10; i++)
        xmlNodeGetContent(xmlDocGetRootElement(doc));
    xmlFreeDoc(doc);
}
WRONG(buffers_content_freed, "free-of-borrowed", "xmlBufferContent") {
    xmlBuffer *buffer = xmlBufferCreate();
    xmlBufferCat(buffer, BAD_CAST "text");
    free((void *)xmlBufferContent(buffer));
    xmlBufferFree(buffer);
}

/* ---- readers and writers ---- */

static void read_all(int early) {
    char *text = strdup(XML);
    xmlTextReader *reader = xmlReaderForMemory(text, strlen(text), NULL, NULL, 0);
    while (!early && xmlTextReaderRead(reader) == 1) {
        if (xmlTextReaderHasValue(reader))
            xmlStrlen(xmlTextReaderConstValue(reader));
        xmlFree(xmlTextReaderName(reader));
    }
    if (early) {
        free(text);
        xmlTextReaderDepth(reader);
    }
    xmlFreeTextReader(reader);
    if (!early)
        free(text);
}
RIGHT(memory_until_its_reader_is_freed) {
    read_all(0);
}
WRONG(memory_freed_before_its_reader, "freed-while-retained", "") {
    read_all(1);
}
RIGHT(saved_to_a_buffer) {
    xmlDoc *doc = document();
    xmlBuffer *buffer = xmlBufferCreate();
    xmlSaveCtxt *save = xmlSaveToBuffer(buffer, NULL, 0);
    xmlSaveDoc(save, doc);
    xmlSaveClose(save);
    puts((const char *)xmlBufferContent(buffer));
    xmlBufferFree(buffer);
    xmlFreeDoc(doc);
}

/* ---- XPath ---- */

static void greet(xmlXPathParserContext *context, int arguments) {
    for (int i = 0; i < arguments; i++)
        xmlXPathFreeObject(valuePop(context));
    valuePush(context, xmlXPathNewCString("hello"));
}
RIGHT(paths_found) {
    xmlDoc *doc = document();
    xmlXPathContext *context = xmlXPathNewContext(doc);
    xmlXPathRegisterFunc(context, BAD_CAST "greet", greet);
    xmlXPathRegisterVariable(context, BAD_CAST "number", xmlXPathNewFloat(2));
    xmlXPathFreeObject(xmlXPathEvalExpression(BAD_CAST "//a", context));
    xmlXPathObject *text = xmlXPathEvalExpression(BAD_CAST "concat(greet(//a, $number), 'x')", context);
    xmlFree(xmlXPathCastToString(text));
    xmlXPathFreeObject(text);
    xmlXPathCompExpr *compiled = xmlXPathCompile(BAD_CAST "count(//*)");
    xmlXPathFreeObject(xmlXPathCompiledEval(compiled, context));
    xmlXPathFreeCompExpr(compiled);
    xmlXPathFreeContext(context);
    xmlFreeDoc(doc);
}
static void function_dropped(int taken_away) {
    xmlXPathContext *context = xmlXPathNewContext(NULL);
    struct closure closure = {0};
    xmlXPathRegisterFunc(context, BAD_CAST "greet", closure_make(&closure, &ffi_type_void, 2));
    xmlXPathRegisterFunc(context, taken_away ? BAD_CAST "greet" : BAD_CAST "other", greet);
    closure_drop(&closure);
    xmlXPathRegisterNs(context, BAD_CAST "x", BAD_CAST "urn:x");
    xmlXPathFreeContext(context);
}
RIGHT(function_dropped_when_replaced) {
    function_dropped(1);
}
WRONG(function_dropped_while_another_is_set, "collected-callback", "") {
    function_dropped(0);
}

/* Every free of the library's comes from the program then, also those of calls that no contract speaks of. */
static void *xml_malloc(size_t size) {
    return malloc(size);
}
static void *xml_realloc(void *memory, size_t size) {
    return realloc(memory, size);
}
static char *xml_strdup(const char *text) {
    return strdup(text);
}
static void xml_free(void *memory) {
    free(memory);
}
RIGHT(memory_of_the_programs_own) {
    xmlMemSetup(xml_free, xml_malloc, xml_realloc, xml_strdup);
    xmlDoc *doc = document();
    xmlXPathContext *context = xmlXPathNewContext(doc);
    xmlXPathObject *found = xmlXPathEval(BAD_CAST "//*", context);
    xmlXPathFreeObject(xmlXPathConvertString(found));
    xmlXPathFreeContext(context);
    xmlFreeDoc(doc);
}

/* ---- schemas, errors ---- */

#define SCHEMA "<schema xmlns='http://www.w3.org/2001/XMLSchema'><element name='root'/></schema>"
static void schema(int early) {
    char *text = strdup(SCHEMA);
    xmlSchemaParserCtxt *parser = xmlSchemaNewMemParserCtxt(text, strlen(text));
    xmlSchema *made = early ? NULL : xmlSchemaParse(parser);
    free(text);
    if (early)
        xmlSchemaSetParserStructuredErrors(parser, NULL, NULL);
    xmlSchemaFreeParserCtxt(parser);
    xmlDoc *doc = document();
    xmlSchemaValidCtxt *context = made ? xmlSchemaNewValidCtxt(made) : NULL;
    if (context)
        xmlSchemaValidateDoc(context, doc);
    xmlSchemaFreeValidCtxt(context);
    xmlSchemaFree(made);
    xmlFreeDoc(doc);
}
RIGHT(schema_until_it_is_parsed) {
    schema(0);
}
WRONG(schema_freed_before_it_is_parsed, "freed-while-retained", "") {
    schema(1);
}

static void error_function(int taken_away) {
    struct closure closure = {0};
    xmlSetStructuredErrorFunc(NULL, closure_make(&closure, &ffi_type_void, 2));
    xmlFreeDoc(xmlReadMemory("<", 1, NULL, NULL, 0));
    if (taken_away)
        xmlSetStructuredErrorFunc(NULL, NULL);
    closure_drop(&closure);
}
RIGHT(error_function_taken_away) {
    error_function(1);
}
WRONG(error_function_dropped, "collected-callback", "") {
    error_function(0);
}
