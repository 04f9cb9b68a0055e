/* SPDX-License-Identifier: Apache-2.0 */
#include "terms.h"

#include <inttypes.h>
#include <string.h>

#include "pool.h"
#include "reader.h"

#define TERMS_MOST 16u /* of one finding, whatever its record says */

/* ---- reading --------------------------------------------------------------------------------------------------------------- */

static const char *text_of(struct pool *pool, const struct ffisan_record_term *term, uint32_t offset) {
    const char *text = record_term_text(term, offset);
    return text[0] ? pool_clean(pool, text, POOL_CLEAN_ALL) : NULL;
}

static struct term read_one(const struct workshop *workshop, const struct process *process,
                            const struct ffisan_record_term *from) {
    struct pool *pool = workshop->pool;
    const struct module *module = process_module_at(process, from->function, from->generation);
    const char *function = text_of(pool, from, from->name);
    return (struct term){
        .role = (enum ffisan_role)from->role,
        .word = from->word < FFISAN_WORDS ? (enum ffisan_word)from->word : FFISAN_WORD_NONE,
        .argument = from->argument,
        .function = function ? function : "?",
        .library = module ? module->name : NULL,
        .place = text_of(pool, from, from->place),
        .kind = text_of(pool, from, from->kind),
        .expected = text_of(pool, from, from->expected),
        .owner = text_of(pool, from, from->owner),
        .source = text_of(pool, from, from->source),
        .wanted = from->wanted,
        .given = from->given,
    };
}

void terms_read(struct facts *facts, const struct workshop *workshop, const struct process *process,
                const struct record *record) {
    for (struct record_item item = {0}; record_item_next(record, &item);)
        if (item.term && facts->term_count < TERMS_MOST)
            *(struct term *)pool_append(workshop->pool, &facts->terms, &facts->term_count, sizeof(*facts->terms)) =
                read_one(workshop, process, item.term);
}

const struct term *term_of_role(const struct finding *finding, enum ffisan_role role) {
    for (size_t i = 0; i < finding->facts.term_count; i++)
        if (finding->facts.terms[i].role == role)
            return &finding->facts.terms[i];
    return NULL;
}

const struct term *term_to_blame(const struct finding *finding) {
    static const enum ffisan_role roles[] = {FFISAN_ROLE_DETECTED, FFISAN_ROLE_LENT, FFISAN_ROLE_CREATED, FFISAN_ROLE_LAST_USED,
                                             FFISAN_ROLE_FREED};
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
        if (term_of_role(finding, roles[i]))
            return term_of_role(finding, roles[i]);
    return NULL;
}

const char *term_word(enum ffisan_word word) {
    static const char *const words[FFISAN_WORDS] = {
#define WORD(id, ...) [FFISAN_WORD_##id] = "FFISAN_" #id,
#include "ffisan/words.def"
#undef WORD
    };
    return words[word];
}

/* ---- attribution ----------------------------------------------------------------------------------------------------------- */

bool terms_attribute(struct finding *finding) {
    const struct term *term = term_to_blame(finding);
    if (!term)
        return false;
    finding->library = term->library;
    finding->function = term->function;
    finding->has_argument = term->argument < FFISAN_TERM_LIBRARY;
    finding->argument_index = finding->has_argument ? term->argument : 0;
    finding->argument_name = finding->has_argument ? term->place : NULL;
    return true;
}

/* ---- words ----------------------------------------------------------------------------------------------------------------- */

/* "argument 2 (buf)", "strm->next_in of argument 1", "its result" */
static const char *place_text(struct pool *pool, const struct term *term) {
    if (term->argument == FFISAN_TERM_RESULT)
        return "its result";
    if (term->argument >= FFISAN_TERM_LIBRARY)
        return "an argument";
    bool named = term->place && strcmp(term->place, "...") != 0;
    if (named && strpbrk(term->place, ".>"))
        return pool_text(pool, "%s of argument %u", term->place, term->argument + 1);
    return named ? pool_text(pool, "argument %u (%s)", term->argument + 1, term->place)
                 : pool_text(pool, "argument %u", term->argument + 1);
}

/* "the sqlite3 handle", "memory" */
static const char *thing_text(struct pool *pool, const struct term *a, const struct term *b) {
    const char *kind = a && a->kind ? a->kind : b ? b->kind : NULL;
    return kind ? pool_text(pool, "the %s handle", kind) : "memory";
}

