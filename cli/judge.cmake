# SPDX-License-Identifier: Apache-2.0
# The half of the launcher that reads records and judges them. Included from cli/CMakeLists.txt; `ffisan` links ffisan_judge.
add_library(ffisan_judge STATIC
  asan_report.c
  attribution.c
  baseline.c
  bindings.c
  calls.c
  checked.c
  contract_files.c
  debug_info.c
  debug_types.c
  executable.c
  explain_command.c
  exports.c
  finding.c
  fingerprint.c
  helpers.c
  judge_options.c
  live.c
  mask.c
  message.c
  mismatch.c
  omissions.c
  outdone.c
  plan.c
  pool.c
  process.c
  profile.c
  prototypes.c
  reader.c
  report.c
  report_command.c
  report_json.c
  report_text.c
  rules.c
  rust_names.c
  spelling.c
  stacks.c
  subjects.c
  suppressions.c
  symbols.c
  terms.c
  text_file.c
  trouble.c
  twins.c
  type_maker.c
  valgrind_report.c
  veto.c
  ../shims/core/contract_table.c
  ../shims/core/glob.c
  ../shims/core/elements.c
  ../shims/core/layout.c
  ../shims/core/type_table.c
  ../shims/core/type_writer.c
  ../shims/core/verdict.c
)
target_compile_definitions(ffisan_judge PRIVATE _GNU_SOURCE FFISAN_INSTALL_DATADIR="${CMAKE_INSTALL_DATADIR}"
  FFISAN_INSTALL_LIBEXECDIR="${CMAKE_INSTALL_LIBEXECDIR}")
target_include_directories(ffisan_judge PUBLIC ${CMAKE_CURRENT_LIST_DIR} ${CMAKE_CURRENT_LIST_DIR}/../shims ${CMAKE_CURRENT_LIST_DIR}/../shims/include)
target_link_libraries(ffisan_judge PUBLIC ffisan_warnings ffisan_sanitizers dw elf expat jansson stdc++)

install(FILES ${CMAKE_CURRENT_LIST_DIR}/report-schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/ffisan)

