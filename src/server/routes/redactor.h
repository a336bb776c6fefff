// server/routes/redactor.h - the redactor that routes share. Loaded when first needed: the dictionary takes a
// moment.
#pragma once

#include "redaction/redactor.h"

namespace guardian::server {

inline const Result<redaction::Redactor>& shared_redactor() {
  static const auto loaded = redaction::Redactor::load();
  return loaded;
}

}  // namespace guardian::server
