# Compiler cache, warnings, sanitizers and clang-tidy, applied to our own targets only.
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER "${CCACHE}")
endif()

add_library(guardian_flags INTERFACE)
target_compile_options(guardian_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-align -Woverloaded-virtual
  -Wformat=2 -Werror)
target_compile_definitions(guardian_flags INTERFACE GUARDIAN_VERSION="${PROJECT_VERSION}")
target_include_directories(guardian_flags INTERFACE "${CMAKE_SOURCE_DIR}/src")

if(GUARDIAN_SANITIZE)
  # Checks of every pointer for null and alignment double the time to compile; AddressSanitizer reports such a use, too.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize=null,alignment,vptr -fno-sanitize-recover=all
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()
if(GUARDIAN_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all)
  add_link_options(-fsanitize=address,undefined)
endif()
# clang-tidy compiles on its own; all the compiler still has to tell Ninja is which headers a file depends on.
if(GUARDIAN_TIDY)
  set(GUARDIAN_TIDY_COMMAND clang-tidy-14 --quiet)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_SOURCE_DIR}/cmake/dependencies_only")
  set(CMAKE_CXX_LINK_EXECUTABLE "\"${CMAKE_COMMAND}\" -E touch <TARGET>")
  set(CMAKE_GTEST_DISCOVER_TESTS_DISCOVERY_MODE PRE_TEST)
endif()
