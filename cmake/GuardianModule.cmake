# guardian_module(NAME DEPENDS ...): one station of the pipeline as a static library, from src/NAME/*.cpp and one folder
# below.
# guardian_test(NAME DEPENDS ... TOGETHER SUITE ...): its tests, from tests/NAME/*_test.cpp, as one GoogleTest program. Each
# test is one of CTest's; those of the suites named last, which share something costly, are one for each suite.
# Sources are globbed with CONFIGURE_DEPENDS, so a new file needs no edit here.
function(guardian_module name)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/src/${name}/*.cpp" "${CMAKE_SOURCE_DIR}/src/${name}/*/*.cpp")
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  if(NOT sources)
    add_library(guardian_${name} INTERFACE)
    target_link_libraries(guardian_${name} INTERFACE guardian_flags ${ARG_DEPENDS})
    return()
  endif()
  add_library(guardian_${name} STATIC ${sources})
  target_link_libraries(guardian_${name} PUBLIC ${ARG_DEPENDS} PRIVATE guardian_flags)
  target_include_directories(guardian_${name} PUBLIC "${CMAKE_SOURCE_DIR}/src")
  if(GUARDIAN_TIDY_COMMAND)
    set_target_properties(guardian_${name} PROPERTIES CXX_CLANG_TIDY "${GUARDIAN_TIDY_COMMAND}")
  endif()
endfunction()

function(guardian_test name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;TOGETHER" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/${name}/*_test.cpp")
  if(NOT sources)
    return()
  endif()
  add_executable(test_${name} ${sources})
  target_link_libraries(test_${name} PRIVATE guardian_${name} ${ARG_DEPENDS} guardian_flags GTest::gmock
                        GTest::gtest_main)
  target_include_directories(test_${name} PRIVATE "${CMAKE_SOURCE_DIR}/tests")
  target_compile_options(test_${name} PRIVATE -O0)  # half the time to compile; what they test is optimised
  target_compile_definitions(test_${name} PRIVATE
    GUARDIAN_SOURCE_DIR="${CMAKE_SOURCE_DIR}" GUARDIAN_SHARED_DIR="${CMAKE_SOURCE_DIR}/../shared"
    GUARDIAN_BINARY="${CMAKE_BINARY_DIR}/bin/guardian")
  set(apart)
  foreach(suite IN LISTS ARG_TOGETHER)
    add_test(NAME "${name}.${suite}" COMMAND test_${name} "--gtest_filter=${suite}.*")
    set_tests_properties("${name}.${suite}" PROPERTIES TIMEOUT 600)
    string(APPEND apart ":${suite}.*")
  endforeach()
  gtest_discover_tests(test_${name} TEST_PREFIX "${name}." TEST_FILTER "*-${apart}" DISCOVERY_TIMEOUT 60
                       PROPERTIES TIMEOUT 600)
endfunction()
