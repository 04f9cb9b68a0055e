/* SPDX-License-Identifier: Apache-2.0
 *
 * libxml2: documents and nodes, parsers, readers, writers, XPath, schemas, texts.
 *
 * Rules are from the reference at gnome.pages.gitlab.gnome.org/libxml2/html/ (libxml/tree.h, parser.h, xmlreader.h, xpath.h,
 * xmlschemas.h, relaxng.h, xmlsave.h, xmlwriter.h, dict.h, xmlerror.h: what each function says of its result and of its
 * buffers), and from "Memory management" in its wiki (xmlFree, xmlMemSetup).
 *
 * xmlFree is a variable. It holds free unless a program has put something else there, and only what it holds is right for these
 * texts.
 *
 * Not said, because it is not always so:
 *   - that a node belongs to its document: nodes are taken out and put elsewhere, as often as one likes;
 *   - that text is UTF-8: the parser finds out about that, and most of the rest does not look;
 *   - how long what a callback is handed has to live;
 *   - namespaces, node sets, and what hangs on a DTD.
 */
#ifndef FFISAN_CONTRACTS_LIBXML2_H
#define FFISAN_CONTRACTS_LIBXML2_H

#include <stddef.h>
#include <stdio.h>

#include <ffisan/contract.h>

FFISAN_LIBRARY("libxml2.so.2", "libxml2.so.16", "libxml2-????????.so.*")

typedef unsigned char xmlChar;
typedef struct _xmlDoc xmlDoc;
typedef xmlDoc *xmlDocPtr;
typedef xmlDocPtr htmlDocPtr;
typedef struct _xmlNode xmlNode;
typedef xmlNode *xmlNodePtr;
typedef struct _xmlAttr xmlAttr;
typedef xmlAttr *xmlAttrPtr;
typedef struct _xmlNs xmlNs;
typedef xmlNs *xmlNsPtr;
typedef struct _xmlDtd xmlDtd;
typedef xmlDtd *xmlDtdPtr;
typedef struct _xmlDict xmlDict;
typedef xmlDict *xmlDictPtr;
typedef struct _xmlURI xmlURI;
typedef xmlURI *xmlURIPtr;
typedef struct _xmlBuffer xmlBuffer;
typedef xmlBuffer *xmlBufferPtr;
typedef struct _xmlError xmlError;
typedef xmlError *xmlErrorPtr;
typedef struct _xmlParserCtxt xmlParserCtxt;
typedef xmlParserCtxt *xmlParserCtxtPtr;
typedef xmlParserCtxtPtr htmlParserCtxtPtr;
typedef struct _xmlParserInput xmlParserInput;
typedef xmlParserInput *xmlParserInputPtr;
typedef struct _xmlSAXHandler xmlSAXHandler;
typedef xmlSAXHandler *xmlSAXHandlerPtr;
typedef struct _xmlTextReader xmlTextReader;
typedef xmlTextReader *xmlTextReaderPtr;
typedef struct _xmlTextWriter xmlTextWriter;
typedef xmlTextWriter *xmlTextWriterPtr;
typedef struct _xmlSaveCtxt xmlSaveCtxt;
typedef xmlSaveCtxt *xmlSaveCtxtPtr;
typedef struct _xmlNodeSet xmlNodeSet;
typedef xmlNodeSet *xmlNodeSetPtr;
typedef struct _xmlXPathContext xmlXPathContext;
typedef xmlXPathContext *xmlXPathContextPtr;
typedef struct _xmlXPathParserContext xmlXPathParserContext;
typedef xmlXPathParserContext *xmlXPathParserContextPtr;
typedef struct _xmlXPathObject xmlXPathObject;
typedef xmlXPathObject *xmlXPathObjectPtr;
typedef struct _xmlXPathCompExpr xmlXPathCompExpr;
typedef xmlXPathCompExpr *xmlXPathCompExprPtr;
typedef struct _xmlSchema xmlSchema;
typedef xmlSchema *xmlSchemaPtr;
typedef struct _xmlSchemaParserCtxt xmlSchemaParserCtxt;
typedef xmlSchemaParserCtxt *xmlSchemaParserCtxtPtr;
typedef struct _xmlSchemaValidCtxt xmlSchemaValidCtxt;
typedef xmlSchemaValidCtxt *xmlSchemaValidCtxtPtr;
typedef struct _xmlRelaxNG xmlRelaxNG;
typedef xmlRelaxNG *xmlRelaxNGPtr;
typedef struct _xmlRelaxNGParserCtxt xmlRelaxNGParserCtxt;
typedef xmlRelaxNGParserCtxt *xmlRelaxNGParserCtxtPtr;
typedef struct _xmlRelaxNGValidCtxt xmlRelaxNGValidCtxt;
typedef xmlRelaxNGValidCtxt *xmlRelaxNGValidCtxtPtr;
typedef struct _xmlValidCtxt xmlValidCtxt;
typedef xmlValidCtxt *xmlValidCtxtPtr;

