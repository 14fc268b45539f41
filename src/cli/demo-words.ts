/** What the demo says before and after its story. */
import type { Scene } from "../sim/scene.ts";
import type { Judged } from "../sim/verdict.ts";
import { clockText, type Story } from "./story.ts";
import { versionText } from "./version.ts";

/** Tells what is emulated, what is real, and what the configuration says. `script`: the machine that is the real script, or null. */
export function begin(
  story: Story,
  { scene, speed }: { scene: Scene; speed: number },
  brokerUrl: string,
  script: string | null,
) {
  const { stations, policy, machines } = scene;
  story.write(`ecoflow-power ${versionText()}: demo, scenario ${scene.name}`);
  story.write(scene.about);
  story.write("");
  const real =
    script === null
      ? ""
      : ` ${script} is the real Linux script, with a shutdown command that only records; while it has a command, time runs as it is.`;
  story.write(
    `Real: the server, its configuration, and its broker, ${brokerUrl}. Emulated: EcoFlow's cloud with two stations, and the machines. Nothing else is touched. Time runs ${speed} times as fast.${real}`,
  );
  story.write("");
  for (const { name, serial, api, capacityWh, socPercent } of stations) {
    story.write(`  ${name.padEnd(7)} ${serial} by ${api}, ${capacityWh} Wh, ${socPercent} % full`);
  }
  for (const { name, station, socPercent: at, watts, preShutdownSec, stopSec } of machines) {
    story.write(
      `  ${name.padEnd(7)} ${watts} W at ${station}; goes at ${at} %; needs ${preShutdownSec + stopSec} s to stop`,
    );
  }
  story.write(
    `  policy  debounce ${policy.debounceSec} s, delay ${policy.delaySec} s, abort after ${policy.abortAfterSec} s of mains`,
  );
  story.write("");
}

/** The table of what each machine was to do, what its own record says, and what the server says; true when all is well. */
export function tellVerdict(
  story: Story,
  judged: readonly Judged[],
  beganAt: number,
  script: string | null,
): boolean {
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
  const real =
    script === null
      ? "No machine was real."
      : `${script} was the real Linux script; the others were emulated.`;
  const wrong = judged.filter(({ faults }) => faults.length > 0).map(({ machine }) => machine);
  const summary =
    wrong.length === 0
      ? `All ${judged.length} machines did what they should.`
      : `${wrong.length} of ${judged.length} machines did not do what they should: ${wrong.join(", ")}.`;
  story.write(`\n${summary} ${real}`, wrong.length === 0 ? "good" : "bad");
  return wrong.length === 0;
}

const columns = [10, 17, 25, 14, 6] as const;
const row = (cells: readonly string[]) =>
  `  ${cells.map((cell, index) => cell.padEnd(columns[index] ?? 0)).join("")}`.trimEnd();
