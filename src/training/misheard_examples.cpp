#include "training/misheard_examples.h"

#include <cstdint>
#include <utility>

#include "evaluation/misheard_accuracy.h"

namespace guardian::training {
namespace {

constexpr std::uint32_t kFirstSeed = 20261201;  // apart from the seeds that measure

}  // namespace

void add_misheard(std::vector<evaluation::LabelledUtterance>& examples,
                  const evaluation::Mishearing& mishearing, int hearings) {
  const auto written = examples;
  for (int hearing = 0; hearing < hearings; ++hearing) {
    auto heard = evaluation::mishear(written, mishearing, kFirstSeed + static_cast<std::uint32_t>(hearing));
    for (std::size_t i = 0; i < heard.size(); ++i)
      if (heard[i].text != written[i].text) examples.push_back(std::move(heard[i]));
  }
}

}  // namespace guardian::training
