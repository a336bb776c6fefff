#include "base/csv.h"

#include <gtest/gtest.h>

namespace guardian {
namespace {

TEST(ACsvLine, FollowsRfc4180) {
  EXPECT_EQ(csv_line({"a", "b c", ""}), "a,b c,\r\n");
  EXPECT_EQ(csv_line({"say \"x\"", "1,5", "two\nlines"}), "\"say \"\"x\"\"\",\"1,5\",\"two\nlines\"\r\n");
}

TEST(ACsvLine, MakesNoFormulas) {
  for (const std::string cell : {"=1+1", "+81 3", "-1+1", "@SUM(A1)", "\t=1", "  =1", "=1", "@x"})
    EXPECT_EQ(csv_line({cell}).substr(0, 1), "'") << cell;
  EXPECT_EQ(csv_line({"=HYPERLINK(\"x\",\"y\")"}), "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"\r\n");
}

TEST(ACsvLine, LeavesNumbersAsTheyAre) { EXPECT_EQ(csv_line({"-1.50", "0", "12"}), "-1.50,0,12\r\n"); }

}  // namespace
}  // namespace guardian
