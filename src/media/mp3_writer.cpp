#include "media/mp3_writer.h"

#include <algorithm>

#include "media/libav.h"

namespace guardian::media {
namespace {

constexpr int kEffort =
    7;  // LAME's scale, 0 best to 9 fastest: at these rates 5 costs twice the time and is not heard

tl::unexpected<Error> cannot_encode() {
  return fail(Error::Kind::storage, "MP3",
              {"再生用の音声を作れません", "the sound for playback cannot be encoded"},
              {"ffmpeg (libavcodec) に libmp3lame が入っているか確かめてください",
               "Check that the installed libavcodec has libmp3lame"});
}

/// libavformat's muxer with the memory that it writes to.
struct MemoryMuxer {
  MemoryMuxer() = default;
  MemoryMuxer(const MemoryMuxer&) = delete;
  MemoryMuxer& operator=(const MemoryMuxer&) = delete;
  ~MemoryMuxer() {
    take();
    avformat_free_context(context);
  }

  std::string take() {
    std::string bytes;
    if (context == nullptr || context->pb == nullptr) return bytes;
    std::uint8_t* buffer = nullptr;
    const int size = avio_close_dyn_buf(context->pb, &buffer);
    context->pb = nullptr;
    if (size > 0) bytes.assign(reinterpret_cast<const char*>(buffer), static_cast<std::size_t>(size));
    av_free(buffer);
    return bytes;
  }

  AVFormatContext* context = nullptr;
};

}  // namespace

struct Mp3Writer::Impl {
  Libav<AVCodecContext> encoder;
  MemoryMuxer muxer;
  AVStream* stream = nullptr;
  Libav<AVFrame> frame{av_frame_alloc()};
  Libav<AVPacket> packet{av_packet_alloc()};
  std::vector<std::vector<float>> waiting;  // less than a frame
  std::int64_t encoded = 0;                 // samples per channel

  bool open(int channels, int rate_hz, int bits_per_second);
  bool encode(std::size_t offset, std::size_t length);
  bool drain(const AVFrame* input);
};

bool Mp3Writer::Impl::open(int channels, int rate_hz, int bits_per_second) {
  const AVCodec* codec = avcodec_find_encoder_by_name("libmp3lame");
  if (codec == nullptr) return false;
  encoder.reset(avcodec_alloc_context3(codec));
  encoder->sample_rate = rate_hz;
  encoder->sample_fmt = AV_SAMPLE_FMT_FLTP;
  encoder->bit_rate = bits_per_second;
  encoder->time_base = {1, rate_hz};
  encoder->compression_level = kEffort;
  av_channel_layout_default(&encoder->ch_layout, channels);
  if (avcodec_open2(encoder.get(), codec, nullptr) < 0) return false;
  if (avformat_alloc_output_context2(&muxer.context, nullptr, "mp3", nullptr) < 0) return false;
  stream = avformat_new_stream(muxer.context, nullptr);
  if (stream == nullptr || avcodec_parameters_from_context(stream->codecpar, encoder.get()) < 0) return false;
  stream->time_base = encoder->time_base;
  muxer.context->flags |= AVFMT_FLAG_BITEXACT;  // the same recording gives the same bytes
  if (avio_open_dyn_buf(&muxer.context->pb) < 0) return false;
  waiting.resize(static_cast<std::size_t>(channels));
  return avformat_write_header(muxer.context, nullptr) >= 0;
}

bool Mp3Writer::Impl::drain(const AVFrame* input) {
  if (avcodec_send_frame(encoder.get(), input) < 0) return false;
  for (;;) {
    const int got = avcodec_receive_packet(encoder.get(), packet.get());
    if (got == AVERROR(EAGAIN) || got == AVERROR_EOF) return true;
    if (got < 0) return false;
    packet->stream_index = stream->index;
    av_packet_rescale_ts(packet.get(), encoder->time_base, stream->time_base);
    if (av_interleaved_write_frame(muxer.context, packet.get()) < 0) return false;
  }
}

/// Encodes a part of the waiting samples that is at most one frame long.
bool Mp3Writer::Impl::encode(std::size_t offset, std::size_t length) {
  av_frame_unref(frame.get());
  frame->format = encoder->sample_fmt;
  frame->sample_rate = encoder->sample_rate;
  frame->nb_samples = static_cast<int>(length);
  frame->pts = encoded;
  if (av_channel_layout_copy(&frame->ch_layout, &encoder->ch_layout) < 0) return false;
  if (av_frame_get_buffer(frame.get(), 0) < 0) return false;
  for (std::size_t i = 0; i < waiting.size(); ++i)
    std::copy_n(waiting[i].data() + offset, length, reinterpret_cast<float*>(frame->data[i]));
  encoded += static_cast<std::int64_t>(length);
  return drain(frame.get());
}

Mp3Writer::Mp3Writer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Mp3Writer::Mp3Writer(Mp3Writer&&) noexcept = default;
Mp3Writer& Mp3Writer::operator=(Mp3Writer&&) noexcept = default;
Mp3Writer::~Mp3Writer() = default;

Result<Mp3Writer> Mp3Writer::create(int channels, int rate_hz, int bits_per_second) {
  auto impl = std::make_unique<Impl>();
  if (!impl->open(channels, rate_hz, bits_per_second)) return cannot_encode();
  return Mp3Writer(std::move(impl));
}

Result<void> Mp3Writer::write(const std::vector<std::vector<float>>& samples) {
  auto& waiting = impl_->waiting;
  for (std::size_t i = 0; i < waiting.size(); ++i)
    waiting[i].insert(waiting[i].end(), samples[i].begin(), samples[i].end());
  const auto frame_size = static_cast<std::size_t>(impl_->encoder->frame_size);
  std::size_t offset = 0;
  for (; waiting[0].size() - offset >= frame_size; offset += frame_size)
    if (!impl_->encode(offset, frame_size)) return cannot_encode();
  for (auto& channel : waiting)
    channel.erase(channel.begin(), channel.begin() + static_cast<std::ptrdiff_t>(offset));
  return {};
}

Result<std::string> Mp3Writer::finish() {
  if (!impl_->waiting[0].empty() && !impl_->encode(0, impl_->waiting[0].size())) return cannot_encode();
  if (!impl_->drain(nullptr) || av_write_trailer(impl_->muxer.context) < 0) return cannot_encode();
  return impl_->muxer.take();
}

}  // namespace guardian::media
