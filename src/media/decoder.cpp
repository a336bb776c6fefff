#include "media/decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string_view>

#include "media/libav.h"

namespace guardian::media {
namespace {

constexpr int kMaximumChannels = 8;
constexpr int kMinimumRate = 4000;
constexpr int kMaximumRate = 384000;
constexpr double kMaximumDuration_s = 24.0 * 3600.0;
constexpr double kGapTolerance_s = 0.05;  // jitter of timestamps that players ignore too
constexpr double kMaximumGap_s = 600.0;   // a larger jump is a broken timestamp, not silence
constexpr double kMaximumSilence_s =
    3600.0;                              // inserted in all: made-up timestamps must not make hours of nothing
constexpr double kBackwardJump_s = 1.0;  // a new part of a joined recording, whose clock starts again
constexpr double kSilenceBlock_s = 1.0;
constexpr int kBufferBytes = 1 << 16;

// Containers that hold sound themselves. Playlists and descriptions (hls, concat, dash, sdp, image2, ...) are
// left out: they would make libavformat open other files.
constexpr const char* kFormats =
    "wav,w64,aiff,au,caf,mp3,aac,flac,ogg,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,amr,avi,asf,mpeg,mpegts,flv,"
    "ac3,voc";

tl::unexpected<Error> not_a_recording(const Source& source, const Text& why) {
  return fail(Error::Kind::damaged, source.subject(), why,
              {"録音・動画ファイルかどうか、途中で切れていないか確かめてください",
               "Check that it is a recording and that it was copied completely"});
}

tl::unexpected<Error> was_cancelled(const Source& source) {
  return fail(Error::Kind::cancelled, source.subject(), {"中止しました", "cancelled"}, {"", ""});
}

/// What libav reads through the functions below, and where it is.
struct Place {
  std::shared_ptr<ByteSource> bytes;
  std::stop_token stop;
  std::uint64_t offset = 0;
};

int read_bytes(void* opaque, std::uint8_t* buffer, int size) {
  auto& place = *static_cast<Place*>(opaque);
  if (place.stop.stop_requested()) return AVERROR_EXIT;
  const auto got =
      place.bytes->read(place.offset, {reinterpret_cast<char*>(buffer), static_cast<std::size_t>(size)});
  if (!got) return AVERROR(EIO);
  if (*got == 0) return AVERROR_EOF;
  place.offset += *got;
  return static_cast<int>(*got);
}

std::int64_t seek_bytes(void* opaque, std::int64_t offset, int whence) {
  auto& place = *static_cast<Place*>(opaque);
  const auto size = static_cast<std::int64_t>(place.bytes->size());
  if (whence == AVSEEK_SIZE) return size;
  std::int64_t from = 0;
  switch (whence & (SEEK_SET | SEEK_CUR | SEEK_END)) {
    case SEEK_CUR:
      from = static_cast<std::int64_t>(place.offset);
      break;
    case SEEK_END:
      from = size;
      break;
    default:
      break;
  }
  if (offset < -from || offset > std::numeric_limits<std::int64_t>::max() - from) return AVERROR(EINVAL);
  place.offset = static_cast<std::uint64_t>(from + offset);
  return from + offset;
}

/// libavformat must not open anything but the file it was given, whatever that file says.
int refuse_to_open(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) {
  return AVERROR(EPERM);
}

/// True for a WAV file that is shorter than its own header says; libavformat quietly goes by the file's size.
/// Recorders that never came back to write the length leave 0 or a number near the format's limits there.
bool is_cut_off_wav(ByteSource& bytes) {
  constexpr std::uint32_t kUnknownSize = 0x7FFF0000;
  constexpr std::int64_t kTolerance_bytes = 4096;
  std::array<char, 8> head{};
  const auto got = bytes.read(0, head);
  if (!got || *got != head.size() || std::string_view(head.data(), 4) != "RIFF") return false;
  std::uint32_t stated = 0;
  for (std::size_t i = 0; i < 4; ++i)
    stated |= static_cast<std::uint32_t>(static_cast<unsigned char>(head[4 + i])) << (8 * i);
  return stated < kUnknownSize &&
         std::int64_t{stated} + 8 > static_cast<std::int64_t>(bytes.size()) + kTolerance_bytes;
}

bool is_moving_picture(const AVStream& stream) {
  return stream.codecpar->codec_type == AVMEDIA_TYPE_VIDEO &&
         (stream.disposition & AV_DISPOSITION_ATTACHED_PIC) == 0;
}

}  // namespace

struct Decoder::Impl {
  explicit Impl(Source recording) : source(std::move(recording)) {}

