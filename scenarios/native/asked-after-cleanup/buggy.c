/* SPDX-License-Identifier: Apache-2.0 */
#include <curl/curl.h>
#include <stdio.h>

static int fetch(const char *address) {
    CURL *handle = curl_easy_init();
    curl_easy_setopt(handle, CURLOPT_URL, address);
    CURLcode result = curl_easy_perform(handle);
    curl_easy_cleanup(handle);
    if (result != CURLE_OK)
        return -1;
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    return 0;
}

int main(void) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    printf("%d\n", fetch("file:///dev/null"));
    curl_global_cleanup();
    return 0;
}
