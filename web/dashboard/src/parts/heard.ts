// How sure the recogniser was of its words: what it may have misheard or invented is to be seen as such.
import type { Finding, Utterance } from "./report";

export interface Piece {
  text: string;
  doubtful: boolean;
}

/** The utterance's text, cut where doubt begins and ends; whole where no word is known to be doubtful. */
export function pieces(utterance: Utterance): Piece[] {
  const words = utterance.words ?? [];
  if (words.map((word) => word.text).join("") !== utterance.text) return [{ text: utterance.text, doubtful: false }];
  const cut: Piece[] = [];
  for (const word of words) {
    const doubtful = word.doubtful ?? false;
    const last = cut.at(-1);
    if (last?.doubtful === doubtful) last.text += word.text;
    else cut.push({ text: word.text, doubtful });
  }
  return cut;
}

/** Whether a finding quotes such words. */
export function quotesDoubt(finding: Finding, utterances: Utterance[]): boolean {
  const words = utterances.find((one) => one.index === finding.utterance)?.words ?? [];
  return words.some((word) => word.doubtful && word.start_s < finding.end_s && word.end_s > finding.start_s);
}