/* What released something without being registered: free, realloc, delete. */
static const char *release_text(struct pool *pool, const struct finding *finding) {
    const struct term *term = term_of_role(finding, FFISAN_ROLE_DETECTED);
    const char *called = term ? term->function : finding->facts.called;
    if (!called[0])
        return "the host";
    return strchr(called, '(') ? called : pool_text(pool, "%s()", called);
}

/* "g()", "g() or h()": functions of a list. */
static const char *functions_text(struct pool *pool, const char *names) {
    const char *text = "";
    while (names && *names) {
        size_t length = strcspn(names, ",");
        const char *rest = names + length + strspn(names + length, ", ");
        text = pool_text(pool, "%s%s%.*s()", text, *text ? *rest ? ", " : " or " : "", (int)length, names);
        names = rest;
    }
    return text;
}

static const char *plural(uint64_t count) {
    return count == 1 ? "" : "s";
}

/* Who keeps it, and until when: "until doc_detach() is called on d", "until d is closed" */
#define NAMES_TOLD 3u /* of the functions that end it */

/* Of a longer list the first ones. */
static const char *some_functions_text(struct pool *pool, const char *names) {
    const char *text = "", *at = names ? names : "", *next;
    for (unsigned i = 0; i < NAMES_TOLD; i++) {
        next = strstr(at, ", ");
        if (!next)
            return functions_text(pool, names);
        text = pool_text(pool, "%s%s%.*s()", text, *text ? ", " : "", (int)(next - at), at);
        at = next + 2;
    }
    return pool_text(pool, "%s or another of its functions", text);
}

/* How long a word that is not RETAINED lasts; NULL: it is. */
static const char *other_until(struct pool *pool, const struct term *term) {
    const char *named = term->owner && *term->owner ? term->owner : NULL;
    switch (term->word) {
    case FFISAN_WORD_RETAINED_FOREVER:
        return "for ever";
    case FFISAN_WORD_ONCE:
        return "until it has been called";
    case FFISAN_WORD_USER_DATA:
        return named ? pool_text(pool, "for as long as it may call %s", named) : "for as long as its callback may be called";
    case FFISAN_WORD_NOTIFIED:
    case FFISAN_WORD_UNTIL_DONE:
        return named ? pool_text(pool, "until it has called %s", named) : "until it says that it is done";
    default:
        return NULL;
    }
}

/* Who keeps it, by name; NULL: the library. */
static const char *keeper_text(struct pool *pool, const struct term *term) {
    if (!term->owner || strcmp(term->owner, "library") == 0)
        return NULL;
    return strcmp(term->owner, "ret") == 0 ? pool_text(pool, "what %s() returned", term->function) : term->owner;
}

static const char *until_text(struct pool *pool, const struct term *term) {
    const char *other = other_until(pool, term), *keeper = keeper_text(pool, term);
    if (other)
        return other;
    const char *until = some_functions_text(pool, term->expected);
    if (*until)
        return keeper ? pool_text(pool, "until %s is called on %s", until, keeper) : pool_text(pool, "until %s is called", until);
    return keeper ? pool_text(pool, "until %s is closed", keeper) : "until the library lets go of it";
}

/* ---- headlines: arguments -------------------------------------------------------------------------------------------------- */

static bool explain_null(struct finding *finding, struct pool *pool) {
    const struct term *call = term_of_role(finding, FFISAN_ROLE_DETECTED);
    if (!call)
        return false;
    finding->message =
        pool_text(pool, "NULL was handed to %s() as %s, where it takes none", call->function, place_text(pool, call));
    finding->fix =
        pool_text(pool, "Check for None or NULL before %s() is called, and for a result that was not checked where it was made.",
                  call->function);
    return true;
}

static bool explain_small(struct finding *finding, struct pool *pool) {
    const struct term *call = term_of_role(finding, FFISAN_ROLE_DETECTED);
    if (!call)
        return false;
    const char *does = call->word == FFISAN_WORD_IN ? "reads" : call->word == FFISAN_WORD_OUT ? "writes" : "reads and writes";
    finding->message =
        pool_text(pool, "%s() %s %" PRIu64 " byte%s at %s, and there %s only %" PRIu64, call->function, does, call->wanted,
                  plural(call->wanted), place_text(pool, call), call->given == 1 ? "is" : "are", call->given);
    finding->fix = pool_text(pool, "Give %s() a buffer of at least %" PRIu64 " byte%s, or tell it the size that the buffer has.",
                             call->function, call->wanted, plural(call->wanted));
    return true;
}

static bool explain_unterminated(struct finding *finding, struct pool *pool) {
    const struct term *call = term_of_role(finding, FFISAN_ROLE_DETECTED);
    if (!call)
        return false;
    finding->message = pool_text(pool, "%s() was handed text without a NUL as %s: the memory there ends after %" PRIu64 " byte%s",
                                 call->function, place_text(pool, call), call->given, plural(call->given));
    return true;
}

