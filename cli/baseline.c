/* SPDX-License-Identifier: Apache-2.0 */
#include "baseline.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "findings.h"
#include "pool.h"
#include "text_file.h"
#include "trouble.h"

#define SCHEMA "ffisan-baseline-1"

static struct trouble *entries_read(struct baseline *baseline, struct pool *pool, const json_t *root, const char *path) {
    const char *schema = json_string_value(json_object_get(root, "schema"));
    const json_t *findings = json_object_get(root, "findings"), *entry;
    size_t index;
    if (!schema || strcmp(schema, SCHEMA) != 0)
        return trouble_new("%s is no baseline: its \"schema\" is not \"%s\"; --write-baseline makes one", path, SCHEMA);
    if (!json_is_array(findings))
        return trouble_new("%s is no baseline: it has no array \"findings\"", path);
    json_array_foreach(findings, index, entry) {
        const char *fingerprint = json_string_value(json_object_get(entry, "fingerprint"));
        if (!fingerprint)
            return trouble_new("%s: entry %zu of \"findings\" has no \"fingerprint\"", path, index + 1);
        *(const char **)pool_append(pool, &baseline->fingerprints, &baseline->count, sizeof(char *)) =
            pool_copy(pool, fingerprint);
    }
    return NULL;
}

struct trouble *baseline_read(struct baseline *baseline, struct pool *pool, const char *path) {
    char *text;
    size_t size;
    json_error_t error;
    *baseline = (struct baseline){0};
    struct trouble *trouble = text_file_read(pool, path, &text, &size);
    if (trouble)
        return trouble;
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        return trouble_new("%s:%d: not JSON: %s", path, error.line, error.text);
    trouble = entries_read(baseline, pool, root, path);
    json_decref(root);
    return trouble;
}

bool baseline_has(const struct baseline *baseline, const char *fingerprint) {
    for (size_t i = 0; i < baseline->count; i++)
        if (strcmp(baseline->fingerprints[i], fingerprint) == 0)
            return true;
    return false;
}

struct trouble *baseline_write(const char *path, const struct finding *findings, size_t count) {
    json_t *entries = json_array();
    for (size_t i = 0; i < count; i++)
        if (!findings[i].suppressed)
            json_array_append_new(entries, json_pack("{s:s, s:s, s:s}", "fingerprint", findings[i].fingerprint, "rule",
                                                     rules[findings[i].rule].name, "message", findings[i].message));
    json_t *root = json_pack("{s:s, s:o}", "schema", SCHEMA, "findings", entries);
    char *text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
    json_decref(root);
    if (!text)
        return trouble_new("no memory for the baseline %s", path);
    size_t length = strlen(text);
    text[length] = '\n'; /* over the NUL: the length says where it ends */
    struct trouble *trouble = text_file_write(path, text, length + 1);
    free(text);
    return trouble;
}
