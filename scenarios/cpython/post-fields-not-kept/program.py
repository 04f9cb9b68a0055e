# SPDX-License-Identifier: Apache-2.0
import urllib.parse

import greeting

request = greeting.Request()
request.post(urllib.parse.urlencode({"name": "world", "greeting": "hello"}).encode())
print(request.send("file:///dev/null"))
