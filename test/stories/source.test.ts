/** A new source is one file and one line: its readings reach the policy of the house as `createApp` builds it. */
import { describe, expect, it } from "vitest";
import type { SourceHealth } from "../../src/contract/messages/station.ts";
import { partFromQuota } from "../../src/core/fuse/quota-part.ts";
import { quotaTraits } from "../../src/core/fuse/traits.ts";
import type { Reading } from "../../src/core/reading.ts";
import type { SourceOptions, SourceRoom } from "../../src/services/source.ts";
import { encodeFrame } from "../../src/sim/encode.ts";
import { House, type HouseOptions } from "../house.ts";
import { onBattery, onMains } from "../told.ts";
import { type ToyReport, toySource } from "./toy-source.ts";

const serial = "R655EMULATED0001";

/** A house with instances of the toy; `says` is what each one's device says, and may be replaced at any time. */
async function houseOf(says: Record<string, ToyReport[]>, more: HouseOptions = {}) {
  const toy = toySource((name) => says[name] ?? []);
  const house = await House.open({
    sources: Object.keys(says).map((name) => ({ kind: "toy", name })),
    sourceKinds: { toy },
    ...more,
  });
  return house;
}

const frames = (fields: typeof onMains, soc: number) => {
  let seq = 0;
  return () =>
    encodeFrame(
      "DisplayPropertyUpload",
      { ...fields, cms_batt_soc: soc, ac_out_freq: 50 + (seq % 2) },
      { seq: ++seq, masked: true },
    );
};

describe("a source room", () => {
  it("brings partial readings: its reading reaches the policy, and the shutdown follows", async () => {
    const says: Record<string, ToyReport[]> = { rack: [{ station: "Study", soc: 9, grid: "present" }] };
    const house = await houseOf(says);
    await house.pass(30);
    expect(house.reading("Study")).toMatchObject({ source: "rack", grid: "present", soc: 9, local: true });
    expect(house.of<Reading>("state", "Study").at(-1)).toMatchObject({ source: "rack", soc: 9 });
    says["rack"] = [{ station: "Study", soc: 9, grid: "lost" }];
    await house.pass(240);
    expect(house.reading("Study")).toMatchObject({ grid: "lost", grid_basis: "nut" });
    expect(house.commands("pc")[0]).toMatchObject({ action: "shutdown" });
  });

  it("brings raw frames under its own name, and the shutdown follows", async () => {
    const frame = frames(onBattery, 9);
    const says = { rack: [{ station: serial, bytes: frame() }] };
    const house = await houseOf(says, { stations: { Study: { serial } } });
    house.each(5, () => says.rack.splice(0, 1, { station: serial, bytes: frame() }));
    await house.pass(240);
    expect(house.reading("Study")).toMatchObject({ source: "rack", grid: "lost", grid_basis: "discharge" });
    expect(house.commands("pc")[0]).toMatchObject({ action: "shutdown" });
  });

  it("may bring both forms for one station: its report on the mains counts first, its frames fill the rest", async () => {
    const frame = frames(onMains, 60);
    const both = () => ({ station: serial, soc: 60, grid: "lost" as const, bytes: frame() });
    const says = { rack: [both()] };
    const house = await houseOf(says, { stations: { Study: { serial } } });
    house.each(5, () => says.rack.splice(0, 1, both()));
    await house.pass(60);
    expect(house.reading("Study")).toMatchObject({ grid: "lost", grid_basis: "nut", ac_in_watts: 83 });
  });

  it("leaves the mains to its frames where its partial readings do not report it", async () => {
    const frame = frames(onMains, 60);
    const both = () => ({ station: serial, soc: 60, bytes: frame() });
    const says = { rack: [both()] };
    const house = await houseOf(says, { stations: { Study: { serial } } });
    house.each(5, () => says.rack.splice(0, 1, both()));
    await house.pass(60);
    expect(house.reading("Study")).toMatchObject({ grid: "present", grid_basis: "ac-input-watts" });
  });

  it("has named instances: two of one kind serve two stations side by side", async () => {
    const says: Record<string, ToyReport[]> = {
      "rack-a": [{ station: "A", soc: 9, grid: "lost" }],
      "rack-b": [{ station: "B", soc: 9, grid: "present" }],
    };
    const machines = { pc: { stations: ["A"] }, nas: { stations: ["B"] } };
    const house = await houseOf(says, { stations: { A: {}, B: {} }, machines });
    await house.pass(240);
    expect(house.reading("A")).toMatchObject({ source: "rack-a", grid: "lost" });
    expect(house.reading("B")).toMatchObject({ source: "rack-b", grid: "present" });
    expect(house.commands("pc")[0]).toMatchObject({ action: "shutdown" });
    expect(house.commands("nas")).toEqual([]);
    const health = { kind: "toy", up: true, problem: null, stations: 1 };
    expect(house.of<SourceHealth>("source", "rack-a")).toMatchObject([health]);
    expect(house.of<SourceHealth>("source", "rack-b")).toMatchObject([health]);
  });

  it("that answers from a cache is shown, and is never a sample", async () => {
    const body = { code: "0", data: { cmsBattSoc: 9, cmsChgDsgState: 1, powGetAcIn: 0, powOutSumW: 50 } };
    const answer = partFromQuota("cloud", serial, body, 1);
    if (!("part" in answer)) throw new Error(answer.unknown);
    // The source claims a sample: its traits say that all its answers may come from a cache.
    const part = { ...answer.part, sample: true };
    const toy = { ...toySource(() => [{ station: serial, part }]), traits: quotaTraits };
    const house = await House.open({
      stations: { Study: { serial } },
      sources: [{ kind: "toy", name: "cloud" }],
      sourceKinds: { toy },
    });
    await house.pass(600);
    expect(house.reading("Study")).toMatchObject({ soc: 9, source: "cloud", samples: 0, quality: "held" });
    expect(house.commands()).toEqual([]);
  });

  it("is built from its whole entry in the configuration, and the stations", async () => {
    const built: object[] = [];
    const { traits } = toySource(() => []);
    const room = (options: SourceOptions): SourceRoom => {
      built.push(options);
      return { writes: ["source"], start: () => () => {} };
    };
    const entry = { kind: "toy", name: "rack", host: "ups.example", port: 3493 };
    await House.open({ sources: [entry], sourceKinds: { toy: { traits, room } } });
    expect(built).toEqual([{ ...entry, stations: [expect.objectContaining({ id: "Study" })] }]);
  });
});

describe("what belongs to the sources", () => {
  it("no other room may publish", async () => {
    const { app } = await houseOf({ rack: [] });
    const frame = { bytes: new Uint8Array([1]), source: "rack" };
    const publish = (room: string) => () => app.bus.publish(room, app.topics.data, { serial }, frame);
    expect(publish("source-rack")).not.toThrow();
    for (const room of ["telemetry", "policy", "rack", "source-other"])
      expect(publish(room)).toThrow(/belongs to sources/);
  });

  it("a kind that no line names stops the house before it starts", async () => {
    await expect(House.open({ sources: [{ kind: "nut", name: "nut" }] })).rejects.toThrow(/kind nut/);
  });
});
