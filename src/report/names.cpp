#include "report/names.h"

namespace guardian::report {

using judgement::Band;
using speech::Speaker;

std::string band_id(Band band) {
  switch (band) {
    case Band::none:
      return "none";
    case Band::notice:
      return "notice";
    case Band::caution:
      return "caution";
    case Band::high:
      return "high";
    case Band::emergency:
      break;
  }
  return "emergency";
}

Text band_name(Band band) {
  switch (band) {
    case Band::none:
      return {"該当なし", "none"};
    case Band::notice:
      return {"注意", "notice"};
    case Band::caution:
      return {"警戒", "caution"};
    case Band::high:
      return {"高", "high"};
    case Band::emergency:
      break;
  }
  return {"緊急", "emergency"};
}

std::string speaker_name(Speaker speaker, Language language) {
  const Text name = speaker == Speaker::customer   ? Text{"お客様", "Customer"}
                    : speaker == Speaker::employee ? Text{"従業員", "Employee"}
                                                   : Text{"話者不明", "Unknown"};
  return name.in(language);
}

std::string kind_id(media::Kind kind) {
  if (kind == media::Kind::audio) return "audio";
  return kind == media::Kind::video ? "video" : "transcript";
}

Text suspicion_statement() {
  return {
      "この報告書は疑いのある箇所を示すものです。カスタマーハラスメントに当たるかどうかは人が判断してください"
      "。",
      "This report points out suspected places. Whether it is customer harassment is for a person to "
      "decide."};
}

Text sheet_statement() {
  return {"カスハラAIガーディアン: 疑いを示すもので、判断は人が行います",
          "Kasuhara AI Guardian: a suspicion; a person decides"};
}

}  // namespace guardian::report
