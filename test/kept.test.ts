/** A failed test keeps its logs, and a passed one leaves nothing behind. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { keepLogs } from "./kept.ts";

const ended = (state: "fail" | "pass") =>
  ({ task: { name: "of all three: down, once", result: { state }, meta: {} } }) as unknown as Parameters<
    typeof keepLogs
  >[0];

describe("the logs of a test", () => {
  it("are kept when it fails, and named for the report", () => {
    const place = mkdtempSync(join(tmpdir(), "kept-"));
    vi.stubEnv("ECOFLOW_POWER_TEST_LOGS", place);
    onTestFinished(() => {
      vi.unstubAllEnvs();
      rmSync(place, { recursive: true });
    });
    const context = ended("fail");
    const folder = keepLogs(context, { server: "started", agent: "resumed" }) ?? "";
    expect(folder.startsWith(place)).toBe(true);
    expect(readFileSync(join(folder, "server.log"), "utf8")).toBe("started");
    expect(existsSync(join(folder, "agent.log"))).toBe(true);
    expect(context.task.meta.logs).toBe(folder);
    expect(keepLogs(ended("pass"), { server: "started" })).toBeNull();
  });
});
