/* SPDX-License-Identifier: Apache-2.0
 *
 * Each row is a test: what a binding declares, what the function is (notation.h), what is known of the call, and what is to be said
 * about it. What is harmless stands first, and is the longer list.
 */
#include "unit.h"

#include <string.h>

#include "core/verdict.h"
#include "notation.h"

#define ARGUMENTS 4u
#define SILENT    FFISAN_RULES

#define WRITTEN (FFISAN_CALL_ARGUMENTS_DECLARED | FFISAN_CALL_RESULT_DECLARED)
#define VALUES  FFISAN_CALL_VALUES_KNOWN
#define DROPPED FFISAN_CALL_RESULT_DROPPED

struct row {
    const char *what, *declared, *actual;
    uint64_t flags; /* enum ffisan_call_flag */
    struct ffisan_record_argument arguments[ARGUMENTS];
    uint64_t result;
    enum ffisan_rule rule;
    int position;
    bool by_libffi; /* all that is known is what libffi was told */
};

#define VALUE(number)                                                                                                            \
    { .value = (number) }
#define CUT(number)                                                                                                              \
    { .value = (number), .flags = FFISAN_ARGUMENT_CUT }
#define MEMORY(bytes)                                                                                                            \
    { .value = 0x7f0000001000, .size = (bytes), .flags = FFISAN_ARGUMENT_SIZED }
#define WIDE                                                                                                                     \
    { .value = 0x7f0000001000, .flags = FFISAN_ARGUMENT_WIDE }
#define CALLBACK                                                                                                                 \
    { .value = 0x7f0000001000, .flags = FFISAN_ARGUMENT_CALLBACK }

#define ARRAY(kind, bytes, more)                                                                                                 \
    {                                                                                                                            \
        .value = 0x7f0000001000, .flags = FFISAN_ARGUMENT_ARRAY | (more), .element_kind = FFISAN_TYPE_##kind,                    \
        .element_size = (bytes)                                                                                                  \
    }

#define HARMLESS .rule = SILENT

/* struct stat, as it is nearly enough. */
#define STAT "@stat {st_dev:L,st_ino:L,st_nlink:L,st_mode:I,st_uid:I,st_size:l,__glibc_reserved:[3]l}"
#define TM   "{tm_sec:i,tm_min:i,tm_hour:i,tm_zone:&c}"

