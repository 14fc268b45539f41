/** What the demo says before and after its story. */
import type { Scene } from "../sim/scene.ts";
import type { Judged } from "../sim/verdict.ts";
import { clockText, type Story } from "./story.ts";
import { versionText } from "./version.ts";

export function begin(story: Story, scene: Scene, speed: number, brokerUrl: string) {
  const { stations, policy, machines } = scene;
  story.write(`ecoflow-power ${versionText()}, demo, scene "${scene.name}". ${scene.about}`);
  story.write("");
  story.write(
    `Emulated: EcoFlow's cloud with two stations, and the machines (the agents' protocol). Real: the server, its configuration, and its broker, ${brokerUrl}. Nothing else is touched. Time runs ${speed} times as fast.`,
  );
  story.write("");
  for (const { name, serial, api, capacityWh, socPercent, dischargeLimitPercent } of stations) {
    story.write(
      `  ${name.padEnd(8)} ${serial} by ${api}, ${capacityWh} Wh, ${socPercent} % full, empty at ${dischargeLimitPercent} %`,
    );
  }
  for (const { name, station, socPercent: at, watts, preShutdownSec, stopSec } of machines) {
    const order = `on ${station}; goes at ${at} % on battery for ${policy.debounceSec} s`;
    const way = `waits ${policy.delaySec} s, stops in ${preShutdownSec + stopSec} s`;
    story.write(`  ${name.padEnd(8)} ${watts} W ${order}; ${way}`);
  }
  story.write("");
}

/** The table of what each machine was to do, what its own record says, and what the server says; true when all is well. */
export function tellVerdict(story: Story, judged: readonly Judged[], beganAt: number): boolean {
  story.write("\nThe verdict, by the machines' own records:\n");
  story.write(row(["machine", "was to", "its own record", "server says", ""]), "faint");
  for (const { machine, fate, record, serverSays, faults } of judged) {
    const did = record.did.slice(1).map(({ at, deed }) => `${deed} ${clockText((at - beganAt) / 1000)}`);
    const [first = record.up ? "did nothing, stays up" : "off", ...rest] = did;
    const good = faults.length === 0;
    story.write(
      row([machine, fate, first, serverSays ?? "nothing", good ? "ok" : "WRONG"]),
      good ? "good" : "bad",
    );
    for (const more of rest) story.write(row(["", "", more, "", ""]));
    for (const fault of faults) story.write(`  ${machine}: ${fault}.`, "bad");
  }
  const wrong = judged.filter(({ faults }) => faults.length > 0).length;
  const summary =
    wrong === 0
      ? `All ${judged.length} machines did what they should.`
      : `${wrong} of ${judged.length} machines did not do what they should.`;
  story.write(`\n${summary}`, wrong === 0 ? "good" : "bad");
  return wrong === 0;
}

const columns = [10, 17, 25, 14, 6] as const;
const row = (cells: readonly string[]) =>
  `  ${cells.map((cell, index) => cell.padEnd(columns[index] ?? 0)).join("")}`.trimEnd();
