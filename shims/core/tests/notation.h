/* SPDX-License-Identifier: Apache-2.0
 *
 * Types in a notation short enough for a table of tests:
 *
 *   ?  unknown     v  void       b  bool           c  char            w  wchar_t       V  a vector of 16 bytes
 *   h  short       i  int        l  long           e  an enumeration  B  signed char
 *   C H I L        the same, unsigned; z  size_t
 *   f  float       d  double     D  long double    x  double complex
 *   *T &T          pointer to T, to const T
 *   [3]T           array
 *   {a:T,b:T}      struct; names may be left out ({i,l}); a:i/3 is a bit-field; {} is opaque; {?24} has 24 bytes of unknown fields;
 *                  {+a:T} ends in an array of any length; {_a:T} is packed
 *   <24>           a union of 24 bytes
 *   (R;A,B)        function with the result R; names as in structs; (R;A...) is variadic; (R!) is R f() in C
 *   @name T        T under that name: @time_t l, @struct~tm {i,i}
 */
#ifndef FFISAN_CORE_TESTS_NOTATION_H
#define FFISAN_CORE_TESTS_NOTATION_H

#include "ffisan/prototype.h"

/* Type 1 of the table is what the text says. Aborts when the text makes no sense or there is no room. Answers its size. */
size_t notation_read(const char *text, struct ffisan_types *to, size_t size);

#endif
