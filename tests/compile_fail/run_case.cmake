# Compiles SOURCE with COMPILER and FLAGS twice: plain, which must succeed, and with
# HB_MUST_NOT_COMPILE, which must fail with an error that matches the file's "// expect: REGEX".

file(STRINGS ${SOURCE} expectation REGEX "^// expect: ")
list(LENGTH expectation count)
if(NOT count EQUAL 1)
  message(FATAL_ERROR "${SOURCE}: needs one line '// expect: REGEX', has ${count}")
endif()
string(REPLACE "// expect: " "" expected "${expectation}")

function(compile out_status out_errors)
  execute_process(
    COMMAND ${CMAKE_COMMAND} -E env LC_ALL=C ${COMPILER} ${FLAGS} ${ARGN} -fsyntax-only ${SOURCE}
    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  set(${out_status} "${status}" PARENT_SCOPE)
  set(${out_errors} "${output}" PARENT_SCOPE)
endfunction()

compile(status errors)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${SOURCE}: the control does not compile:\n${errors}")
endif()

compile(status errors -DHB_MUST_NOT_COMPILE)
if(status EQUAL 0)
  message(FATAL_ERROR "${SOURCE}: compiles, and must not")
endif()
if(NOT errors MATCHES "error: [^\n]*${expected}")
  message(FATAL_ERROR "${SOURCE}: fails for another reason than '${expected}':\n${errors}")
endif()
