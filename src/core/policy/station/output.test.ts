/** What a station does to its own output (S34): the rules, on a manual clock. */
import { describe, expect, test } from "vitest";
import {
  lost,
  machineRules,
  makeRules,
  onMains,
  stationRules,
} from "../../../../test/properties/policy-samples.ts";
import { begin, commandedWorld, type World } from "../../../../test/properties/policy-world.ts";

/** Two samples, as every judgement wants. */
const twice = (world: World, id?: string) => {
  world.sample(id);
  world.sample(id);
};
const on = { ac_out_on: true, ac_out_watts: 60 } as const;
const off = { ac_out_on: false, ac_out_watts: 0 } as const;

function quietWorld(rules = makeRules()): World {
  const world = begin(rules);
  for (const station of Object.values(world.stations)) station.feed = false;
  return world;
}

describe("an AC output that goes off", () => {
  test("while its machine is up is an alarm, on two samples, and over when it is on again", () => {
    const world = quietWorld();
    world.sample("Study", on);
    world.sample("Study", { ...off, ac_standby_min: 120 });
    expect(world.alarms()).toEqual([]);
    world.sample();
    expect(world.alarms()).toEqual(["output-off"]);
    const [alarm] = world.events("alarm");
    expect(alarm).toMatchObject({ level: "alarm", station: "Study" });
    expect(alarm!.text).toMatch(/AC output off.*\bpc\b.*AC standby .*120 min/);
    twice(world);
    expect(world.alarms()).toHaveLength(1);
    world.sample("Study", on);
    expect(world.events("alarm-over")).toMatchObject([{ code: "output-off", station: "Study" }]);
    world.sample("Study", off);
    world.sample();
    expect(world.alarms()).toHaveLength(2);
  });

  test("is none where it never said that it was on: some firmware's flags are always 0", () => {
    const world = quietWorld();
    world.say(off);
    twice(world);
    expect(world.events("alarm")).toEqual([]);
  });

  test("is none while 5 W or more come out of it, and nothing at all without a word", () => {
    const world = quietWorld();
    world.sample("Study", on);
    for (const patch of [
      { ac_out_on: false, ac_out_watts: 5 },
      { ac_out_on: null, ac_out_watts: null },
    ]) {
      world.say(patch);
      twice(world);
    }
    expect(world.alarms()).toEqual([]);
    world.say({ ac_out_on: false, ac_out_watts: 4.9 });
    twice(world);
    expect(world.alarms()).toEqual(["output-off"]);
  });

  test("for one sample between two that say on is none", () => {
    const world = quietWorld();
    for (const patch of [on, off, on, off, on]) world.sample("Study", patch);
    expect(world.alarms()).toEqual([]);
  });

  test("counts only samples, not repeats", () => {
    const world = quietWorld();
    world.sample("Study", on);
    world.sample("Study", off);
    world.repeat();
    world.repeat();
    expect(world.alarms()).toEqual([]);
  });

  test("of a station that feeds nobody is none; of one that feeds a station with a machine it is (S35)", () => {
    const stations = {
      Study: { ...stationRules, upstream: "Delta" },
      Delta: stationRules,
      Spare: stationRules,
    };
    const world = quietWorld(makeRules({ stations }));
    for (const id of ["Spare", "Delta"]) {
      world.sample(id, on);
      world.say(off, id);
      twice(world, id);
    }
    expect(world.events("alarm")).toMatchObject([{ code: "output-off", station: "Delta" }]);
  });

  test("while a machine still goes down is an alarm: it falls", () => {
    const world = commandedWorld();
    world.say(on);
    world.run(62);
    expect(world.machine.phase.is).toBe("going_down");
    world.station.feed = false;
    world.say(off);
    twice(world);
    expect(world.alarms()).toEqual(["output-off"]);
  });

  test("is still known after a restart in the same boot, and after an update of what is on disk", () => {
    const world = quietWorld();
    world.sample("Study", on);
    world.restart(2_000);
    world.clock.move(5_000);
    world.say(off);
    twice(world);
    expect(world.alarms()).toEqual(["output-off"]);
    const { output: _, faults: __, ...older } = world.state.stations[0]!;
    world.state = { ...world.state, stations: [older as never] };
    world.restart(2_000);
    world.clock.move(5_000);
    world.sample("Study", { ...on, faults: ["x 1"] });
    world.say(off);
    twice(world);
    expect(world.alarms()).toEqual(["output-off", "output-off"]);
  });
});

