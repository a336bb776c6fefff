// intake/sidecar.h - what lies beside a recording and tells whose dealing it is: a JSON file of its own, or
// its line in a CSV file of the folder. Recorders write either. For intake/pickup.h.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "archive/upload_details.h"
#include "base/result.h"

namespace guardian::intake {

/// What sidecars may be at most.
constexpr std::size_t kSidecarBytes = 16U << 20U;

/// One recording's JSON object: employee, counterpart, direction, product, started_at, customer_channel, each
/// a text; null is as good as absent. `utc_offset`, e.g. "+09:00", is meant where a time has none. Errors:
/// damaged, naming file and field.
Result<archive::DetailFields> read_json_sidecar(std::string_view text, const std::string& name,
                                                const std::string& utc_offset);

/// Lines of a CSV file by the file they are about. The first line names the columns: `file` and any of the
/// fields above, in English or Japanese (ファイル, 従業員番号, 顧客番号, 方向, 開始日時, 顧客チャンネル).
/// UTF-8 with or without byte order mark, UTF-16 or CP932, as Excel and recorders write them. Errors:
/// damaged, with the line.
using SidecarTable = std::map<std::string, archive::DetailFields, std::less<>>;
Result<SidecarTable> read_csv_sidecar(std::string_view text, const std::string& name,
                                      const std::string& utc_offset);

/// True for "+09:00" and the like.
bool is_utc_offset(std::string_view text);

}  // namespace guardian::intake
