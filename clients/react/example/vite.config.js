import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  server: {
    // The same address for everybody who reads the README; a name that is looked up may be either loopback.
    host: "127.0.0.1",
  },
});
