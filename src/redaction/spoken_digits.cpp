#include "redaction/spoken_digits.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"

namespace guardian::redaction {
namespace {

constexpr std::size_t kMostMarksBetween = 2;
constexpr std::size_t kFewestKana = 4;  // fewer digits in kana are left to ordinary words

struct Digit {
  std::string_view written;
  char value = '0';
  bool clear = true;  // false: also a particle or part of everyday words
};

constexpr std::array<Digit, 22> kFigures = {
    {{"0", '0'},  {"1", '1'},  {"2", '2'},  {"3", '3'},  {"4", '4'},  {"5", '5'},  {"6", '6'},  {"7", '7'},
     {"8", '8'},  {"9", '9'},  {"〇", '0'}, {"零", '0'}, {"一", '1'}, {"二", '2'}, {"三", '3'}, {"四", '4'},
     {"五", '5'}, {"六", '6'}, {"七", '7'}, {"八", '8'}, {"九", '9'}, {"○", '0'}}};

// Longer ones first.
constexpr std::array<Digit, 18> kKana = {{{"きゅう", '9'},
                                          {"ぜろ", '0'},
                                          {"れい", '0'},
                                          {"まる", '0', false},
                                          {"いち", '1'},
                                          {"にい", '2', false},
                                          {"さん", '3', false},
                                          {"よん", '4'},
                                          {"ごう", '5', false},
                                          {"ごお", '5', false},
                                          {"ろく", '6'},
                                          {"なな", '7'},
                                          {"しち", '7'},
                                          {"はち", '8'},
                                          {"に", '2', false},
                                          {"ご", '5', false},
                                          {"し", '4', false},
                                          {"く", '9', false}}};

constexpr std::array<std::string_view, 14> kMarks = {"-",  "‐",  "‑", "–", "—", "−",  "ー",
                                                     "の", "・", "(", ")", ".", "、", "はいふん"};

template <class Table>
std::optional<Digit> digit_at(std::string_view rest, const Table& table) {
  const auto digit =
      std::find_if(table.begin(), table.end(), [&](const Digit& d) { return rest.starts_with(d.written); });
  if (digit == table.end()) return std::nullopt;
  return *digit;
}

/// Length in bytes of the marks at the start of `rest`, as many as may lie between two digits.
std::size_t marks_at(std::string_view rest) {
  std::size_t length = 0;
  for (std::size_t i = 0; i < kMostMarksBetween; ++i) {
    const auto mark = std::find_if(kMarks.begin(), kMarks.end(), [&](std::string_view candidate) {
      return rest.substr(length).starts_with(candidate);
    });
    if (mark == kMarks.end()) break;
    length += mark->size();
  }
  return length;
}

/// One digit of a run and where it stands.
struct PlacedDigit {
  Digit digit;
  std::size_t begin = 0;
  bool kana = false;
};

std::optional<PlacedDigit> placed_at(std::string_view text, std::size_t position, bool with_kana) {
  const auto rest = text.substr(position);
  if (const auto figure = digit_at(rest, kFigures)) return PlacedDigit{*figure, position, false};
  if (!with_kana) return std::nullopt;
  if (const auto kana = digit_at(rest, kKana)) return PlacedDigit{*kana, position, true};
  return std::nullopt;
}

/// The digits from `first` on, as far as the run goes.
std::vector<PlacedDigit> follow(std::string_view text, PlacedDigit first, bool with_kana) {
  std::vector<PlacedDigit> run = {first};
  for (;;) {
    const std::size_t end = run.back().begin + run.back().digit.written.size();
    auto next = placed_at(text, end, with_kana);
    if (!next) next = placed_at(text, end + marks_at(text.substr(end)), with_kana);
    if (!next) return run;
    run.push_back(*next);
  }
}

/// 「1234に」: what may be a particle beside figures is one.
void trim_particles(std::vector<PlacedDigit>& run) {
  const auto is_particle = [](const PlacedDigit& outer, const PlacedDigit& inner) {
    return !outer.digit.clear && !inner.kana;
  };
  while (run.size() > 1 && is_particle(run.back(), run[run.size() - 2])) run.pop_back();
  while (run.size() > 1 && is_particle(run.front(), run[1])) run.erase(run.begin());
}

bool is_number(const std::vector<PlacedDigit>& run) {
  if (std::none_of(run.begin(), run.end(), [](const PlacedDigit& d) { return d.kana; })) return true;
  const auto clear = static_cast<std::size_t>(
      std::count_if(run.begin(), run.end(), [](const PlacedDigit& d) { return d.digit.clear; }));
  return run.size() >= kFewestKana && clear * 2 >= run.size();
}

DigitRun to_run(const std::vector<PlacedDigit>& placed) {
  DigitRun run{placed.front().begin, placed.back().begin + placed.back().digit.written.size(), {}};
  for (const auto& digit : placed) run.digits += digit.digit.value;
  return run;
}

void find(std::string_view text, bool with_kana, std::vector<DigitRun>& runs) {
  for (std::size_t position = 0; position < text.size();) {
    const auto first = placed_at(text, position, with_kana);
    if (!first) {
      ++position;
      continue;
    }
    auto placed = follow(text, *first, with_kana);
    position = to_run(placed).end;
    trim_particles(placed);
    if (is_number(placed)) runs.push_back(to_run(placed));
  }
}

}  // namespace

std::vector<DigitRun> find_digit_runs(std::string_view text) {
  const std::string hiragana =
      to_hiragana(text);  // keeps every character's place: both kana take three bytes
  std::vector<DigitRun> runs;
  find(hiragana, false, runs);
  find(hiragana, true, runs);
  std::stable_sort(runs.begin(), runs.end(), [](const DigitRun& a, const DigitRun& b) {
    return std::pair(a.begin, b.end) < std::pair(b.begin, a.end);
  });
  return runs;
}

}  // namespace guardian::redaction
