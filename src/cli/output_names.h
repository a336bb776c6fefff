// cli/output_names.h - what the files of a report are called.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace guardian::cli {

/// One name per input, to which ".report.json", ".report.html" and ".srt" are appended: the file's name
/// without its extension. Where two inputs would get the same name, both keep their extension, and if that is
/// not enough get a number. Names so long that the suffix would not fit in 255 bytes are cut between
/// characters and end in a hash.
std::vector<std::string> output_names(const std::vector<std::filesystem::path>& inputs);

}  // namespace guardian::cli