describe("an AC output that goes off after our shutdown", () => {
  const downWorld = (patch: object = {}) => {
    const world = commandedWorld();
    world.say({ ...on, ...patch });
    world.run(200);
    expect(world.machine.phase.is).toBe("down");
    world.station.feed = false;
    world.say(off);
    twice(world);
    return world;
  };

  test("is expected, and told", () => {
    const world = downWorld();
    expect(world.alarms()).toEqual([]);
    const [event] = world.events("output-off-expected");
    expect(event).toMatchObject({ level: "info", station: "Study" });
    expect(event!.text).toMatch(/expected/);
    expect(event!.text).not.toMatch(/memory/);
  });

  test("says so where the mains will not bring the sockets back", () => {
    const [event] = downWorld({ output_memory: false }).events("output-off-expected");
    expect(event).toMatchObject({ level: "warn" });
    expect(event!.text).toMatch(/not switch it on again when the mains is back/);
    expect(downWorld({ output_memory: true }).events("output-off-expected")[0]!.level).toBe("info");
  });

  test("of a machine that never answered is expected as well", () => {
    const world = commandedWorld(makeRules(), "unseen");
    world.say(on);
    world.run(400);
    expect(world.machine.phase.is).toBe("unknown");
    world.say(off);
    world.run(10);
    expect(world.events("output-off-expected")).toHaveLength(1);
    expect(world.alarms()).not.toContain("output-off");
  });

  test("is an alarm where another machine on it should be fed", () => {
    const machines = { pc: machineRules, nas: { ...machineRules, socPercent: 1 } };
    const world = commandedWorld(makeRules({ machines }));
    world.say(on);
    world.run(200);
    world.station.feed = false;
    world.say(off);
    twice(world);
    expect(world.events("alarm")).toMatchObject([{ code: "output-off" }]);
    expect(world.events("alarm")[0]!.text).toMatch(/\bnas\b/);
    expect(world.events("alarm")[0]!.text).not.toMatch(/\bpc\b/);
  });
});

describe("faults that a station tells", () => {
  test("on mains are no alarm; in an outage they are, once, and it says that they stood before", () => {
    const world = quietWorld();
    world.sample("Study", { faults: ["bms_err_code 64"] });
    expect(world.events("alarm")).toEqual([]);
    world.say(lost);
    twice(world);
    expect(world.alarms()).toEqual(["station-fault"]);
    expect(world.events("alarm")[0]).toMatchObject({ station: "Study", outage: expect.any(String) });
    expect(world.events("alarm")[0]!.text).toMatch(/bms_err_code 64 \(stood before/);
    twice(world);
    expect(world.alarms()).toHaveLength(1);
  });

  test("are told once for each set, and what is new is called new", () => {
    const world = quietWorld();
    world.sample("Study", { faults: ["b 2"] });
    world.say({ ...lost, faults: ["b 2", "a 1"] });
    twice(world);
    world.sample("Study", { faults: ["a 1", "b 2"] });
    world.sample("Study", { faults: [] });
    world.sample("Study", { faults: ["b 2"] });
    world.sample("Study", { faults: ["a 1", "b 2"] });
    const texts = world.events("alarm").map(({ text }) => text);
    expect(texts).toHaveLength(2);
    expect(texts[0]).toMatch(/a 1 \(new/);
    expect(texts[0]).toMatch(/b 2 \(stood before/);
    expect(texts[1]).not.toMatch(/a 1/);
  });

  test("that came in the outage stay new in it, also after the mains was there for a moment", () => {
    const world = begin();
    world.say({ faults: [] });
    world.run(10);
    world.say({ ...lost, faults: ["a 1"] });
    world.run(10);
    world.say(onMains);
    world.run(10);
    world.say({ ...lost, faults: ["a 1", "b 2"] });
    world.run(10);
    expect(world.events("alarm").at(-1)!.text).toMatch(/a 1 \(new\), b 2 \(new\)/);
  });

  test("of a station that nobody heard on mains: whether they stood before is not known", () => {
    const world = quietWorld();
    world.sample("Study", { ...lost, faults: ["a 1"] });
    expect(world.events("alarm")[0]!.text).toMatch(/a 1 \(.*not known/);
  });

  test("are an alarm while the battery carries the load, whatever the grid", () => {
    const world = quietWorld();
    world.sample("Study", {
      grid: "unknown",
      grid_basis: "by-setting",
      carried_by: "battery",
      faults: ["a 1"],
    });
    expect(world.alarms()).toEqual(["station-fault"]);
    world.sample("Study", onMains);
    expect(world.events("alarm-over")).toMatchObject([{ code: "station-fault" }]);
    world.sample("Study", { carried_by: "battery", grid: "unknown", grid_basis: "by-setting" });
    expect(world.alarms()).toHaveLength(1);
  });

  test("are told anew in the next outage, and the alarm is over with the outage", () => {
    const world = begin();
    world.say({ ...lost, faults: ["a 1"] });
    world.run(10);
    world.say(onMains);
    world.run(10);
    expect(world.events("alarm-over")).toEqual([]);
    world.run(300);
    expect(world.events("alarm-over")).toMatchObject([{ code: "station-fault" }]);
    world.say(lost);
    world.run(10);
    expect(world.alarms()).toEqual(["station-fault", "station-fault"]);
  });

  test("that change with each sample are not told for ever", () => {
    const world = begin();
    world.say(lost);
    for (let code = 0; code < 100; code++) world.sample("Study", { faults: [`a ${code}`] });
    expect(world.alarms().length).toBeLessThanOrEqual(10);
  });

  test("shut nothing down by themselves", () => {
    const world = begin();
    world.say({ ...lost, faults: ["a 1"] });
    world.run(600);
    expect(world.commands()).toEqual([]);
  });
});
