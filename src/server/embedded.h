// server/embedded.h - files that travel inside the program (cmake/EmbedBytes.cmake).
#pragma once

#include <string_view>
#include <vector>

namespace guardian::server {

struct EmbeddedFile {
  std::string_view name;  ///< without folder
  std::string_view bytes;
};

const std::vector<EmbeddedFile>& openapi_files();        ///< src/server/openapi/*.yaml
const std::vector<EmbeddedFile>& documentation_files();  ///< of the page that shows the API
const std::vector<EmbeddedFile>& dashboard_files();      ///< what web/dashboard/build makes

}  // namespace guardian::server
