/* SPDX-License-Identifier: Apache-2.0 */
#include <cstdio>
#include <curl/curl.h>
#include <string>

class Request {
  public:
    Request() : handle(curl_easy_init()) {}
    ~Request() { curl_easy_cleanup(handle); }
    void set(CURLoption option, const std::string &value) { curl_easy_setopt(handle, option, value.c_str()); }
    CURLcode send() { return curl_easy_perform(handle); }

  private:
    CURL *handle;
};

int main() {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    {
        Request request;
        request.set(CURLOPT_URL, "file:///dev/null");
        request.set(CURLOPT_POSTFIELDS, "name=world&greeting=hello&language=english");
        std::puts(request.send() == CURLE_OK ? "sent" : "not sent");
    }
    curl_global_cleanup();
    return 0;
}
