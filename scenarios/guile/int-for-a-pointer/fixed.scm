;; SPDX-License-Identifier: Apache-2.0
(use-modules (system foreign))

(define getenv-in-c
  (pointer->procedure '* (dynamic-func "getenv" (dynamic-link)) (list '*)))

(define value (getenv-in-c (string->pointer "PATH")))
(display (if (null-pointer? value) "no PATH" "there is a PATH"))
(newline)