static bool explain_embedded(struct finding *finding, struct pool *pool) {
    const struct term *call = term_of_role(finding, FFISAN_ROLE_DETECTED);
    if (!call)
        return false;
    finding->message =
        pool_text(pool, "%s() was handed a text of %" PRIu64 " byte%s as %s, and sees %" PRIu64 " of them: a NUL is inside",
                  call->function, call->wanted, plural(call->wanted), place_text(pool, call), call->given);
    return true;
}

static const char *utf8_trouble(const struct finding *finding, const struct term *call) {
    switch (call->wanted) {
    case FFISAN_UTF8_NUL:
        return ": a NUL as Java's modified UTF-8 writes it";
    case FFISAN_UTF8_SURROGATE:
        return ": half of a surrogate pair, as modified UTF-8 and CESU-8 write it";
    case FFISAN_UTF8_OVERLONG:
        return ": a character written longer than it is";
    case FFISAN_UTF8_TOO_LARGE:
        return ": behind the last character that there is";
    case FFISAN_UTF8_CUT:
        return ": a character that is not whole, or Latin-1";
    default:
        return finding->facts.byte >= 0xa0 ? ": Latin-1, by the look of it" : "";
    }
}

static bool explain_utf8(struct finding *finding, struct pool *pool) {
    const struct term *call = term_of_role(finding, FFISAN_ROLE_DETECTED);
    if (!call)
        return false;
    finding->message =
        pool_text(pool, "%s() was handed text that is no UTF-8 as %s: byte 0x%02x at offset %" PRIu64 "%s", call->function,
                  place_text(pool, call), finding->facts.byte & 0xff, call->given, utf8_trouble(finding, call));
    return true;
}

static bool explain_unchecked(struct finding *finding, struct pool *pool) {
    const struct term *use = term_of_role(finding, FFISAN_ROLE_DETECTED), *failed = term_of_role(finding, FFISAN_ROLE_CREATED);
    if (!use || !failed)
        return false;
    const char *what = failed->argument == FFISAN_TERM_RESULT
                           ? "its result"
                           : pool_text(pool, "what it left in %s", failed->place ? failed->place : "its out-parameter");
    finding->message = pool_text(pool, "%s() had failed, and %s was handed to %s() as %s", failed->function, what, use->function,
                                 place_text(pool, use));
    finding->fix =
        pool_text(pool, "Check what %s() returns before it is used, and raise the host's exception there.", failed->function);
    return true;
}

/* ---- headlines: objects ---------------------------------------------------------------------------------------------------- */

static bool explain_lent(struct finding *finding, struct pool *pool, const struct term *lender) {
    const struct term *use = term_of_role(finding, FFISAN_ROLE_DETECTED), *end = term_of_role(finding, FFISAN_ROLE_FREED);
    const char *ended = end ? pool_text(pool, "after %s() had ended it", end->function) : "after it had ended";
    finding->message = use ? pool_text(pool, "what %s() had lent was handed to %s() as %s %s", lender->function, use->function,
                                       place_text(pool, use), ended)
                           : pool_text(pool, "what %s() had lent was used %s", lender->function, ended);
    finding->fix = pool_text(pool, "Copy what %s() lends where it is needed for longer than %s.", lender->function,
                             lender->owner ? pool_text(pool, "%s stays as it is", lender->owner) : "the library lends it");
    return true;
}

static bool explain_closed(struct finding *finding, struct pool *pool) {
    const struct term *use = term_of_role(finding, FFISAN_ROLE_DETECTED), *close = term_of_role(finding, FFISAN_ROLE_FREED),
                      *made = term_of_role(finding, FFISAN_ROLE_CREATED);
    if (made && made->word == FFISAN_WORD_BORROWED)
        return explain_lent(finding, pool, made);
    if (!use)
        return false;
    const char *thing = thing_text(pool, use, made), *from = made ? pool_text(pool, " that %s() had made", made->function) : "";
    if (close && strcmp(close->function, use->function) == 0)
        finding->message = pool_text(pool, "%s%s was closed by %s(), and handed to it once more as %s", thing, from,
                                     use->function, place_text(pool, use));
    else
        finding->message = pool_text(pool, "%s%s was handed to %s() as %s after %s had closed it", thing, from, use->function,
                                     place_text(pool, use), close ? pool_text(pool, "%s()", close->function) : "somebody");
    if (close)
        finding->fix =
            pool_text(pool,
                      "Set the handle to None or NULL where %s() closes it, and let every use check that; close it once, "
                      "when nobody needs it any more.",
                      close->function);
    return true;
}

