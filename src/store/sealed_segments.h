// store/sealed_segments.h - the form of an object: a header, full segments, and a last one that is shorter
// than the others and may be empty. Used by the implementations of store/objects.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/sealing.h"

namespace guardian::store {

constexpr std::size_t kSegment = std::size_t{1} << 20U;  ///< bytes of plain text in all but the last
constexpr std::size_t kSealing = 24 + 17;                ///< secretstream's header and tag
constexpr std::size_t kSealedSegment = kSegment + kSealing;
constexpr std::size_t kHeader = 24;  ///< magic, version, number of the key

std::string object_header(std::int64_t key_number);

/// The number of the key. Errors: damaged; usage, if a newer program wrote it.
Result<std::int64_t> parse_object_header(std::string_view header, const std::string& id);

/// Where in the object a segment starts.
constexpr std::uint64_t place_of(std::uint64_t segment) { return kHeader + segment * kSealedSegment; }

/// Bytes of plain text of an object of `sealed_size` bytes. Errors: damaged, if there is no such size.
Result<std::uint64_t> plain_size(std::uint64_t sealed_size, const std::string& id);

/// Seals and opens the segments of one object. What is bound to each: the header, the object's id, the
/// segment's number, whether it is the last.
class SegmentSeal {
 public:
  SegmentSeal(std::string id, std::int64_t key_number, const Key& key);

  std::string seal(std::uint64_t number, std::string_view plain) const;
  /// Errors: damaged.
  Result<std::string> open(std::uint64_t number, std::string_view sealed) const;

 private:
  std::string context(std::uint64_t number, bool last) const;
  std::string id_;
  std::string header_;
  Key key_;
};

tl::unexpected<Error> damaged_object(const std::string& id);

}  // namespace guardian::store
