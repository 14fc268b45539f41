/** Keeps what a failed wire test knows: the logs of server, broker and agent, each in a file, named in the report. */
import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "vitest";

declare module "vitest" {
  interface TaskMeta {
    /** The folder with the logs of a failed test. */
    logs?: string;
  }
}

/** Where the folders are made; ECOFLOW_POWER_TEST_LOGS may name another place. */
const place = () => process.env["ECOFLOW_POWER_TEST_LOGS"] ?? join(tmpdir(), "ecoflow-power-test-logs");

/** Writes the logs if the test has failed; returns the folder, else null. */
export function keepLogs(
  { task }: Pick<TestContext, "task">,
  logs: Readonly<Record<string, string>>,
): string | null {
  if (task.result?.state !== "fail") return null;
  const name = task.name.replace(/[^A-Za-z0-9]+/g, "-").slice(0, 80);
  const folder = join(place(), `${new Date().toISOString().replace(/[:.]/g, "-")}-${process.pid}-${name}`);
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(logs)) writeFileSync(join(folder, `${file}.log`), text);
  task.meta.logs = folder;
  return folder;
}
