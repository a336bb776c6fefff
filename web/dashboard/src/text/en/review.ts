import type { review as ja } from "../ja/review";

export const review: Record<keyof typeof ja, string> = {
  "review.confirm": "Rightly suspected",
  "review.reject": "Not harassment",
  "review.change": "Correct kind or gravity",
  "review.undo": "Take the decision back",
  "review.confirmed": "{name}: rightly suspected ({day})",
  "review.rejected": "{name}: not harassment ({day})",
  "review.changed": "{name}: {category}, gravity {severity} ({day})",
  "review.comment": "Comment (optional)",
  "review.category": "Kind",
  "review.severity": "Gravity (0 to 100)",
  "review.save": "Save the correction",
  "review.after": "Score after decisions",
  "review.progress": "{done} of {all} decided",
  "review.keys": "Keys",
  "review.keysText": "Within the findings: j next, k previous, p play, c rightly suspected, r not harassment, u take back",
  "review.gone": "{count} decision(s) are about places that a later analysis no longer finds.",
  "review.why": "Decisions stand beside the report, which stays as it is. What is not harassment leaves the employee's load, and decisions become training data.",
};