static bool explain_borrowed(struct finding *finding, struct pool *pool) {
    const struct term *lender = term_of_role(finding, FFISAN_ROLE_CREATED);
    if (!lender)
        return false;
    const char *belongs = lender->word == FFISAN_WORD_STATIC ? "the library's own, for ever"
                          : lender->owner                    ? pool_text(pool, "a part of %s", lender->owner)
                                                             : "the library's";
    finding->message =
        pool_text(pool, "%s of what %s() had lent: it is %s", release_text(pool, finding), lender->function, belongs);
    finding->fix = pool_text(pool, "Do not free what %s() returns; copy it where it is needed for longer.", lender->function);
    return true;
}

static bool explain_mismatched(struct finding *finding, struct pool *pool) {
    const struct term *made = term_of_role(finding, FFISAN_ROLE_CREATED);
    if (!made)
        return false;
    const char *right = functions_text(pool, made->expected);
    finding->message =
        pool_text(pool, "%s of %s that %s() had given out%s", release_text(pool, finding), thing_text(pool, made, NULL),
                  made->function, *right ? pool_text(pool, ": only %s may take it back", right) : "");
    if (*right)
        finding->fix = pool_text(pool, "Give it back with %s.", right);
    return true;
}

static bool explain_sizes(struct finding *finding, struct pool *pool) {
    const struct term *release = term_of_role(finding, FFISAN_ROLE_DETECTED), *made = term_of_role(finding, FFISAN_ROLE_CREATED);
    if (!release)
        return false;
    const char *place = release->argument < FFISAN_TERM_LIBRARY ? place_text(pool, release) : "the size";
    finding->message =
        pool_text(pool, "%s() was told %" PRIu64 " as %s of something that %s%s with %" PRIu64, release->function, release->given,
                  place, made ? made->function : "its maker", made ? "() had given out" : " gave out", release->wanted);
    return true;
}

static bool explain_lost(struct finding *finding, struct pool *pool) {
    const struct term *made = term_of_role(finding, FFISAN_ROLE_CREATED);
    if (!made)
        return false;
    const char *right = functions_text(pool, made->expected), *many = plural(finding->count),
               *thing =
                   made->kind ? pool_text(pool, "%s handle%s", made->kind, many) : pool_text(pool, "piece%s of memory", many);
    finding->message = pool_text(pool, "%" PRIu64 " %s from %s() %s never given back%s", finding->count, thing, made->function,
                                 finding->count == 1 ? "was" : "were", *right ? pool_text(pool, " to %s", right) : "");
    if (*right)
        finding->fix = pool_text(
            pool, "Give it back to %s when nobody needs it any more, also where something goes wrong in between.", right);
    return true;
}

/* ---- headlines: what C keeps ----------------------------------------------------------------------------------------------- */

/* enum memory_end (shims/contract/memory.h) */
enum { ENDED_BY_FREE, ENDED_BY_MOVE, ENDED_BY_REUSE };

static bool explain_kept(struct finding *finding, struct pool *pool) {
    const struct term *kept = term_of_role(finding, FFISAN_ROLE_LENT);
    if (!kept)
        return false;
    const char *how = kept->given == ENDED_BY_MOVE ? "moved" : kept->given == ENDED_BY_REUSE ? "made something else" : "freed";
    finding->message = pool_text(pool, "memory that %s() had been handed as %s was %s%s%s, and C keeps it %s", kept->function,
                                 place_text(pool, kept), how, finding->facts.called[0] ? " by " : "",
                                 finding->facts.called[0] ? release_text(pool, finding) : "", until_text(pool, kept));
    finding->fix = pool_text(pool, "Keep what is given to %s() alive, at its place, %s.", kept->function, until_text(pool, kept));
    return true;
}

static bool explain_during(struct finding *finding, struct pool *pool) {
    const struct term *user = term_of_role(finding, FFISAN_ROLE_LAST_USED);
    user = user ? user : term_of_role(finding, FFISAN_ROLE_LENT);
    if (!user)
        return false;
    finding->message = pool_text(pool, "%s of %s that %s() was still working with, as %s", release_text(pool, finding),
                                 thing_text(pool, user, NULL), user->function, place_text(pool, user));
    finding->fix =
        pool_text(pool, "Keep it until %s() has returned: hold a reference for as long as the call lasts.", user->function);
    return true;
}

