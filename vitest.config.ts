import { defineConfig } from "vitest/config";
import { LastWord } from "./test/reporter.ts";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    globalSetup: ["test/setup.ts"],
    // Tests with real processes mostly wait; on two cores the default of one worker takes twice as long.
    maxWorkers: 2,
    reporters: ["default", new LastWord()],
    // A wire test waits for an event with a generous limit, never for a time (a slow machine must not fail).
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
