/** The Linux agent at rest: no busy loop, little memory. The figures are printed. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Broker, missingTools } from "./broker.ts";
import { Machine } from "./machine.ts";
import { linux } from "./platforms.ts";
import { seconds, stamp } from "./wait.ts";

const ticksPerSecond = 100;
const skip = missingTools() !== null || process.platform !== "linux";
const broker = new Broker();
let pc: Machine | null = null;

beforeAll(async () => {
  if (!skip) await broker.start();
});

afterAll(async () => {
  await pc?.close();
  if (!skip) await broker.close();
});

const kilobytes = (pid: number, name: string) =>
  Number(
    new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(
      readFileSync(`/proc/${pid}/${name === "Pss" ? "smaps_rollup" : "status"}`, "utf8"),
    )?.[1],
  );

/** Returns the CPU seconds of a process and of its ended children. */
function cpu(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / ticksPerSecond;
}

it.skipIf(skip)("at rest: at most 8 MB resident in all its processes, at most 1 % of a core", async () => {
  const machine = new Machine(broker, linux, { PRE_SHUTDOWN_CMD_1: "true" });
  pc = machine;
  await machine.start();
  const processes = [machine.process?.pid ?? 0, machine.listener];
  const begin = stamp();
  const before = processes.reduce((sum, pid) => sum + cpu(pid), 0);
  for (let i = 0; i < 2; i++) {
    await machine.power({ on_battery: false });
    await seconds(5);
  }
  const share = (processes.reduce((sum, pid) => sum + cpu(pid), 0) - before) / ((stamp() - begin) / 1000);
  const resident = processes.reduce((sum, pid) => sum + kilobytes(pid, "VmRSS"), 0);
  const proportional = processes.reduce((sum, pid) => sum + kilobytes(pid, "Pss"), 0);
  console.info(
    `Linux agent at rest, a power message every 5 s: ${(resident / 1024).toFixed(1)} MB resident (${(proportional / 1024).toFixed(1)} MB without counting shared pages twice) in ${processes.length} processes (${processes.map((pid) => kilobytes(pid, "VmRSS"))} kB), ${(share * 100).toFixed(2)} % of a core`,
  );
  expect(resident).toBeLessThanOrEqual(8 * 1024);
  expect(share).toBeLessThanOrEqual(0.01);
});