typedef void (*xmlFreeFunc)(void *memory);
typedef void *(*xmlMallocFunc)(size_t size);
typedef void *(*xmlReallocFunc)(void *memory, size_t size);
typedef char *(*xmlStrdupFunc)(const char *text);
typedef int (*xmlInputMatchCallback)(char const *name);
typedef void *(*xmlInputOpenCallback)(char const *name);
typedef int (*xmlInputReadCallback)(void *data, char *buffer, int n);
typedef int (*xmlInputCloseCallback)(void *data);
typedef void (*xmlGenericErrorFunc)(void *data, const char *format, ...);
typedef void (*xmlStructuredErrorFunc)(void *data, xmlErrorPtr error);
typedef void (*xmlSchemaValidityErrorFunc)(void *data, const char *format, ...);
typedef void (*xmlSchemaValidityWarningFunc)(void *data, const char *format, ...);
typedef void (*xmlRelaxNGValidityErrorFunc)(void *data, const char *format, ...);
typedef void (*xmlRelaxNGValidityWarningFunc)(void *data, const char *format, ...);
typedef xmlParserInputPtr (*xmlExternalEntityLoader)(const char *url, const char *id, xmlParserCtxtPtr context);
typedef void (*xmlXPathFunction)(xmlXPathParserContextPtr context, int arguments);
typedef xmlXPathFunction (*xmlXPathFuncLookupFunc)(void *data, const xmlChar *name, const xmlChar *uri);
typedef xmlXPathObjectPtr (*xmlXPathVariableLookupFunc)(void *data, const xmlChar *name, const xmlChar *uri);

#define FAILS_NULL    FFISAN_FAILS(ret == NULL, NULL)
#define FAILS_BELOW_0 FFISAN_FAILS(ret < 0, -1)
#define TEXT          FFISAN_CSTRING FFISAN_NULLABLE
#define OWNED_TEXT    FFISAN_OWNED(xmlFree) FFISAN_FAMILY("xml")
#define OWNED_DOC     FFISAN_OWNED(xmlFreeDoc) FAILS_NULL
#define OWNED_NODE    FFISAN_OWNED(xmlFreeNode, xmlFreeNodeList) FAILS_NULL
#define GIVEN         FFISAN_CONSUMED FFISAN_NULLABLE
#define BYTES         FFISAN_WHEN(size > 0, FFISAN_IN(size))

/* ---- memory ---- */

extern xmlFreeFunc xmlFree FFISAN_FAMILY("xml");
extern xmlMallocFunc xmlMalloc FFISAN_FAMILY("xml");
extern xmlMallocFunc xmlMallocAtomic FFISAN_FAMILY("xml");
extern xmlReallocFunc xmlRealloc FFISAN_FAMILY("xml");
extern xmlStrdupFunc xmlMemStrdup FFISAN_FAMILY("xml");

xmlChar *xmlStrdup(const xmlChar *text TEXT) OWNED_TEXT;
xmlChar *xmlStrndup(const xmlChar *text, int n) OWNED_TEXT;
xmlChar *xmlCharStrdup(const char *text TEXT) OWNED_TEXT;
xmlChar *xmlStrsub(const xmlChar *text TEXT, int start, int n) OWNED_TEXT;
/* The first text goes in and comes back, longer and perhaps elsewhere. */
xmlChar *xmlStrcat(xmlChar *text GIVEN, const xmlChar *more TEXT) OWNED_TEXT FAILS_NULL;
int xmlStrlen(const xmlChar *text TEXT);
xmlChar *xmlBuildURI(const xmlChar *uri TEXT, const xmlChar *base TEXT) OWNED_TEXT;
xmlURIPtr xmlCreateURI(void) FFISAN_OWNED(xmlFreeURI) FAILS_NULL;
xmlURIPtr xmlParseURI(const char *text TEXT) FFISAN_OWNED(xmlFreeURI) FAILS_NULL;
xmlChar *xmlSaveUri(xmlURIPtr uri) OWNED_TEXT;
void xmlFreeURI(xmlURIPtr uri GIVEN);
xmlChar *xmlURIEscape(const xmlChar *text TEXT) OWNED_TEXT;
xmlChar *xmlURIEscapeStr(const xmlChar *text TEXT, const xmlChar *except TEXT) OWNED_TEXT;
xmlChar *xmlEncodeEntitiesReentrant(xmlDocPtr doc FFISAN_NULLABLE, const xmlChar *text TEXT) OWNED_TEXT;
xmlChar *xmlEncodeSpecialChars(const xmlDoc *doc FFISAN_NULLABLE, const xmlChar *text TEXT) OWNED_TEXT;

/* Counted; its texts are one with each other, and belong to it. */
xmlDictPtr xmlDictCreate(void) FFISAN_OWNED(xmlDictFree) FAILS_NULL;
int xmlDictReference(xmlDictPtr dict FFISAN_REF) FFISAN_FAILS(ret != 0, -1);
void xmlDictFree(xmlDictPtr dict FFISAN_UNREF FFISAN_NULLABLE);
const xmlChar *xmlDictLookup(xmlDictPtr dict, const xmlChar *name, int n) FFISAN_BORROWED(dict);
int xmlDictOwns(xmlDictPtr dict, const xmlChar *text);

xmlBufferPtr xmlBufferCreate(void) FFISAN_OWNED(xmlBufferFree) FAILS_NULL;
xmlBufferPtr xmlBufferCreateSize(size_t size) FFISAN_OWNED(xmlBufferFree) FAILS_NULL;
void xmlBufferFree(xmlBufferPtr buffer GIVEN);
const xmlChar *xmlBufferContent(const xmlBuffer *buffer FFISAN_NULLABLE) FFISAN_BORROWED(buffer);
int xmlBufferLength(const xmlBuffer *buffer FFISAN_NULLABLE);
xmlChar *xmlBufferDetach(xmlBufferPtr buffer FFISAN_NULLABLE) OWNED_TEXT;
int xmlBufferAdd(xmlBufferPtr buffer, const xmlChar *text FFISAN_WHEN(n < 0, FFISAN_CSTRING) FFISAN_WHEN(n > 0, FFISAN_IN(n)),
                 int n);
