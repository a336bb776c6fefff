// archive/upload_details.h - what is told of a recording when it is brought in, by whatever way: tus
// metadata, fields of a form, a JSON or CSV file beside it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace guardian::archive {

struct UploadDetails {
  std::string name;                        ///< file name; data for people, never a path
  std::string type;                        ///< declared media type, lower case; empty: not told
  std::optional<std::string> employee;     ///< code, as in employees.code
  std::optional<std::string> counterpart;  ///< the user's id for the customer
  std::optional<std::string> direction;    ///< "inbound" or "outbound"
  std::optional<std::string> product;      ///< what the dealing was about, as the company calls it
  std::optional<Moment> started;           ///< when the dealing began
  std::optional<int> customer_channel;     ///< 0 left, 1 right
};

using DetailFields = std::map<std::string, std::string, std::less<>>;

/// Fields: filename, filetype, employee, counterpart, direction (inbound, outbound), product, started_at (RFC
/// 3339), customer_channel (left, right). An empty value is as good as none. Errors: usage, naming the field:
/// one that is not known, not UTF-8, too long, or of a type that is no sound.
Result<UploadDetails> parse_details(const DetailFields& fields);

/// Back to fields, for keeping.
DetailFields fields_of(const UploadDetails& details);

}  // namespace guardian::archive
