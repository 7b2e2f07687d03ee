import { svelte } from "@sveltejs/vite-plugin-svelte"
import { defineConfig } from "vite"

export default defineConfig({
  plugins: [svelte()],
  build: {
    target: "es2023",
    outDir: "dist",
    assetsInlineLimit: 0, // the content security policy lets nothing inline through
    modulePreload: { polyfill: false },
    // What every screen stands on is one file: in many small ones the same words are packed again and again.
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: "house", test: /node_modules|messages\/en\.json|src\/(api|live|ui|parts|contact)\/(?!Ledger|board|hooks|worked|pushing|wallboard|Copyable|People|Merging|Looks|Twins|Alike|Reasons|Withheld|twins)/ }] } },
    },
  },
  server: {
    proxy: {
      "/api": "http://127.0.0.1:8000",
      "/ws": { target: "ws://127.0.0.1:8000", ws: true },
    },
  },
})
