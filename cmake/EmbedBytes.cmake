# guardian_embed(TARGET HEADER FUNCTION FILES...): adds a function FUNCTION, declared in HEADER, that gives all FILES by
# name. The assembler copies the bytes, so that megabytes cost nothing to compile.
function(guardian_embed target header function)
  set(source "${CMAKE_CURRENT_BINARY_DIR}/${function}.cpp")
  set(bytes "")
  set(names "")
  set(entries "")
  foreach(file IN LISTS ARGN)
    get_filename_component(name "${file}" NAME)
    string(MAKE_C_IDENTIFIER "${function}_${name}" symbol)
    string(APPEND bytes "    \".global ${symbol}, ${symbol}_end\\n\"\n"
                        "    \"${symbol}:\\n.incbin \\\"${file}\\\"\\n${symbol}_end:\\n\"\n")
    string(APPEND names "extern const char ${symbol}[] __attribute__((visibility(\"hidden\")));\n"
                        "extern const char ${symbol}_end[] __attribute__((visibility(\"hidden\")));\n")
    string(APPEND entries "      {\"${name}\", {${symbol}, static_cast<std::size_t>(${symbol}_end - ${symbol})}},\n")
  endforeach()
  file(CONFIGURE OUTPUT "${source}" CONTENT
"// Made by cmake/EmbedBytes.cmake.
#include \"${header}\"

extern \"C\" {
${names}}
__asm__(
    \".section .rodata\\n\"
${bytes}    \".previous\\n\");

namespace guardian::server {
const std::vector<EmbeddedFile>& ${function}() {
  static const std::vector<EmbeddedFile> files = {
${entries}  };
  return files;
}
}  // namespace guardian::server
" @ONLY)
  set_source_files_properties("${source}" PROPERTIES OBJECT_DEPENDS "${ARGN}")
  target_sources(${target} PRIVATE "${source}")
endfunction()
