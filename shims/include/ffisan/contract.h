/* SPDX-License-Identifier: Apache-2.0
 *
 * The words of a contract: what a C library's prototypes cannot say. A contract is a C header, the library's own or one that repeats its
 * declarations, with these words in it:
 *
 *     #include <ffisan/contract.h>
 *
 *     FFISAN_LIBRARY("libgreeting.so.1")
 *     char *greeting_new(const char *name FFISAN_UTF8) FFISAN_OWNED(greeting_free) FFISAN_FAILS(ret == NULL, NULL, ENOMEM);
 *     void  greeting_free(char *text FFISAN_CONSUMED FFISAN_NULLABLE);
 *
 * Behind a declarator's ')' a word speaks of the function and its result, behind a parameter of the parameter, behind a struct's field
 * of the field. `ffisan contract check FILE` says what is wrong with a contract, `ffisan contract show FILE` what it means;
 * ffisan-contract(7) has an example for every word. The words are a public interface: none changes its meaning.
 *
 * For a compiler they are annotations that clang keeps for who reads its tree, and nothing at all elsewhere: the header compiles as before.
 *
 * Conditions and sizes are C integer expressions over the arguments' names, `ret`, `*argument` (before the call where the function reads it,
 * after it where it writes), fields, strlen(argument), sizeof, and the constants and macros of the header.
 *
 * A word that changes what belongs to whom counts when the call has not failed (FFISAN_FAILS). Inside FFISAN_WHEN, whose condition looks at
 * the outcome (ret, *out), the condition alone decides.
 */
#ifndef FFISAN_CONTRACT_H
#define FFISAN_CONTRACT_H

#ifdef __clang__
#define FFISAN_ANNOTATE_(text)           __attribute__((annotate("ffisan:" text)))
#define FFISAN_FILE_(text)               FFISAN_FILE_AT_(text, __COUNTER__)
#define FFISAN_FILE_AT_(text, number)    FFISAN_FILE_NAMED_(text, number)
#define FFISAN_FILE_NAMED_(text, number) extern const char ffisan_file_word_##number FFISAN_ANNOTATE_(text);
#else
#define FFISAN_ANNOTATE_(text)
#define FFISAN_FILE_(text)
#endif

/* ---- of the file ---- */

/* What follows belongs to the libraries of these names (SONAMEs; globs): FFISAN_LIBRARY("libz.so.1", "libz-ng.so.*") */
#define FFISAN_LIBRARY(...) FFISAN_FILE_("library(" #__VA_ARGS__ ")")
/* It holds for the library's versions from the first up to but without the second: FFISAN_VERSIONS("1.2", "2.0") */
#define FFISAN_VERSIONS(...) FFISAN_FILE_("versions(" #__VA_ARGS__ ")")

/* ---- who owns it ---- */

/* Result, field: the caller's; given back once, to one of these functions. */
#define FFISAN_OWNED(...) FFISAN_ANNOTATE_("owned(" #__VA_ARGS__ ")")
/* T ** parameter: the same for what the call stores there. */
#define FFISAN_OUT_OWNED(...) FFISAN_ANNOTATE_("out_owned(" #__VA_ARGS__ ")")
/* (owner, f...) Result, T ** parameter: belongs to argument `owner`; valid until that is closed, or one of f is called on it. */
#define FFISAN_BORROWED(...) FFISAN_ANNOTATE_("borrowed(" #__VA_ARGS__ ")")
/* Result: the library's own, for ever. */
#define FFISAN_STATIC FFISAN_ANNOTATE_("static")
/* Parameter: the callee takes it over (destructors, sinks). */
#define FFISAN_CONSUMED FFISAN_ANNOTATE_("consumed")
/* Parameter: takes, drops one count of a counted handle. */
#define FFISAN_REF   FFISAN_ANNOTATE_("ref")
#define FFISAN_UNREF FFISAN_ANNOTATE_("unref")
/* (owner, f...) Pointer or callback parameter, field: kept by argument `owner` (or `library`, or what comes back: `ret`) until that is
 * closed or one of f is called on it. f being the function itself: its next call replaces it. */
