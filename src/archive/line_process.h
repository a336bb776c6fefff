// archive/line_process.h - another program that is spoken to in lines: started, asked, listened to for a
// time, and killed when it misbehaves.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.h"
#include "base/result.h"

namespace guardian::archive {

/// For one thread at a time, and it must be the one that started it: the program ends with its thread.
class LineProcess {
 public:
  /// `command`: the program's path, then its arguments. It gets these three descriptors and no others, what
  /// it says on standard error is thrown away, and of our environment only what it needs (places of models,
  /// language); no secret is among it. Errors: model, if it cannot be started.
  static Result<LineProcess> start(const std::vector<std::string>& command);
  LineProcess(LineProcess&&) noexcept;
  LineProcess& operator=(LineProcess&&) noexcept;
  ~LineProcess();  ///< kills it

  /// Errors: model, if it does not take the line within ten seconds or is gone.
  Result<void> send(std::string line);

  /// The next line, without its end; empty if none came within `ms`. Errors: model, if it is gone, saying how
  /// it ended; damaged, if the line is longer than `limit`.
  Result<std::optional<std::string>> receive(int ms, std::size_t limit);

  pid_t id() const { return id_; }

 private:
  LineProcess(pid_t id, Descriptor input, Descriptor output)
      : id_(id), input_(std::move(input)), output_(std::move(output)) {}
  std::optional<std::string> take_line();
  tl::unexpected<Error> how_it_ended();
  void end();

  pid_t id_ = -1;
  Descriptor input_;
  Descriptor output_;
  std::string heard_;
  std::size_t searched_ = 0;  ///< no line ends in so much of `heard_`
};

}  // namespace guardian::archive