static bool explain_retained(struct finding *finding, struct pool *pool) {
    const struct term *lent = term_of_role(finding, FFISAN_ROLE_LENT);
    if (!lent)
        return false;
    finding->message = pool_text(pool, "C used what %s() had been handed as %s after that call, for which alone it was lent",
                                 lent->function, place_text(pool, lent));
    finding->fix =
        pool_text(pool,
                  "Copy inside %s() what has to be kept; or say FFISAN_RETAINED of it in the contract, and keep it alive on the "
                  "host's side.",
                  lent->function);
    return true;
}

/* C called it already: the rule's own headline says that. */
static bool explain_callback(struct finding *finding, struct pool *pool) {
    const struct term *lent = term_of_role(finding, FFISAN_ROLE_LENT);
    if (!lent || finding->facts.called_up)
        return false;
    const char *runtime = strcmp(finding->runtime, "native") == 0 ? "its runtime" : finding->runtime;
    finding->message = pool_text(pool, "%s freed a callback that %s() has been handed as %s: C may call it %s", runtime,
                                 lent->function, place_text(pool, lent), until_text(pool, lent));
    finding->fix = pool_text(pool, "Keep a reference to the callback object that is given to %s() %s.", lent->function,
                             until_text(pool, lent));
    return true;
}

/* ---- headlines: threads ---------------------------------------------------------------------------------------------------- */

static bool explain_thread(struct finding *finding, struct pool *pool) {
    const struct term *use = term_of_role(finding, FFISAN_ROLE_DETECTED), *made = term_of_role(finding, FFISAN_ROLE_CREATED);
    if (!use)
        return false;
    finding->message =
        pool_text(pool, "%s() was called with %s of another thread, as %s%s", use->function, thing_text(pool, use, made),
                  place_text(pool, use), made ? pool_text(pool, "; %s() had made it there", made->function) : "");
    return true;
}

static bool explain_concurrent(struct finding *finding, struct pool *pool) {
    const struct term *use = term_of_role(finding, FFISAN_ROLE_DETECTED), *other = term_of_role(finding, FFISAN_ROLE_LAST_USED);
    if (!use)
        return false;
    finding->message = pool_text(pool, "%s() was called with %s as %s while another thread was inside %s with it", use->function,
                                 thing_text(pool, use, other), place_text(pool, use),
                                 other ? pool_text(pool, "%s()", other->function) : "the library");
    return true;
}

static bool explain_reentrant(struct finding *finding, struct pool *pool) {
    const struct term *use = term_of_role(finding, FFISAN_ROLE_DETECTED), *outer = term_of_role(finding, FFISAN_ROLE_LAST_USED);
    if (!use)
        return false;
    finding->message =
        pool_text(pool, "%s() was called with %s from inside a callback of %s, which is not done with it", use->function,
                  thing_text(pool, use, outer), outer ? pool_text(pool, "%s()", outer->function) : "the library");
    return true;
}

static bool (*const explain[FFISAN_RULES])(struct finding *, struct pool *) = {
    [FFISAN_RULE_NULL_ARGUMENT] = explain_null,
    [FFISAN_RULE_BUFFER_TOO_SMALL] = explain_small,
    [FFISAN_RULE_UNTERMINATED_STRING] = explain_unterminated,
    [FFISAN_RULE_EMBEDDED_NUL] = explain_embedded,
    [FFISAN_RULE_INVALID_UTF8] = explain_utf8,
    [FFISAN_RULE_UNCHECKED_ERROR] = explain_unchecked,
    [FFISAN_RULE_USE_AFTER_CLOSE] = explain_closed,
    [FFISAN_RULE_FREE_OF_BORROWED] = explain_borrowed,
    [FFISAN_RULE_MISMATCHED_DEALLOCATOR] = explain_mismatched,
    [FFISAN_RULE_WRONG_SIZE_DEALLOC] = explain_sizes,
    [FFISAN_RULE_LEAK] = explain_lost,
    [FFISAN_RULE_FREED_WHILE_RETAINED] = explain_kept,
    [FFISAN_RULE_FREED_DURING_CALL] = explain_during,
    [FFISAN_RULE_RETAINED_POINTER] = explain_retained,
    [FFISAN_RULE_COLLECTED_CALLBACK] = explain_callback,
    [FFISAN_RULE_WRONG_THREAD] = explain_thread,
    [FFISAN_RULE_CONCURRENT_USE] = explain_concurrent,
    [FFISAN_RULE_REENTRANT_CALL] = explain_reentrant,
};

bool terms_explain(struct finding *finding, struct pool *pool) {
    return finding->facts.term_count && explain[finding->rule] && explain[finding->rule](finding, pool);
}
