/* SPDX-License-Identifier: Apache-2.0
 *
 * libcurl, right and wrong. Nothing of it leaves the machine: what is fetched is a file.
 */
#include <curl/curl.h>

#include "cases.h"
#include "closures.h"

#define FILE_URL "file:///dev/null"

/* ---- handles ---- */

RIGHT(one_transfer) {
    CURL *curl = curl_easy_init();
    char *url = NULL, *kept = "private";
    long code;
    curl_easy_setopt(curl, CURLOPT_URL, FILE_URL);
    curl_easy_setopt(curl, CURLOPT_PRIVATE, kept);
    curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_EFFECTIVE_URL, &url);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
    puts(url);
    curl_easy_getinfo(curl, CURLINFO_PRIVATE, &url);
    curl_easy_cleanup(curl_easy_duphandle(curl));
    curl_easy_cleanup(curl);
    curl_easy_cleanup(NULL);
}
RIGHT(several_transfers) {
    CURLM *multi = curl_multi_init();
    CURL *curl = curl_easy_init();
    int running = 1, left;
    curl_easy_setopt(curl, CURLOPT_URL, FILE_URL);
    curl_multi_add_handle(multi, curl);
    while (running && curl_multi_perform(multi, &running) == CURLM_OK)
        curl_multi_wait(multi, NULL, 0, 100, NULL);
    while (curl_multi_info_read(multi, &left) != NULL)
        ;
    curl_multi_remove_handle(multi, curl);
    curl_easy_cleanup(curl);
    curl_multi_cleanup(multi);
}
WRONG(handle_after_cleanup, "use-after-close", "curl_easy_upkeep") {
    CURL *curl = curl_easy_init();
    curl_easy_cleanup(curl);
    curl_easy_upkeep(curl);
}
WRONG(code_into_an_int, "buffer-too-small", "curl_easy_getinfo") {
    CURL *curl = curl_easy_init();
    int *code = block_of(sizeof(int), 0);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, code);
    curl_easy_cleanup(curl);
    free(code);
}

static size_t clean_inside(char *text, size_t size, size_t count, void *curl) {
    (void)text;
    curl_easy_perform(curl);
    return size * count;
}
WRONG(transfer_inside_a_transfer, "reentrant-call", "curl_easy_perform") {
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, "file:///proc/self/comm");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, clean_inside);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, curl);
    curl_easy_perform(curl);
    curl_easy_cleanup(curl);
}

/* ---- what options keep ---- */

static void error_buffer(size_t size, int reset) {
    CURL *curl = curl_easy_init();
    char *buffer = block_of(size, 0);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, buffer);
    if (reset)
        curl_easy_reset(curl);
    free(buffer);
    curl_easy_upkeep(curl);
    curl_easy_cleanup(curl);
}
RIGHT(error_buffer_until_reset) {
    error_buffer(CURL_ERROR_SIZE, 1);
}
WRONG(error_buffer_freed, "freed-while-retained", "") {
    error_buffer(CURL_ERROR_SIZE, 0);
}
WRONG(error_buffer_too_small, "buffer-too-small", "curl_easy_setopt") {
    error_buffer(100, 1);
}

static void post(CURLoption option, const char *given) {
    CURL *curl = curl_easy_init();
    char *text = strdup(given);
    curl_easy_setopt(curl, CURLOPT_URL, FILE_URL);
    curl_easy_setopt(curl, option, text);
    free(text);
    curl_easy_perform(curl);
    curl_easy_cleanup(curl);
}
RIGHT(post_until_the_transfer) {
    CURL *curl = curl_easy_init();
    char *text = strdup("a=1");
    curl_easy_setopt(curl, CURLOPT_URL, FILE_URL);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, text);
    curl_easy_perform(curl);
    free(text);
    curl_easy_cleanup(curl);
}
RIGHT(post_that_is_copied) {
    post(CURLOPT_COPYPOSTFIELDS, "a=1");
}
RIGHT(url_is_copied) {
    post(CURLOPT_URL, FILE_URL);
}
WRONG(post_freed_before_the_transfer, "freed-while-retained", "") {
    post(CURLOPT_POSTFIELDS, "a=1");
}

