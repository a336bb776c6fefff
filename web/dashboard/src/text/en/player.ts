import type { player as ja } from "../ja/player";

export const player: Record<keyof typeof ja, string> = {
  "player.soft": "Softened sound (shouting is held down)",
  "player.clip": "Sound of this place (personal details silenced)",
  "player.textOnly": "Words only",
  "player.withSound": "With sound",
  "send.estimating": "Looking at their length",
  "send.estimate": "{count} file(s), about {minutes} min; {left} min are left this month.",
  "send.wait": "That is more than is left: they wait for a permission or next month. Nothing is lost.",
  "send.now": "Send {count} file(s)",
  "send.cancel": "Cancel",
  "bulk.chosen": "{count} chosen",
  "bulk.first": "Analyse first",
  "bulk.analyse": "Analyse again",
  "bulk.cancel": "Cancel the analysis",
  "bulk.none": "Choose none",
  "bulk.choose": "Choose",
  "bulk.done": "Done for {done} of {all}.",
};
