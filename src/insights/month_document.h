// insights/month_document.h - a month for paper: how much was heard, what was suspected where and when,
// against the month before, and what makes it rarer. Nothing in it is about one employee.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "base/calendar.h"
#include "document/page.h"
#include "guidance/playbook.h"
#include "insights/picture.h"
#include "policy/policy.h"

namespace guardian::insights {

struct MonthNames {
  const policy::Policy& policy;
  const guidance::Playbook& playbook;
  const std::map<std::string, std::string>& groups;  ///< by id
};

document::Page month_document(Month month, const Picture& picture, const Picture& before,
                              const MonthNames& names, Language language);

}  // namespace guardian::insights