static const struct row harmless[] = {
    /* integers */
    {"the same", "(i;i,d,*c)", "(i;i,d,*c)", WRITTEN, HARMLESS},
    {"signedness of arguments", "(i;I,L,C)", "(i;i,l,c)", WRITTEN, HARMLESS},
    {"signedness of the result", "(I;)", "(i;)", WRITTEN, HARMLESS},
    {"enumeration as int", "(i;i)", "(e;e)", WRITTEN, HARMLESS},
    {"int as enumeration", "(e;e)", "(i;i)", WRITTEN, HARMLESS},
    {"bool as a byte", "(B;B)", "(b;b)", WRITTEN, HARMLESS},
    {"byte as bool", "(b;b)", "(C;B)", WRITTEN, HARMLESS},
    {"bool as int", "(i;i)", "(b;b)", WRITTEN, HARMLESS},
    {"short as int", "(i;i)", "(h;h)", WRITTEN, HARMLESS},
    {"time_t as long", "(l;l)", "(@time_t l;@time_t l)", WRITTEN, HARMLESS},
    {"off_t as long long", "(l;l,i)", "(@off_t l;@off_t l,i)", WRITTEN, HARMLESS},
    {"size_t as unsigned long", "(L;L)", "(z;z)", WRITTEN, HARMLESS},
    {"size_t as long", "(l;l)", "(z;z)", WRITTEN, HARMLESS},
    {"32-bit argument for a 64-bit parameter", "(v;i)", "(v;z)", WRITTEN | VALUES, {VALUE(7)}, HARMLESS},
    {"negative 32-bit argument for a 64-bit parameter", "(v;i)", "(v;l)", VALUES, {VALUE(-1ull)}, HARMLESS},
    {"argument beyond 32 bits that is no more than a sign", "(v;i)", "(v;l)", VALUES, {CUT(0xffffffff)}, HARMLESS},
    {"argument cut where the function takes 32 bits too", "(v;i)", "(v;i)", VALUES, {CUT(1ull << 40)}, HARMLESS},
    {"64-bit argument for a 32-bit parameter", "(v;l)", "(v;i)", WRITTEN | VALUES, {VALUE(7)}, HARMLESS},
    {"64-bit argument of all ones for a 32-bit parameter", "(v;L)", "(v;I)", WRITTEN | VALUES, {VALUE(-1ull)}, HARMLESS},
    {"64-bit argument, nobody knows which", "(v;l)", "(v;i)", WRITTEN, {VALUE(0)}, HARMLESS},
    {"64-bit result read as int, whole", "(i;)", "(z;)", 0, .result = 7, HARMLESS},
    {"64-bit result read as int, negative", "(i;)", "(l;)", FFISAN_CALL_RESULT_CUT, .result = -1ull, HARMLESS},
    {"64-bit result read as int, no more than a sign", "(i;)", "(z;)", FFISAN_CALL_RESULT_CUT, .result = 0xfffffffe, HARMLESS},
    {"32-bit result with garbage above it", "(i;)", "(i;)", FFISAN_CALL_RESULT_CUT, .result = 1ull << 40, HARMLESS},
    {"32-bit result read as 64 bits", "(l;)", "(i;)", WRITTEN, HARMLESS},
    {"an integer of unknown size", "(i;l)", "(i;e)", WRITTEN, HARMLESS},
    /* the result */
    {"default int for a void function", "(i;)", "(v;)", 0, HARMLESS},
    {"default int for a void function with garbage", "(i;)", "(v;)", FFISAN_CALL_RESULT_CUT, .result = 1ull << 40, HARMLESS},
    {"declared int for a void function", "(i;)", "(v;)", WRITTEN, HARMLESS},
    {"pointer for a void function, thrown away", "(*v;)", "(v;)", WRITTEN | DROPPED, HARMLESS},
    {"declared void", "(v;)", "(*c;)", WRITTEN, HARMLESS},
    {"declared void for floating point", "(v;)", "(d;)", WRITTEN, HARMLESS},
    {"default int for a pointer, thrown away", "(i;*c,&c)", "(*c;*c,&c)", DROPPED, HARMLESS},
    {"default int for a double, thrown away", "(i;)", "(d;)", DROPPED, HARMLESS},
    {"default int for a small struct, thrown away", "(i;)", "({l,l};)", DROPPED, HARMLESS},
    {"int for a pointer that nobody is known to have declared", "(i;*c)", "(*c;*c)", 0, .by_libffi = true, HARMLESS},
    {"result not known", "(?;)", "(*c;)", WRITTEN, HARMLESS},
    {"result not known of the function", "(i;)", "(?;)", 0, HARMLESS},
    /* pointers */
    {"char * for void *", "(*c;*c)", "(*v;&v)", WRITTEN, HARMLESS},
    {"any object for void *", "(v;*{i,l},*i,**c)", "(v;*v,*v,*v)", WRITTEN, HARMLESS},
    {"void * for any object", "(*v;*v,*v,*v)", "(*c;*{i,l},*i,**c)", WRITTEN, HARMLESS},
    {"pointer to nobody knows what", "(*?;*?)", "(*c;*{i,l})", WRITTEN, HARMLESS},
    {"opaque in the binding", "(*{};*{})", "(*{i,l};*{i,l})", WRITTEN, HARMLESS},
    {"opaque in the library", "(*{i,l};*{i,l})", "(*@sqlite3 {};*@sqlite3 {})", WRITTEN, HARMLESS},
    {"pointer to pointer for an opaque one", "(i;**v)", "(i;*@sqlite3 {})", WRITTEN, {MEMORY(8)}, HARMLESS},
    {"64-bit integer for a pointer", "(i;L)", "(i;*v)", WRITTEN | VALUES, {VALUE(0x7f0000001000)}, HARMLESS},
    {"field left empty in the binding", "(v;*{a:*v,kind:I,hidden:{}})", "(v;*{a:*v,kind:I,hidden:{b:*v,c:*v}})", WRITTEN,
     HARMLESS},
    {"pointer-sized integers as handles", "(l;z,l)", "(*@FILE {};&c,*{i,l})", WRITTEN, HARMLESS},
    {"pointer for a 64-bit integer", "(*v;*v)", "(L;@uintptr_t L)", WRITTEN, HARMLESS},
    {"text for a long that holds anything", "(i;*c)", "(i;L)", WRITTEN, HARMLESS},
    {"void * for size_t", "(*v;*v)", "(z;z)", WRITTEN, HARMLESS},
    {"0 for NULL", "(v;i)", "(v;*v)", VALUES, {VALUE(0)}, HARMLESS},
    {"small number for a pointer, undeclared", "(v;i)", "(v;*v)", VALUES, {VALUE(1)}, HARMLESS},
    {"undeclared int for a pointer, nobody knows which", "(v;i)", "(v;*v)", 0, HARMLESS},
    {"None for an int, undeclared", "(v;*v)", "(v;i)", VALUES, {VALUE(0)}, HARMLESS},
    {"None for a size_t, undeclared", "(v;*c)", "(v;z)", VALUES, {VALUE(0)}, HARMLESS},
    {"const or not", "(v;*c,&i)", "(v;&c,*i)", WRITTEN, HARMLESS},
    {"char * for unsigned char *", "(v;*c,*C)", "(v;*C,*B)", WRITTEN, HARMLESS},
    {"bytes for integers", "(v;*c,*c)", "(v;*i,*d)", WRITTEN, HARMLESS},
    {"integers for bytes", "(v;*i,*d)", "(v;*c,&C)", WRITTEN, HARMLESS},
    {"integers of one size", "(v;*I,*l,*i)", "(v;*i,*z,*e)", WRITTEN, HARMLESS},
    {"bool and bytes", "(v;*b,*c)", "(v;*C,*b)", WRITTEN, HARMLESS},
    {"wchar_t * for 32-bit integers", "(v;*w)", "(v;*I)", WRITTEN, HARMLESS},
    {"array for a pointer", "(v;*[4]i,[4]i)", "(v;*i,*i)", WRITTEN, {MEMORY(16), MEMORY(16)}, HARMLESS},
    {"array of char for text", "(v;*[64]c)", "(v;*c)", WRITTEN, {MEMORY(64)}, HARMLESS},
    {"pointer for an array", "(v;*i,**i)", "(v;*[4]i,**[4]i)", WRITTEN, HARMLESS},
    {"array of arrays", "(v;*[2][2]d)", "(v;*d)", WRITTEN, HARMLESS},
    {"64-bit integers for pointers, behind one", "(v;*L)", "(v;**v)", WRITTEN, HARMLESS},
    {"pointers for 64-bit integers, behind one", "(v;**v)", "(v;*@uintptr_t L)", WRITTEN, HARMLESS},
    {"pointers to pointers to different things", "(v;**c,**i)", "(v;**v,**d)", WRITTEN, HARMLESS},
    {"struct for a scalar", "(v;*{i,i})", "(v;*i)", WRITTEN, {MEMORY(8)}, HARMLESS},
    {"scalar for a struct", "(v;*L)", "(v;*{i,i})", WRITTEN, {MEMORY(8)}, HARMLESS},
    {"struct for a union", "(v;*{i,l,l})", "(v;*<16>)", WRITTEN, {MEMORY(24)}, HARMLESS},
    {"union for a struct", "(v;*<16>)", "(v;*{i,l,l})", WRITTEN, HARMLESS},
    {"doubles for complex numbers", "(v;*d)", "(v;*x)", WRITTEN, HARMLESS},
    {"struct for complex numbers", "(v;*{d,d})", "(v;*x)", WRITTEN, HARMLESS},
    {"vectors", "(V;V,*V)", "(V;V,*f)", WRITTEN, HARMLESS},
    /* functions as values */
    {"function for void *", "(v;*(v;i))", "(v;*v)", WRITTEN, {CALLBACK}, HARMLESS},
    {"void * for a function", "(v;*v,L)", "(v;*(v;i),*(v;i))", WRITTEN, HARMLESS},
    {"function for a data pointer", "(v;*(v;i))", "(v;*i)", WRITTEN, {CALLBACK}, HARMLESS},
    /* structs by value */
    {"the same struct", "({d,d};{i,l})", "({d,d};{i,l})", WRITTEN, HARMLESS},
    {"names in structs", "(v;{x:d,y:d})", "(v;{real:d,imag:d})", WRITTEN, HARMLESS},
    {"struct by pointer as void *", "(v;*v)", "(v;*{i,l})", WRITTEN, HARMLESS},
    {"pointer for a struct that holds one", "(*v;*v)", "({p:*v};{p:*v})", WRITTEN, HARMLESS},
    {"integer for a struct of one", "(l;L)", "({i,i};{l})", WRITTEN, HARMLESS},
    {"double for a struct of one", "(d;d)", "({d};{f,f})", WRITTEN, HARMLESS},
    {"pointer for a transparent union", "(i;i,*{h,[14]c},I)", "(i;i,<8>,I)", WRITTEN, HARMLESS},
    {"struct for a union of its size", "(v;{l,l})", "(v;<16>)", WRITTEN, HARMLESS},
    {"struct of unknown fields", "(v;{?16})", "(v;{l,d})", WRITTEN, HARMLESS},
    {"struct whose last padding is not declared", "(v;{_l,i})", "(v;{l,i})", WRITTEN, HARMLESS},
    {"opaque struct by value", "(v;{})", "(v;{l,l,l})", WRITTEN, HARMLESS},
    {"struct for a complex number", "({d,d};{d,d})", "(x;x)", WRITTEN, HARMLESS},
    {"the same large struct as a result", "({l,l,l};i)", "({l,l,l};i)", WRITTEN, HARMLESS},
    /* structs behind pointers */
    {"stat", "(i;&c,*" STAT ")", "(i;&c,*" STAT ")", WRITTEN, HARMLESS},
    {"other names", "(v;*{a:i,b:l})", "(v;*{x:i,y:l})", WRITTEN, HARMLESS},
    {"signs and enumerations of fields", "(v;*{I,l,i})", "(v;*{i,L,e})", WRITTEN, HARMLESS},
    {"pointers as 64-bit integers in structs", "(v;*{L,*v})", "(v;*{*c,l})", WRITTEN, HARMLESS},
    {"padding spelled out", "(v;*{i,pad:i,l})", "(v;*{i,l})", WRITTEN, HARMLESS},
    {"fields summed up as bytes", "(v;*{i,[12]c,l})", "(v;*{i,i,i,i,l})", WRITTEN, HARMLESS},
    {"bytes taken apart", "(v;*{h,H,I,[8]c})", "(v;*{h,[14]c})", WRITTEN, HARMLESS},
    {"nested struct spread out", "(v;*{i,i,i,l})", "(v;*{i,{i,i},l})", WRITTEN, HARMLESS},
    {"fields put into a nested struct", "(v;*{i,{i,i},l})", "(v;*{i,i,i,l})", WRITTEN, HARMLESS},
    {"array taken apart", "(v;*{i,i,i})", "(v;*{[3]i})", WRITTEN, HARMLESS},
    {"fields put into an array", "(v;*{[3]i})", "(v;*{i,i,i})", WRITTEN, HARMLESS},
    {"union by one of its members", "(v;*{i,l,i})", "(v;*{i,<12>})", WRITTEN, HARMLESS},
    {"member by a union", "(v;*{i,<4>,i})", "(v;*{i,f,i})", WRITTEN, HARMLESS},
    {"bit-fields as the integer that holds them", "(v;*{I,l})", "(v;*{I/3,I/5,I/24,l})", WRITTEN, HARMLESS},
    {"integer as bit-fields", "(v;*{I/3,I/29,l})", "(v;*{I,l})", WRITTEN, HARMLESS},
    {"bit-fields put together", "(v;*{I/8})", "(v;*{I/3,I/5})", WRITTEN, HARMLESS},
    {"the same bit-fields", "(v;*{a:I/3,b:I/5})", "(v;*{a:I/3,b:I/5})", WRITTEN, HARMLESS},
    {"array at the end, of any length", "(v;*{i,[1]l})", "(v;*{+i,[0]l})", WRITTEN, {MEMORY(16)}, HARMLESS},
    {"without the array at the end", "(v;*{i})", "(v;*{+i,[0]i})", WRITTEN, {MEMORY(4)}, HARMLESS},
    {"longer array at the end in the binding", "(v;*{i,[64]c})", "(v;*{+i,[1]c})", WRITTEN, {MEMORY(68)}, HARMLESS},
    {"opaque by its field's name", "(*{_opaque_struct:i};*{_opaque_struct:i})", "(*{d,*v};*{d,*v})", WRITTEN, HARMLESS},
    {"opaque by its only field", "(*{x:i};*{x:i})", "(*{a:d,b:*v};*{a:d,b:*v})", WRITTEN, HARMLESS},
    {"fields that are filled over", "(v;*{a:i,pad:[3]i,b:l})", "(v;*{a:i,x:f,y:d,b:l})", WRITTEN, HARMLESS},
    {"fields for reserved ones", "(v;*{a:i,f:f,g:d})", "(v;*{a:i,__reserved:[3]i})", WRITTEN, HARMLESS},
    {"without the reserved tail", "(v;*{i,i})", "(v;*{i,i,reserved:[4]l})", WRITTEN, {MEMORY(8)}, HARMLESS},
    {"with a shorter reserved tail", "(v;*{i,i,r:[2]l})", "(v;*{i,i,__unused:[4]l})", WRITTEN, {MEMORY(24)}, HARMLESS},
    {"with a tail in reserve", "(v;*{i,i,room:[64]c})", "(v;*{i,i})", WRITTEN, {MEMORY(72)}, HARMLESS},
    {"only the first fields, of the library's memory", "(*{i,i};*{i,i})", "(*{i,i,l};*{i,i,l})", WRITTEN, HARMLESS},
    {"only the first fields, in enough memory", "(v;*{i,i})", "(v;*{i,i,l})", WRITTEN, {MEMORY(64)}, HARMLESS},
    {"derived struct for its base", "(v;*{i,i,l})", "(v;*{i,i})", WRITTEN, {MEMORY(16)}, HARMLESS},
    {"address of the Internet", "(i;i,*{h,H,I,[8]c},I)", "(i;i,&{H,[14]c},I)", WRITTEN, {{0}, MEMORY(16)}, HARMLESS},
    {"address in a file system", "(i;i,*{h,[108]c},I)", "(i;i,&{H,[14]c},I)", WRITTEN, {{0}, MEMORY(110)}, HARMLESS},
    {"shorter address, and the function knows",
     "(i;i,*{h,[6]c},I)",
     "(i;i,&{H,[14]c},I)",
     WRITTEN | VALUES,
     {VALUE(3), MEMORY(8), VALUE(8)},
     HARMLESS},
    {"older struct that tells its size", "(v;*{size:I,i})", "(v;*{size:I,flags:i,more:l})", WRITTEN, {MEMORY(8)}, HARMLESS},
    {"older struct, and the function knows", "(v;*{i,i},I)", "(v;*{i,i,l},I)", WRITTEN | VALUES, {MEMORY(8), VALUE(8)}, HARMLESS},
    {"sizes only, by pointer", "(v;*{?8})", "(v;*{i,l,l})", WRITTEN, HARMLESS},
    {"structs behind two pointers", "(i;**{i,i})", "(i;**{i,i,l})", WRITTEN, HARMLESS},
    {"a struct with a pointer to itself", "(*{a:i,n:*v};)", "(*{a:i,n:*{}};)", WRITTEN, HARMLESS},
    /* memory */
    {"enough memory", "(v;*c,*c)", "(v;*z,*" STAT ")", WRITTEN, {MEMORY(8), MEMORY(64)}, HARMLESS},
    {"Python object", "(v;*@PyObject {})", "(v;*@PyObject {l,*v})", WRITTEN, {MEMORY(4)}, HARMLESS},
    {"Python text", "(v;*@PyObject {})", "(v;*c)", WRITTEN, {WIDE}, HARMLESS},
    {"empty array", "(v;*[0]i,z)", "(v;*i,z)", WRITTEN, {MEMORY(0)}, HARMLESS},
    {"memory whose size is not known", "(v;*v)", "(v;*z)", WRITTEN, HARMLESS},
    {"little memory for bytes", "(v;*c)", "(v;*c)", WRITTEN, {MEMORY(1)}, HARMLESS},
    {"little memory for anything", "(v;*c)", "(v;*v)", WRITTEN, {MEMORY(1)}, HARMLESS},
    {"little memory for what is opaque", "(v;*c)", "(v;*{})", WRITTEN, {MEMORY(1)}, HARMLESS},
    {"little memory for a union", "(v;*c)", "(v;*<8>)", WRITTEN, {MEMORY(4)}, HARMLESS},
    {"little memory, and the function knows",
     "(i;i,z,*L)",
     "(i;i,z,*{[16]L})",
     WRITTEN | VALUES,
     {VALUE(0), VALUE(8), MEMORY(8)},
     HARMLESS},
    /* wide text */
    {"wide text for wchar_t *", "(v;*w)", "(v;&w)", WRITTEN, {WIDE}, HARMLESS},
    {"wide text for void *", "(v;*w)", "(v;*v)", 0, {WIDE}, HARMLESS},
    {"wide text for 32-bit integers", "(v;*w)", "(v;*I)", 0, {WIDE}, HARMLESS},
    {"wide text for char32_t *", "(v;*w)", "(v;*@char32_t I)", 0, {WIDE}, HARMLESS},
    {"wide memory for char *", "(v;*w)", "(v;*c)", WRITTEN, HARMLESS},
    /* numbers of arguments */
    {"int f()", "(i;i,d,*c)", "(i!)", WRITTEN, HARMLESS},
    {"nothing behind the dots", "(i;&c)", "(i;&c...)", WRITTEN, HARMLESS},
    {"anything behind the dots", "(i;&c,i,d,*c)", "(i;&c...)", WRITTEN, HARMLESS},
    {"promoted and not behind the dots", "(i;&c,d,i,h,c)", "(i;&c...)", WRITTEN, HARMLESS},
    {"dots in other places", "(i;&c,i)", "(i;&c,i)", WRITTEN | FFISAN_CALL_VARIADIC, HARMLESS},
    {"guessed behind what was declared",
     "(i;&c,i)",
     "(i;&c,*v)",
     WRITTEN | VALUES | FFISAN_CALL_VARIADIC, /* fixed: 0 */
     {VALUE(1), VALUE(0)},
     HARMLESS},
    {"no arguments", "(i;)", "(i;)", WRITTEN, HARMLESS},
    {"unknown arguments", "(i;?,?)", "(i;*c,d)", WRITTEN, HARMLESS},
    {"arguments of unknown types", "(i;*c,d)", "(i;?,?)", WRITTEN, HARMLESS},
    {"long double", "(D;D)", "(D;D)", WRITTEN, HARMLESS},
    {"complex", "(x;x)", "(x;x)", WRITTEN, HARMLESS},
    /* callbacks */
    {"the same callback", "(v;*(i;*v,*v))", "(v;*(i;&v,&v))", WRITTEN, {CALLBACK}, HARMLESS},
    {"qsort's, of numbers", "(v;*v,z,z,*(i;*i,*i))", "(v;*v,z,z,*(i;&v,&v))", WRITTEN, HARMLESS},
    {"callback that takes less", "(v;*(v;i))", "(v;*(v;i,*v))", WRITTEN, {CALLBACK}, HARMLESS},
    {"callback that takes nothing", "(v;*(v;))", "(v;*(v;i,*v))", WRITTEN, {CALLBACK}, HARMLESS},
    {"a function of C's, cast to any function", "(v;*(v;))", "(v;*(i;*v))", WRITTEN, HARMLESS},
    {"callback for any function", "(v;*(d;i,*v))", "(v;*@GCallback (v;))", WRITTEN, {CALLBACK}, HARMLESS},
    {"callback for int (*)()", "(v;*(d;i,*v))", "(v;*(i!))", WRITTEN, {CALLBACK}, HARMLESS},
    {"callback with a result that C does not take", "(v;*(i;i))", "(v;*(v;i))", WRITTEN, {CALLBACK}, HARMLESS},
    {"callback with a 32-bit result for 64 bits", "(v;*(i;))", "(v;*(l;))", WRITTEN, {CALLBACK}, HARMLESS},
    {"callback that takes 32 bits for 64", "(v;*(v;i))", "(v;*(v;l))", WRITTEN, {CALLBACK}, HARMLESS},
    {"callback with handles", "(v;*(v;L,l))", "(v;*(v;*v,*{i,i}))", WRITTEN, {CALLBACK}, HARMLESS},
    {"callback that takes the first fields", "(v;*(v;*{i}))", "(v;*(v;*{i,l}))", WRITTEN, {CALLBACK}, HARMLESS},
    {"callback within a callback", "(v;*(v;*(v;d)))", "(v;*(v;*(v;i)))", WRITTEN, {CALLBACK}, HARMLESS},
    {"callback of variadic type", "(v;*(v;*c,i))", "(v;*(v;*c...))", WRITTEN, {CALLBACK}, HARMLESS},
    {"function itself for a pointer to it", "(v;(i;i))", "(v;*(i;i))", WRITTEN, HARMLESS},
    /* not a binding's declaration */
    {"a call from C", "(i;)", "(*c;d)", FFISAN_CALL_UP, HARMLESS},
    /* arrays */
    {"doubles as doubles", "(v;*d)", "(v;&d)", WRITTEN, {ARRAY(FLOAT, 8, 0)}, HARMLESS},
    {"unsigned elements", "(v;*v)", "(v;*I)", WRITTEN, {ARRAY(INTEGER, 4, 0)}, HARMLESS},
    {"any elements as memory", "(v;*v)", "(v;*v)", WRITTEN, {ARRAY(FLOAT, 4, FFISAN_ARGUMENT_STRIDED)}, HARMLESS},
    {"any elements as bytes", "(v;*v)", "(v;*C)", WRITTEN, {ARRAY(FLOAT, 4, FFISAN_ARGUMENT_STRIDED)}, HARMLESS},
    {"elements as structs", "(v;*v)", "(v;*{d,d})", WRITTEN, {ARRAY(FLOAT, 8, 0)}, HARMLESS},
    {"complex numbers as their parts", "(v;*v)", "(v;*d)", WRITTEN, {ARRAY(COMPLEX, 16, 0)}, HARMLESS},
    {"parts as complex numbers", "(v;*v)", "(v;*x)", WRITTEN, {ARRAY(FLOAT, 8, 0)}, HARMLESS},
    {"pairs as arrays of two", "(v;*v)", "(v;*[2]d)", WRITTEN, {ARRAY(COMPLEX, 16, 0)}, HARMLESS},
    {"halves as short", "(v;*v)", "(v;*H)", WRITTEN, {ARRAY(FLOAT, 2, 0)}, HARMLESS},
    {"addresses as pointers", "(v;*v)", "(v;**d)", WRITTEN, {ARRAY(INTEGER, 8, 0)}, HARMLESS},
    {"an array as a number", "(v;l)", "(v;l)", WRITTEN, {ARRAY(FLOAT, 4, 0)}, HARMLESS},
    {"an array of what nobody knows", "(v;*d)", "(v;*d)", WRITTEN, {{.flags = FFISAN_ARGUMENT_STRIDED}}, HARMLESS},
};

