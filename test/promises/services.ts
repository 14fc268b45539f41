/** Promises of the rooms: what they do in which order, whom they trust, what they keep. */
import { expect } from "vitest";
import { memoryStore, type StateStore } from "../../src/io/sqlite.ts";
import { encodeFrame } from "../../src/sim/encode.ts";
import { Agent } from "../agent.ts";
import { type House, onBattery, station } from "../house.ts";
import type { Load } from "../planted.ts";
import { houseOf, type Promised } from "./promise.ts";

const commander = "services/commander.ts";
const outbox = "services/policy/outbox.ts";
const rivals = "services/policy/rivals.ts";
const outlook = "services/policy/outlook.ts";

/** The station falls to 9 % without grid at 60 s; the command is out at 260 s. */
async function commanded(house: House) {
  const study = station(house);
  study.soc = 9;
  const pc = new Agent(house, "pc");
  await house.pass(60);
  study.grid = false;
  await house.pass(200);
  return { study, pc };
}

/** A disk that takes some turns of the loop, as a real one does. */
function slowDisk() {
  const inner = memoryStore();
  let onDisk = "";
  const store: StateStore = {
    ...inner,
    async save(key, text) {
      for (let turn = 0; turn < 2; turn++) await Promise.resolve();
      await inner.save(key, text);
      if (key === "policy") onDisk = text;
    },
  };
  return { store, onDisk: () => onDisk };
}

const stateFirst: Promised = {
  name: "a command is published after the state that holds it is on disk",
  async holds(load) {
    const disk = slowDisk();
    const house = await houseOf(load, { store: disk.store });
    const early: string[] = [];
    house.listen(({ key, payload }) => {
      const { id } = payload as { id: string };
      if (key === "command" && !disk.onDisk().includes(id)) early.push(id);
    });
    await commanded(house);
    expect(house.commands().length).toBeGreaterThan(0);
    expect(early).toEqual([]);
  },
  faults: {
    "effects are published before the state is written": {
      file: outbox,
      find: "    durable.commit(JSON.stringify(stored), effect);",
      replace: "    effect(); durable.commit(JSON.stringify(stored), () => {});",
    },
    "effects are published while the state is being written": {
      file: outbox,
      find: "    durable.commit(JSON.stringify(stored), effect);",
      replace: "    durable.commit(JSON.stringify(stored), () => {}); effect();",
    },
  },
};

const powerFirst: Promised = {
  name: "each command follows a power message to the same machine, so that the agent knows the time",
  async holds(load) {
    const house = await houseOf(load);
    const { study } = await commanded(house);
    study.grid = true;
    await house.pass(40);
    const said = house.heard.filter(({ key }) => key === "power" || key === "command");
    const orders = said.filter(({ key }) => key === "command");
    expect(orders.map(({ payload }) => (payload as { action: string }).action)).toContain("abort");
    for (const order of orders) {
      const before = said[said.indexOf(order) - 1];
      expect(before).toMatchObject({ key: "power", at: order.at, params: order.params });
    }
  },
  faults: {
    "a command goes out before its power": {
      file: commander,
      find: `    publishPower(machine, payload.power, wall);
    if (payload.command) publishOf(machine, commandOf(payload.command, options.ttlSec, wall));`,
      replace: `    if (payload.command) publishOf(machine, commandOf(payload.command, options.ttlSec, wall));
    publishPower(machine, payload.power, wall);`,
    },
    "a command goes out without a power": {
      file: commander,
      find: "    publishPower(machine, payload.power, wall);\n    if",
      replace: "    if (!payload.command) publishPower(machine, payload.power, wall);\n    if",
    },
  },
};

async function outageWithKey(load: Load, forge: (house: House) => void) {
  const house = await houseOf(load, { machines: { pc: { key: "a key of the house" } } });
  const study = station(house);
  study.soc = 9;
  forge(house);
  await house.pass(60);
  study.grid = false;
  await house.pass(200);
  forge(house);
  await house.pass(10);
  return house;
}

const unsignedIsNobody: Promised = {
  name: "with a key set, an unsigned status counts for nothing: the machine was never heard, and does not go down",
  async holds(load) {
    const forge = (house: House) =>
      house.status("pc", { online: true, boot: "forged", state: "shutting_down" });
    const house = await outageWithKey(load, forge);
    expect(house.alarms().map(({ code }) => code)).toContain("never-seen");
    expect(house.events().map(({ type }) => type)).not.toContain("going-down");
    expect(house.plans("pc").at(-1)?.state).toBe("commanded");
  },
  faults: {
    "an unsigned status without at is accepted": {
      file: "contract/messages/machine.ts",
      find: "!online && at === undefined;",
      replace: "at === undefined;",
    },
    "signatures are not looked at": {
      file: "io/secrets.ts",
      find: "key == null || verify(key, text, sig);",
      replace: "key == null || sig !== key;",
    },
  },
};

const epochOfThePast: Promised = {
  name: "the retained status of an earlier orchestrator counts: commands are numbered above its epoch",
  async holds(load) {
    const house = await houseOf(load);
    const past = { site: "home", instance: "an earlier one", epoch: 41, at: 0, online: false };
    house.orchestrator(past, true);
    await commanded(house);
    expect(house.commands("pc")[0]?.epoch).toBeGreaterThan(41);
    expect(house.alarms().filter(({ code }) => code === "rival-orchestrator")).toEqual([]);
  },
  faults: {
    "a retained status is not looked at": {
      file: rivals,
      find: `    if (from !== "mirror" || instance === this.#options.instance) return null;`,
      replace: `    if (retained || from !== "mirror" || instance === this.#options.instance) return null;`,
    },
    "another's epoch is not looked at": {
      file: rivals,
      find: `epoch >= ours ? { kind: "epoch", at, wall, epoch } : null`,
      replace: `epoch < 0 ? { kind: "epoch", at, wall, epoch } : null`,
    },
    "who spoke in the past is a rival": {
      file: rivals,
      find: "if (isLive) this.#report(",
      replace: "this.#report(",
    },
  },
};

