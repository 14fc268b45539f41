/** The verdict of a scene: what each machine should have done against its own record. */
import type { Plan } from "../contract/messages/machine.ts";
import type { Deed, MachineRecord } from "./record.ts";
import type { Expectation, Scene } from "./scene.ts";

export interface Judged {
  machine: string;
  fate: string;
  record: MachineRecord;
  serverSays: Plan["state"] | null;
  /** What is wrong, one sentence each; empty if nothing is. */
  faults: string[];
}

/** Compares every machine of the scene; `plans` is the server's last state of each. */
export function judge(
  scene: Scene,
  records: Readonly<Record<string, MachineRecord>>,
  plans: ReadonlyMap<string, Plan["state"]>,
): Judged[] {
  return Object.entries(scene.expect).map(([machine, expected]) => {
    const record = records[machine] as MachineRecord;
    const serverSays = plans.get(machine) ?? null;
    return {
      machine,
      fate: expected.fate,
      record,
      serverSays,
      faults: faultsOf(expected, record, serverSays),
    };
  });
}

function faultsOf(expected: Expectation, record: MachineRecord, serverSays: Plan["state"] | null): string[] {
  const faults: string[] = [];
  const did = deeds(record);
  if (did.includes("shutting_down") && !expected.did.includes("shutting_down")) {
    faults.push("it went down needlessly");
  }
  if (did.join() !== expected.did.join()) {
    faults.push(`it should have done: ${listed(expected.did)}; it did: ${listed(did)}`);
  }
  if (record.up !== expected.up)
    faults.push(`it should be ${upOrOff(expected.up)} and is ${upOrOff(record.up)}`);
  if (record.up && record.servicesStopped) faults.push("it runs with its services stopped");
  if (expected.did.length === 0 && record.heard.length > 0) {
    faults.push(`it should have heard no command and heard ${record.heard.length}`);
  }
  if (serverSays === null || !expected.serverSays.includes(serverSays)) {
    const wanted = expected.serverSays.join(" or ");
    faults.push(`the server should say ${wanted} of it and says ${serverSays ?? "nothing"}`);
  }
  return faults;
}

/** Returns what a machine did since it was switched on for the scene. */
function deeds(record: MachineRecord): Deed[] {
  return record.did.map(({ deed }) => deed).filter((deed, index) => index > 0 || deed !== "booted");
}

const listed = (did: readonly Deed[]) => (did.length === 0 ? "nothing" : did.join(", "));
const upOrOff = (up: boolean) => (up ? "running" : "off");