#define SAYS(what_rule, where) .rule = FFISAN_RULE_##what_rule, .position = (where)

static const struct row wrong[] = {
    /* results */
    {"default int for a pointer", "(i;&c)", "(*c;&c)", 0, SAYS(TRUNCATED_POINTER, POSITION_RESULT)},
    {"default int for a small pointer", "(i;&c)", "(*c;&c)", 0, .result = 4096, SAYS(TRUNCATED_POINTER, POSITION_RESULT)},
    {"declared int for a pointer", "(I;)", "(*@sqlite3 {};)", WRITTEN, SAYS(TRUNCATED_POINTER, POSITION_RESULT)},
    {"declared int for a function", "(i;)", "(*(v;i);)", WRITTEN, SAYS(TRUNCATED_POINTER, POSITION_RESULT)},
    {"int that somebody told libffi", "(i;)", "(*v;)", WRITTEN, .by_libffi = true, SAYS(TRUNCATED_POINTER, POSITION_RESULT)},
    {"declared bool for a pointer", "(b;)", "(*v;)", WRITTEN, SAYS(TRUNCATED_POINTER, POSITION_RESULT)},
    {"default int for a double", "(i;d)", "(d;d)", 0, SAYS(SIGNATURE_MISMATCH, POSITION_RESULT)},
    {"float for double", "(f;d)", "(d;d)", WRITTEN, SAYS(SIGNATURE_MISMATCH, POSITION_RESULT)},
    {"double for long double", "(d;)", "(D;)", WRITTEN, SAYS(SIGNATURE_MISMATCH, POSITION_RESULT)},
    {"double for int", "(d;)", "(i;)", WRITTEN, SAYS(SIGNATURE_MISMATCH, POSITION_RESULT)},
    {"double for a pointer", "(d;)", "(*v;)", WRITTEN, SAYS(SIGNATURE_MISMATCH, POSITION_RESULT)},
    {"pointer for int", "(*v;)", "(i;)", WRITTEN, SAYS(SIGNATURE_MISMATCH, POSITION_RESULT)},
    {"pointer for double", "(*c;)", "(d;)", WRITTEN, SAYS(SIGNATURE_MISMATCH, POSITION_RESULT)},
    {"text for size_t", "(*c;)", "(z;)", WRITTEN, SAYS(SIGNATURE_MISMATCH, POSITION_RESULT)},
    {"pointer for void", "(*c;)", "(v;)", WRITTEN, SAYS(SIGNATURE_MISMATCH, POSITION_RESULT)},
    {"double for void", "(d;)", "(v;)", WRITTEN, SAYS(SIGNATURE_MISMATCH, POSITION_RESULT)},
    {"cut result", "(i;)", "(z;)", FFISAN_CALL_RESULT_CUT, .result = 1ull << 32, SAYS(SIGNATURE_MISMATCH, POSITION_RESULT)},
    {"int for a large struct", "(i;i)", "({l,l,l};i)", 0, SAYS(SIGNATURE_MISMATCH, POSITION_RESULT)},
    {"large struct, thrown away", "(i;i)", "({l,l,l};i)", DROPPED, SAYS(SIGNATURE_MISMATCH, POSITION_RESULT)},
    {"void for a large struct", "(v;i)", "({l,l,l};i)", WRITTEN, SAYS(SIGNATURE_MISMATCH, POSITION_RESULT)},
    {"large struct for int", "({l,l,l};i)", "(i;i)", WRITTEN, SAYS(SIGNATURE_MISMATCH, POSITION_RESULT)},
    {"int for a struct of two", "(i;)", "({i,i};)", WRITTEN, SAYS(SIGNATURE_MISMATCH, POSITION_RESULT)},
    {"struct behind the result", "(*{a:i,b:i};)", "(*{a:l,b:i};)", WRITTEN, SAYS(STRUCT_LAYOUT_MISMATCH, POSITION_RESULT)},
    {"integers behind the result", "(*i;)", "(*l;)", WRITTEN, SAYS(SIGNATURE_MISMATCH, POSITION_RESULT)},
    /* arguments by value */
    {"int for double", "(d;i)", "(d;d)", 0, SAYS(SIGNATURE_MISMATCH, 0)},
    {"float for double", "(d;d,f)", "(d;d,d)", WRITTEN, SAYS(SIGNATURE_MISMATCH, 1)},
    {"double for int", "(v;d)", "(v;i)", WRITTEN, SAYS(SIGNATURE_MISMATCH, 0)},
    {"double for a pointer", "(v;d)", "(v;*v)", WRITTEN, SAYS(SIGNATURE_MISMATCH, 0)},
    {"pointer for double", "(v;*v)", "(v;d)", WRITTEN, SAYS(SIGNATURE_MISMATCH, 0)},
    {"complex for double", "(v;x)", "(v;d)", WRITTEN, SAYS(SIGNATURE_MISMATCH, 0)},
    {"declared int for a pointer", "(v;i)", "(v;*v)", WRITTEN | VALUES, {VALUE(5)}, SAYS(TRUNCATED_POINTER, 0)},
    {"declared unsigned int for a function", "(v;I)", "(v;*(v;))", WRITTEN, SAYS(TRUNCATED_POINTER, 0)},
    {"cut pointer", "(v;i)", "(v;*v)", VALUES, {CUT(0x7f0000001000)}, SAYS(TRUNCATED_POINTER, 0)},
    {"text for int", "(v;*c)", "(v;i)", 0, SAYS(SIGNATURE_MISMATCH, 0)},
    {"declared pointer for int, NULL", "(v;*v)", "(v;i)", WRITTEN | VALUES, {VALUE(0)}, SAYS(SIGNATURE_MISMATCH, 0)},
    {"text for size_t", "(v;*c)", "(v;z)", 0, SAYS(SIGNATURE_MISMATCH, 0)},
    {"struct for size_t", "(v;*{i,i})", "(v;z)", WRITTEN, SAYS(SIGNATURE_MISMATCH, 0)},
    {"cut argument", "(v;i,i)", "(v;i,z)", VALUES, {VALUE(1), CUT(1ull << 40)}, SAYS(SIGNATURE_MISMATCH, 1)},
    {"argument cut by the function", "(v;l)", "(v;i)", WRITTEN | VALUES, {VALUE(1ull << 40)}, SAYS(SIGNATURE_MISMATCH, 0)},
    {"int for a struct", "(v;i)", "(v;{l,l})", WRITTEN, SAYS(SIGNATURE_MISMATCH, 0)},
    {"double for a struct of integers", "(v;d)", "(v;{i,i})", WRITTEN, SAYS(SIGNATURE_MISMATCH, 0)},
    {"integer for a struct of floats", "(v;L)", "(v;{f,f})", WRITTEN, SAYS(SIGNATURE_MISMATCH, 0)},
    {"pointer for a struct", "(v;*{l,l})", "(v;{l,l})", WRITTEN, SAYS(SIGNATURE_MISMATCH, 0)},
    {"struct for a pointer", "(v;{l,l})", "(v;*{l,l})", WRITTEN, SAYS(SIGNATURE_MISMATCH, 0)},
    /* numbers of arguments */
    {"too few", "(i;*c)", "(i;*c,z)", 0, SAYS(SIGNATURE_MISMATCH, POSITION_COUNT)},
    {"none", "(i;)", "(i;*c,z)", WRITTEN, SAYS(SIGNATURE_MISMATCH, POSITION_COUNT)},
    {"too many", "(i;*c,z,i)", "(i;*c,z)", WRITTEN, SAYS(SIGNATURE_MISMATCH, POSITION_COUNT)},
    {"too many for nothing", "(i;i)", "(i;)", 0, SAYS(SIGNATURE_MISMATCH, POSITION_COUNT)},
    {"too few before the dots", "(i;)", "(i;&c...)", 0, SAYS(SIGNATURE_MISMATCH, POSITION_COUNT)},
    {"float behind the dots", "(i;&c,f)", "(i;&c...)", 0, SAYS(SIGNATURE_MISMATCH, 1)},
    {"wrong before the dots", "(i;i,d)", "(i;&c...)", WRITTEN, SAYS(TRUNCATED_POINTER, 0)},
    /* behind pointers */
    {"int for size_t", "(v;*i)", "(v;*z)", WRITTEN, SAYS(SIGNATURE_MISMATCH, 0)},
    {"long for int", "(v;*l)", "(v;*i)", WRITTEN, {MEMORY(8)}, SAYS(SIGNATURE_MISMATCH, 0)},
    {"array of int for longs", "(v;*[8]i)", "(v;*l)", WRITTEN, {MEMORY(32)}, SAYS(SIGNATURE_MISMATCH, 0)},
    {"int for float", "(v;*i)", "(v;*f)", WRITTEN, SAYS(SIGNATURE_MISMATCH, 0)},
    {"float for double", "(v;*f)", "(v;*d)", WRITTEN, SAYS(SIGNATURE_MISMATCH, 0)},
    {"pointer for int", "(v;**v)", "(v;*i)", WRITTEN, {MEMORY(8)}, SAYS(SIGNATURE_MISMATCH, 0)},
    {"int for a pointer, behind one", "(v;*i)", "(v;**v)", WRITTEN, SAYS(SIGNATURE_MISMATCH, 0)},
    {"double for a pointer, behind one", "(v;*d)", "(v;**v)", WRITTEN, SAYS(SIGNATURE_MISMATCH, 0)},
    {"wide for 16 bits", "(v;*w)", "(v;*H)", WRITTEN, SAYS(SIGNATURE_MISMATCH, 0)},
    /* memory */
    {"4 bytes for size_t", "(v;*i)", "(v;*z)", WRITTEN, {MEMORY(4)}, SAYS(BUFFER_TOO_SMALL, 0)},
    {"bool for int", "(v;*b)", "(v;*i)", 0, {MEMORY(1)}, SAYS(BUFFER_TOO_SMALL, 0)},
    {"few bytes for a struct", "(i;&c,*c)", "(i;&c,*" STAT ")", 0, {{0}, MEMORY(16)}, SAYS(BUFFER_TOO_SMALL, 1)},
    {"few bytes for a pointer", "(v;*c)", "(v;**v)", 0, {MEMORY(4)}, SAYS(BUFFER_TOO_SMALL, 0)},
    {"few bytes of nobody knows what", "(v;*v)", "(v;*d)", WRITTEN, {MEMORY(4)}, SAYS(BUFFER_TOO_SMALL, 0)},
    /* wide text */
    {"text for char *", "(z;*w)", "(z;&c)", 0, {WIDE}, SAYS(WIDE_TEXT, 0)},
    {"text for unsigned char *", "(z;*w)", "(z;&@xmlChar C)", 0, {WIDE}, SAYS(WIDE_TEXT, 0)},
    /* structs */
    {"struct of another size", "(v;{l,l,i})", "(v;{l,l,l,i})", WRITTEN, SAYS(STRUCT_LAYOUT_MISMATCH, 0)},
    {"longer struct", "(v;{l,l,l})", "(v;{l,l})", WRITTEN, SAYS(STRUCT_LAYOUT_MISMATCH, 0)},
    {"struct of another size, fields unknown", "(v;{?24})", "(v;{l,l})", WRITTEN, SAYS(STRUCT_LAYOUT_MISMATCH, 0)},
    {"union of another size", "(v;<24>)", "(v;<16>)", WRITTEN, SAYS(STRUCT_LAYOUT_MISMATCH, 0)},
    {"struct of other classes", "(v;{f,f})", "(v;{i,i})", WRITTEN, SAYS(STRUCT_LAYOUT_MISMATCH, 0)},
    {"struct by value as a result", "({l,d};)", "({l,l};)", WRITTEN, SAYS(STRUCT_LAYOUT_MISMATCH, POSITION_RESULT)},
    {"field of another width", "(v;*{a:i,b:i,c:i})", "(v;*{a:i,b:i,c:l})", WRITTEN, SAYS(STRUCT_LAYOUT_MISMATCH, 0)},
    {"field at another offset", "(v;*{a:i,b:i,c:l})", "(v;*{a:i,b:l,c:l})", WRITTEN, SAYS(STRUCT_LAYOUT_MISMATCH, 0)},
    {"fields in another order", "(*{tm_hour:i,tm_min:i,tm_sec:i};)", "(*" TM ";)", WRITTEN,
     SAYS(STRUCT_LAYOUT_MISMATCH, POSITION_RESULT)},
    {"field named fill, at another offset", "(v;*{fill:c,width:i})", "(v;*{width:i,fill:c})", WRITTEN,
     SAYS(STRUCT_LAYOUT_MISMATCH, 0)},
    {"field left out", "(v;*{a:i,c:i,d:d})", "(v;*{a:i,b:l,c:i,d:d})", WRITTEN, SAYS(STRUCT_LAYOUT_MISMATCH, 0)},
    {"floating point for an integer", "(v;*{d,l})", "(v;*{l,l})", WRITTEN, SAYS(STRUCT_LAYOUT_MISMATCH, 0)},
    {"packed for not packed", "(v;*{_a:c,b:i})", "(v;*{a:c,b:i})", WRITTEN, SAYS(STRUCT_LAYOUT_MISMATCH, 0)},
    {"nested field of another width", "(v;*{a:l,{i,i,i}})", "(v;*{a:l,{i,l}})", WRITTEN, SAYS(STRUCT_LAYOUT_MISMATCH, 0)},
    {"array of another width", "(v;*{[4]i})", "(v;*{[4]h,l})", WRITTEN, SAYS(STRUCT_LAYOUT_MISMATCH, 0)},
    {"bit-fields of other widths", "(v;*{I/3,I/5})", "(v;*{I/4,I/4})", WRITTEN, SAYS(STRUCT_LAYOUT_MISMATCH, 0)},
    {"last field left out", "(v;*{i,i})", "(v;*{i,i,l})", WRITTEN, {MEMORY(8)}, SAYS(STRUCT_LAYOUT_MISMATCH, 0)},
    {"shorter name", "(v;*{i,name:[32]c})", "(v;*{i,name:[64]c})", WRITTEN, {MEMORY(36)}, SAYS(STRUCT_LAYOUT_MISMATCH, 0)},
    {"sizes only", "(v;*{?8})", "(v;*{i,l,l})", WRITTEN, {MEMORY(8)}, SAYS(STRUCT_LAYOUT_MISMATCH, 0)},
    {"one field, in memory of its own", "(v;*{d})", "(v;*{l,l})", WRITTEN, {MEMORY(8)}, SAYS(STRUCT_LAYOUT_MISMATCH, 0)},
    {"behind two pointers", "(i;**{i,d})", "(i;**{i,l})", WRITTEN, SAYS(STRUCT_LAYOUT_MISMATCH, 0)},
    /* callbacks */
    {"callback that takes another class", "(v;*(v;i))", "(v;*(v;d))", WRITTEN, {CALLBACK}, SAYS(SIGNATURE_MISMATCH, 0)},
    {"callback that cuts a pointer", "(v;*(v;i,i))", "(v;*(v;i,*v))", WRITTEN, {CALLBACK}, SAYS(TRUNCATED_POINTER, 0)},
    {"callback that takes more", "(v;*(v;i,*v))", "(v;*(v;i))", WRITTEN, {CALLBACK}, SAYS(SIGNATURE_MISMATCH, 0)},
    {"callback without a result", "(v;*(v;i))", "(v;*(i;i))", WRITTEN, {CALLBACK}, SAYS(SIGNATURE_MISMATCH, 0)},
    {"callback with another result", "(v;*(i;i))", "(v;*(d;i))", WRITTEN, {CALLBACK}, SAYS(SIGNATURE_MISMATCH, 0)},
    {"callback that cuts its result", "(v;*(i;))", "(v;*(*v;))", WRITTEN, {CALLBACK}, SAYS(TRUNCATED_POINTER, 0)},
    {"callback that takes shorts", "(v;*(i;*h,*h))", "(v;*(i;&i,&i))", WRITTEN, {CALLBACK}, SAYS(SIGNATURE_MISMATCH, 0)},
    {"callback that takes another struct",
     "(v;*(i;*{a:i,b:d}))",
     "(v;*(i;*{a:i,b:l}))",
     WRITTEN,
     {CALLBACK},
     SAYS(STRUCT_LAYOUT_MISMATCH, 0)},
    /* arrays */
    {"floats as doubles", "(v;*d)", "(v;&d)", WRITTEN, {ARRAY(FLOAT, 4, 0)}, SAYS(ARRAY_LAYOUT, 0)},
    {"floats as doubles behind void *", "(v;i,*v)", "(v;i,&d)", WRITTEN, {{0}, ARRAY(FLOAT, 4, 0)}, SAYS(ARRAY_LAYOUT, 1)},
    {"64-bit integers as doubles", "(v;*d)", "(v;*d)", WRITTEN, {ARRAY(INTEGER, 8, 0)}, SAYS(ARRAY_LAYOUT, 0)},
    {"64-bit integers as int", "(v;*v)", "(v;*i)", WRITTEN, {ARRAY(INTEGER, 8, 0)}, SAYS(ARRAY_LAYOUT, 0)},
    {"bools as int", "(v;*v)", "(v;*i)", WRITTEN, {ARRAY(BOOL, 1, 0)}, SAYS(ARRAY_LAYOUT, 0)},
    {"single pairs as doubles", "(v;*v)", "(v;*d)", WRITTEN, {ARRAY(COMPLEX, 8, 0)}, SAYS(ARRAY_LAYOUT, 0)},
    {"with gaps", "(v;*d)", "(v;*d)", WRITTEN, {ARRAY(FLOAT, 8, FFISAN_ARGUMENT_STRIDED)}, SAYS(ARRAY_LAYOUT, 0)},
    {"in the other order", "(v;*d)", "(v;*d)", WRITTEN, {ARRAY(FLOAT, 8, FFISAN_ARGUMENT_SWAPPED)}, SAYS(ARRAY_LAYOUT, 0)},
    {"declared wrong too", "(v;*f)", "(v;*d)", WRITTEN, {ARRAY(FLOAT, 4, 0)}, SAYS(SIGNATURE_MISMATCH, 0)},
};

