/* SPDX-License-Identifier: Apache-2.0 */
#ifdef IMPORTED
void ffi_call(void);
#else
#ifdef HIDDEN
__attribute__((visibility("hidden")))
#endif
void ffi_call(void) {
}
#endif

void use(void);
__attribute__((visibility("default"))) void use(void) {
    ffi_call();
}
