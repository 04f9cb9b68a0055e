/* SPDX-License-Identifier: Apache-2.0
 *
 * The report for people: one headline a finding, its stacks with the source lines where they can be found, what to do; then what
 * was not watched; a summary line last.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pool.h"
#include "report.h"
#include "subjects.h"
#include "terms.h"

struct page {
    FILE *out;
    struct pool *pool;
    bool colour, verbose;
};

#define BOLD   "\033[1m"
#define RED    "\033[1;31m"
#define YELLOW "\033[1;33m"
#define DIM    "\033[2m"
#define PLAIN  "\033[0m"

static const char *paint(const struct page *page, const char *code) {
    return page->colour ? code : "";
}

/* ---- source lines ---- */

#define SOURCE_SIZE_MAX ((off_t)8 << 20)
#define SOURCE_LINE_MAX 160

/* The path comes from records and debug info, which may name anything. Only what is named like a source file is quoted, so that a
 * forged record cannot make a report quote a key file. */
static bool is_source_name(const char *path) {
    static const char *const suffixes[] = {".py",  ".c",  ".h",  ".cc",  ".cpp", ".cxx", ".hpp", ".hh", ".inc", ".ipp",
                                           ".tcc", ".rs", ".go", ".pyx", ".pxd", ".pxi", ".js",  ".rb", ".S",   ".zig"};
    const char *dot = strrchr(path_name(path), '.');
    for (size_t i = 0; dot && i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
        if (strcmp(dot, suffixes[i]) == 0)
            return true;
    return false;
}

static FILE *source_open(const char *path) {
    struct stat status;
    int fd = is_source_name(path) ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;
    if (fd < 0)
        return NULL;
    FILE *file = NULL;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size <= SOURCE_SIZE_MAX)
        file = fdopen(fd, "r");
    if (!file)
        close(fd);
    return file;
}

/* The text of the line without its indentation; NULL: not to be had. */
static const char *source_line(struct pool *pool, const char *path, unsigned line) {
    FILE *file = path && line ? source_open(path) : NULL;
    char *text = NULL;
    size_t size = 0;
    ssize_t length = -1;
    for (unsigned at = 0; file && at < line && (length = getline(&text, &size, file)) >= 0; at++)
        ;
    const char *found = NULL;
    if (length > 0) {
        const char *start = text + strspn(text, " \t");
        found = pool_clean(pool, start, strcspn(start, "\r\n") < SOURCE_LINE_MAX ? strcspn(start, "\r\n") : SOURCE_LINE_MAX);
    }
    free(text);
    if (file)
        fclose(file);
    return found && found[0] ? found : NULL;
}

/* ---- findings ---- */

static void frame_print(const struct page *page, const struct frame *frame) {
    fprintf(page->out, "      %s", frame->function ? frame->function : "?");
    if (frame->module && (!frame->file || page->verbose))
        fprintf(page->out, "  %s+0x%" PRIx64, frame->module, frame->offset);
    else if (frame->module)
        fprintf(page->out, "  %s", frame->module);
    else if (!frame->python)
        fprintf(page->out, "  0x%" PRIx64, frame->offset);
    if (frame->file && frame->line)
        fprintf(page->out, "  %s:%u", frame->file, frame->line);
    else if (frame->file)
        fprintf(page->out, "  %s", frame->file);
    fputc('\n', page->out);
    const char *line = source_line(page->pool, frame->file, frame->line);
    if (line)
        fprintf(page->out, "          %s%s%s\n", paint(page, DIM), line, paint(page, PLAIN));
}