  Source source;
  Place place;
  Libav<AVIOContext> io;
  Libav<AVFormatContext> format;
  Libav<AVCodecContext> codec;
  Libav<SwrContext> resampler;
  Libav<AVFrame> frame{av_frame_alloc()};
  Libav<AVPacket> packet{av_packet_alloc()};
  AVStream* stream = nullptr;
  TrackFacts facts;
  int rate_hz = 0;
  int resampler_rate_hz = 0;  // of the frames the resampler was made for
  int resampler_format = -1;
  int resampler_channels = 0;
  std::int64_t emitted = 0;  // samples per channel given out
  std::int64_t silence = 0;  // samples of silence still to be given out before the next frame
  double inserted_s = 0.0;   // silence given out in all
  double shift_s = 0.0;      // added to timestamps since the last broken one
  bool draining = false;
  bool ended = false;
  bool broke_off = false;
  int damaged_packets = 0;
  std::optional<Pcm> pending;

  Result<void> open_format();
  Result<void> open_codec();
  void state_facts();
  bool receive_frame();
  void feed_decoder();
  bool prepare_resampler();
  std::vector<std::vector<float>> convert(const AVFrame* input_frame);
  void bridge_gap();
  Pcm emit(std::vector<std::vector<float>> samples);
};

Result<void> Decoder::Impl::open_format() {
  auto* buffer = static_cast<std::uint8_t*>(av_malloc(kBufferBytes));
  io.reset(avio_alloc_context(buffer, kBufferBytes, 0, &place, &read_bytes, nullptr, &seek_bytes));
  AVFormatContext* context = avformat_alloc_context();
  context->pb = io.get();
  context->flags |= AVFMT_FLAG_CUSTOM_IO;
  context->io_open = &refuse_to_open;
  AVDictionary* options = nullptr;
  av_dict_set(&options, "format_whitelist", kFormats, 0);
  av_dict_set(&options, "protocol_whitelist", "none", 0);
  const int opened =
      avformat_open_input(&context, nullptr, nullptr, &options);  // frees the context if it fails
  av_dict_free(&options);
  if (opened < 0)
    return not_a_recording(source, {"録音・動画として読めません", "not readable as a recording"});
  format.reset(context);
  if (avformat_find_stream_info(context, nullptr) < 0)
    return not_a_recording(source, {"中身を読めません", "its content cannot be read"});
  const int index = av_find_best_stream(context, AVMEDIA_TYPE_AUDIO, -1, -1, nullptr, 0);
  if (index < 0) {
    if (index != AVERROR_DECODER_NOT_FOUND)
      return fail(Error::Kind::no_speech_source, source.subject(),
                  {"音声が入っていません", "it has no sound track"},
                  {"音声付きで録画したファイルを指定してください", "Give a recording with sound"});
    return not_a_recording(source, {"この音声形式には対応していません", "its sound format is not supported"});
  }
  stream = context->streams[index];
  for (unsigned i = 0; i < context->nb_streams; ++i)
    if (context->streams[i] != stream) context->streams[i]->discard = AVDISCARD_ALL;
  return {};
}

Result<void> Decoder::Impl::open_codec() {
  const AVCodec* decoder = avcodec_find_decoder(stream->codecpar->codec_id);
  if (decoder == nullptr)
    return not_a_recording(source, {"この音声形式には対応していません", "its sound format is not supported"});
  codec.reset(avcodec_alloc_context3(decoder));
  codec->pkt_timebase = stream->time_base;
  codec->thread_count = 1;
  if (avcodec_parameters_to_context(codec.get(), stream->codecpar) < 0 ||
      avcodec_open2(codec.get(), decoder, nullptr) < 0)
    return not_a_recording(source, {"音声を復号できません", "its sound cannot be decoded"});
  const int channels = codec->ch_layout.nb_channels;
  if (channels < 1 || channels > kMaximumChannels || codec->sample_rate < kMinimumRate ||
      codec->sample_rate > kMaximumRate)
    return not_a_recording(
        source,
        {fmt::format("チャンネル数 {} または標本化周波数 {} Hz は扱えません", channels, codec->sample_rate),
         fmt::format("{} channels at {} Hz are not supported", channels, codec->sample_rate)});
  return {};
}

void Decoder::Impl::state_facts() {
  facts.channels = codec->ch_layout.nb_channels;
  facts.sample_rate_hz = codec->sample_rate;
  facts.codec = avcodec_get_name(codec->codec_id);
  for (unsigned i = 0; i < format->nb_streams; ++i)
    facts.video = facts.video || is_moving_picture(*format->streams[i]);
  double stated_s = 0.0;
  if (stream->duration != AV_NOPTS_VALUE && stream->duration > 0)
    stated_s = static_cast<double>(stream->duration) * av_q2d(stream->time_base);
  else if (format->duration != AV_NOPTS_VALUE && format->duration > 0)
    stated_s = static_cast<double>(format->duration) / AV_TIME_BASE;
  if (!(stated_s > 0.0) || stated_s > kMaximumDuration_s * 10.0) return;
  facts.estimated_duration_s = stated_s;
  // Some demuxers guess the length from the bit rate; only what an index or header states can be held against
  // the file. Matroska, ASF and FLV state one length for all streams: with a picture in the file it need not
  // be the sound's.
  const std::string_view container = format->iformat->name;
  const bool shared = format->nb_streams > 1 &&
                      (container.starts_with("matroska") || container == "asf" || container == "flv");
  if (format->duration_estimation_method != AVFMT_DURATION_FROM_BITRATE && !shared)
    facts.stated_duration_s = stated_s;
}

/// Gives the decoder its next packet, or tells it that there are no more.
void Decoder::Impl::feed_decoder() {
  for (;;) {
    const int got = av_read_frame(format.get(), packet.get());
    if (got < 0) {
      broke_off = broke_off || got != AVERROR_EOF || (io->error < 0 && io->error != AVERROR_EOF);
      draining = true;
      avcodec_send_packet(codec.get(), nullptr);
      return;
    }
    const bool ours = packet->stream_index == stream->index;
    const int sent = ours ? avcodec_send_packet(codec.get(), packet.get()) : 0;
    av_packet_unref(packet.get());
    if (!ours) continue;
    if (sent < 0) ++damaged_packets;
    return;
  }
}

/// The next decoded frame in `frame`; false at the end.
bool Decoder::Impl::receive_frame() {
  for (;;) {
    const int got = avcodec_receive_frame(codec.get(), frame.get());
    if (got == 0) return true;
    if (got == AVERROR_EOF) return false;
    if (got != AVERROR(EAGAIN)) ++damaged_packets;
    if (draining) return false;
    feed_decoder();
  }
}

/// Makes the resampler fit `frame`, which may have changed its form in the middle; false if that is
/// impossible.
bool Decoder::Impl::prepare_resampler() {
  const int channels = frame->ch_layout.nb_channels;
  if (channels < 1 || channels > kMaximumChannels || frame->sample_rate < kMinimumRate) return false;
  if (resampler != nullptr && resampler_rate_hz == frame->sample_rate && resampler_format == frame->format &&
      resampler_channels == channels)
    return true;
  AVChannelLayout wanted = {};
  if (channels == facts.channels)
    av_channel_layout_copy(&wanted, &frame->ch_layout);
  else
    av_channel_layout_default(&wanted, facts.channels);
  SwrContext* context = nullptr;
  const int made =
      swr_alloc_set_opts2(&context, &wanted, AV_SAMPLE_FMT_FLTP, rate_hz, &frame->ch_layout,
                          static_cast<AVSampleFormat>(frame->format), frame->sample_rate, 0, nullptr);
  av_channel_layout_uninit(&wanted);
  resampler.reset(context);
  if (made < 0 || swr_init(context) < 0) {
    resampler.reset();
    return false;
  }
  resampler_rate_hz = frame->sample_rate;
  resampler_format = frame->format;
  resampler_channels = channels;
  return true;
}

/// Resamples a frame; without one, what is left inside the resampler.
std::vector<std::vector<float>> Decoder::Impl::convert(const AVFrame* input_frame) {
  const int room = swr_get_out_samples(resampler.get(), input_frame != nullptr ? input_frame->nb_samples : 0);
  const auto channels = static_cast<std::size_t>(facts.channels);
  std::vector<std::vector<float>> samples(channels,
                                          std::vector<float>(static_cast<std::size_t>(std::max(room, 0))));
  std::array<std::uint8_t*, kMaximumChannels> planes{};
  for (std::size_t i = 0; i < channels; ++i) planes[i] = reinterpret_cast<std::uint8_t*>(samples[i].data());
  auto** input =
      input_frame != nullptr ? const_cast<const std::uint8_t**>(input_frame->extended_data) : nullptr;
  const int made = swr_convert(resampler.get(), planes.data(), room, input,
                               input_frame != nullptr ? input_frame->nb_samples : 0);
  for (auto& channel : samples) {
    channel.resize(static_cast<std::size_t>(std::max(made, 0)));
    // Float files may carry NaN or values far beyond full scale; everything after this relies on [-1, 1].
    for (auto& sample : channel) sample = std::isfinite(sample) ? std::clamp(sample, -1.0F, 1.0F) : 0.0F;
  }
  return samples;
}

/// Notes the silence between what was given out and the frame's timestamp. Jumps that cannot be silence shift
/// the timestamps from there on, so that later gaps are still seen.
void Decoder::Impl::bridge_gap() {
  const std::int64_t timestamp = frame->best_effort_timestamp;
  if (timestamp == AV_NOPTS_VALUE) return;
  const std::int64_t origin =
      format->start_time != AV_NOPTS_VALUE
          ? av_rescale_q(format->start_time, AVRational{1, AV_TIME_BASE}, stream->time_base)
          : 0;
  // In floating point: hostile timestamps would overflow integers.
  const double expected_s =
      (static_cast<double>(timestamp) - static_cast<double>(origin)) * av_q2d(stream->time_base);
  const double gap_s = expected_s + shift_s - static_cast<double>(emitted) / rate_hz;
  if (gap_s <= kGapTolerance_s && gap_s >= -kBackwardJump_s) return;
  if (gap_s > 0.0 && gap_s < kMaximumGap_s && inserted_s + gap_s < kMaximumSilence_s) {
    silence = static_cast<std::int64_t>(gap_s * rate_hz);
    inserted_s += gap_s;
  } else {
    shift_s -= gap_s;
  }
}

Pcm Decoder::Impl::emit(std::vector<std::vector<float>> samples) {
  Pcm pcm{static_cast<double>(emitted) / rate_hz, std::move(samples)};
  emitted += static_cast<std::int64_t>(pcm.channels[0].size());
  return pcm;
}

Decoder::Decoder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;
Decoder::~Decoder() = default;

const TrackFacts& Decoder::facts() const { return impl_->facts; }
int Decoder::damaged_packets() const { return impl_->damaged_packets; }
bool Decoder::broke_off() const { return impl_->broke_off; }

Result<Decoder> Decoder::open(const Source& source, int rate_hz, const std::stop_token& stop) {
  av_log_set_level(AV_LOG_QUIET);
  auto bytes = source.open();
  if (!bytes) return tl::unexpected<Error>(bytes.error());
  if ((*bytes)->size() == 0) return not_a_recording(source, {"空のファイルです", "the file is empty"});
  auto impl = std::make_unique<Impl>(source);
  impl->place = {std::move(*bytes), stop};
  auto opened_format = impl->open_format();
  if (stop.stop_requested()) return was_cancelled(source);
  if (!opened_format) return tl::unexpected<Error>(opened_format.error());
  if (auto opened = impl->open_codec(); !opened) return tl::unexpected<Error>(opened.error());
  impl->state_facts();
  impl->broke_off = is_cut_off_wav(*impl->place.bytes);
  impl->rate_hz = rate_hz > 0 ? rate_hz : impl->facts.sample_rate_hz;
  return Decoder(std::move(impl));
}

Result<std::optional<Pcm>> Decoder::read() {
  auto& state = *impl_;
  for (;;) {
    if (state.place.stop.stop_requested()) return was_cancelled(state.source);
    if (state.silence > 0) {
      const auto length =
          std::min<std::int64_t>(state.silence, static_cast<std::int64_t>(kSilenceBlock_s * state.rate_hz));
      state.silence -= length;
      return std::optional<Pcm>(
          state.emit(std::vector<std::vector<float>>(static_cast<std::size_t>(state.facts.channels),
                                                     std::vector<float>(static_cast<std::size_t>(length)))));
    }
    if (state.pending) {
      auto pcm = state.emit(std::move(std::exchange(state.pending, std::nullopt)->channels));
      return std::optional<Pcm>(std::move(pcm));
    }
    if (state.ended) return std::optional<Pcm>();
    if (static_cast<double>(state.emitted) / state.rate_hz > kMaximumDuration_s)
      return not_a_recording(state.source, {"24 時間を超えています", "longer than 24 hours"});
    std::vector<std::vector<float>> samples;
    if (state.receive_frame()) {
      if (!state.prepare_resampler()) {
        ++state.damaged_packets;
        continue;
      }
      state.bridge_gap();
      samples = state.convert(state.frame.get());
    } else {
      if (state.place.stop.stop_requested()) return was_cancelled(state.source);
      state.ended = true;
      if (state.resampler != nullptr) samples = state.convert(nullptr);
      if (state.emitted == 0 && (samples.empty() || samples[0].empty()))
        return not_a_recording(state.source,
                               {"音声を一つも復号できません", "no sound could be decoded from it"});
    }
    if (!samples.empty() && !samples[0].empty()) state.pending = Pcm{0.0, std::move(samples)};
  }
}

}  // namespace guardian::media
