;; SPDX-License-Identifier: Apache-2.0
(use-modules (system foreign))

(define hypot-in-c
  (pointer->procedure float (dynamic-func "hypot" (dynamic-link "libm.so.6")) (list float float)))

(format #t "~a~%" (hypot-in-c 3.0 4.0))
