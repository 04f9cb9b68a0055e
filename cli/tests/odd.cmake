# SPDX-License-Identifier: Apache-2.0
# Libraries whose functions have odd types (guinea_pigs/odd.h), compiled in every way that leaves debug info of another form, and the
# prototype file of that header. Included from cli/judge.cmake.
set(odd_variants "")
# odd_variant(NAME FLAGS...)
function(odd_variant name)
  add_library(guinea-odd-${name} MODULE ${CMAKE_CURRENT_SOURCE_DIR}/tests/guinea_pigs/odd.c)
  target_compile_options(guinea-odd-${name} PRIVATE -O2 -Wno-strict-prototypes ${ARGN})
  target_link_options(guinea-odd-${name} PRIVATE ${ARGN} -Wl,-soname,libodd-${name}.so.1)
  set_target_properties(guinea-odd-${name} PROPERTIES C_VISIBILITY_PRESET default)
  set(odd_variants ${odd_variants} ${name} PARENT_SCOPE)
endfunction()
odd_variant(dwarf2 -gdwarf-2)
odd_variant(dwarf3 -gdwarf-3)
odd_variant(dwarf4 -gdwarf-4)
odd_variant(dwarf5 -gdwarf-5)
odd_variant(strict2 -gdwarf-2 -gstrict-dwarf)
odd_variant(types4 -gdwarf-4 -fdebug-types-section)
odd_variant(types5 -gdwarf-5 -fdebug-types-section)
odd_variant(unoptimized -g -O0)
odd_variant(compressed -g -gz)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU") # clang would need another linker
  odd_variant(together -g -flto)
endif()
odd_variant(split -g -gsplit-dwarf)
odd_variant(bare -g0)
odd_variant(lines -g1)

