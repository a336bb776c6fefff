# cmake -DOUT=... -DFILES=a;b -P EmbedMigrations.cmake
# Writes store::migrations(): the SQL files NNNN-name.sql, in order of their numbers.
set(text "// Made by cmake/EmbedMigrations.cmake.\n#include \"store/migrations.h\"\n\nnamespace guardian::store {\n\n")
string(APPEND text "const std::vector<Migration>& migrations() {  // NOLINT(readability-function-size)\n  static const std::vector<Migration> all = {\n")
list(SORT FILES)
foreach(file IN LISTS FILES)
  get_filename_component(name "${file}" NAME_WE)
  string(REGEX MATCH "^[0-9]+" number "${name}")
  string(REGEX REPLACE "^0+" "" number "${number}")
  file(READ "${file}" sql)
  string(APPEND text "      {${number}, \"${name}\", R\"sql(${sql})sql\"},\n")
endforeach()
file(WRITE "${OUT}" "${text}  };\n  return all;\n}\n\n}  // namespace guardian::store\n")