/* ---- how a row is tried ---- */

static _Alignas(8) char rooms[2][4096];

static struct declaration declaration_of(const char *text, unsigned room, struct type_table *table) {
    size_t size = notation_read(text, (void *)rooms[room], sizeof(rooms[room]));
    assert_true(type_table_open(table, rooms[room], size));
    return (struct declaration){table, 1};
}

static struct ffisan_record_call *call_of(const struct row *row) {
    static _Alignas(8) char room[sizeof(struct ffisan_record_call) + sizeof(row->arguments)];
    struct ffisan_record_call *call = (void *)room;
    *call = (struct ffisan_record_call){.flags = (uint32_t)row->flags,
                                        .result = row->result,
                                        .binding = row->by_libffi ? FFISAN_BINDING_LIBFFI : FFISAN_BINDING_CTYPES,
                                        .argument_count = ARGUMENTS};
    memcpy(call->arguments, row->arguments, sizeof(row->arguments));
    return call;
}

static unsigned judged(const struct row *row, struct disagreement *found, unsigned limit) {
    struct type_table left, right;
    struct declaration declared = declaration_of(row->declared, 0, &left), actual = declaration_of(row->actual, 1, &right);
    return verdict(call_of(row), &declared, &actual, found, limit);
}

static void row_is_judged(void **state) {
    const struct row *row = *state;
    struct disagreement found[8];
    unsigned count = judged(row, found, 8);
    assert_int_equal(count, row->rule == SILENT ? 0 : 1);
    if (count) {
        assert_int_equal(found[0].rule, row->rule);
        assert_int_equal(found[0].position, row->position);
    }
}

