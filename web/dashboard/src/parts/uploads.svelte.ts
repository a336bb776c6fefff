// Recordings on their way to the server, in pieces that survive a cut (tus 1.0).
import * as tus from "tus-js-client";
import { api, csrfToken, type Schema } from "../api/client";

export interface Sending {
  name: string;
  share: number; // percent
  state: "sending" | "arrived" | "failed";
  reason: string;
  again: () => void;
}

export interface Estimate {
  minutes: number;
  left: number;
}

export class Uploads {
  list = $state<Sending[]>([]);

  constructor(private arrived: () => void) {}

  /** What was chosen and is not sent yet, with what it will cost at most. */
  chosen = $state<File[]>([]);
  estimate = $state<Estimate | null>(null);

  async add(files: Iterable<File>): Promise<void> {
    this.chosen = [...this.chosen, ...files];
    this.estimate = null;
    const asked = this.chosen;
    const all = await Promise.all(asked.map(estimateOf));
    if (asked !== this.chosen) return; // more were added meanwhile
    const known = all.filter((one) => one !== undefined);
    this.estimate = {
      minutes: known.reduce((sum, one) => sum + one.estimate.minutes, 0),
      left: known[0]?.remaining.minutes ?? 0,
    };
  }
  sendChosen(): void {
    for (const file of this.chosen) this.send(file);
    this.forget();
  }
  forget(): void {
    this.chosen = [];
    this.estimate = null;
  }

  private send(file: File): void {
    this.list.unshift({ name: file.name, share: 0, state: "sending", reason: "", again: () => {} });
    const sending = this.list[0] as Sending;
    const upload = new tus.Upload(file, {
      endpoint: "/api/v1/uploads",
      chunkSize: 8 << 20,
      retryDelays: [0, 1000, 3000, 10000],
      metadata: { filename: file.name, filetype: file.type || "application/octet-stream" },
      headers: { "X-CSRF-Token": csrfToken() },
      removeFingerprintOnSuccess: true,
      onProgress: (sent, all) => (sending.share = Math.floor((sent / Math.max(all, 1)) * 100)),
      onSuccess: () => {
        sending.state = "arrived";
        sending.share = 100;
        this.arrived();
      },
      onError: (error) => {
        sending.state = "failed";
        sending.reason = reasonIn(error);
      },
    });
    sending.again = () => {
      sending.state = "sending";
      upload.start();
    };
    void upload.findPreviousUploads().then((earlier) => {
      const latest = earlier[0];
      if (latest) upload.resumeFromPreviousUpload(latest);
      upload.start();
    });
  }
}

function reasonIn(error: Error | tus.DetailedError): string {
  const body = "originalResponse" in error ? error.originalResponse?.getBody() : undefined;
  try {
    const problem = JSON.parse(body ?? "") as { title?: string; detail?: string };
    return [problem.title, problem.detail].filter(Boolean).join("。");
  } catch {
    return error.message;
  }
}

/** In seconds, as far as the browser can tell without reading the whole file. */
function lengthOf(file: File): Promise<number | undefined> {
  return new Promise((resolve) => {
    const audio = document.createElement("audio");
    const url = URL.createObjectURL(file);
    const end = (seconds: number | undefined) => {
      URL.revokeObjectURL(url);
      resolve(seconds);
    };
    audio.preload = "metadata";
    audio.onloadedmetadata = () => end(Number.isFinite(audio.duration) ? audio.duration : undefined);
    audio.onerror = () => end(undefined);
    setTimeout(() => end(undefined), 3000);
    audio.src = url;
  });
}

async function estimateOf(file: File): Promise<{ estimate: Schema["Amount"]; remaining: Schema["Amount"] } | undefined> {
  const duration_s = await lengthOf(file);
  const type = file.name.split(".").pop() || file.type;
  const { data } = await api.POST("/api/v1/usage/estimate", { body: { duration_s, bytes: file.size, type } });
  return data;
}
