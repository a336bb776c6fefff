#include "media/audio_reader.h"

namespace guardian::media {

Result<AudioReader> AudioReader::open(const Source& source) {
  auto decoder = Decoder::open(source, kListeningRate_hz);
  if (!decoder) return tl::unexpected<Error>(decoder.error());
  return AudioReader(std::move(*decoder));
}

Result<std::optional<Pcm>> AudioReader::read() {
  std::optional<Pcm> block;
  while (!block || block->channels[0].size() < kListeningRate_hz) {
    auto piece = decoder_.read();
    if (!piece) return piece;
    if (!*piece) return block;
    if (!block) {
      block = std::move(**piece);
      continue;
    }
    for (std::size_t i = 0; i < block->channels.size(); ++i)
      block->channels[i].insert(block->channels[i].end(), (*piece)->channels[i].begin(),
                                (*piece)->channels[i].end());
  }
  return block;
}

}  // namespace guardian::media
