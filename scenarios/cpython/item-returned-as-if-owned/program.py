# SPDX-License-Identifier: Apache-2.0
import greeting


class Greeting:
    def __init__(self, text: str) -> None:
        self.text = text


french = Greeting("bonjour")
greetings = {"en": Greeting("hello"), "fr": french}
print(greeting.lookup(greetings, "fr").text)
print(french.text)
