// report/assets.h - the files of web/report/, compiled in (cmake/EmbedFiles.cmake).
#pragma once

#include <string_view>

namespace guardian::report::assets {

extern const std::string_view index_html;
extern const std::string_view report_css;
extern const std::string_view report_js;

}  // namespace guardian::report::assets