if(BUILD_TESTING)
  add_library(ffisan_judge_tests STATIC tests/judged.c tests/record_writer.c ../shims/core/tests/notation.c)
  target_compile_definitions(ffisan_judge_tests PUBLIC _GNU_SOURCE)
  target_include_directories(ffisan_judge_tests PUBLIC tests ../shims/core/tests)
  target_link_libraries(ffisan_judge_tests PUBLIC ffisan_judge cmocka)

  function(ffisan_judge_test name)
    add_executable(test-${name} tests/test_${name}.c)
    target_link_libraries(test-${name} PRIVATE ffisan_judge_tests)
    add_test(NAME judge-${name} COMMAND test-${name})
    set_tests_properties(judge-${name} PROPERTIES LABELS unit TIMEOUT 60)
  endfunction()
  foreach(name IN ITEMS trouble pool rules rust_names reader calls checked mask suppressions baseline text_file message attribution fingerprint plan
                        mismatch omissions profile report live commands spelling subjects terms)
    ffisan_judge_test(${name})
  endforeach()

  # A report with every field there is, held against the schema.
  find_package(Python3 COMPONENTS Interpreter)
  if(Python3_FOUND)
    add_executable(report-example tests/report_example.c)
    target_link_libraries(report-example PRIVATE ffisan_judge_tests)
    add_test(NAME judge-schema COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/tests/check_schema.py
      ${CMAKE_CURRENT_LIST_DIR}/report-schema.json $<TARGET_FILE:report-example>)
    set_tests_properties(judge-schema PROPERTIES LABELS unit SKIP_RETURN_CODE 77 TIMEOUT 60)
  endif()

  # What functions are: the file that was built, and a library with every odd type, compiled in every way, against its own header.
  add_library(ffisan_looking STATIC tests/looking.c tests/type_words.c)
  target_link_libraries(ffisan_looking PUBLIC ffisan_judge_tests ${CMAKE_DL_LIBS})
  foreach(name IN ITEMS declared type_maker)
    ffisan_judge_test(${name})
    target_link_libraries(test-${name} PRIVATE ffisan_looking)
  endforeach()
  add_dependencies(test-declared prototypes)
  target_compile_definitions(test-declared PRIVATE PROTOTYPES="${CMAKE_BINARY_DIR}/share/ffisan/prototypes.ffp")
  include(tests/odd.cmake)

  # What the symbolizer and the veto look at: a C library with an inlined function, and C++ ones with and without a run-time of
  # their own.
  set(guinea_pigs ${CMAKE_CURRENT_LIST_DIR}/tests/guinea_pigs)
  add_library(guinea-inline MODULE ${guinea_pigs}/inline.c)
  target_compile_options(guinea-inline PRIVATE -O2 -g)
  target_link_options(guinea-inline PRIVATE -Wl,--build-id=none)
  add_library(guinea-interpreter MODULE ${guinea_pigs}/interpreter.c)
  target_link_options(guinea-interpreter PRIVATE -Wl,--build-id=none)
  set_target_properties(guinea-interpreter PROPERTIES OUTPUT_NAME python3.guinea)
  add_library(guinea-cxx-shared MODULE ${guinea_pigs}/makes_with_new.cpp)
  target_link_options(guinea-cxx-shared PRIVATE -Wl,--build-id=none)
  add_library(guinea-cxx-static MODULE ${guinea_pigs}/makes_with_new.cpp)
  target_link_options(guinea-cxx-static PRIVATE -static-libstdc++ -static-libgcc -Wl,--exclude-libs,ALL -Wl,--build-id=none)
  foreach(kind IMPORTED EXPORTED BOUND HIDDEN)
    add_library(guinea-ffi-${kind} MODULE ${guinea_pigs}/ffi_call.c)
    target_compile_definitions(guinea-ffi-${kind} PRIVATE ${kind})
    target_compile_options(guinea-ffi-${kind} PRIVATE -O0 -fvisibility=default)
  endforeach()
  target_link_options(guinea-ffi-BOUND PRIVATE -Wl,-Bsymbolic)
  ffisan_judge_test(bindings)
  add_dependencies(test-bindings guinea-ffi-IMPORTED guinea-ffi-EXPORTED guinea-ffi-BOUND guinea-ffi-HIDDEN
    guinea-inline)
  target_compile_definitions(test-bindings PRIVATE GUINEA_INLINE="$<TARGET_FILE:guinea-inline>"
    GUINEA_FFI_IMPORTED="$<TARGET_FILE:guinea-ffi-IMPORTED>" GUINEA_FFI_EXPORTED="$<TARGET_FILE:guinea-ffi-EXPORTED>"
    GUINEA_FFI_BOUND="$<TARGET_FILE:guinea-ffi-BOUND>" GUINEA_FFI_HIDDEN="$<TARGET_FILE:guinea-ffi-HIDDEN>")
  foreach(name IN ITEMS stacks symbols veto)
    ffisan_judge_test(${name})
    add_dependencies(test-${name} guinea-inline guinea-interpreter guinea-cxx-shared guinea-cxx-static)
    target_compile_definitions(test-${name} PRIVATE
      GUINEA_INLINE="$<TARGET_FILE:guinea-inline>" GUINEA_INTERPRETER="$<TARGET_FILE:guinea-interpreter>"
      GUINEA_CXX_SHARED="$<TARGET_FILE:guinea-cxx-shared>"
      GUINEA_CXX_STATIC="$<TARGET_FILE:guinea-cxx-static>")
  endforeach()
  add_executable(guinea-static ${guinea_pigs}/static.c)
  target_link_options(guinea-static PRIVATE -static)
  add_dependencies(test-omissions guinea-static)
  target_compile_definitions(test-omissions PRIVATE STATIC_PROGRAM="$<TARGET_FILE:guinea-static>")
  set_target_properties(guinea-inline guinea-interpreter guinea-cxx-shared guinea-cxx-static PROPERTIES C_VISIBILITY_PRESET default CXX_VISIBILITY_PRESET default)
endif()
