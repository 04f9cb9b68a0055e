;; SPDX-License-Identifier: Apache-2.0
(use-modules (system foreign))

(define greeting (dynamic-link (getenv "GREETING_LIBRARY")))
(define listen (pointer->procedure void (dynamic-func "greeting_listen" greeting) (list '* '*)))
(define announce (pointer->procedure int (dynamic-func "greeting_announce" greeting) (list '*)))

(define heard #f)
(define (start-listening)
  (set! heard (procedure->pointer int (lambda (name data) 0) (list '* '*)))
  (listen heard %null-pointer))

(define (repeat times thunk)
  (when (> times 0)
    (thunk)
    (repeat (- times 1) thunk)))

(repeat 10 start-listening) ; each replaces the one before
(repeat 10 (lambda () (make-vector 10000 'work) (gc)))
(format #t "~a more~%" (announce (string->pointer "world")))
