// Names of the policy's categories, in both languages.
import { api, type Schema } from "./api/client";
import { language, listed } from "./text/language.svelte";

class Categories {
  private all = $state<Schema["Categories"]["items"]>([]);
  private asked = false;

  name(id: string): string {
    this.ask();
    return this.all.find((one) => one.id === id)?.label[language.code] ?? id;
  }
  names(ids: string[]): string {
    return listed(ids.map((id) => this.name(id)));
  }
  /** Those that are harassment, in the policy's order. */
  harassing(): { id: string; name: string }[] {
    this.ask();
    return this.all.filter((one) => one.harassment).map((one) => ({ id: one.id, name: one.label[language.code] }));
  }

  private ask(): void {
    if (this.asked) return;
    this.asked = true;
    void api.GET("/api/v1/categories").then(({ data }) => (this.all = data?.items ?? []));
  }
}

export const categories = new Categories();