/* What a stack of that role shows, where the rule has a better word for it. */
static const struct {
    enum ffisan_rule rule;
    enum ffisan_role role;
    const char *title;
} rule_titles[] = {
    {FFISAN_RULE_UNATTACHED_THREAD, FFISAN_ROLE_CREATED, "the thread was started here"},
    {FFISAN_RULE_NO_GIL, FFISAN_ROLE_CREATED, "the thread was started here"},
    {FFISAN_RULE_THREAD_STATE_LEAK, FFISAN_ROLE_CREATED, "the thread was started here"},
    {FFISAN_RULE_BORROWED_DECREF, FFISAN_ROLE_LENT, "borrowed here"},
    {FFISAN_RULE_OVER_STEAL, FFISAN_ROLE_LENT, "taken over here"},
    {FFISAN_RULE_STORED_BORROWED, FFISAN_ROLE_LENT, "borrowed here"},
    {FFISAN_RULE_STORED_BORROWED, FFISAN_ROLE_FREED, "died here"},
    {FFISAN_RULE_BORROWED_DECREF, FFISAN_ROLE_FREED, "died here"},
    {FFISAN_RULE_STALE_INTERIOR, FFISAN_ROLE_LENT, "given out here"},
    {FFISAN_RULE_STALE_INTERIOR, FFISAN_ROLE_FREED, "died here"},
    {FFISAN_RULE_REFERENCE_LEAK, FFISAN_ROLE_CREATED, "the reference was made here"},
    {FFISAN_RULE_BUFFER_NOT_RELEASED, FFISAN_ROLE_CREATED, "taken here"},
    {FFISAN_RULE_PENDING_ERROR, FFISAN_ROLE_CREATED, "the exception was set here"},
    {FFISAN_RULE_THREAD_STATE_LEAK, FFISAN_ROLE_LENT, "it was attached here"},
    {FFISAN_RULE_EXCEPTION_IN_CALLBACK, FFISAN_ROLE_ALLOCATED, "the exception was raised here"},
    {FFISAN_RULE_EXCEPTION_IN_CALLBACK, FFISAN_ROLE_CREATED, "the callback was made here"},
    {FFISAN_RULE_EXCEPTION_IN_CALLBACK, FFISAN_ROLE_LENT, "and handed over here"},
};

static const char *role_title(enum ffisan_rule rule, enum ffisan_role role) {
    static const char *const titles[FFISAN_ROLES] = {"detected", "allocated", "freed before", "lent", "created", "last used"};
    for (size_t i = 0; i < sizeof(rule_titles) / sizeof(rule_titles[0]); i++)
        if (rule_titles[i].rule == rule && rule_titles[i].role == role)
            return rule_titles[i].title;
    return titles[role];
}

/* Where the program's own frames end: what called them is the test runner's, or the start-up of the process or thread. */
static bool is_scaffold(const struct frame *frame) {
    static const char *const runners[] = {"/_pytest/", "/pluggy/", "/unittest/", "/xdist/"};
    static const char *const starts[] = {
        "__libc_start_call_main", "__libc_start_main", "_start", "start_thread", "clone", "clone3"};
    for (size_t i = 0; frame->python && frame->file && i < sizeof(runners) / sizeof(runners[0]); i++)
        if (strstr(frame->file, runners[i]))
            return true;
    for (size_t i = 0; !frame->python && frame->function && i < sizeof(starts) / sizeof(starts[0]); i++) {
        size_t length = strlen(starts[i]);
        if (strncmp(frame->function, starts[i], length) == 0 && (!frame->function[length] || frame->function[length] == '@'))
            return true;
    }
    return false;
}

/* How many frames are worth a reader's time: all up to the scaffold, but never none. */
static size_t frames_shown(const struct page *page, const struct stack *stack) {
    size_t shown = 1;
    while (shown < stack->frame_count && (page->verbose || !is_scaffold(&stack->frames[shown])))
        shown++;
    return shown;
}