int xmlBufferCat(xmlBufferPtr buffer, const xmlChar *text TEXT);
int xmlBufferCCat(xmlBufferPtr buffer, const char *text TEXT);

/* ---- reading: all at once ---- */

xmlDocPtr xmlReadMemory(const char *buffer BYTES, int size, const char *url TEXT, const char *encoding TEXT,
                        int options) OWNED_DOC;
xmlDocPtr xmlReadDoc(const xmlChar *text TEXT, const char *url TEXT, const char *encoding TEXT, int options) OWNED_DOC;
xmlDocPtr xmlReadFile(const char *url TEXT, const char *encoding TEXT, int options) OWNED_DOC;
xmlDocPtr xmlReadFd(int fd, const char *url TEXT, const char *encoding TEXT, int options) OWNED_DOC;
xmlDocPtr xmlReadIO(xmlInputReadCallback read, xmlInputCloseCallback close, void *data, const char *url TEXT,
                    const char *encoding TEXT, int options) OWNED_DOC;
xmlDocPtr xmlParseMemory(const char *buffer BYTES, int size) OWNED_DOC;
xmlDocPtr xmlParseDoc(const xmlChar *text TEXT) OWNED_DOC;
xmlDocPtr xmlParseFile(const char *name TEXT) OWNED_DOC;
htmlDocPtr htmlReadMemory(const char *buffer BYTES, int size, const char *url TEXT, const char *encoding TEXT,
                          int options) OWNED_DOC;
htmlDocPtr htmlReadDoc(const xmlChar *text TEXT, const char *url TEXT, const char *encoding TEXT, int options) OWNED_DOC;
htmlDocPtr htmlReadFile(const char *url TEXT, const char *encoding TEXT, int options) OWNED_DOC;
htmlDocPtr htmlParseDoc(const xmlChar *text TEXT, const char *encoding TEXT) OWNED_DOC;
htmlDocPtr htmlParseFile(const char *name TEXT, const char *encoding TEXT) OWNED_DOC;
void xmlInitParser(void);
void xmlCleanupParser(void);

/* ---- parsers: the document that one has made is the caller's ---- */

#define OWNED_PARSER FFISAN_OWNED(xmlFreeParserCtxt, htmlFreeParserCtxt) FAILS_NULL
xmlParserCtxtPtr xmlNewParserCtxt(void) OWNED_PARSER;
htmlParserCtxtPtr htmlNewParserCtxt(void) OWNED_PARSER;
xmlParserCtxtPtr xmlCreatePushParserCtxt(xmlSAXHandlerPtr sax FFISAN_NULLABLE, void *data,
                                         const char *chunk FFISAN_NULLABLE BYTES, int size, const char *name TEXT) OWNED_PARSER;
void xmlFreeParserCtxt(xmlParserCtxtPtr parser GIVEN);
void htmlFreeParserCtxt(htmlParserCtxtPtr parser GIVEN);
int xmlParseChunk(xmlParserCtxtPtr parser, const char *chunk FFISAN_NULLABLE BYTES, int size, int terminate);
int htmlParseChunk(htmlParserCtxtPtr parser, const char *chunk FFISAN_NULLABLE BYTES, int size, int terminate);
int xmlParseDocument(xmlParserCtxtPtr parser);
void xmlCtxtReset(xmlParserCtxtPtr parser FFISAN_NULLABLE);
int xmlCtxtUseOptions(xmlParserCtxtPtr parser, int options);
xmlDocPtr xmlCtxtReadMemory(xmlParserCtxtPtr parser, const char *buffer BYTES, int size, const char *url TEXT,
                            const char *encoding TEXT, int options) OWNED_DOC;
xmlDocPtr xmlCtxtReadDoc(xmlParserCtxtPtr parser, const xmlChar *text TEXT, const char *url TEXT, const char *encoding TEXT,
                         int options) OWNED_DOC;
xmlDocPtr xmlCtxtReadFile(xmlParserCtxtPtr parser, const char *name TEXT, const char *encoding TEXT, int options) OWNED_DOC;
htmlDocPtr htmlCtxtReadMemory(xmlParserCtxtPtr parser, const char *buffer BYTES, int size, const char *url TEXT,
                              const char *encoding TEXT, int options) OWNED_DOC;

/* ---- documents and nodes ---- */

xmlDocPtr xmlNewDoc(const xmlChar *version TEXT) OWNED_DOC;
xmlDocPtr xmlCopyDoc(xmlDocPtr doc FFISAN_NULLABLE, int recursive) OWNED_DOC;
void xmlFreeDoc(xmlDocPtr doc GIVEN);
int xmlGetDocCompressMode(const xmlDoc *doc FFISAN_NULLABLE);
xmlNodePtr xmlDocGetRootElement(const xmlDoc *doc FFISAN_NULLABLE);
/* The old root is the caller's. */
xmlNodePtr xmlDocSetRootElement(xmlDocPtr doc FFISAN_NULLABLE, xmlNodePtr root GIVEN);

