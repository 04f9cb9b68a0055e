/* SPDX-License-Identifier: Apache-2.0
 *
 * expat: parsers, their handlers, buffers and texts.
 *
 * Where the rules are from: https://libexpat.github.io/doc/api/latest/: "Parsing" (what must not be called from within a handler; XML_GetBuffer;
 * the bytes of XML_Parse), "Parser creation" (XML_ParserFree, XML_ParserReset: it puts the handlers away), "Setting handlers" (one for each kind,
 * NULL takes it away), "Parse position and error reporting" (XML_GetInputContext: valid within the call of a handler), "Miscellaneous functions"
 * (XML_GetBase; XML_MemMalloc and its like; XML_FreeContentModel).
 *
 * Not said: how long the handlers' user data lives (expat hands it on and never looks into it, and no handler is called any more when it
 * goes), and what suites of memory functions do.
 */
#ifndef FFISAN_CONTRACTS_EXPAT_H
#define FFISAN_CONTRACTS_EXPAT_H

#include <stddef.h>

#include <ffisan/contract.h>

/* Python wheels carry copies with a hash in their names. */
FFISAN_LIBRARY("libexpat.so.1", "libexpat-????????.so.1*")

typedef char XML_Char;
typedef char XML_LChar;
typedef unsigned char XML_Bool;
typedef struct XML_ParserStruct *XML_Parser;
enum XML_Status { XML_STATUS_ERROR = 0, XML_STATUS_OK = 1, XML_STATUS_SUSPENDED = 2 };
enum XML_Error { XML_ERROR_NONE, XML_ERROR_NO_MEMORY };

typedef struct XML_cp XML_Content;
typedef struct {
    void *(*malloc_fcn)(size_t size);
    void *(*realloc_fcn)(void *ptr, size_t size);
    void (*free_fcn)(void *ptr);
} XML_Memory_Handling_Suite;
typedef struct {
    int map[256];
    void *data;
    int (*convert)(void *data, const char *s);
    void (*release)(void *data);
} XML_Encoding;
typedef struct {
    int major;
    int minor;
    int micro;
} XML_Expat_Version;
typedef struct {
    int feature;
    const XML_LChar *name;
    long int value;
} XML_Feature;

typedef void (*XML_ElementDeclHandler)(void *userData, const XML_Char *name, XML_Content *model);
typedef void (*XML_AttlistDeclHandler)(void *userData, const XML_Char *elname, const XML_Char *attname, const XML_Char *att_type,
                                       const XML_Char *dflt, int isrequired);
typedef void (*XML_XmlDeclHandler)(void *userData, const XML_Char *version, const XML_Char *encoding, int standalone);
typedef void (*XML_EntityDeclHandler)(void *userData, const XML_Char *entityName, int is_parameter_entity, const XML_Char *value,
                                      int value_length, const XML_Char *base, const XML_Char *systemId, const XML_Char *publicId,
                                      const XML_Char *notationName);
typedef void (*XML_StartElementHandler)(void *userData, const XML_Char *name, const XML_Char **atts);
typedef void (*XML_EndElementHandler)(void *userData, const XML_Char *name);
typedef void (*XML_CharacterDataHandler)(void *userData, const XML_Char *s, int len);
typedef void (*XML_ProcessingInstructionHandler)(void *userData, const XML_Char *target, const XML_Char *data);
typedef void (*XML_CommentHandler)(void *userData, const XML_Char *data);
typedef void (*XML_StartCdataSectionHandler)(void *userData);
typedef void (*XML_EndCdataSectionHandler)(void *userData);
typedef void (*XML_DefaultHandler)(void *userData, const XML_Char *s, int len);
typedef void (*XML_StartDoctypeDeclHandler)(void *userData, const XML_Char *doctypeName, const XML_Char *sysid,
                                            const XML_Char *pubid, int has_internal_subset);
typedef void (*XML_EndDoctypeDeclHandler)(void *userData);
typedef void (*XML_UnparsedEntityDeclHandler)(void *userData, const XML_Char *entityName, const XML_Char *base,
                                              const XML_Char *systemId, const XML_Char *publicId, const XML_Char *notationName);
