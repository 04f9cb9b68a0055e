# SPDX-License-Identifier: Apache-2.0
# ffisan_contract(NAME FILE [FOLDER DIR] [INCLUDE DIR...]): compiles the contract FILE to DIR/NAME.ffc, which belongs to target contract-NAME; DIR
# is where the contracts that ship are, unless it is said. The target's property FFISAN_CONTRACT is the path of the table.
function(ffisan_contract name file)
  cmake_parse_arguments(PARSE_ARGV 2 contract "" "FOLDER" "INCLUDE")
  if(NOT contract_FOLDER)
    set(contract_FOLDER ${CMAKE_BINARY_DIR}/share/ffisan/contracts)
  endif()
  get_filename_component(source ${file} ABSOLUTE)
  list(TRANSFORM contract_INCLUDE PREPEND -I)
  set(table ${contract_FOLDER}/${name}.ffc)
  set(rule ${CMAKE_CURRENT_BINARY_DIR}/contract-${name}.d)
  file(MAKE_DIRECTORY ${contract_FOLDER})
  add_custom_command(OUTPUT ${table}
    COMMAND contract-compiler ${contract_INCLUDE} --rule ${rule} -o ${table} ${source}
    DEPENDS contract-compiler ${source} DEPFILE ${rule} VERBATIM COMMENT "Compiling the contract ${name}")
  add_custom_target(contract-${name} ALL DEPENDS ${table})
  set_target_properties(contract-${name} PROPERTIES FFISAN_CONTRACT ${table})
endfunction()