xmlNodePtr xmlNewNode(xmlNsPtr ns FFISAN_NULLABLE, const xmlChar *name FFISAN_CSTRING) OWNED_NODE;
xmlNodePtr xmlNewDocNode(xmlDocPtr doc FFISAN_NULLABLE, xmlNsPtr ns FFISAN_NULLABLE, const xmlChar *name FFISAN_CSTRING,
                         const xmlChar *content TEXT) OWNED_NODE;
xmlNodePtr xmlNewText(const xmlChar *content TEXT) OWNED_NODE;
xmlNodePtr xmlNewDocText(const xmlDoc *doc FFISAN_NULLABLE, const xmlChar *content TEXT) OWNED_NODE;
xmlNodePtr xmlNewComment(const xmlChar *content TEXT) OWNED_NODE;
xmlNodePtr xmlNewDocComment(xmlDocPtr doc FFISAN_NULLABLE, const xmlChar *content TEXT) OWNED_NODE;
xmlNodePtr xmlNewPI(const xmlChar *name FFISAN_CSTRING, const xmlChar *content TEXT) OWNED_NODE;
xmlNodePtr xmlNewDocPI(xmlDocPtr doc FFISAN_NULLABLE, const xmlChar *name FFISAN_CSTRING, const xmlChar *content TEXT) OWNED_NODE;
xmlNodePtr xmlNewCDataBlock(xmlDocPtr doc FFISAN_NULLABLE, const xmlChar *content FFISAN_NULLABLE BYTES, int size) OWNED_NODE;
xmlNodePtr xmlNewDocFragment(xmlDocPtr doc FFISAN_NULLABLE) OWNED_NODE;
xmlNodePtr xmlCopyNode(xmlNodePtr node FFISAN_NULLABLE, int recursive)
    FFISAN_OWNED(xmlFreeNode, xmlFreeNodeList, xmlFreeDoc, xmlFreeProp, xmlFreeDtd) FAILS_NULL;
xmlNodePtr xmlDocCopyNode(xmlNodePtr node FFISAN_NULLABLE, xmlDocPtr doc FFISAN_NULLABLE, int recursive)
    FFISAN_OWNED(xmlFreeNode, xmlFreeNodeList, xmlFreeDoc, xmlFreeProp, xmlFreeDtd) FAILS_NULL;
void xmlFreeNode(xmlNodePtr node GIVEN);
void xmlFreeNodeList(xmlNodePtr node GIVEN);
void xmlFreeProp(xmlAttrPtr attribute GIVEN);
void xmlFreeDtd(xmlDtdPtr dtd GIVEN);
void xmlUnlinkNode(xmlNodePtr node FFISAN_NULLABLE);
/* They take the new node; text next to text is merged, and its node is no more. */
xmlNodePtr xmlAddChild(xmlNodePtr parent, xmlNodePtr node FFISAN_CONSUMED) FAILS_NULL;
xmlNodePtr xmlAddChildList(xmlNodePtr parent, xmlNodePtr node FFISAN_CONSUMED) FAILS_NULL;
xmlNodePtr xmlAddSibling(xmlNodePtr beside, xmlNodePtr node FFISAN_CONSUMED) FAILS_NULL;
xmlNodePtr xmlAddNextSibling(xmlNodePtr beside, xmlNodePtr node FFISAN_CONSUMED) FAILS_NULL;
xmlNodePtr xmlAddPrevSibling(xmlNodePtr beside, xmlNodePtr node FFISAN_CONSUMED) FAILS_NULL;
xmlNodePtr xmlReplaceNode(xmlNodePtr old, xmlNodePtr node GIVEN) FAILS_NULL;
xmlNodePtr xmlNewChild(xmlNodePtr parent, xmlNsPtr ns FFISAN_NULLABLE, const xmlChar *name FFISAN_CSTRING,
                       const xmlChar *content TEXT) FAILS_NULL;
xmlNodePtr xmlNewTextChild(xmlNodePtr parent, xmlNsPtr ns FFISAN_NULLABLE, const xmlChar *name FFISAN_CSTRING,
                           const xmlChar *content TEXT) FAILS_NULL;
xmlAttrPtr xmlSetProp(xmlNodePtr node FFISAN_NULLABLE, const xmlChar *name FFISAN_CSTRING, const xmlChar *value TEXT) FAILS_NULL;
xmlAttrPtr xmlNewProp(xmlNodePtr node FFISAN_NULLABLE, const xmlChar *name FFISAN_CSTRING, const xmlChar *value TEXT) FAILS_NULL;
xmlAttrPtr xmlHasProp(const xmlNode *node FFISAN_NULLABLE, const xmlChar *name TEXT);
int xmlUnsetProp(xmlNodePtr node FFISAN_NULLABLE, const xmlChar *name TEXT);
int xmlRemoveProp(xmlAttrPtr attribute GIVEN) FFISAN_FAILS(ret != 0, -1);
void xmlSetTreeDoc(xmlNodePtr node FFISAN_NULLABLE, xmlDocPtr doc FFISAN_NULLABLE);
void xmlSetNs(xmlNodePtr node FFISAN_NULLABLE, xmlNsPtr ns FFISAN_NULLABLE);
void xmlNodeSetContent(xmlNodePtr node FFISAN_NULLABLE, const xmlChar *content TEXT);
void xmlNodeAddContent(xmlNodePtr node FFISAN_NULLABLE, const xmlChar *content TEXT);
void xmlNodeSetName(xmlNodePtr node FFISAN_NULLABLE, const xmlChar *name TEXT);
xmlChar *xmlNodeGetContent(const xmlNode *node FFISAN_NULLABLE) OWNED_TEXT;
xmlChar *xmlNodeGetBase(const xmlDoc *doc FFISAN_NULLABLE, const xmlNode *node FFISAN_NULLABLE) OWNED_TEXT;
xmlChar *xmlNodeGetLang(const xmlNode *node FFISAN_NULLABLE) OWNED_TEXT;
xmlChar *xmlNodeListGetString(xmlDocPtr doc FFISAN_NULLABLE, const xmlNode *list FFISAN_NULLABLE, int inline_entities) OWNED_TEXT;
xmlChar *xmlNodeListGetRawString(const xmlDoc *doc FFISAN_NULLABLE, const xmlNode *list FFISAN_NULLABLE,
                                 int inline_entities) OWNED_TEXT;