/* ---- what a disagreement says ---- */

static struct disagreement only(const char *declared, const char *actual, struct ffisan_record_argument argument) {
    const struct row row = {"", declared, actual, WRITTEN, {argument}, .rule = SILENT};
    struct disagreement found;
    assert_int_equal(judged(&row, &found, 1), 1);
    return found;
}

static void fields_are_named(void **state) {
    (void)state;
    struct type_table left, right;
    struct disagreement found = only("(v;*{a:i,b:i,c:l})", "(v;*{a:i,b:l,c:l})", (struct ffisan_record_argument){0});
    declaration_of("(v;*{a:i,b:i,c:l})", 0, &left);
    declaration_of("(v;*{a:i,b:l,c:l})", 1, &right);
    assert_string_equal(type_text(&left, left.fields[found.declared_field - 1].name), "b");
    assert_int_equal(left.fields[found.declared_field - 1].offset, 4);
    assert_string_equal(type_text(&right, right.fields[found.actual_field - 1].name), "b");
    assert_int_equal(right.fields[found.actual_field - 1].offset, 8);
    assert_int_equal(left.types[found.declared].kind, FFISAN_TYPE_STRUCT);
    assert_false(found.sizes_only);
}

static void sizes_are_told(void **state) {
    (void)state;
    struct disagreement found = only("(v;*i)", "(v;*z)", (struct ffisan_record_argument)MEMORY(4));
    assert_int_equal(found.needed, 8);
    assert_int_equal(found.given, 4);
    found = only("(v;*{?8})", "(v;*{i,l,l})", (struct ffisan_record_argument)MEMORY(8));
    assert_int_equal(found.needed, 24);
    assert_int_equal(found.given, 8);
    assert_true(found.sizes_only);
    found = only("(v;i)", "(v;i,i,i)", (struct ffisan_record_argument){0});
    assert_int_equal(found.needed, 3);
    assert_int_equal(found.given, 1);
}