set(odd_folder ${CMAKE_CURRENT_BINARY_DIR}/odd)
set(odd_table ${odd_folder}/odd.ffp)
file(GENERATE OUTPUT ${odd_folder}/libraries.txt CONTENT
"library odd $<TARGET_FILE:guinea-odd-dwarf5> libodd-*.so.1
flags -std=gnu17 -I${CMAKE_CURRENT_SOURCE_DIR}/tests/guinea_pigs
together odd.h
")
add_custom_command(OUTPUT ${odd_table}
  COMMAND generate ${odd_folder}/libraries.txt ${odd_table}
  DEPENDS generate guinea-odd-dwarf5 ${odd_folder}/libraries.txt ${CMAKE_CURRENT_SOURCE_DIR}/tests/guinea_pigs/odd.h VERBATIM)
add_custom_target(odd-table DEPENDS ${odd_table})

# Debug info in a file of its own, found by its link; and a file that the link names and that is another's.
set(odd_separate ${odd_folder}/libodd-separate.so)
set(odd_mislead ${odd_folder}/libodd-mislead.so)
add_custom_command(OUTPUT ${odd_separate} ${odd_mislead}
  COMMAND ${CMAKE_OBJCOPY} --only-keep-debug $<TARGET_FILE:guinea-odd-dwarf5> ${odd_separate}.debug
  COMMAND ${CMAKE_OBJCOPY} --strip-debug $<TARGET_FILE:guinea-odd-dwarf5> ${odd_separate}
  COMMAND ${CMAKE_OBJCOPY} --add-gnu-debuglink=${odd_separate}.debug ${odd_separate}
  COMMAND ${CMAKE_OBJCOPY} --only-keep-debug $<TARGET_FILE:guinea-odd-dwarf4> ${odd_mislead}.debug
  COMMAND ${CMAKE_OBJCOPY} --strip-debug $<TARGET_FILE:guinea-odd-dwarf5> ${odd_mislead}
  COMMAND ${CMAKE_OBJCOPY} --add-gnu-debuglink=${odd_mislead}.debug ${odd_mislead}
  COMMAND ${CMAKE_OBJCOPY} --only-keep-debug $<TARGET_FILE:guinea-odd-unoptimized> ${odd_mislead}.debug
  DEPENDS guinea-odd-dwarf4 guinea-odd-dwarf5 guinea-odd-unoptimized VERBATIM)
add_custom_target(odd-separate DEPENDS ${odd_separate} ${odd_mislead})

add_library(guinea-names MODULE ${CMAKE_CURRENT_SOURCE_DIR}/tests/guinea_pigs/names.c)
target_compile_options(guinea-names PRIVATE -g -O2 -fno-lto)
target_link_options(guinea-names PRIVATE -Wl,--version-script=${CMAKE_CURRENT_SOURCE_DIR}/tests/guinea_pigs/names.map)
set_target_properties(guinea-names PROPERTIES C_VISIBILITY_PRESET default)
foreach(level IN ITEMS 1 2)
  add_library(guinea-cxx${level} MODULE ${CMAKE_CURRENT_SOURCE_DIR}/tests/guinea_pigs/odd.cpp)
  target_compile_options(guinea-cxx${level} PRIVATE -O2 -g${level})
  set_target_properties(guinea-cxx${level} PROPERTIES CXX_VISIBILITY_PRESET default)
endforeach()

add_library(guinea-wide MODULE ${CMAKE_CURRENT_SOURCE_DIR}/tests/guinea_pigs/wide.c)
target_compile_options(guinea-wide PRIVATE -g -fno-lto)
set_target_properties(guinea-wide PROPERTIES C_VISIBILITY_PRESET default)
add_executable(guinea-jumps ${CMAKE_CURRENT_SOURCE_DIR}/tests/guinea_pigs/jumps.c)
set_target_properties(guinea-jumps PROPERTIES POSITION_INDEPENDENT_CODE OFF)
target_compile_options(guinea-jumps PRIVATE -fno-pie)
target_link_options(guinea-jumps PRIVATE -no-pie)
target_link_libraries(guinea-jumps PRIVATE z)

ffisan_judge_test(prototypes)
target_link_libraries(test-prototypes PRIVATE ffisan_looking)
add_dependencies(test-prototypes odd-table odd-separate prototypes guinea-names guinea-cxx1 guinea-cxx2 guinea-jumps guinea-wide)
foreach(name IN LISTS odd_variants)
  add_dependencies(test-prototypes guinea-odd-${name})
endforeach()
list(REMOVE_ITEM odd_variants split bare lines)
list(TRANSFORM odd_variants REPLACE "(.+)" "VARIANT(\\1)")
string(JOIN " " odd_rows ${odd_variants})
target_compile_definitions(test-prototypes PRIVATE
  "ODD_VARIANTS=${odd_rows}" ODD_FOLDER="$<TARGET_FILE_DIR:guinea-odd-dwarf5>" ODD_TABLE="${odd_table}"
  ODD_SEPARATE="${odd_separate}" ODD_MISLEAD="${odd_mislead}" GUINEA_NAMES="$<TARGET_FILE:guinea-names>"
  GUINEA_CXX="$<TARGET_FILE:guinea-cxx2>" GUINEA_CXX_LINES="$<TARGET_FILE:guinea-cxx1>" GUINEA_JUMPS="$<TARGET_FILE:guinea-jumps>"
  GUINEA_WIDE="$<TARGET_FILE:guinea-wide>" PROTOTYPES="${CMAKE_BINARY_DIR}/share/ffisan/prototypes.ffp")

ffisan_judge_test(exports)
target_link_libraries(test-exports PRIVATE ffisan_looking)
add_dependencies(test-exports guinea-odd-dwarf5 guinea-names guinea-jumps)
target_compile_definitions(test-exports PRIVATE ODD_LIBRARY="$<TARGET_FILE:guinea-odd-dwarf5>"
  GUINEA_NAMES="$<TARGET_FILE:guinea-names>" GUINEA_JUMPS="$<TARGET_FILE:guinea-jumps>")
