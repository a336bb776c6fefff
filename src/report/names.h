// report/names.h - the words of the contract and of people for the values of a report.
#pragma once

#include <string>

#include "base/result.h"
#include "judgement/verdict.h"
#include "media/recording.h"
#include "speech/transcript.h"

namespace guardian::report {

/// "none", "notice", "caution", "high" or "emergency".
std::string band_id(judgement::Band band);
Text band_name(judgement::Band band);

std::string speaker_name(speech::Speaker speaker, Language language);

/// "audio", "video" or "transcript".
std::string kind_id(media::Kind kind);

/// What every form of the report says about itself.
Text suspicion_statement();
/// The same in a line, for the foot of a sheet.
Text sheet_statement();

}  // namespace guardian::report
