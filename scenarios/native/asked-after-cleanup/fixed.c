/* SPDX-License-Identifier: Apache-2.0 */
#include <curl/curl.h>
#include <stdio.h>

static int fetch(const char *address) {
    CURL *handle = curl_easy_init();
    curl_easy_setopt(handle, CURLOPT_URL, address);
    CURLcode result = curl_easy_perform(handle);
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(handle);
    return result == CURLE_OK ? 0 : -1;
}

int main(void) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    printf("%d\n", fetch("file:///dev/null"));
    curl_global_cleanup();
    return 0;
}
