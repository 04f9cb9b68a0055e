;; SPDX-License-Identifier: Apache-2.0
(use-modules (system foreign) (rnrs bytevectors))

(define greeting (dynamic-link (getenv "GREETING_LIBRARY")))
(define repeat
  (pointer->procedure int (dynamic-func "greeting_repeat" greeting) (list '* int '* size_t)))

(define out (make-bytevector 4096 0))
(repeat (string->pointer "world") 3 (bytevector->pointer out) 4096)
(format #t "~a~%" (pointer->string (bytevector->pointer out)))