xmlChar *xmlGetProp(const xmlNode *node FFISAN_NULLABLE, const xmlChar *name TEXT) OWNED_TEXT;
xmlChar *xmlGetNoNsProp(const xmlNode *node FFISAN_NULLABLE, const xmlChar *name TEXT) OWNED_TEXT;
xmlChar *xmlGetNsProp(const xmlNode *node FFISAN_NULLABLE, const xmlChar *name TEXT, const xmlChar *uri TEXT) OWNED_TEXT;
xmlChar *xmlGetNodePath(const xmlNode *node FFISAN_NULLABLE) OWNED_TEXT;
xmlDtdPtr xmlParseDTD(const xmlChar *public_id TEXT, const xmlChar *system_id TEXT) FFISAN_OWNED(xmlFreeDtd) FAILS_NULL;
xmlValidCtxtPtr xmlNewValidCtxt(void) FFISAN_OWNED(xmlFreeValidCtxt) FAILS_NULL;
void xmlFreeValidCtxt(xmlValidCtxtPtr context GIVEN);

/* ---- writing ---- */

void xmlDocDumpMemory(xmlDocPtr doc FFISAN_NULLABLE, xmlChar **text FFISAN_OUT_OWNED(xmlFree),
                      int *size FFISAN_NULLABLE FFISAN_OUT_N(1)) FFISAN_FAMILY("xml");
void xmlDocDumpMemoryEnc(xmlDocPtr doc FFISAN_NULLABLE, xmlChar **text FFISAN_OUT_OWNED(xmlFree),
                         int *size FFISAN_NULLABLE FFISAN_OUT_N(1), const char *encoding TEXT) FFISAN_FAMILY("xml");
void xmlDocDumpFormatMemory(xmlDocPtr doc FFISAN_NULLABLE, xmlChar **text FFISAN_OUT_OWNED(xmlFree),
                            int *size FFISAN_NULLABLE FFISAN_OUT_N(1), int format) FFISAN_FAMILY("xml");
void xmlDocDumpFormatMemoryEnc(xmlDocPtr doc FFISAN_NULLABLE, xmlChar **text FFISAN_OUT_OWNED(xmlFree),
                               int *size FFISAN_NULLABLE FFISAN_OUT_N(1), const char *encoding TEXT, int format)
    FFISAN_FAMILY("xml");
void htmlDocDumpMemory(xmlDocPtr doc FFISAN_NULLABLE, xmlChar **text FFISAN_OUT_OWNED(xmlFree),
                       int *size FFISAN_NULLABLE FFISAN_OUT_N(1)) FFISAN_FAMILY("xml");
int xmlC14NDocDumpMemory(xmlDocPtr doc FFISAN_NULLABLE, xmlNodeSetPtr nodes FFISAN_NULLABLE, int mode,
                         xmlChar **prefixes FFISAN_NULLABLE, int comments,
                         xmlChar **text FFISAN_NONNULL FFISAN_OUT_OWNED(xmlFree)) FAILS_BELOW_0 FFISAN_FAMILY("xml");
int xmlDocDump(FILE *stream, xmlDocPtr doc FFISAN_NULLABLE);
int xmlSaveFile(const char *name TEXT, xmlDocPtr doc FFISAN_NULLABLE);
int xmlSaveFormatFileEnc(const char *name TEXT, xmlDocPtr doc FFISAN_NULLABLE, const char *encoding TEXT, int format);
int xmlNodeDump(xmlBufferPtr buffer, xmlDocPtr doc FFISAN_NULLABLE, xmlNodePtr node FFISAN_NULLABLE, int level, int format);
xmlSaveCtxtPtr xmlSaveToBuffer(xmlBufferPtr buffer FFISAN_RETAINED(ret), const char *encoding TEXT, int options)
    FFISAN_OWNED(xmlSaveClose) FAILS_NULL;
xmlSaveCtxtPtr xmlSaveToFilename(const char *name TEXT, const char *encoding TEXT, int options)
    FFISAN_OWNED(xmlSaveClose) FAILS_NULL;
xmlSaveCtxtPtr xmlSaveToFd(int fd, const char *encoding TEXT, int options) FFISAN_OWNED(xmlSaveClose) FAILS_NULL;
long xmlSaveDoc(xmlSaveCtxtPtr save, xmlDocPtr doc FFISAN_NULLABLE);
long xmlSaveTree(xmlSaveCtxtPtr save, xmlNodePtr node FFISAN_NULLABLE);
int xmlSaveFlush(xmlSaveCtxtPtr save);
int xmlSaveClose(xmlSaveCtxtPtr save GIVEN);
xmlTextWriterPtr xmlNewTextWriterMemory(xmlBufferPtr buffer FFISAN_RETAINED(ret), int compression)
    FFISAN_OWNED(xmlFreeTextWriter) FAILS_NULL;