typedef void (*XML_NotationDeclHandler)(void *userData, const XML_Char *notationName, const XML_Char *base,
                                        const XML_Char *systemId, const XML_Char *publicId);
typedef void (*XML_StartNamespaceDeclHandler)(void *userData, const XML_Char *prefix, const XML_Char *uri);
typedef void (*XML_EndNamespaceDeclHandler)(void *userData, const XML_Char *prefix);
typedef int (*XML_NotStandaloneHandler)(void *userData);
typedef int (*XML_ExternalEntityRefHandler)(XML_Parser parser, const XML_Char *context, const XML_Char *base,
                                            const XML_Char *systemId, const XML_Char *publicId);
typedef void (*XML_SkippedEntityHandler)(void *userData, const XML_Char *entityName, int is_parameter_entity);
typedef int (*XML_UnknownEncodingHandler)(void *encodingHandlerData, const XML_Char *name, XML_Encoding *info);

#define NO_MEMORY FFISAN_FAILS(ret == NULL, NULL)

/* ---- parsers ---- */

XML_Parser XML_ParserCreate(const XML_Char *encoding FFISAN_NULLABLE FFISAN_CSTRING) FFISAN_OWNED(XML_ParserFree) NO_MEMORY;
XML_Parser XML_ParserCreateNS(const XML_Char *encoding FFISAN_NULLABLE FFISAN_CSTRING, XML_Char namespaceSeparator)
    FFISAN_OWNED(XML_ParserFree) NO_MEMORY;
/* The suite is copied, of the separator one character is. */
XML_Parser XML_ParserCreate_MM(const XML_Char *encoding FFISAN_NULLABLE FFISAN_CSTRING,
                               const XML_Memory_Handling_Suite *memsuite FFISAN_NULLABLE,
                               const XML_Char *namespaceSeparator FFISAN_NULLABLE) FFISAN_OWNED(XML_ParserFree) NO_MEMORY;
/* One of its own, which is freed for itself. */
XML_Parser XML_ExternalEntityParserCreate(XML_Parser parser, const XML_Char *context FFISAN_NULLABLE FFISAN_CSTRING,
                                          const XML_Char *encoding FFISAN_NULLABLE FFISAN_CSTRING)
    FFISAN_OWNED(XML_ParserFree) NO_MEMORY;
void XML_ParserFree(XML_Parser parser FFISAN_CONSUMED FFISAN_NULLABLE) FFISAN_NO_REENTRY;
XML_Bool XML_ParserReset(XML_Parser parser, const XML_Char *encoding FFISAN_NULLABLE FFISAN_CSTRING) FFISAN_NO_REENTRY
    FFISAN_FAILS(ret == 0, 0);

/* ---- parsing ---- */

enum XML_Status XML_Parse(XML_Parser parser, const char *s FFISAN_WHEN(len > 0, FFISAN_IN(len)), int len,
                          int isFinal) FFISAN_NO_REENTRY FFISAN_FAILS(ret == XML_STATUS_ERROR, XML_STATUS_ERROR);
void *XML_GetBuffer(XML_Parser parser, int len)
    FFISAN_BORROWED(parser, XML_GetBuffer, XML_Parse, XML_ParseBuffer, XML_ParserReset) FFISAN_NO_REENTRY NO_MEMORY;
enum XML_Status XML_ParseBuffer(XML_Parser parser, int len, int isFinal) FFISAN_NO_REENTRY
    FFISAN_FAILS(ret == XML_STATUS_ERROR, XML_STATUS_ERROR);
enum XML_Status XML_StopParser(XML_Parser parser, XML_Bool resumable);
enum XML_Status XML_ResumeParser(XML_Parser parser) FFISAN_NO_REENTRY FFISAN_FAILS(ret == XML_STATUS_ERROR, XML_STATUS_ERROR);

/* ---- handlers ---- */