const orderlyStop: Promised = {
  name: "an orderly stop writes the last state: who was heard before it is known after it",
  async holds(load) {
    const house = await houseOf(load);
    const study = station(house);
    await house.pass(70);
    house.status("pc", { online: true, boot: "b", state: "idle" });
    await house.pass(3);
    await house.restart({ orderly: true });
    study.soc = 9;
    study.grid = false;
    await house.pass(220);
    expect(house.commands().length).toBeGreaterThan(0);
    expect(house.alarms().map(({ code }) => code)).not.toContain("never-seen");
  },
  faults: {
    "a stop writes nothing": {
      file: outbox,
      find: "    this.#closed = true;\n    if (this.#unsaved) this.commit(() => {});",
      replace: "    this.#closed = true;",
    },
  },
};

const lastPower: Promised = {
  name: "an orderly stop tells each agent its power once more, so that its dead-man counts from then",
  async holds(load) {
    const house = await houseOf(load, { machines: { pc: {}, nas: {} } });
    const study = station(house);
    await house.pass(60);
    study.grid = false;
    await house.pass(33);
    const before = house.heard.length;
    await house.close();
    const last = house.heard.slice(before).filter(({ key }) => key === "power");
    expect(last.map(({ params }) => params["machine"]).sort()).toEqual(["nas", "pc"]);
    for (const { payload } of last) expect(payload).toMatchObject({ on_battery: true });
  },
  faults: {
    "a stop tells nobody": {
      file: commander,
      find: "for (const [machine, power] of newest) publishPower(machine, power, room.clock.wall());",
      replace: "",
    },
  },
};

const firstBattery: Promised = {
  name: "a change of on_battery is told at once, not with the next turn",
  async holds(load) {
    const house = await houseOf(load);
    const study = station(house, "Study", 2);
    await house.pass(61);
    study.grid = false;
    for (let second = 0; house.reading("Study")?.grid !== "lost" && second < 30; second++)
      await house.pass(1);
    await house.pass(1);
    expect(house.power("pc").at(-1)).toMatchObject({ on_battery: true });
  },
  faults: {
    "a change waits for the next turn": {
      file: outlook,
      find: "const changed = machine.power?.onBattery !== power.on_battery;",
      replace: "const changed = false;",
    },
  },
};

const serial = "R655EMULATED0001";

/** Study sends frames on good mains; a foreign publisher repeats that it has no grid and 3 %. */
async function servedStation(load: Load) {
  const house = await houseOf(load, { stations: { Study: { serial } } });
  let seq = 0;
  const endFrames = house.each(5, () => {
    const fields = { cms_batt_soc: 80, pow_get_ac_in: 50 + (seq % 2), cms_chg_dsg_state: 0 };
    house.frame(serial, encodeFrame("DisplayPropertyUpload", fields, { seq: ++seq, masked: true }));
  });
  new Agent(house, "pc");
  await house.pass(60);
  endFrames();
  return house;
}

const servedOverRestart: Promised = {
  name: "a station that our own source served before a restart is still served: a foreign reading does not take its place before the first frame",
  async holds(load) {
    for (const otherBoot of [false, true]) {
      const house = await servedStation(load);
      await house.restart({ otherBoot });
      const from = house.seconds;
      house.each(5, () => house.says("Study", onBattery(3)));
      await house.pass(300);
      expect(house.reading("Study")?.grid ?? "unknown").not.toBe("lost");
      expect(house.commands("pc").filter(({ action }) => action === "shutdown")).toEqual([]);
      const alarms = house
        .alarms()
        .filter(({ code, heardAt }) => code === "foreign-reading" && heardAt >= from);
      expect(alarms).toHaveLength(1);
    }
  },
  faults: {
    "a restart forgets who serves a station": {
      file: "services/telemetry/served.ts",
      find: "return this.#sources.has(station);",
      replace: "return false;",
    },
    "it is not written": {
      file: "services/telemetry/served.ts",
      find: "this.#durable.commit(",
      replace: 'if (station === "") this.#durable.commit(',
    },
  },
};

const servedByConfiguration: Promised = {
  name: "the configuration says otherwise: without the source that served a station, or with one of kind mqtt, readings of others count",
  async holds(load) {
    for (const kind of ["mqtt", "mqtt-raw"]) {
      const before = await servedStation(load);
      await before.close();
      const sources = [{ kind, name: "another" }];
      const house = await houseOf(load, { stations: { Study: { serial } }, store: before.store, sources });
      house.each(5, () => house.says("Study", onBattery(80)));
      await house.pass(30);
      expect(house.reading("Study")?.grid).toBe("lost");
      expect(house.alarms().map(({ code }) => code)).not.toContain("foreign-reading");
    }
  },
  faults: {
    "what was served once is served for ever": {
      file: "services/telemetry/served.ts",
      find: "sources.includes(source)",
      replace: 'source !== ""',
    },
  },
};

export const servicePromises: readonly Promised[] = [
  stateFirst,
  powerFirst,
  unsignedIsNobody,
  epochOfThePast,
  orderlyStop,
  lastPower,
  firstBattery,
  servedOverRestart,
  servedByConfiguration,
];
