// Who is signed in, and what that person may do.
import { api, onSignedOut, useToken, type Permission, type Session } from "./api/client";

class Signed {
  session = $state<Session | null>(null);
  known = $state(false); // whether the server was asked

  may(permission: Permission): boolean {
    return this.session?.permissions.includes(permission) ?? false;
  }
  take(session: Session | null): void {
    this.session = session;
    this.known = true;
    useToken(session?.csrf);
  }
  async look(): Promise<void> {
    const { data } = await api.GET("/api/v1/session");
    this.take(data ?? null);
  }
  async leave(): Promise<void> {
    await api.DELETE("/api/v1/session");
    this.take(null);
  }
}

export const signed = new Signed();
onSignedOut(() => signed.take(null));
