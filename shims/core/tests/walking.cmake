# SPDX-License-Identifier: Apache-2.0
# The tests of stack walks: each links the few modules it is about, with a stand-in for the list of modules that asks the loader each time.

# walking_test(name sources...): the test and the sources that it is about, run by ctest under `name`.
function(walking_test name)
  add_executable(${name} ${ARGN})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/shims ${PROJECT_SOURCE_DIR}/shims/include ${CMAKE_CURRENT_SOURCE_DIR})
  target_compile_definitions(${name} PRIVATE _GNU_SOURCE)
  target_compile_options(${name} PRIVATE $<$<COMPILE_LANGUAGE:C>:-O2 -ftls-model=initial-exec -fno-builtin-malloc -foptimize-sibling-calls>)
  target_link_libraries(${name} PRIVATE ffisan_warnings ffisan_sanitizers ${CMOCKA} pthread dl)
  add_test(NAME core.${name} COMMAND ${name})
  set_tests_properties(core.${name} PROPERTIES LABELS unit TIMEOUT 300)
endfunction()

set(walking ../stack.c ../unwind.c ../cfi.c ../sites.c ../thread.c fake_modules.c ../memory.c ../confined.c ../peek.c)

walking_test(cfi_test cfi_test.c ../cfi.c fake_modules.c)
walking_test(sites_test sites_test.c ../sites.c ../memory.c ../confined.c)
walking_test(thread_test thread_test.c ${walking})
walking_test(stack_test stack_test.c stack_calls.c ${walking})
walking_test(unwind_test unwind_test.c stack_calls.c ${walking})
foreach(variant 1 2)
  add_library(stack_plugin${variant} MODULE stack_plugin.c)
  target_compile_definitions(stack_plugin${variant} PRIVATE FRAME=${variant})
  add_dependencies(stack_test stack_plugin${variant})
endforeach()
target_compile_definitions(stack_test PRIVATE PLUGINS="${CMAKE_CURRENT_BINARY_DIR}")
target_link_options(unwind_test PRIVATE -Wl,-z,lazy)

add_executable(stack_bench stack_bench.c ${walking})
target_include_directories(stack_bench PRIVATE ${PROJECT_SOURCE_DIR}/shims ${CMAKE_CURRENT_SOURCE_DIR})
target_compile_definitions(stack_bench PRIVATE _GNU_SOURCE)
target_compile_options(stack_bench PRIVATE -O2 -ftls-model=initial-exec -fno-builtin-malloc)
target_link_libraries(stack_bench PRIVATE ffisan_warnings)