static void places_in_callbacks_are_told(void **state) {
    (void)state;
    struct disagreement found = only("(v;*(v;i,i))", "(v;*(v;i,*v))", (struct ffisan_record_argument)CALLBACK);
    assert_true(found.callback);
    assert_int_equal(found.callback_position, 1);
    found = only("(v;*(i;i))", "(v;*(d;i))", (struct ffisan_record_argument)CALLBACK);
    assert_int_equal(found.callback_position, POSITION_RESULT);
    found = only("(v;*(i;i,i))", "(v;*(i;i))", (struct ffisan_record_argument)CALLBACK);
    assert_int_equal(found.callback_position, POSITION_COUNT);
}

static void gravest_come_first(void **state) {
    (void)state;
    const struct row row = {"", "(d;f,i,*c,*i)", "(i;d,*v,**v,*l)", WRITTEN, {{0}, {0}, MEMORY(4), {0}}, .rule = SILENT};
    static const int positions[] = {1, 2, POSITION_RESULT, 0, 3};
    struct disagreement found[5];
    for (unsigned limit = 0; limit <= 5; limit++) {
        assert_int_equal(judged(&row, found, limit), 5);
        for (unsigned i = 0; i < limit; i++)
            assert_int_equal(found[i].position, positions[i]);
    }
}

