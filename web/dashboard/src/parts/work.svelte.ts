// One thing that a page asks the server to do: whether it is under way, and why it failed.
export class Work {
  busy = $state(false);
  reason = $state("");

  /** What came of it; nothing if it failed, and then `reason` says why. */
  async run<T>(work: () => Promise<T>): Promise<T | undefined> {
    this.busy = true;
    this.reason = "";
    try {
      return await work();
    } catch (error) {
      this.reason = (error as Error).message;
      return undefined;
    } finally {
      this.busy = false;
    }
  }
}