xmlTextWriterPtr xmlNewTextWriterFilename(const char *name TEXT, int compression) FFISAN_OWNED(xmlFreeTextWriter) FAILS_NULL;
void xmlFreeTextWriter(xmlTextWriterPtr writer GIVEN);
int xmlTextWriterStartElement(xmlTextWriterPtr writer, const xmlChar *name TEXT) FAILS_BELOW_0;
int xmlTextWriterEndElement(xmlTextWriterPtr writer) FAILS_BELOW_0;
int xmlTextWriterWriteString(xmlTextWriterPtr writer, const xmlChar *text TEXT) FAILS_BELOW_0;
int xmlTextWriterEndDocument(xmlTextWriterPtr writer) FAILS_BELOW_0;

/* ---- readers: memory is read where it is; texts with Const in their functions' names are the reader's, that of a value until
 * it goes on ---- */

#define OWNED_READER FFISAN_OWNED(xmlFreeTextReader) FAILS_NULL
#define OF_THIS_NODE FFISAN_BORROWED(reader, xmlTextReaderRead, xmlTextReaderNext, xmlTextReaderNextSibling)
xmlTextReaderPtr xmlReaderForMemory(const char *buffer FFISAN_RETAINED(ret, xmlTextReaderClose) BYTES, int size,
                                    const char *url TEXT, const char *encoding TEXT, int options) OWNED_READER;
xmlTextReaderPtr xmlReaderForDoc(const xmlChar *text FFISAN_RETAINED(ret, xmlTextReaderClose) TEXT, const char *url TEXT,
                                 const char *encoding TEXT, int options) OWNED_READER;
xmlTextReaderPtr xmlReaderForFile(const char *name TEXT, const char *encoding TEXT, int options) OWNED_READER;
xmlTextReaderPtr xmlReaderForFd(int fd, const char *url TEXT, const char *encoding TEXT, int options) OWNED_READER;
xmlTextReaderPtr xmlReaderForIO(xmlInputReadCallback read FFISAN_RETAINED(ret, xmlTextReaderClose),
                                xmlInputCloseCallback close FFISAN_NULLABLE FFISAN_RETAINED(ret, xmlTextReaderClose), void *data,
                                const char *url TEXT, const char *encoding TEXT, int options) OWNED_READER;
xmlTextReaderPtr xmlNewTextReaderFilename(const char *name TEXT) OWNED_READER;
void xmlFreeTextReader(xmlTextReaderPtr reader GIVEN);
int xmlTextReaderClose(xmlTextReaderPtr reader);
int xmlTextReaderRead(xmlTextReaderPtr reader) FAILS_BELOW_0;
int xmlTextReaderNext(xmlTextReaderPtr reader) FAILS_BELOW_0;
int xmlTextReaderNextSibling(xmlTextReaderPtr reader);
int xmlTextReaderNodeType(xmlTextReaderPtr reader);
int xmlTextReaderDepth(xmlTextReaderPtr reader);
int xmlTextReaderHasValue(xmlTextReaderPtr reader);
int xmlTextReaderIsEmptyElement(xmlTextReaderPtr reader);
int xmlTextReaderAttributeCount(xmlTextReaderPtr reader);
int xmlTextReaderMoveToNextAttribute(xmlTextReaderPtr reader);
int xmlTextReaderMoveToElement(xmlTextReaderPtr reader);
const xmlChar *xmlTextReaderConstName(xmlTextReaderPtr reader) FFISAN_BORROWED(reader);
const xmlChar *xmlTextReaderConstLocalName(xmlTextReaderPtr reader) FFISAN_BORROWED(reader);
const xmlChar *xmlTextReaderConstPrefix(xmlTextReaderPtr reader) FFISAN_BORROWED(reader);
const xmlChar *xmlTextReaderConstNamespaceUri(xmlTextReaderPtr reader) FFISAN_BORROWED(reader);
const xmlChar *xmlTextReaderConstValue(xmlTextReaderPtr reader) OF_THIS_NODE;
xmlChar *xmlTextReaderName(xmlTextReaderPtr reader) OWNED_TEXT;
xmlChar *xmlTextReaderLocalName(xmlTextReaderPtr reader) OWNED_TEXT;
xmlChar *xmlTextReaderNamespaceUri(xmlTextReaderPtr reader) OWNED_TEXT;
xmlChar *xmlTextReaderValue(xmlTextReaderPtr reader) OWNED_TEXT;
xmlChar *xmlTextReaderGetAttribute(xmlTextReaderPtr reader, const xmlChar *name TEXT) OWNED_TEXT;
xmlChar *xmlTextReaderReadInnerXml(xmlTextReaderPtr reader) OWNED_TEXT;
xmlChar *xmlTextReaderReadOuterXml(xmlTextReaderPtr reader) OWNED_TEXT;
xmlChar *xmlTextReaderReadString(xmlTextReaderPtr reader) OWNED_TEXT;
/* Whoever asks for it has to free it. */
xmlDocPtr xmlTextReaderCurrentDoc(xmlTextReaderPtr reader) FFISAN_OWNED(xmlFreeDoc);

/* ---- XPath ---- */

