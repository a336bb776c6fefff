// judgement/model_bytes.h - numbers in the bytes of model files, little endian, and back.
#pragma once

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace guardian::judgement {

/// Thrown within the readers of model files, which turn it into an error that names the file.
struct Malformed {};

/// Reads numbers from bytes; throws Malformed at their end.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : bytes_(bytes) {}

  std::string_view take(std::size_t count) {
    if (count > bytes_.size()) throw Malformed{};
    const auto taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }

  template <class Number>
  std::vector<Number> numbers(std::size_t count) {
    if (count > bytes_.size() / sizeof(Number)) throw Malformed{};
    std::vector<Number> read(count);
    const auto bytes = take(count * sizeof(Number));
    if (count > 0) std::memcpy(read.data(), bytes.data(), bytes.size());
    return read;
  }

  bool at_end() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
};

template <class Number>
void append(std::string& to, const std::vector<Number>& numbers) {
  to.append(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Number));
}

}  // namespace guardian::judgement