/* No compiler makes these, but a record may hold them. */
static void circles_come_to_an_end(void **state) {
    (void)state;
    struct type_table left, right;
    struct disagreement found[8];
    const struct row row = {.flags = WRITTEN};
    static const char text[] = "(v;*{a:{i,i},b:{i,i}},*[2]*i)";
    struct declaration declared = declaration_of(text, 0, &left), actual = declaration_of(text, 1, &right);
    for (unsigned side = 0; side < 2; side++) {
        struct type_table *table = side ? &right : &left;
        for (uint32_t i = 1; i < table->type_count; i++) {
            struct ffisan_type *type = (struct ffisan_type *)&table->types[i];
            type->to = type->kind == FFISAN_TYPE_ARRAY || type->kind == FFISAN_TYPE_POINTER ? i : type->to;
            for (uint32_t j = 0; type->kind == FFISAN_TYPE_STRUCT && j < type->count; j++)
                ((struct ffisan_field *)table->fields)[type->first + j].type = i;
        }
        verdict(call_of(&row), &declared, &actual, found, 8);
    }
    assert_true(verdict(call_of(&row), &declared, &declared, found, 8) <= 8);
}

/* ---- two bindings ---- */

static const struct clash {
    const char *what, *one, *other;
    uint32_t flags, fixed;
    bool clashes;
    int position;
} clashes[] = {
    {"the same", "(i;*c,i)", "(i;*c,i)", WRITTEN, 0, false, 0},
    {"another result", "(i;*c)", "(*c;*c)", WRITTEN, 0, true, POSITION_RESULT},
    {"another class of result", "(d;)", "(*c;)", WRITTEN, 0, true, POSITION_RESULT},
    {"another result that nobody declared", "(i;*c)", "(*c;*c)", FFISAN_CALL_ARGUMENTS_DECLARED, 0, false, 0},
    {"one that takes no result", "(v;*c)", "(*c;*c)", WRITTEN, 0, false, 0},
    {"results of other widths", "(i;)", "(l;)", WRITTEN, 0, false, 0},
    {"another first argument", "(i;d)", "(i;i)", WRITTEN, 0, true, 0},
    {"another first argument that nobody declared", "(i;d)", "(i;i)", FFISAN_CALL_RESULT_DECLARED, 0, false, 0},
    {"another argument before one that agrees", "(i;*c,d,i)", "(i;*c,i,i)", WRITTEN, 0, true, 1},
    {"another last argument, as of printf", "(i;*c,d)", "(i;*c,i)", WRITTEN, 0, false, 0},
    {"more arguments, as of printf", "(i;*c,i,d)", "(i;*c)", WRITTEN, 0, false, 0},
    {"other arguments behind the dots", "(i;*c,i,d,i)", "(i;*c,d,i,i)", WRITTEN | FFISAN_CALL_VARIADIC, 1, false, 0},
    {"another argument before the dots", "(i;*c,i,d)", "(i;*c,d,i)", WRITTEN | FFISAN_CALL_VARIADIC, 2, true, 1},
    {"handles and pointers", "(l;L,*v)", "(*v;*{},l)", WRITTEN, 0, false, 0},
    {"other structs", "(i;*{a:i,b:l})", "(i;*{a:l,b:l})", WRITTEN, 0, true, 0},
    {"a struct and its first fields", "(i;*{a:i,b:l})", "(i;*{a:i})", WRITTEN, 0, false, 0},
    {"other integers behind a pointer", "(*i;)", "(*l;)", WRITTEN, 0, true, POSITION_RESULT},
    {"a callback of any type", "(i;*(v;))", "(i;*(i;i))", WRITTEN, 0, false, 0},
    {"callbacks of other types", "(i;*(i;i))", "(i;*(i;d))", WRITTEN, 0, true, 0},
    {"calls from C", "(i;)", "(*c;)", WRITTEN | FFISAN_CALL_UP, 0, false, 0},
};

