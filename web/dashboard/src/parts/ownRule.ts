// A company's own rule, from plain phrases to the YAML that the judge reads (policy/rules/README.md).

export interface OwnRule {
  category: string;
  severity: number;
  phrases: string[];
  reading: string; // hiragana of the first phrase, looked for by its sound; may be empty
  match: string;
  nearMiss: string;
}

/** One of a text's lines each, without empty ones. */
export function linesOf(text: string): string[] {
  return text.split("\n").map((line) => line.trim()).filter(Boolean);
}

/** As the judge sees what was said: NFKC, lower case, no white space; signs of the pattern language mean themselves. */
function patternOf(phrase: string): string {
  return phrase.normalize("NFKC").toLowerCase().replace(/\s+/gu, "").replace(/[\\^$.|?*+()[\]{}]/gu, "\\$&");
}

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
const list = (texts: string[]) => `[${texts.map(quoted).join(", ")}]`;

function freeId(category: string, rules: string): string {
  let number = 1;
  while (rules.includes(`own.${category}.${number}\n`)) ++number;
  return `own.${category}.${number}`;
}

/** `rules` with one more at its end. */
export function withRule(rules: string, rule: OwnRule): string {
  const lines = [
    `  - id: ${freeId(rule.category, rules)}`,
    `    category: ${rule.category}`,
    `    severity: ${rule.severity}`,
    "    confidence: 0.8",
    `    any: ${list(rule.phrases.map(patternOf))}`,
    ...(rule.reading ? [`    sounds_like: [{reading: ${quoted(rule.reading)}, written: ${quoted(rule.phrases[0] ?? "")}}]`] : []),
    `    match: ${list([rule.match])}`,
    ...(rule.nearMiss ? [`    no_match: ${list([rule.nearMiss])}`] : []),
  ];
  const before = rules.trim() ? `${rules.trimEnd()}\n` : "rules:\n";
  return `${before}${lines.join("\n")}\n`;
}
