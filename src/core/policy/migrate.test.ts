/** An update in an outage: the state of version 1, as commit 25c7667 wrote it, is continued. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { House, onBattery, onMains } from "../../../test/house.ts";
import { memoryStore } from "../../io/sqlite.ts";
import { readStored } from "./stored.ts";

const text = readFileSync("test/fixtures/policy-state-v1.json", "utf8");
const [pc, nas] = ["pc", "nas"].map((id) => JSON.parse(text).state.machines[id].cmd);

/** A house that starts a second after that state was written, in the same boot. */
async function updated(): Promise<House> {
  const store = memoryStore();
  await store.save("policy", text);
  const machine = { socPercent: 40, stopSec: 120 };
  return House.open({
    store,
    machines: { pc: machine, nas: machine, rack: {} },
    sources: [
      { kind: "mqtt", name: "mqtt" },
      { kind: "mqtt-raw", name: "mqtt-raw" },
    ],
  });
}

describe("stored by version 1, in an outage", () => {
  test("an unanswered command goes out again with its id and seq, an acknowledged one does not", async () => {
    const house = await updated();
    house.each(2, () => house.says("Study", onBattery(38)));
    await house.pass(5);
    expect(house.commands("nas").slice(0, 1)).toMatchObject([
      { id: nas.id, seq: nas.seq, outage: nas.outage },
    ]);
    expect(house.commands("pc")).toEqual([]);
    expect(house.plans("pc").at(-1)?.state).toBe("commanded");
  });

  test("both are called back when the mains returns, each once", async () => {
    const house = await updated();
    house.each(2, () => house.says("Study", onMains(38)));
    house.ack("nas", { id: nas.id, phase: "delay" });
    await house.pass(20);
    for (const [id, before] of [
      ["pc", pc],
      ["nas", nas],
    ]) {
      const aborts = house.commands(id).filter(({ action }) => action === "abort");
      expect(new Set(aborts.map(({ seq }) => seq))).toEqual(new Set([before.seq + 1]));
      house.ack(id, { id: before.id, phase: "aborted" });
    }
    await house.pass(2);
    expect(house.plans("pc").at(-1)?.state).toBe("watching");
  });

  test("a machine that was watching goes by its own threshold", async () => {
    const house = await updated();
    house.each(2, () => house.says("Study", onBattery(38)));
    await house.pass(250);
    expect(house.commands("rack")).toEqual([]);
  });

  test("after another boot it is history", async () => {
    const store = memoryStore();
    await store.save("policy", JSON.stringify({ ...JSON.parse(text), boot: "boot-0" }));
    const house = await House.open({ store, machines: { pc: {}, nas: {}, rack: {} } });
    await house.pass(5);
    expect(house.commands()).toEqual([]);
    expect(house.plans("pc").at(-1)?.state).toBe("watching");
  });
});

test("nothing of version 1 is left over", () => {
  const migrated = readStored(text);
  expect(migrated?.state.version).toBe(2);
  expect(migrated?.state.machines.map(({ id, phase }) => [id, phase.is])).toEqual([
    ["pc", "commanded"],
    ["nas", "commanded"],
    ["rack", "watching"],
  ]);
  expect(JSON.stringify(migrated?.state)).not.toMatch(/"(answerAt|word|about|arms|spent|told":null|list)"/);
});

/** The state of version 1 with another state of pc and other fields of Study. */
function migratedWith(pcState: string, study: Record<string, unknown> = {}) {
  const stored = JSON.parse(text);
  stored.state.machines.pc.state = pcState;
  Object.assign(stored.state.stations.Study, study);
  const state = readStored(JSON.stringify(stored))?.state;
  return { pc: state?.machines[0], study: state?.stations.find(({ id }) => id === "Study") };
}

test("an alarm that a machine is late goes on, and no other state raises it", () => {
  expect(migratedWith("late").pc).toMatchObject({ phase: { is: "late" }, lateAlarm: true });
  expect(migratedWith("going_down").pc).toMatchObject({ phase: { is: "going_down" }, lateAlarm: false });
});

test("a discharge that was shown counts from the loss, else from the newest sample; one that was not shown, not at all", () => {
  const at = { lostAt: 500, sampleAt: 900 };
  expect(migratedWith("late", { ...at, awaySamples: 2 }).study?.awayAt).toBe(500);
  expect(migratedWith("late", { ...at, lostAt: null, awaySamples: 1 }).study?.awayAt).toBe(900);
  expect(migratedWith("late", { ...at, awaySamples: 0 }).study?.awayAt).toBeNull();
});
