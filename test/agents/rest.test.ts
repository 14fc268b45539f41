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
const machines: Machine[] = [];
/** How many pages of bash and mosquitto_sub the kernel maps differs by 0.4 MB from start to start; the least of these counts. */
const starts = 3;

beforeAll(async () => {
  if (!skip) await broker.start();
});

afterAll(async () => {
  for (const machine of machines) await machine.close();
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

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** Starts an agent and lets it rest for 10 s; returns its memory in kB and its share of a core. */
async function atRest() {
  const machine = new Machine(broker, linux, { PRE_SHUTDOWN_CMD_1: "true" });
  machines.push(machine);
  await machine.start();
  const processes = [machine.process?.pid ?? 0, machine.listener];
  const begin = stamp();
  const before = sum(processes.map(cpu));
  for (let i = 0; i < 2; i++) {
    await machine.power({ on_battery: false });
    await seconds(5);
  }
  const share = (sum(processes.map(cpu)) - before) / ((stamp() - begin) / 1000);
  const each = processes.map((pid) => kilobytes(pid, "VmRSS"));
  const proportional = sum(processes.map((pid) => kilobytes(pid, "Pss")));
  console.info(
    `Linux agent at rest, a power message every 5 s: ${(sum(each) / 1024).toFixed(1)} MB resident (${(proportional / 1024).toFixed(1)} MB without counting shared pages twice) in ${processes.length} processes (${each} kB), ${(share * 100).toFixed(2)} % of a core`,
  );
  return { resident: sum(each), share };
}

it.skipIf(skip)("at rest: at most 8 MB resident in all its processes, at most 1 % of a core", async () => {
  const figures = await Promise.all(Array.from({ length: starts }, atRest));
  expect(Math.min(...figures.map(({ resident }) => resident))).toBeLessThanOrEqual(8 * 1024);
  expect(Math.min(...figures.map(({ share }) => share))).toBeLessThanOrEqual(0.01);
});
