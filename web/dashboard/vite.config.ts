import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

// Names without hashes: the server answers with an ETag, and cmake/EmbedBytes.cmake wants the same names each time.
export default defineConfig({
  plugins: [svelte()],
  base: "/assets/",
  build: {
    outDir: process.env.DASHBOARD_OUT ?? "dist",
    emptyOutDir: true,
    assetsDir: ".",
    modulePreload: { polyfill: false },
    rollupOptions: {
      output: { entryFileNames: "app.js", chunkFileNames: "[name].js", assetFileNames: "[name][extname]" },
    },
  },
  server: { proxy: { "/api": process.env.GUARDIAN_URL ?? "http://127.0.0.1:8080" } },
});
