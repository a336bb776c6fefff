// The server's API, typed by its own description (npm run api). Changes carry the session's CSRF token.
import createClient, { type Middleware } from "openapi-fetch";
import type { components, paths } from "./schema";
import { language } from "../text/language.svelte";

export type Schema = components["schemas"];
export type Session = Schema["Session"];
export type Recording = Schema["Recording"];
export type Case = Schema["Case"];
export type WholeCase = Schema["WholeCase"];
export type Permission = Schema["Permission"];
export type Band = "none" | "notice" | "caution" | "high" | "emergency";

let token = "";
let whenSignedOut: () => void = () => {};

export function useToken(csrf: string | undefined): void {
  token = csrf ?? "";
}
export function csrfToken(): string {
  return token;
}
export function onSignedOut(call: () => void): void {
  whenSignedOut = call;
}

const ours: Middleware = {
  onRequest({ request }) {
    request.headers.set("Accept-Language", language.code);
    if (request.method !== "GET" && token) request.headers.set("X-CSRF-Token", token);
    return request;
  },
  onResponse({ response, schemaPath }) {
    // There, 401 means a wrong password or code.
    if (response.status === 401 && !schemaPath.startsWith("/api/v1/session")) whenSignedOut();
    return response;
  },
};

export const api = createClient<paths>({ baseUrl: "/", credentials: "same-origin" });
api.use(ours);

/** What went wrong, in the server's own words (RFC 9457). */
export function reasonOf(error: unknown): string {
  const problem = error as { status?: number; title?: string; detail?: string; subject?: string } | undefined;
  const place = problem?.status === 422 ? problem.subject : undefined;  // the line or rule that is wrong
  return [problem?.title, place, problem?.detail].filter(Boolean).join("。") || String(error);
}

/** The answer's content, or an Error with the server's reason. */
export async function content<T>(answer: Promise<{ data?: T; error?: unknown }>): Promise<T> {
  const { data, error } = await answer;
  if (error !== undefined) throw new Error(reasonOf(error));
  return data as T;
}