static void stack_print(const struct page *page, enum ffisan_rule rule, const struct stack *stack) {
    if (stack->frame_count == 0)
        return;
    size_t shown = frames_shown(page, stack);
    bool named = stack->thread && stack->thread[0];
    fprintf(page->out, "    %s%s%s:\n", role_title(rule, stack->role), named ? " in thread " : "", named ? stack->thread : "");
    for (size_t i = 0; i < shown; i++)
        frame_print(page, &stack->frames[i]);
    if (shown < stack->frame_count)
        fprintf(page->out, "      ... and %zu of the test runner or the start-up (--verbose shows them)\n",
                stack->frame_count - shown);
    else if (!stack->complete)
        fputs("      ...\n", page->out);
}

static void facts_print(const struct page *page, const struct finding *finding) {
    if (finding->library || finding->function)
        fprintf(page->out, "    in %s%s%s\n", finding->function ? finding->function : "", finding->function ? " of " : "",
                finding->library ? finding->library : "an unknown module");
}

/* "inside spam.encode() of spam.so, called from spam.run() of spam.so" */
static void inside_print(const struct page *page, const struct facts *facts) {
    const char *before = "    inside ";
    for (size_t i = 0; i < facts->subject_count; i++) {
        const struct subject *inside = &facts->subjects[i];
        if (inside->what != FFISAN_SUBJECT_INSIDE || !inside->name)
            continue;
        fprintf(page->out, "%s%s%s%s", before, subject_function(page->pool, inside), inside->detail ? " of " : "",
                inside->detail ? inside->detail : "");
        before = ", called from ";
    }
    if (before[0] == ',')
        fputc('\n', page->out);
}

static bool names_inside(const struct finding *finding) {
    const struct subject *inside = subject_of(finding, FFISAN_SUBJECT_INSIDE);
    return inside && inside->name && finding->function && strcmp(inside->name, finding->function) == 0;
}

/* Where the contract says so: each place once. */
static void terms_print(const struct page *page, const struct facts *facts) {
    for (size_t i = 0; i < facts->term_count; i++) {
        const struct term *term = &facts->terms[i];
        bool said = !term->source;
        for (size_t j = 0; j < i && !said; j++)
            said = facts->terms[j].source && strcmp(facts->terms[j].source, term->source) == 0;
        const char *word = term_word(term->word);
        if (!said)
            fprintf(page->out, "    contract: %s%s%s()  (%s)\n", word ? word : "", word ? " of " : "", term->function,
                    term->source);
    }
}

static void mismatch_print(const struct page *page, const struct mismatch *mismatch) {
    bool is_known = mismatch->source != NULL;
    fprintf(page->out, "    declared:  %s\n", mismatch->declaration);
    if (!is_known && strcmp(mismatch->prototype, mismatch->declaration) == 0)
        return;
    fprintf(page->out, "    %s %s", is_known ? "prototype:" : "elsewhere:", mismatch->prototype);
    if (is_known)
        fprintf(page->out, "  (%s)", mismatch->source);
    fputc('\n', page->out);
}

static void crossing_print(const struct page *page, const struct crossed *crossing) {
    fprintf(page->out, "      %s %s", crossing->up ? "from C into" : "into C:", crossing->function ? crossing->function : "?");
    if (crossing->library)
        fprintf(page->out, "  %s", crossing->library);
    if (crossing->file && crossing->file[0])
        fprintf(page->out, "  %s:%u", crossing->file, crossing->line);
    fputs(crossing->open ? "  (not back yet)\n" : "\n", page->out);
}

static void crossings_print(const struct page *page, const struct facts *facts) {
    if (facts->crossing_count)
        fputs("    last crossings, newest first:\n", page->out);
    for (size_t i = 0; i < facts->crossing_count; i++)
        crossing_print(page, &facts->crossings[i]);
}

