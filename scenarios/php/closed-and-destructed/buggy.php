<?php
// SPDX-License-Identifier: Apache-2.0
$greeting = FFI::cdef(<<<C
    struct greeting *greeting_new(const char *name);
    const char *greeting_name(const struct greeting *greeting);
    void greeting_free(struct greeting *greeting);
    C, getenv("GREETING_LIBRARY"));

class Person
{
    public function __construct(private FFI $library, private $greeting)
    {
    }

    public function close(): void
    {
        $this->library->greeting_free($this->greeting);
    }

    public function __destruct()
    {
        $this->close();
    }
}

$person = new Person($greeting, $greeting->greeting_new("world"));
$person->close();
unset($person);
echo "closed\n";
