#include "training/linear_solver.h"

#include <linear.h>

#include <array>
#include <cmath>
#include <memory>

namespace guardian::training {
namespace {

using judgement::LinearHead;

constexpr double kPrecision = 0.001;
constexpr double kRegressionMargin = 3.0;  // points of severity within which an answer counts as right

struct FreeModel {
  void operator()(model* trained) const { free_and_destroy_model(&trained); }
};
using Model = std::unique_ptr<model, FreeModel>;

/// liblinear knows weights per class only, so a heavier example is written as a class of its own would be: by
/// its features scaled. For logistic loss repeating it is exact and simpler.
int copies_of(const Example& example, std::size_t index) {
  const int whole = static_cast<int>(example.weight);
  const bool one_more = example.weight - whole >= 0.5 && index % 2 == 0;
  return whole + (one_more ? 1 : 0);
}

std::vector<feature_node> to_nodes(const judgement::UtteranceFeatures& features, const HeadSize& size) {
  std::vector<feature_node> nodes;
  nodes.reserve(features.wording.size() + features.meaning.size() + 2);
  for (const auto& [position, weight] : features.wording)
    nodes.push_back({static_cast<int>(position) + 1, static_cast<double>(weight)});
  for (std::size_t i = 0; i < features.meaning.size(); ++i)
    nodes.push_back({static_cast<int>(size.ngrams + i) + 1, static_cast<double>(features.meaning[i])});
  nodes.push_back({static_cast<int>(size.ngrams + size.dimension) + 1, 1.0});  // the constant
  nodes.push_back({-1, 0.0});
  return nodes;
}

class Problem {
 public:
  Problem(const std::vector<Example>& examples, const HeadSize& size) : size_(size) {
    for (std::size_t i = 0; i < examples.size(); ++i) {
      nodes_.push_back(to_nodes(*examples[i].features, size));
      for (int copy = copies_of(examples[i], i); copy > 0; --copy) {
        rows_.push_back(nodes_.back().data());
        answers_.push_back(examples[i].answer);
      }
    }
  }

  LinearHead solve(int solver, double cost) {
    static const bool quiet = (set_print_string_function([](const char*) {}), true);
    static_cast<void>(quiet);
    const problem stated{static_cast<int>(rows_.size()), static_cast<int>(size_.ngrams + size_.dimension) + 1,
                         answers_.data(), rows_.data(), -1.0};
    parameter chosen{};
    chosen.solver_type = solver;
    chosen.eps = kPrecision;
    chosen.C = cost;
    chosen.p = kRegressionMargin;
    const Model trained(train(&stated, &chosen));
    // Of two classes liblinear gives the weights of the one it met first.
    const double sign = solver == L2R_LR && trained->label[0] == 0 ? -1.0 : 1.0;
    const auto weight = [&](std::size_t i) { return static_cast<float>(sign * trained->w[i]); };
    LinearHead head;
    for (std::size_t i = 0; i < size_.ngrams; ++i) head.wording.push_back(weight(i));
    for (std::size_t i = 0; i < size_.dimension; ++i) head.meaning.push_back(weight(size_.ngrams + i));
    head.bias = weight(size_.ngrams + size_.dimension);
    return head;
  }

 private:
  HeadSize size_;
  std::vector<std::vector<feature_node>> nodes_;
  std::vector<feature_node*> rows_;
  std::vector<double> answers_;
};

}  // namespace

LinearHead fit_log_odds(const std::vector<Example>& examples, const HeadSize& size, double cost) {
  return Problem(examples, size).solve(L2R_LR, cost);
}

LinearHead fit_value(const std::vector<Example>& examples, const HeadSize& size, double cost) {
  return Problem(examples, size).solve(L2R_L2LOSS_SVR, cost);
}

}  // namespace guardian::training