#define OWNED_OBJECT FFISAN_OWNED(xmlXPathFreeObject, xmlXPathFreeNodeSetList) FAILS_NULL
#define FUNCTION_KEPT                                                                                                            \
    FFISAN_NULLABLE FFISAN_RETAINED(context, xmlXPathRegisterFunc, xmlXPathRegisterFuncNS, xmlXPathRegisteredFuncsCleanup)
xmlXPathContextPtr xmlXPathNewContext(xmlDocPtr doc FFISAN_NULLABLE) FFISAN_OWNED(xmlXPathFreeContext) FAILS_NULL;
void xmlXPathFreeContext(xmlXPathContextPtr context GIVEN);
xmlXPathObjectPtr xmlXPathEval(const xmlChar *expression TEXT, xmlXPathContextPtr context) OWNED_OBJECT;
xmlXPathObjectPtr xmlXPathEvalExpression(const xmlChar *expression TEXT, xmlXPathContextPtr context) OWNED_OBJECT;
xmlXPathObjectPtr xmlXPathNodeEval(xmlNodePtr node FFISAN_NULLABLE, const xmlChar *expression TEXT,
                                   xmlXPathContextPtr context) OWNED_OBJECT;
xmlXPathCompExprPtr xmlXPathCompile(const xmlChar *expression TEXT) FFISAN_OWNED(xmlXPathFreeCompExpr) FAILS_NULL;
xmlXPathObjectPtr xmlXPathCompiledEval(xmlXPathCompExprPtr compiled, xmlXPathContextPtr context) OWNED_OBJECT;
void xmlXPathFreeCompExpr(xmlXPathCompExprPtr compiled GIVEN);
void xmlXPathFreeObject(xmlXPathObjectPtr object GIVEN);
void xmlXPathFreeNodeSetList(xmlXPathObjectPtr object GIVEN);
xmlXPathObjectPtr xmlXPathNewString(const xmlChar *text TEXT) OWNED_OBJECT;
xmlXPathObjectPtr xmlXPathNewCString(const char *text TEXT) OWNED_OBJECT;
xmlXPathObjectPtr xmlXPathNewFloat(double number) OWNED_OBJECT;
xmlXPathObjectPtr xmlXPathNewBoolean(int truth) OWNED_OBJECT;
xmlXPathObjectPtr xmlXPathNewNodeSet(xmlNodePtr node FFISAN_NULLABLE) OWNED_OBJECT;
/* What a function of the program's answers with, and a variable's value, belong to the context. */
int valuePush(xmlXPathParserContextPtr context, xmlXPathObjectPtr value GIVEN);
int xmlXPathRegisterVariable(xmlXPathContextPtr context, const xmlChar *name TEXT, xmlXPathObjectPtr value GIVEN)
    FFISAN_FAILS(ret != 0, -1);
int xmlXPathRegisterVariableNS(xmlXPathContextPtr context, const xmlChar *name TEXT, const xmlChar *uri TEXT,
                               xmlXPathObjectPtr value GIVEN) FFISAN_FAILS(ret != 0, -1);
int xmlXPathRegisterNs(xmlXPathContextPtr context, const xmlChar *prefix TEXT, const xmlChar *uri TEXT);
int xmlXPathRegisterFunc(xmlXPathContextPtr context, const xmlChar *name TEXT, xmlXPathFunction function FUNCTION_KEPT)
    FFISAN_KEYED_BY(name) FFISAN_FAILS(ret != 0, -1);
int xmlXPathRegisterFuncNS(xmlXPathContextPtr context, const xmlChar *name TEXT, const xmlChar *uri TEXT,
                           xmlXPathFunction function FUNCTION_KEPT) FFISAN_KEYED_BY(name) FFISAN_FAILS(ret != 0, -1);
void xmlXPathRegisteredFuncsCleanup(xmlXPathContextPtr context FFISAN_NULLABLE);
void xmlXPathRegisterFuncLookup(xmlXPathContextPtr context,
                                xmlXPathFuncLookupFunc lookup FFISAN_NULLABLE FFISAN_RETAINED(context,
                                                                                              xmlXPathRegisterFuncLookup),
                                void *data);
void xmlXPathRegisterVariableLookup(
    xmlXPathContextPtr context,
    xmlXPathVariableLookupFunc lookup FFISAN_NULLABLE FFISAN_RETAINED(context, xmlXPathRegisterVariableLookup), void *data);
xmlChar *xmlXPathCastToString(xmlXPathObjectPtr object) OWNED_TEXT;
xmlChar *xmlXPathCastNodeToString(xmlNodePtr node FFISAN_NULLABLE) OWNED_TEXT;
xmlChar *xmlXPathCastNumberToString(double number) OWNED_TEXT;

/* ---- schemas: a parser reads memory where it is ---- */

xmlSchemaParserCtxtPtr xmlSchemaNewParserCtxt(const char *url TEXT) FFISAN_OWNED(xmlSchemaFreeParserCtxt) FAILS_NULL;
xmlSchemaParserCtxtPtr xmlSchemaNewMemParserCtxt(const char *buffer FFISAN_RETAINED(ret, xmlSchemaParse) BYTES, int size)
    FFISAN_OWNED(xmlSchemaFreeParserCtxt) FAILS_NULL;
