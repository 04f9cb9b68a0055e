;; SPDX-License-Identifier: Apache-2.0
(use-modules (system foreign))

(define greeting (dynamic-link (getenv "GREETING_LIBRARY")))
(define new (pointer->procedure '* (dynamic-func "greeting_new" greeting) (list '*)))
(define free! (pointer->procedure void (dynamic-func "greeting_free" greeting) (list '*)))

(define (close! person)
  (free! person))

(define person (new (string->pointer "world")))
(define (with-person proc)
  (dynamic-wind (const #t) (lambda () (proc person)) (lambda () (close! person))))

(with-person close!)
(display "closed")
(newline)
