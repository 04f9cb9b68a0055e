# SPDX-License-Identifier: Apache-2.0
# Closures and calls, with the libffi of the machine.

find_library(LIBFFI ffi REQUIRED)
set(hooks ${CMAKE_CURRENT_LIST_DIR}/..)
add_executable(closures_test ${CMAKE_CURRENT_LIST_DIR}/closures_test.c ${hooks}/closures.c ${hooks}/shapes.c ${hooks}/spares.c
                             ${hooks}/libffi_types.c)
target_compile_options(closures_test PRIVATE -O2 -ftls-model=initial-exec -Wno-deprecated-declarations) # ffi_prep_closure is
target_link_libraries(closures_test PRIVATE ffisan_core_tested ffisan_warnings ${LIBFFI} ${CMOCKA} pthread)
add_test(NAME hooks.closures COMMAND closures_test)
set_tests_properties(hooks.closures PROPERTIES LABELS unit TIMEOUT 120)

add_executable(libffi_test ${CMAKE_CURRENT_LIST_DIR}/libffi_test.c ${hooks}/calls.c ${hooks}/libffi.c ${hooks}/libffi_types.c)
target_compile_options(libffi_test PRIVATE -O2 -ftls-model=initial-exec)
target_link_libraries(libffi_test PRIVATE ffisan_core_tested ffisan_warnings ${LIBFFI} ${CMOCKA})
add_test(NAME hooks.libffi COMMAND libffi_test)
set_tests_properties(hooks.libffi PROPERTIES LABELS unit TIMEOUT 120)
