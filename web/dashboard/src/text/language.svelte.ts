// The interface's language: Japanese unless somebody chose English, remembered in this browser.
import { en } from "./en";
import { ja, type Key } from "./ja";

export type Code = "ja" | "en";

class Language {
  code = $state<Code>(localStorage.getItem("language") === "en" ? "en" : "ja");

  choose(code: Code): void {
    this.code = code;
    localStorage.setItem("language", code);
    document.documentElement.lang = code;
  }
}

export const language = new Language();

/** The words for `key`; {name} is replaced by the value of that name. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  const text = (language.code === "en" ? en : ja)[key];
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

/** Several names in one line. */
export function listed(names: string[]): string {
  return names.join(language.code === "en" ? ", " : "、");
}

export function day(at_ms: number): string {
  return new Intl.DateTimeFormat(language.code, { dateStyle: "medium", timeStyle: "short" }).format(at_ms);
}

/** 65.2 -> 1:05 */
export function position(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (n: number) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
