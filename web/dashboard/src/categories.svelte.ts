// Names of the policy's categories, in both languages.
import { api } from "./api/client";
import { language } from "./text/language.svelte";

class Categories {
  private names = $state<Record<string, { ja: string; en: string }>>({});
  private asked = false;

  name(id: string): string {
    if (!this.asked) {
      this.asked = true;
      void api.GET("/api/v1/categories").then(({ data }) => {
        for (const category of data?.items ?? []) this.names[category.id] = category.label;
      });
    }
    return this.names[id]?.[language.code] ?? id;
  }
}

export const categories = new Categories();
