// wellbeing/load.h - exposure added up over days: what weighs on an employee now, and what that is made of.
// After exposure.h, which measures one dealing; load/ keeps what was measured and asks this. Every constant
// is an assumption of this product (docs/decisions/0010-load-index.md); none is validated.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/calendar.h"
#include "base/result.h"

namespace guardian::wellbeing {

struct LoadOptions {
  double half_life_days = 7.0;     ///< domain reference, section 6.4: assumed, to be adjusted
  double unattended_factor = 1.2;  ///< for dealings that the company left alone; section 6.4
  std::int64_t unattended_ms = 24LL * 3600 * 1000;  ///< for longer than this
  int baseline_days = 60;                           ///< how far back own days are compared
  int baseline_needs = 10;                          ///< own days with dealings, or there is no baseline
  double rise_factor = 1.5;                         ///< over the baseline ...
  int rise_points = 10;                             ///< ... and at least so many points of the index
  int small_days = 7;                               ///< window for things that pile up
  int small_findings = 10;                          ///< at least so many in it ...
  int small_spread = 3;                             ///< ... on at least so many days ...
  int small_below = 60;                             ///< ... all of them less severe than this
  int grave_severity = 70;                          ///< one such finding is enough for a word of care
};

/// What one finding of one dealing added.
struct LoadPart {
  std::string recording;
  int finding = 0;  ///< index in the report's findings
  std::string category;
  Text label;
  int severity = 0;          ///< 0-100
  double minutes = 0.0;      ///< as counted, in [0.1, 5]
  double persistence = 1.0;  ///< 1.0, 1.3 or 1.6
  double value = 0.0;        ///< exposure.h: severity / 100 x minutes x persistence
  double weight = 1.0;       ///< LoadOptions::unattended_factor, where the company left it alone
  bool counted = true;       ///< false while the employee's objection is open or was upheld
};

/// One dealing with a customer, with or without findings.
struct LoadCall {
  std::string recording;
  Day day;  ///< of the dealing, on the company's calendar
  std::vector<LoadPart> parts;
};

enum class LoadBand { green, yellow, red };

/// "green", "yellow" or "red".
std::string_view name_of(LoadBand band);

struct LoadWarning {
  enum class Kind {
    small_things,    ///< many small findings over days, no grave one among them
    above_baseline,  ///< the load has risen over this person's usual
    red_again,       ///< red for two days in a row
    grave            ///< one grave finding today
  };
  Kind kind;
  Text text;  ///< with the figures that led to it
};

/// "small_things", "above_baseline", "red_again" or "grave".
std::string_view name_of(LoadWarning::Kind kind);

struct DayLoad {
  Day day;
  int calls = 0;
  int findings = 0;    ///< counted ones
  double added = 0.0;  ///< D: what the day's dealings added
  double load = 0.0;   ///< L at the day's end: L of the day before, decayed, + D
  int index = 0;       ///< 0-100, `load_index(load)`
  LoadBand band = LoadBand::green;
  std::optional<double> baseline;  ///< median of own L on earlier days with dealings; empty: too few days
  int recovery_days = 0;           ///< days in a row, this one included, on which nothing was added
  int days_to_green = 0;           ///< if nothing more is added
  std::vector<LoadWarning> warnings;
};

/// What is left of a part on some day.
struct LoadShare {
  LoadPart part;
  Day day;  ///< of the dealing
  int age_days = 0;
  double decay = 1.0;  ///< 2^(-age / half-life)
  double left = 0.0;   ///< value x weight x decay; 0 for a part that is not counted
};

/// What the index is not; shown wherever it is shown.
const Text& load_statement();

/// 100 x (1 - 0.6^(load / 5)), rounded: 0 at 0, 40 at 5, 70 at 11.8; never falls as the load grows.
int load_index(double load);
/// Green below 40, red from 70. Source: domain reference, sections 6.1 and 6.4.
LoadBand band_of(int index);

/// One entry per day from `first` to `last`. `calls`: in any order, as far back as is known; what is older
/// than `reach_back(options)` days before `first` need not be given.
std::vector<DayLoad> follow_load(const std::vector<LoadCall>& calls, Day first, Day last,
                                 const LoadOptions& options = {});

/// The index at the end of this day and of the following ones if nothing more is added: two weeks, or until
/// it is green where that takes longer, or until it is 0; at most `most` days.
std::vector<int> foretell_recovery(double load, const LoadOptions& options = {}, int most = 60);

/// What the load at a day's end is made of, the largest first; `left` adds up to DayLoad::load.
std::vector<LoadShare> explain_load(const std::vector<LoadCall>& calls, Day day,
                                    const LoadOptions& options = {});

/// Days after which a part is forgotten: less than a thousandth of it is left.
int forgotten_after(const LoadOptions& options);
/// Days before the first one asked for that still matter to it.
int reach_back(const LoadOptions& options);

}  // namespace guardian::wellbeing
