# cmake -DOUT=... -DHEADER=... -DNAMESPACE=... -DFILES=a;b -P EmbedFiles.cmake
# Writes a .cpp with the bytes of FILES, each as a std::string_view named after the file (index.html: index_html).
set(text "// Made by cmake/EmbedFiles.cmake.\n#include \"${HEADER}\"\n\nnamespace ${NAMESPACE} {\nnamespace {\n")
set(views "")
foreach(file IN LISTS FILES)
  get_filename_component(name "${file}" NAME)
  string(MAKE_C_IDENTIFIER "${name}" name)
  file(READ "${file}" bytes HEX)
  string(REGEX REPLACE "(..)" "static_cast<char>(0x\\1)," bytes "${bytes}")
  string(APPEND text "constexpr char k_${name}[] = {${bytes}};\n")
  string(APPEND views "const std::string_view ${name}(k_${name}, sizeof k_${name});\n")
endforeach()
file(WRITE "${OUT}" "${text}}  // namespace\n${views}}  // namespace ${NAMESPACE}\n")
