/** Promises of the commands: how they are numbered, how often they are sent, and what an agent's last message proves. */
import { expect } from "vitest";
import { Agent } from "../agent.ts";
import { type House, station } from "../house.ts";
import type { Load } from "../planted.ts";
import { houseOf, type Promised } from "./promise.ts";
import { Steps } from "./steps.ts";

/** An outage at 60 s with 9 %: the shutdown is sent at about 250 s. The agent is there, but answers only what the story says. */
async function commanded(load: Load) {
  const house = await houseOf(load);
  const study = station(house);
  study.soc = 9;
  idle(house);
  await house.pass(60);
  study.grid = false;
  for (let second = 0; house.commands("pc").length === 0 && second < 300; second++) await house.pass(1);
  expect(house.commands("pc")).toHaveLength(1);
  return { house, study };
}

const idle = (house: House) => house.status("pc", { online: true, boot: "pc-1", state: "idle" });

const equalSeqIsOlder: Promised = {
  name: "a refusal that knows a command with an equal seq raises the epoch, and the command goes out again at once",
  async holds(load) {
    const { house } = await commanded(load);
    const [first] = house.commands("pc");
    if (first === undefined) return;
    const { id, epoch = 0, seq = 0 } = first;
    house.ack("pc", { id, phase: "refused", reason: "older", last: { epoch, seq } });
    await house.pass(1);
    expect(house.commands("pc").at(-1)).toMatchObject({ action: "shutdown", epoch: epoch + 1 });
    expect(house.alarms().map(({ code }) => code)).not.toContain("command-failed");
  },
  faults: {},
};

const absurdEpoch: Promised = {
  name: "an epoch that no number of starts explains is not believed: commands keep their own",
  async holds(load) {
    const house = await houseOf(load);
    const other = { site: "elsewhere", instance: "x", epoch: 100_000_001, at: 0, online: false };
    house.orchestrator(other, true);
    const study = station(house);
    study.soc = 9;
    await house.pass(60);
    study.grid = false;
    await house.pass(220);
    expect(house.commands("pc")[0]?.epoch).toBe(1);
  },
  faults: {},
};

const onceASecond: Promised = {
  name: "an agent that shows itself several times in a second gets its command again at once, and once in that second",
  async holds(load) {
    const steps = await Steps.begin(load);
    steps.onMains({ soc: 9 });
    steps.pass(10);
    const status = { online: true, boot: "pc-1", state: "idle" } as const;
    const show = () => steps.take({ kind: "presence", machine: "pc", status, live: true });
    for (let second = 0; second < 230; second++) {
      steps.onBattery({ soc: 9 });
      // From 205 s on it shows itself five times a second.
      for (let time = 0; time < 5 && second >= 205; time++) show();
      steps.pass(1);
    }
    const seconds = steps.commands.map(({ second }) => second);
    expect(seconds.length).toBeGreaterThan(10);
    expect(new Set(seconds).size).toBe(seconds.length);
    for (let second = 220; second < 235; second++) expect(seconds).toContain(second);
  },
  faults: {},
};

const wordAfterTheWill: Promised = {
  name: "an acknowledgement that comes after the Last Will does not bring a machine back: it is down",
  async holds(load) {
    const { house } = await commanded(load);
    const id = house.commands("pc")[0]?.id ?? "";
    house.ack("pc", { id, phase: "received" });
    house.ack("pc", { id, phase: "delay" });
    await house.pass(60);
    house.status("pc", { online: false });
    house.ack("pc", { id, phase: "shutting_down" });
    await house.pass(30);
    expect(house.plans("pc").at(-1)?.state).toBe("down");
    await house.pass(300);
    expect(house.alarms().map(({ code }) => code)).not.toContain("late");
    expect(house.commands("pc")).toHaveLength(1);
  },
  faults: {},
};

const abortSurvives: Promised = {
  name: "after an abort the machine is watched again, with its trigger unspent once the outage is over",
  async holds(load) {
    const house = await houseOf(load);
    const study = station(house);
    study.soc = 9;
    const pc = new Agent(house, "pc");
    await house.pass(60);
    study.grid = false;
    await house.pass(205);
    study.grid = true;
    await house.pass(400);
    expect(pc.phase).toBe("idle");
    const before = house.commands("pc").length;
    study.grid = false;
    await house.pass(150);
    // The debounce is spent again, because this is another outage.
    expect(house.commands("pc")).toHaveLength(before);
    await house.pass(60);
    expect(house.commands("pc").length).toBeGreaterThan(before);
  },
  faults: {},
};

export const orderPromises: readonly Promised[] = [
  equalSeqIsOlder,
  absurdEpoch,
  onceASecond,
  wordAfterTheWill,
  abortSurvives,
];
