#include "cli/output_names.h"

#include <gmock/gmock.h>

#include "base/text.h"

namespace guardian::cli {
namespace {

using testing::ElementsAre;

TEST(OutputNames, DropTheExtension) {
  EXPECT_THAT(output_names({"a/call.wav", "b/会議 1.mp4", "noext"}), ElementsAre("call", "会議 1", "noext"));
}

TEST(OutputNames, NeverOverwriteEachOther) {
  EXPECT_THAT(output_names({"call.wav", "call.mp3"}), ElementsAre("call.wav", "call.mp3"));
  EXPECT_THAT(output_names({"a/call.wav", "b/call.wav"}), ElementsAre("call.wav-1", "call.wav-2"));
}

TEST(OutputNames, FitTheFileSystemAndStayReadable) {
  std::string name;
  while (name.size() < 250) name += "録";
  const auto names = output_names({name + ".wav", name + "x.wav"});
  for (const auto& cut : names) {
    EXPECT_LE(cut.size() + std::string(".report.html").size(), 255U);
    EXPECT_TRUE(is_utf8(cut));
  }
  EXPECT_NE(names[0], names[1]);
}

}  // namespace
}  // namespace guardian::cli
