/* SPDX-License-Identifier: Apache-2.0 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

/* Where the transfer really went, after all redirections. */
static void print_address(CURL *handle) {
    char *address = NULL;
    curl_easy_getinfo(handle, CURLINFO_EFFECTIVE_URL, &address);
    puts(address);
    free(address);
}

int main(void) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    CURL *handle = curl_easy_init();
    curl_easy_setopt(handle, CURLOPT_URL, "file:///dev/null");
    curl_easy_perform(handle);
    print_address(handle);
    curl_easy_cleanup(handle);
    curl_global_cleanup();
    return 0;
}
