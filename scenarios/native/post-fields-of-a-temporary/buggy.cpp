/* SPDX-License-Identifier: Apache-2.0 */
#include <cstdio>
#include <curl/curl.h>
#include <string>

class Request {
  public:
    Request() : handle(curl_easy_init()) {}
    ~Request() { curl_easy_cleanup(handle); }
    void set(CURLoption option, const std::string &value) { curl_easy_setopt(handle, option, value.c_str()); }

  private:
    CURL *handle;
};

int main() {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    {
        Request request;
        request.set(CURLOPT_URL, "http://localhost:1/");
        request.set(CURLOPT_POSTFIELDS, "name=world&greeting=hello&language=english");
        std::puts("ready");
    }
    curl_global_cleanup();
    return 0;
}
