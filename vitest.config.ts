import { defineConfig } from "vitest/config";
import { LastWord } from "./test/reporter.ts";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    globalSetup: ["test/setup.ts"],
    reporters: ["default", new LastWord()],
    // A wire test waits for an event with a generous limit, never for a time (a slow machine must not fail).
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
