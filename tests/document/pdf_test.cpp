#include "document/pdf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>

#include "base/file.h"
#include "support.h"

namespace guardian::document {
namespace {

using testing::HasSubstr;
using testing::Not;

/// What pdftotext or pdffonts say of it.
std::string told_by(const char* program, const std::string& pdf) {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "page.pdf";
  EXPECT_TRUE(write_file(file, pdf));
  const auto command = std::string(program) + " " + file.string() +
                       (std::string_view(program) == "pdftotext" ? " -" : "") + " 2>&1";
  std::FILE* pipe = ::popen(command.c_str(), "r");
  std::string told;
  std::array<char, 4096> part{};
  while (const auto size = std::fread(part.data(), 1, part.size(), pipe)) told.append(part.data(), size);
  ::pclose(pipe);
  return told;
}

TEST(Pdf, HoldsTheWordsAndItsFonts) {
  Page page(Language::japanese, "通話の報告書", "2026-11-25 \"作成\" \\");
  page.heading("疑いのある箇所");
  page.table({"時刻", "発言"}, {{"0:12", "慰謝料として五百万円を払え"}});
  page.bars({{"月曜", 3, "3 件"}, {"火曜", 0, "0 件"}});
  const auto pdf = to_pdf(page);
  ASSERT_TRUE(pdf) << pdf.error().what.en;
  const auto words = told_by("pdftotext", *pdf);
  for (const char* expected : {"通話の報告書", "慰謝料として五百万円を払え", "3件", "1/1", "作成"})
    EXPECT_THAT(words, HasSubstr(expected));
  EXPECT_THAT(told_by("pdffonts", *pdf), Not(HasSubstr(" no  yes")));
}

TEST(Pdf, TakesNothingInItForMarkupAndFetchesNothing) {
  Page page(Language::english, "<script>", "x\"; } @import url(file:///etc/passwd);");
  page.paragraph("<img src=\"file:///etc/hostname\"><b>bold</b> & more");
  page.quote("<a rel=attachment href='/etc/passwd'>");
  const auto pdf = to_pdf(page);
  ASSERT_TRUE(pdf) << pdf.error().what.en;
  const auto words = told_by("pdftotext", *pdf);
  EXPECT_THAT(words, HasSubstr("<b>bold</b> & more"));
  EXPECT_THAT(words, HasSubstr("<script>"));
  EXPECT_THAT(words, Not(HasSubstr("root:")));
  EXPECT_THAT(*pdf, Not(HasSubstr("/EmbeddedFile")));
}

}  // namespace
}  // namespace guardian::document