static void finding_print(const struct page *page, const struct finding *finding) {
    bool error = finding->severity == SEVERITY_ERROR;
    fprintf(page->out, "\n%s%s%s: %s%s%s [%s]\n", paint(page, error ? RED : YELLOW), error ? "error" : "warning",
            paint(page, PLAIN), paint(page, BOLD), finding->message, paint(page, PLAIN), rules[finding->rule].name);
    if (!names_inside(finding))
        facts_print(page, finding);
    inside_print(page, &finding->facts);
    if (finding->mismatch)
        mismatch_print(page, finding->mismatch);
    else if (finding->facts.call.text)
        fprintf(page->out, "    call: %s\n", finding->facts.call.text);
    terms_print(page, &finding->facts);
    for (size_t i = 0; i < finding->stack_count; i++)
        stack_print(page, finding->rule, &finding->stacks[i]);
    crossings_print(page, &finding->facts);
    fprintf(page->out, "    fix: %s\n", finding->fix);
    if (finding->test)
        fprintf(page->out, "    test: %s\n", finding->test);
    if (finding->rule != FFISAN_RULE_LEAK && finding->count > 1)
        fprintf(page->out, "    seen %" PRIu64 " times, first in process %d\n", finding->count, finding->pid);
    else
        fprintf(page->out, "    process: %d\n", finding->pid);
    fprintf(page->out, "    fingerprint: %s%s\n", finding->fingerprint,
            finding->suppressed    ? " (suppressed)"
            : finding->in_baseline ? " (in the baseline)"
                                   : "");
}

/* ---- the rest ---- */

static void omissions_print(const struct page *page, const struct report *report) {
    for (size_t i = 0; i < report->omission_count; i++) {
        const struct omission *omission = &report->omissions[i];
        fprintf(page->out, "ffisan: not watched: %s: %s (missed: %s)", omission->what, omission->why, omission->so);
        if (omission->count > 1)
            fprintf(page->out, ", %zu times", omission->count);
        fputc('\n', page->out);
    }
}

static void unused_print(const struct page *page, const struct report *report) {
    for (size_t i = 0; i < report->unused_count; i++) {
        const struct suppression *item = report->unused[i];
        fprintf(page->out, "ffisan: %s:%u: this suppression matched nothing: %s:%s\n", item->file, item->line, item->rule,
                item->pattern);
    }
}

static const char *plural(size_t count, const char *one, const char *many) {
    return count == 1 ? one : many;
}

static void summary_print(const struct page *page, const struct report *report) {
    const struct summary *summary = &report->summary;
    size_t processes = report->process_count;
    fprintf(page->out, "ffisan: %zu %s, %zu %s, %zu suppressed, %zu in baseline; %zu %s", summary->errors,
            plural(summary->errors, "error", "errors"), summary->warnings, plural(summary->warnings, "warning", "warnings"),
            summary->suppressed, summary->in_baseline, processes, plural(processes, "process", "processes"));
    if (summary->records_lost)
        fprintf(page->out, "; %" PRIu64 " records lost", summary->records_lost);
    fputc('\n', page->out);
}

/* What the user knows already is counted in the summary, and shown with --verbose. */
static bool is_known(const struct finding *finding) {
    return finding->suppressed || finding->in_baseline;
}

static size_t findings_print(const struct page *page, const struct report *report) {
    size_t shown = 0;
    for (size_t i = 0; i < report->finding_count; i++) {
        if (is_known(&report->findings[i]) && !page->verbose)
            continue;
        finding_print(page, &report->findings[i]);
        shown++;
    }
    return shown;
}

static void report_print(const struct page *page, const struct report *report, bool quiet) {
    if (quiet && report->summary.errors + report->summary.warnings == 0 && report->profile.count == 0)
        return;
    size_t shown = findings_print(page, report);
    if (shown)
        fputc('\n', page->out);
    profile_print(&report->profile, page->pool, page->out, page->verbose);
    omissions_print(page, report);
    unused_print(page, report);
    summary_print(page, report);
}

char *report_text(const struct report *report, const struct plan *plan, bool colour) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    struct page page = {.out = out, .pool = pool_new(), .colour = colour, .verbose = plan->verbose};
    report_print(&page, report, plan->quiet);
    pool_free(page.pool);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}
