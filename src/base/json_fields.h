// base/json_fields.h - plain values as JSON and back, from one list of their fields: what one part of the
// program wrote, another part or a later run reads, and nothing is lost on the way.
// For a struct S write, where the compiler finds it by its argument,
//
//   template <class Io> void fields(Io& io, S& s) { io("name", s.name); io("parts", s.parts); }
//
// `write_fields` takes numbers, texts, truth values, optionals, vectors, enumerations (by number) and such
// structs. Numbers that are not finite become 0. `read_fields` believes nothing: every field must be there
// and of its kind, an enumerator must be below `enumerators(Enum{})`. What earlier versions did not write is
// named by `io.later("name", s.name)`: where it is absent, the value stays as it is.
#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace guardian {

/// A field that is not what it should be. Thrown while JSON is read and caught at its border.
struct FieldMistake {
  std::string field;
};

class FieldWriter;
class FieldReader;

template <class Io>
void fields(Io& io, Text& text) {
  io("ja", text.ja);
  io("en", text.en);
}

template <class Io>
void fields(Io& io, Moment& moment) {
  auto seconds = static_cast<std::int64_t>(moment.instant.time_since_epoch().count());
  auto minutes = static_cast<std::int64_t>(moment.offset.count());
  io("seconds", seconds);
  io("offset_minutes", minutes);
  moment.instant = std::chrono::sys_seconds(std::chrono::seconds(seconds));
  moment.offset = std::chrono::minutes(minutes);
}

template <class Io>
void fields(Io& io, Error& error) {
  io("kind", error.kind);
  io("subject", error.subject);
  io("what", error.what);
  io("remedy", error.remedy);
}

constexpr std::int64_t enumerators(Error::Kind) { return static_cast<std::int64_t>(Error::Kind::busy) + 1; }

template <class T>
nlohmann::json write_fields(const T& value);
template <class T>
nlohmann::json write_fields(const std::optional<T>& value);
template <class T>
nlohmann::json write_fields(const std::vector<T>& values);

class FieldWriter {
 public:
  template <class T>
  void operator()(const char* name, const T& value) {
    object_[name] = write_fields(value);
  }
  template <class T>
  void later(const char* name, const T& value) {
    (*this)(name, value);
  }
  nlohmann::json take() { return std::move(object_); }

 private:
  nlohmann::json object_ = nlohmann::json::object();
};

template <class T>
nlohmann::json write_fields(const T& value) {
  if constexpr (std::is_enum_v<T>) {
    return static_cast<std::int64_t>(value);
  } else if constexpr (std::floating_point<T>) {
    return std::isfinite(value) ? static_cast<double>(value) : 0.0;
  } else if constexpr (std::is_arithmetic_v<T> || std::same_as<T, std::string>) {
    return value;
  } else {
    FieldWriter writer;
    T copy = value;  // one list of fields serves reading, too, which changes them
    fields(writer, copy);
    return writer.take();
  }
}

template <class T>
nlohmann::json write_fields(const std::optional<T>& value) {
  return value ? write_fields(*value) : nlohmann::json();
}

template <class T>
nlohmann::json write_fields(const std::vector<T>& values) {
  auto list = nlohmann::json::array();
  for (const auto& value : values) list.push_back(write_fields(value));
  return list;
}

/// Throws FieldMistake.
template <class T>
void read_fields(const nlohmann::json& json, const char* name, T& value);
template <class T>
void read_fields(const nlohmann::json& json, const char* name, std::optional<T>& value);
template <class T>
void read_fields(const nlohmann::json& json, const char* name, std::vector<T>& values);

class FieldReader {
 public:
  explicit FieldReader(const nlohmann::json& object) : object_(object) {}

  template <class T>
  void operator()(const char* name, T& value) {
    const auto found = object_.find(name);
    if (found == object_.end()) throw FieldMistake{name};
    read_fields(*found, name, value);
  }
  template <class T>
  void later(const char* name, T& value) {
    if (object_.contains(name)) (*this)(name, value);
  }

 private:
  const nlohmann::json& object_;
};

template <class T>
void read_fields(const nlohmann::json& json, const char* name, T& value) {
  if constexpr (std::same_as<T, bool>) {
    if (!json.is_boolean()) throw FieldMistake{name};
    value = json.get<bool>();
  } else if constexpr (std::same_as<T, std::string>) {
    if (!json.is_string()) throw FieldMistake{name};
    value = json.get<std::string>();
  } else if constexpr (std::floating_point<T>) {
    if (!json.is_number()) throw FieldMistake{name};
    value = static_cast<T>(json.get<double>());
    if (!std::isfinite(value)) throw FieldMistake{name};
  } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
    if (!json.is_number_integer()) throw FieldMistake{name};
    const auto number = json.get<std::int64_t>();
    if constexpr (std::is_enum_v<T>) {
      if (number < 0 || number >= enumerators(T{})) throw FieldMistake{name};
    } else if (!std::in_range<T>(number)) {
      throw FieldMistake{name};
    }
    value = static_cast<T>(number);
  } else {
    if (!json.is_object()) throw FieldMistake{name};
    FieldReader reader(json);
    fields(reader, value);
  }
}

template <class T>
void read_fields(const nlohmann::json& json, const char* name, std::optional<T>& value) {
  value.reset();
  if (!json.is_null()) read_fields(json, name, value.emplace());
}

template <class T>
void read_fields(const nlohmann::json& json, const char* name, std::vector<T>& values) {
  if (!json.is_array()) throw FieldMistake{name};
  values.clear();
  values.reserve(json.size());
  for (const auto& element : json) read_fields(element, name, values.emplace_back());
}

/// One line of JSON; malformed bytes in texts become U+FFFD.
template <class T>
std::string to_json_line(const T& value) {
  return write_fields(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace guardian