/* Until one of these sets another, or none. */
#define KEPT_UNTIL(...) FFISAN_RETAINED(parser, __VA_ARGS__, XML_ParserReset) FFISAN_NULLABLE

#define ELEMENT_START   KEPT_UNTIL(XML_SetElementHandler, XML_SetStartElementHandler)
#define ELEMENT_END     KEPT_UNTIL(XML_SetElementHandler, XML_SetEndElementHandler)
#define CDATA_START     KEPT_UNTIL(XML_SetCdataSectionHandler, XML_SetStartCdataSectionHandler)
#define CDATA_END       KEPT_UNTIL(XML_SetCdataSectionHandler, XML_SetEndCdataSectionHandler)
#define DOCTYPE_START   KEPT_UNTIL(XML_SetDoctypeDeclHandler, XML_SetStartDoctypeDeclHandler)
#define DOCTYPE_END     KEPT_UNTIL(XML_SetDoctypeDeclHandler, XML_SetEndDoctypeDeclHandler)
#define NAMESPACE_START KEPT_UNTIL(XML_SetNamespaceDeclHandler, XML_SetStartNamespaceDeclHandler)
#define NAMESPACE_END   KEPT_UNTIL(XML_SetNamespaceDeclHandler, XML_SetEndNamespaceDeclHandler)
#define DEFAULT         KEPT_UNTIL(XML_SetDefaultHandler, XML_SetDefaultHandlerExpand)

void XML_SetElementHandler(XML_Parser parser, XML_StartElementHandler start ELEMENT_START, XML_EndElementHandler end ELEMENT_END);
void XML_SetStartElementHandler(XML_Parser parser, XML_StartElementHandler handler ELEMENT_START);
void XML_SetEndElementHandler(XML_Parser parser, XML_EndElementHandler handler ELEMENT_END);
void XML_SetCharacterDataHandler(XML_Parser parser, XML_CharacterDataHandler handler KEPT_UNTIL(XML_SetCharacterDataHandler));
void XML_SetProcessingInstructionHandler(
    XML_Parser parser, XML_ProcessingInstructionHandler handler KEPT_UNTIL(XML_SetProcessingInstructionHandler));
void XML_SetCommentHandler(XML_Parser parser, XML_CommentHandler handler KEPT_UNTIL(XML_SetCommentHandler));
void XML_SetCdataSectionHandler(XML_Parser parser, XML_StartCdataSectionHandler start CDATA_START,
                                XML_EndCdataSectionHandler end CDATA_END);
void XML_SetStartCdataSectionHandler(XML_Parser parser, XML_StartCdataSectionHandler start CDATA_START);
void XML_SetEndCdataSectionHandler(XML_Parser parser, XML_EndCdataSectionHandler end CDATA_END);
void XML_SetDefaultHandler(XML_Parser parser, XML_DefaultHandler handler DEFAULT);
void XML_SetDefaultHandlerExpand(XML_Parser parser, XML_DefaultHandler handler DEFAULT);
void XML_SetDoctypeDeclHandler(XML_Parser parser, XML_StartDoctypeDeclHandler start DOCTYPE_START,
                               XML_EndDoctypeDeclHandler end DOCTYPE_END);
void XML_SetStartDoctypeDeclHandler(XML_Parser parser, XML_StartDoctypeDeclHandler start DOCTYPE_START);
void XML_SetEndDoctypeDeclHandler(XML_Parser parser, XML_EndDoctypeDeclHandler end DOCTYPE_END);
void XML_SetNamespaceDeclHandler(XML_Parser parser, XML_StartNamespaceDeclHandler start NAMESPACE_START,
                                 XML_EndNamespaceDeclHandler end NAMESPACE_END);
void XML_SetStartNamespaceDeclHandler(XML_Parser parser, XML_StartNamespaceDeclHandler start NAMESPACE_START);
void XML_SetEndNamespaceDeclHandler(XML_Parser parser, XML_EndNamespaceDeclHandler end NAMESPACE_END);
void XML_SetUnparsedEntityDeclHandler(XML_Parser parser,
                                      XML_UnparsedEntityDeclHandler handler KEPT_UNTIL(XML_SetUnparsedEntityDeclHandler));
