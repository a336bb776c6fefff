// What the pages use of a report (contract kasuhara-guardian/report/1).
export interface Finding {
  category: string;
  label: string;
  severity: number;
  confidence: number;
  utterance: number;
  start_s: number;
  end_s: number;
  quote: string;
  grounds: string[];
  heard_as?: string;
  score_without: number;
}
export interface Utterance {
  index: number;
  speaker: "customer" | "employee" | "unknown";
  text: string;
  start_s: number;
  end_s: number;
  /** As the recogniser wrote them, in order; none in ready transcripts. */
  words?: { text: string; start_s: number; end_s: number; probability: number; doubtful?: true }[];
  /** As it was measured, where it could be. */
  sound?: { loudness_db?: number; pitch_hz?: number };
}
export interface Report {
  score: number;
  band: "none" | "notice" | "caution" | "high" | "emergency";
  suspected: boolean;
  statement: string;
  axes: { demand: number; conduct: number; persistence: number; harm: number };
  findings: Finding[];
  legitimate_complaint: string | null;
  advice: { when: string; text: string; level?: string }[];
  transcript: Utterance[];
}
export interface Waveform {
  duration_s: number;
  channels: number[][];
}
