;; SPDX-License-Identifier: Apache-2.0
;; Guile's (system foreign): functions, structs, callbacks, out-parameters, owned memory, variadic functions.
(use-modules (system foreign) (rnrs bytevectors))

(define libc (dynamic-link "libc.so.6"))
(define sqlite (dynamic-link "libsqlite3.so.0"))
(define greeting (dynamic-link (getenv "GREETING_LIBRARY")))
(define (c library result name . arguments)
  (pointer->procedure result (dynamic-func name library) arguments))

(define qsort (c libc void "qsort" '* size_t size_t '*))
(define snprintf (c libc int "snprintf" '* size_t '* int '*))
(define c-strlen (c libc size_t "strlen" '*))
(define open-database (c sqlite int "sqlite3_open" '* '*))
(define exec (c sqlite int "sqlite3_exec" '* '* '* '* '*))
(define close-database (c sqlite int "sqlite3_close" '*))
(define new (c greeting '* "greeting_new" '*))
(define name (c greeting '* "greeting_name" '*))
(define measure (c greeting size_t "greeting_measure" '* '*))
(define loudness (c greeting double "greeting_loudness" double double))

(define compare
  (procedure->pointer int
    (lambda (left right)
      (- (bytevector-s32-native-ref (pointer->bytevector left 4) 0)
         (bytevector-s32-native-ref (pointer->bytevector right 4) 0)))
    (list '* '*)))

(define (calls)
  (let ((numbers (s32vector 3 1 2)) (out (make-bytevector 64 0)))
    (qsort (bytevector->pointer numbers) 3 4 compare)
    (snprintf (bytevector->pointer out) 64 (string->pointer "%d %s") 7 (string->pointer "seven"))
    (format #t "~a ~a ~a~%" numbers (pointer->string (bytevector->pointer out)) (c-strlen (string->pointer "hello")))))

(define (rows query)
  (let* ((place (make-bytevector 8 0)) (found '())
         (row (procedure->pointer int
                (lambda (context count values names)
                  (set! found (cons (pointer->string (dereference-pointer values)) found))
                  0)
                (list '* int '* '*))))
    (open-database (string->pointer ":memory:") (bytevector->pointer place))
    (let ((connection (dereference-pointer (bytevector->pointer place))))
      (exec connection (string->pointer query) row %null-pointer %null-pointer)
      (close-database connection))
    found))

(define style (make-c-struct (list int int8 double '*) (list 20 32 1.0 %null-pointer)))
(define person (new (string->pointer "world")))
(set-pointer-finalizer! person (dynamic-func "greeting_free" greeting))
(do ((i 0 (1+ i))) ((= i 20))
  (calls)
  (format #t "~a~%" (rows "select 1 union select 2")))
(format #t "~a ~a ~a~%" (pointer->string (name person)) (measure (string->pointer "world") style) (loudness 8.0 2.0))
(gc)
