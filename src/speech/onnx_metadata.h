// speech/onnx_metadata.h - what an ONNX file says of itself, read without running it.
// sherpa-onnx ends the whole process over a model without the entries it expects, so
// speech/sherpa_recognizer.h asks first. Source: onnx.proto3, ModelProto: field 7 is the graph, field 14 the
// metadata entries.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/result.h"

namespace guardian::speech {

/// The entries of metadata_props. Only lengths and these entries are read; weights are skipped, whatever
/// their size. Errors: not_found; model, if the file is not a complete ONNX model.
Result<std::map<std::string, std::string>> read_onnx_metadata(const std::filesystem::path& file);

}  // namespace guardian::speech
