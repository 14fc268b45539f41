/** Runs once before all tests: builds `dist/`, because the worker thread and the wire tests run what ships. */
import { execFileSync } from "node:child_process";

export function setup(): void {
  execFileSync("node_modules/.bin/tsc", ["-p", "tsconfig.json"], { stdio: "inherit" });
}