static void data_freed(CURLoption option, int performed) {
    CURL *curl = curl_easy_init();
    void *data = block_of(16, 0);
    curl_easy_setopt(curl, CURLOPT_URL, FILE_URL);
    curl_easy_setopt(curl, option, data);
    free(data);
    if (performed)
        curl_easy_perform(curl);
    curl_easy_cleanup(curl);
}
WRONG(data_freed_and_never_transferred, "freed-while-retained", "") {
    data_freed(CURLOPT_WRITEDATA, 0);
}
WRONG(data_freed_before_the_transfer, "freed-while-retained", "") {
    data_freed(CURLOPT_WRITEDATA, 1);
}

static void headers(int performed) {
    CURL *curl = curl_easy_init();
    struct curl_slist *list = curl_slist_append(NULL, "A: 1");
    list = curl_slist_append(list, "B: 2");
    curl_easy_setopt(curl, CURLOPT_URL, FILE_URL);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
    list = curl_slist_append(list, "C: 3");
    if (performed)
        curl_easy_perform(curl);
    curl_slist_free_all(list);
    if (!performed)
        curl_easy_perform(curl);
    curl_easy_cleanup(curl);
}
RIGHT(headers_until_the_transfer) {
    headers(1);
}
WRONG(headers_freed_before_the_transfer, "freed-while-retained", "") {
    headers(0);
}

static void header_function(int replaced) {
    CURL *curl = curl_easy_init();
    struct closure closure = {0};
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, closure_make(&closure, &ffi_type_ulong, 4));
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, NULL);
    if (replaced)
        curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, NULL);
    closure_drop(&closure);
    curl_easy_upkeep(curl);
    curl_easy_cleanup(curl);
}
RIGHT(function_dropped_when_taken_away) {
    header_function(1);
}
WRONG(function_dropped_while_another_is_taken_away, "collected-callback", "") {
    header_function(0);
}

/* ---- texts ---- */

RIGHT(texts_given_back) {
    CURLU *url = curl_url();
    char *part;
    curl_url_set(url, CURLUPART_URL, "http://example.test/path", 0);
    curl_url_get(url, CURLUPART_PATH, &part, 0);
    curl_free(part);
    curl_url_cleanup(url);
    curl_free(curl_easy_escape(NULL, "a b", 0));
    curl_free(curl_easy_unescape(NULL, "a%20b", 5, NULL));
}
WRONG(part_of_url_freed_by_libc, "mismatched-deallocator", "curl_url_get") {
    CURLU *url = curl_url();
    char *part;
    curl_url_set(url, CURLUPART_URL, "http://example.test/path", 0);
    curl_url_get(url, CURLUPART_PATH, &part, 0);
    free(part);
    curl_url_cleanup(url);
}
WRONG(escaped_text_freed_by_libc, "mismatched-deallocator", "curl_easy_escape") {
    free(curl_easy_escape(NULL, "a b", 0));
}

/* ---- MIME ---- */

RIGHT(parts_below_parts) {
    CURL *curl = curl_easy_init();
    curl_mime *outer = curl_mime_init(curl), *inner = curl_mime_init(curl);
    char *data = block_of(8, 'd');
    curl_mime_data(curl_mime_addpart(inner), data, 8);
    free(data);
    curl_mime_headers(curl_mime_addpart(inner), curl_slist_append(NULL, "A: 1"), 1);
    curl_mime_subparts(curl_mime_addpart(outer), inner);
    curl_easy_setopt(curl, CURLOPT_URL, FILE_URL);
    curl_easy_setopt(curl, CURLOPT_MIMEPOST, outer);
    curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    curl_mime_free(outer);
}
WRONG(data_longer_than_its_block, "buffer-too-small", "curl_mime_data") {
    CURL *curl = curl_easy_init();
    curl_mime *mime = curl_mime_init(curl);
    char *data = block_of(8, 'd');
    curl_mime_data(curl_mime_addpart(mime), data, 12);
    free(data);
    curl_mime_free(mime);
    curl_easy_cleanup(curl);
}