xmlSchemaParserCtxtPtr xmlSchemaNewDocParserCtxt(xmlDocPtr doc FFISAN_NULLABLE) FFISAN_OWNED(xmlSchemaFreeParserCtxt) FAILS_NULL;
void xmlSchemaFreeParserCtxt(xmlSchemaParserCtxtPtr parser GIVEN);
xmlSchemaPtr xmlSchemaParse(xmlSchemaParserCtxtPtr parser) FFISAN_OWNED(xmlSchemaFree) FAILS_NULL;
void xmlSchemaFree(xmlSchemaPtr schema GIVEN);
xmlSchemaValidCtxtPtr xmlSchemaNewValidCtxt(xmlSchemaPtr schema FFISAN_NULLABLE) FFISAN_OWNED(xmlSchemaFreeValidCtxt) FAILS_NULL;
void xmlSchemaFreeValidCtxt(xmlSchemaValidCtxtPtr context GIVEN);
int xmlSchemaValidateDoc(xmlSchemaValidCtxtPtr context, xmlDocPtr doc FFISAN_NULLABLE) FAILS_BELOW_0;
void xmlSchemaSetValidErrors(xmlSchemaValidCtxtPtr context,
                             xmlSchemaValidityErrorFunc error FFISAN_NULLABLE FFISAN_RETAINED(context, xmlSchemaSetValidErrors),
                             xmlSchemaValidityWarningFunc warning FFISAN_NULLABLE FFISAN_RETAINED(context,
                                                                                                  xmlSchemaSetValidErrors),
                             void *data);
void xmlSchemaSetValidStructuredErrors(
    xmlSchemaValidCtxtPtr context,
    xmlStructuredErrorFunc error FFISAN_NULLABLE FFISAN_RETAINED(context, xmlSchemaSetValidStructuredErrors), void *data);
void xmlSchemaSetParserStructuredErrors(
    xmlSchemaParserCtxtPtr parser,
    xmlStructuredErrorFunc error FFISAN_NULLABLE FFISAN_RETAINED(parser, xmlSchemaSetParserStructuredErrors), void *data);
xmlRelaxNGParserCtxtPtr xmlRelaxNGNewParserCtxt(const char *url TEXT) FFISAN_OWNED(xmlRelaxNGFreeParserCtxt) FAILS_NULL;
xmlRelaxNGParserCtxtPtr xmlRelaxNGNewMemParserCtxt(const char *buffer FFISAN_RETAINED(ret, xmlRelaxNGParse) BYTES, int size)
    FFISAN_OWNED(xmlRelaxNGFreeParserCtxt) FAILS_NULL;
xmlRelaxNGParserCtxtPtr xmlRelaxNGNewDocParserCtxt(xmlDocPtr doc FFISAN_NULLABLE)
    FFISAN_OWNED(xmlRelaxNGFreeParserCtxt) FAILS_NULL;
void xmlRelaxNGFreeParserCtxt(xmlRelaxNGParserCtxtPtr parser GIVEN);
xmlRelaxNGPtr xmlRelaxNGParse(xmlRelaxNGParserCtxtPtr parser) FFISAN_OWNED(xmlRelaxNGFree) FAILS_NULL;
void xmlRelaxNGFree(xmlRelaxNGPtr schema GIVEN);
xmlRelaxNGValidCtxtPtr xmlRelaxNGNewValidCtxt(xmlRelaxNGPtr schema) FFISAN_OWNED(xmlRelaxNGFreeValidCtxt) FAILS_NULL;
void xmlRelaxNGFreeValidCtxt(xmlRelaxNGValidCtxtPtr context GIVEN);
int xmlRelaxNGValidateDoc(xmlRelaxNGValidCtxtPtr context, xmlDocPtr doc FFISAN_NULLABLE) FAILS_BELOW_0;

/* ---- errors, entities, catalogs: for the whole library ---- */

void xmlSetStructuredErrorFunc(void *data,
                               xmlStructuredErrorFunc error FFISAN_NULLABLE FFISAN_RETAINED(library, xmlSetStructuredErrorFunc));
void xmlSetGenericErrorFunc(void *data,
                            xmlGenericErrorFunc error FFISAN_NULLABLE FFISAN_RETAINED(library, xmlSetGenericErrorFunc));
void xmlSetExternalEntityLoader(xmlExternalEntityLoader loader FFISAN_NULLABLE FFISAN_RETAINED(library,
                                                                                               xmlSetExternalEntityLoader));
#define INPUT_KEPT FFISAN_NULLABLE FFISAN_RETAINED(library, xmlPopInputCallbacks, xmlCleanupInputCallbacks, xmlCleanupParser)
int xmlRegisterInputCallbacks(xmlInputMatchCallback match INPUT_KEPT, xmlInputOpenCallback open INPUT_KEPT,
                              xmlInputReadCallback read INPUT_KEPT, xmlInputCloseCallback close INPUT_KEPT) FAILS_BELOW_0;
int xmlPopInputCallbacks(void);
void xmlCleanupInputCallbacks(void);
void xmlResetLastError(void);
int xmlLoadCatalog(const char *name TEXT);
xmlChar *xmlCatalogResolve(const xmlChar *public_id TEXT, const xmlChar *system_id TEXT) OWNED_TEXT;
xmlChar *xmlCatalogResolveSystem(const xmlChar *system_id TEXT) OWNED_TEXT;
xmlChar *xmlCatalogResolvePublic(const xmlChar *public_id TEXT) OWNED_TEXT;
xmlChar *xmlCatalogResolveURI(const xmlChar *uri TEXT) OWNED_TEXT;

#endif
