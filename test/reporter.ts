/** Prints how many tests passed; under CI a test that was skipped without an allowed reason is a failure. */
import type { Reporter, TestCase, TestModule } from "vitest/node";
import type {} from "./kept.ts";

/** Skips that CI allows: absent captures, and test equipment that needs .NET. */
const allowed = /captures|dotnet/i;

export class LastWord implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const of = (state: string) => tests.filter((test) => test.result().state === state);
    const skipped = of("skipped");
    for (const test of skipped) console.log(`skipped: ${test.fullName}${reason(test)}`);
    const bad = process.env["CI"]
      ? skipped.filter((test) => !allowed.test(reason(test) + test.fullName))
      : [];
    if (bad.length > 0) {
      console.error(`${bad.length} tests were skipped that CI must run.`);
      process.exitCode = 1;
    }
    for (const test of of("failed")) {
      const { logs } = test.meta();
      if (logs !== undefined) console.log(`logs of "${test.fullName}": ${logs}`);
    }
    console.log(`${of("passed").length} passed, ${of("failed").length} failed, ${skipped.length} skipped`);
  }
}

function reason(test: TestCase): string {
  const result = test.result();
  return result.state === "skipped" && result.note ? ` (${result.note})` : "";
}
