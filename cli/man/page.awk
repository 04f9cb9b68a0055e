# SPDX-License-Identifier: Apache-2.0
# contracts/README.md as a man page: headings, paragraphs, code, and text in ` `. The first heading and its paragraph are name and description.
function plain(text) {
    gsub(/\\/, "\\e", text)
    gsub(/\]\([^)]*\)/, "", text)
    gsub(/\[TUTORIAL/, "TUTORIAL", text)
    gsub(/-/, "\\-", text)
    return text
}
function spoken(text,    parts, count, i, out) {
    count = split(plain(text), parts, "`")
    for (i = 1; i <= count; i++)
        out = out (i % 2 ? parts[i] : "\\fB" parts[i] "\\fR")
    return out
}
function line(text) {
    print (text ~ /^[.']/ ? "\\&" : "") text
}
function code_ends() {
    if (indented)
        print ".fi\n.RE"
    indented = 0
}
BEGIN {
    print ".TH FFISAN\\-CONTRACT 7 \"\" \"FFISan " version "\" \"FFISan\""
    print ".SH NAME\nffisan\\-contract \\- what a C library's prototypes cannot say\n.SH DESCRIPTION"
}
/^```/ {
    fenced = !fenced
    print fenced ? ".RS 4\n.nf" : ".fi\n.RE"
    next
}
fenced { line(plain($0)); next }
/^    / {
    if (!indented)
        print ".RS 4\n.nf"
    indented = 1
    line(plain(substr($0, 5)))
    next
}
{ code_ends() }
/^# Contracts/ { next }
/^###/ {
    heading = plain(substr($0, 5))
    gsub(/"/, "\\(dq", heading)
    print ".SS " heading
    next
}
/^#/ { sub(/^#+ /, ""); print ".SH " toupper(plain($0)); next }
/^$/ { print ".PP"; next }
{ line(spoken($0)) }
END { print ".SH EXAMPLES\nEach word above has one.\n.SH \"SEE ALSO\"\n.BR ffisan\\-contract (1),\n.BR ffisan\\-run (1)" }
