;; SPDX-License-Identifier: Apache-2.0
(use-modules (system foreign))

(define hypot-in-c
  (pointer->procedure double (dynamic-func "hypot" (dynamic-link "libm.so.6")) (list double double)))

(format #t "~a~%" (hypot-in-c 3.0 4.0))
