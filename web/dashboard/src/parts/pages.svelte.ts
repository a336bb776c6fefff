// A list that comes in pages: what was loaded so far, whether there is more, what went wrong.
export class Pages<T> {
  items = $state<T[]>([]);
  next = $state<string | null>(null);
  busy = $state(false);
  trouble = $state("");
  loaded = $state(false);

  constructor(private load: (after: string | undefined) => Promise<{ items: T[]; next?: string | null }>) {}

  async start(): Promise<void> {
    this.items = [];
    this.next = null;
    this.loaded = false;
    await this.more();
  }

  async more(): Promise<void> {
    this.busy = true;
    this.trouble = "";
    try {
      const page = await this.load(this.next ?? undefined);
      this.items.push(...page.items);
      this.next = page.next ?? null;
      this.loaded = true;
    } catch (error) {
      this.trouble = (error as Error).message;
    } finally {
      this.busy = false;
    }
  }
}