#define FFISAN_RETAINED(...) FFISAN_ANNOTATE_("retained(" #__VA_ARGS__ ")")
/* Function: such replacement is for each value of these arguments. */
#define FFISAN_KEYED_BY(...) FFISAN_ANNOTATE_("keyed_by(" #__VA_ARGS__ ")")
/* Pointer or callback parameter, field: kept until the process ends. */
#define FFISAN_RETAINED_FOREVER FFISAN_ANNOTATE_("retained_forever")
/* Function: everything that was borrowed from this argument ends. */
#define FFISAN_INVALIDATES(argument) FFISAN_ANNOTATE_("invalidates(" #argument ")")

/* ---- callbacks ---- */

/* Called once, later, then free. */
#define FFISAN_ONCE FFISAN_ANNOTATE_("once")
/* Callback, user data: kept until this argument, its destroy notify, has been called. */
#define FFISAN_NOTIFIED(notify) FFISAN_ANNOTATE_("notified(" #notify ")")
/* May be called many times, until this argument has been called. */
#define FFISAN_UNTIL_DONE(done) FFISAN_ANNOTATE_("until_done(" #done ")")
/* Parameter, field: handed to callback fn, and lives as long. */
#define FFISAN_USER_DATA(fn) FFISAN_ANNOTATE_("user_data(" #fn ")")
/* May be called from a thread of the library's own. */
#define FFISAN_LIBRARY_THREAD FFISAN_ANNOTATE_("library_thread")

/* ---- memory and text ---- */

/* Pointer parameter, field: how many bytes the call reads, writes, both; the _N forms count elements of the pointee. */
#define FFISAN_IN(bytes)      FFISAN_ANNOTATE_("in(" #bytes ")")
#define FFISAN_OUT(bytes)     FFISAN_ANNOTATE_("out(" #bytes ")")
#define FFISAN_INOUT(bytes)   FFISAN_ANNOTATE_("inout(" #bytes ")")
#define FFISAN_IN_N(count)    FFISAN_ANNOTATE_("in_n(" #count ")")
#define FFISAN_OUT_N(count)   FFISAN_ANNOTATE_("out_n(" #count ")")
#define FFISAN_INOUT_N(count) FFISAN_ANNOTATE_("inout_n(" #count ")")
/* NUL-terminated; and well-formed UTF-8. */
#define FFISAN_CSTRING  FFISAN_ANNOTATE_("cstring")
#define FFISAN_UTF8     FFISAN_ANNOTATE_("utf8")
#define FFISAN_NULLABLE FFISAN_ANNOTATE_("nullable")
#define FFISAN_NONNULL  FFISAN_ANNOTATE_("nonnull")

/* ---- handles, errors, threads ---- */

/* Integer or void *: a handle of this kind (pointers to an opaque struct are their own kind). */
#define FFISAN_HANDLE(kind) FFISAN_ANNOTATE_("handle(" #kind ")")
/* (condition, value, errno...) Function: when the result means failure; what to return and set when that is injected. May be repeated. */
#define FFISAN_FAILS(...) FFISAN_ANNOTATE_("fails(" #__VA_ARGS__ ")")
/* Function: never two at once on this handle; only on the thread that made it. */
#define FFISAN_SERIAL(argument)         FFISAN_ANNOTATE_("serial(" #argument ")")
#define FFISAN_CREATOR_THREAD(argument) FFISAN_ANNOTATE_("creator_thread(" #argument ")")
/* Function: not from inside a callback of the same handle. */
#define FFISAN_NO_REENTRY FFISAN_ANNOTATE_("no_reentry")
/* Function: may wait; a host's lock should be released. */
#define FFISAN_BLOCKS FFISAN_ANNOTATE_("blocks")

/* ---- under conditions ---- */

/* Parameter, function: the words hold only when the condition over the arguments holds. */
#define FFISAN_WHEN(condition, ...) FFISAN_ANNOTATE_("when(" #condition ")") __VA_ARGS__ FFISAN_ANNOTATE_("end")
/* Variadic function: type and words of the first variadic argument under the condition. */
#define FFISAN_VARIANT(condition, type, ...)                                                                                     \
    FFISAN_ANNOTATE_("variant(" #condition "," #type ")") __VA_ARGS__ FFISAN_ANNOTATE_("end")

/* ---- allocators ---- */

/* Destructor: these arguments must be what the constructor gave out with it under the same names. */
#define FFISAN_SIZED_BY(...) FFISAN_ANNOTATE_("sized_by(" #__VA_ARGS__ ")")
/* Allocator and free functions, data symbols that hold one: they belong to one allocator. */
#define FFISAN_FAMILY(name) FFISAN_ANNOTATE_("family(" #name ")")

#endif
