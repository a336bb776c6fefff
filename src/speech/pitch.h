// speech/pitch.h - the fundamental frequency of a voice, also where a telephone has cut it away.
// Used by sound_cues.h on the PCM of one utterance.
#pragma once

#include <span>
#include <vector>

namespace guardian::speech {

/// Fundamental frequency of each voiced frame of 16 kHz PCM, in Hz, in order of time; unvoiced frames are
/// left out.
struct PitchTrack {
  std::vector<double> voiced_hz;
  std::size_t frames = 0;  ///< frames with sound enough to be judged, voiced or not
};

/// Frames of 40 ms every 20 ms, 60-500 Hz. Periodicity is searched in the wave itself, not in the spectrum,
/// so that a 300-3400 Hz telephone band, in which the fundamental is missing, gives the same answer. A second
/// pass looks only near the first pass's median, which removes most octave errors. Sources: de Cheveigne and
/// Kawahara 2002 (YIN); De Looze and Hirst 2008 (two passes).
PitchTrack track_pitch(std::span<const float> pcm_16k);

}  // namespace guardian::speech