void XML_SetNotationDeclHandler(XML_Parser parser, XML_NotationDeclHandler handler KEPT_UNTIL(XML_SetNotationDeclHandler));
void XML_SetElementDeclHandler(XML_Parser parser, XML_ElementDeclHandler eldecl KEPT_UNTIL(XML_SetElementDeclHandler));
void XML_SetAttlistDeclHandler(XML_Parser parser, XML_AttlistDeclHandler attdecl KEPT_UNTIL(XML_SetAttlistDeclHandler));
void XML_SetXmlDeclHandler(XML_Parser parser, XML_XmlDeclHandler xmldecl KEPT_UNTIL(XML_SetXmlDeclHandler));
void XML_SetEntityDeclHandler(XML_Parser parser, XML_EntityDeclHandler handler KEPT_UNTIL(XML_SetEntityDeclHandler));
void XML_SetNotStandaloneHandler(XML_Parser parser, XML_NotStandaloneHandler handler KEPT_UNTIL(XML_SetNotStandaloneHandler));
void XML_SetExternalEntityRefHandler(XML_Parser parser,
                                     XML_ExternalEntityRefHandler handler KEPT_UNTIL(XML_SetExternalEntityRefHandler));
void XML_SetSkippedEntityHandler(XML_Parser parser, XML_SkippedEntityHandler handler KEPT_UNTIL(XML_SetSkippedEntityHandler));
/* A reset leaves this one where it is. */
void XML_SetUnknownEncodingHandler(XML_Parser parser,
                                   XML_UnknownEncodingHandler handler FFISAN_RETAINED(parser, XML_SetUnknownEncodingHandler)
                                       FFISAN_NULLABLE,
                                   void *encodingHandlerData FFISAN_NULLABLE);
void XML_SetUserData(XML_Parser parser, void *userData FFISAN_NULLABLE);
void XML_UseParserAsHandlerArg(XML_Parser parser);
void XML_DefaultCurrent(XML_Parser parser);

/* ---- what a parser knows ---- */

enum XML_Status XML_SetEncoding(XML_Parser parser, const XML_Char *encoding FFISAN_NULLABLE FFISAN_CSTRING);
enum XML_Status XML_SetBase(XML_Parser parser, const XML_Char *base FFISAN_NULLABLE FFISAN_CSTRING);
const XML_Char *XML_GetBase(XML_Parser parser) FFISAN_BORROWED(parser, XML_ParserReset);
int XML_GetSpecifiedAttributeCount(XML_Parser parser);
int XML_GetIdAttributeIndex(XML_Parser parser);
enum XML_Error XML_GetErrorCode(XML_Parser parser);
unsigned long XML_GetCurrentLineNumber(XML_Parser parser);
unsigned long XML_GetCurrentColumnNumber(XML_Parser parser);
long XML_GetCurrentByteIndex(XML_Parser parser);
int XML_GetCurrentByteCount(XML_Parser parser);
const XML_LChar *XML_ErrorString(enum XML_Error code) FFISAN_STATIC;
const XML_LChar *XML_ExpatVersion(void) FFISAN_STATIC;
const XML_Feature *XML_GetFeatureList(void) FFISAN_STATIC;

/* ---- memory of a parser's suite ---- */

void *XML_MemMalloc(XML_Parser parser, size_t size) FFISAN_OWNED(XML_MemFree, XML_MemRealloc) NO_MEMORY;
void *XML_MemRealloc(XML_Parser parser, void *ptr FFISAN_NULLABLE FFISAN_CONSUMED, size_t size)
    FFISAN_OWNED(XML_MemFree, XML_MemRealloc) FFISAN_FAILS(ret == NULL && size != 0, NULL);
void XML_MemFree(XML_Parser parser, void *ptr FFISAN_NULLABLE FFISAN_CONSUMED);
void XML_FreeContentModel(XML_Parser parser, XML_Content *model FFISAN_CONSUMED);

#endif
