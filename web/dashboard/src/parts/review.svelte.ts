// What people decided on the findings of one recording, and the score after that.
import { api, content, type Schema } from "../api/client";

export type Decisions = Schema["Decisions"];
export type Decision = Decisions["items"][number];
export type Choice = { ruling: Schema["Ruling"]; category?: string; severity?: number; comment?: string };

export class Review {
  all = $state<Decisions | null>(null);
  reason = $state("");
  constructor(private readonly recording: string) {}

  of(finding: number): Decision | undefined {
    return this.all?.items.find((one) => one.finding === finding);
  }
  get gone(): number {
    return this.all?.items.filter((one) => one.finding === null).length ?? 0;
  }
  look(): Promise<void> {
    return this.take(api.GET("/api/v1/recordings/{id}/decisions", { params: { path: { id: this.recording } } }));
  }
  decide(finding: number, body: Choice): Promise<void> {
    return this.take(api.PUT("/api/v1/recordings/{id}/findings/{finding}/decision", { params: { path: this.place(finding) }, body }));
  }
  undo(finding: number): Promise<void> {
    return this.take(api.DELETE("/api/v1/recordings/{id}/findings/{finding}/decision", { params: { path: this.place(finding) } }));
  }

  private place(finding: number) {
    return { id: this.recording, finding: String(finding) };
  }
  private async take(answer: Promise<{ data?: Decisions; error?: unknown }>): Promise<void> {
    this.reason = "";
    try {
      this.all = await content(answer);
    } catch (error) {
      this.reason = (error as Error).message;
    }
  }
}
