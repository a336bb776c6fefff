#include "server/compression.h"

#include <Poco/DeflatingStream.h>

#include <sstream>

namespace guardian::server {

bool accepts_gzip(const Headers& headers) {
  std::istringstream codings(headers.get("Accept-Encoding").value_or(""));
  for (std::string coding; std::getline(codings, coding, ',');) {
    std::erase(coding, ' ');
    if (coding.starts_with("gzip")) return !coding.starts_with("gzip;q=0") || coding.starts_with("gzip;q=0.");
  }
  return false;
}

std::string gzip(std::string_view bytes) {
  constexpr int kBest = 9;
  std::ostringstream compressed;
  Poco::DeflatingOutputStream stream(compressed, Poco::DeflatingStreamBuf::STREAM_GZIP, kBest);
  stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  stream.close();
  return std::move(compressed).str();
}

}  // namespace guardian::server
