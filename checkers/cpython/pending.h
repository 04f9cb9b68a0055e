/* SPDX-License-Identifier: Apache-2.0
 *
 * pending-error: an exception that is set where none may be, or missing where one must be.
 *
 * At the end of an extension's function: a result that says failure, and no exception; or one that says success, and an exception that was not
 * set when the function was called. The interpreter looks at methods itself (Objects/call.c, _Py_CheckFunctionResult) and blames the
 * method; at slots, getters and setters it does not look, and blames who comes next. Where the call was watched closely, the call of the
 * API that set the exception is named.
 *
 * At a call that may run Python code: these must not be made with an exception set, since they may lose it (Objects/call.c: "it can clear it
 * (directly or indirectly) and so the caller loses its exception"), and debug builds assert that.
 *
 * Silent: for the interpreter's own modules; where the exception was set before the extension was called, as for destructors.
 */
#ifndef FFISAN_CPYTHON_PENDING_H
#define FFISAN_CPYTHON_PENDING_H

/* Once, at the start. */
void pending_start(void);

#endif
