// Recordings on their way to the server, in pieces that survive a cut (tus 1.0).
import * as tus from "tus-js-client";
import { csrfToken } from "../api/client";

export interface Sending {
  name: string;
  share: number; // percent
  state: "sending" | "arrived" | "failed";
  reason: string;
  again: () => void;
}

export class Uploads {
  list = $state<Sending[]>([]);

  constructor(private arrived: () => void) {}

  add(files: Iterable<File>): void {
    for (const file of files) this.send(file);
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