static void bindings_clash(void **state) {
    const struct clash *row = *state;
    struct type_table left, right;
    struct disagreement found;
    struct declaration one = declaration_of(row->one, 0, &left), other = declaration_of(row->other, 1, &right);
    const struct ffisan_record_call call = {.flags = row->flags, .fixed = row->fixed};
    assert_int_equal(declarations_clash(&call, &one, &call, &other, &found), row->clashes);
    if (row->clashes) {
        assert_int_equal(found.rule, FFISAN_RULE_CLASHING_DECLARATIONS);
        assert_int_equal(found.position, row->position);
    }
}

/* ctypes.cast(callback, c_void_p), with callbacks of two types */
static void callbacks_that_are_passed_are_no_declaration(void **state) {
    (void)state;
    struct type_table left, right;
    struct disagreement found;
    struct declaration one = declaration_of("(*v;*(i;i))", 0, &left), other = declaration_of("(*v;*(i;d))", 1, &right);
    union {
        struct ffisan_record_call call;
        char room[sizeof(struct ffisan_record_call) + sizeof(struct ffisan_record_argument)];
    } with = {.call = {.flags = WRITTEN, .argument_count = 1}};
    assert_true(declarations_clash(&with.call, &one, &with.call, &other, &found));
    with.call.arguments[0].flags = FFISAN_ARGUMENT_CALLBACK;
    assert_false(declarations_clash(&with.call, &one, &with.call, &other, &found));
}

/* Nobody knows the function, and the binding itself says double. */
static void arrays_are_compared_with_their_own_declaration(void **state) {
    (void)state;
    const struct row row = {"", "(v;i,*d)", "(v;)", WRITTEN, {{0}, ARRAY(FLOAT, 4, 0)}, .rule = SILENT};
    struct type_table table;
    struct disagreement found;
    struct declaration declared = declaration_of("(v;i,*d)", 0, &table);
    assert_true(verdict_arrays(call_of(&row), &declared, &found));
    assert_int_equal(found.rule, FFISAN_RULE_ARRAY_LAYOUT);
    assert_int_equal(found.position, 1);
    declared = declaration_of("(v;i,*f)", 0, &table);
    assert_false(verdict_arrays(call_of(&row), &declared, &found));
    declared = declaration_of("(v;i,*v)", 0, &table);
    assert_false(verdict_arrays(call_of(&row), &declared, &found));
}

/* ---- all of them ---- */

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
static struct CMUnitTest tests[COUNT(harmless) + COUNT(wrong) + COUNT(clashes) + 10];
static size_t test_count;

static void test_add(const char *name, CMUnitTestFunction test, const void *row) {
    tests[test_count++] = (struct CMUnitTest){.name = name, .test_func = test, .initial_state = (void *)row};
}

int main(void) {
    for (size_t i = 0; i < COUNT(harmless); i++)
        test_add(harmless[i].what, row_is_judged, &harmless[i]);
    for (size_t i = 0; i < COUNT(wrong); i++)
        test_add(wrong[i].what, row_is_judged, &wrong[i]);
    for (size_t i = 0; i < COUNT(clashes); i++)
        test_add(clashes[i].what, bindings_clash, &clashes[i]);
    test_add("fields are named", fields_are_named, NULL);
    test_add("sizes are told", sizes_are_told, NULL);
    test_add("places in callbacks are told", places_in_callbacks_are_told, NULL);
    test_add("callbacks that are passed are no declaration", callbacks_that_are_passed_are_no_declaration, NULL);
    test_add("gravest come first", gravest_come_first, NULL);
    test_add("arrays are compared with their own declaration", arrays_are_compared_with_their_own_declaration, NULL);
    test_add("circles come to an end", circles_come_to_an_end, NULL);
    return _cmocka_run_group_tests("verdict", tests, test_count, NULL, NULL);
}
