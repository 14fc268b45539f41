/** Promises about a supply of which nothing is known. */
import { expect } from "vitest";
import { Agent } from "../agent.ts";
import { type House, station } from "../house.ts";
import type { Load } from "../planted.ts";
import { houseOf, type Promised } from "./promise.ts";

const supplies = "core/policy/machine/supplies.ts";

const shutdowns = (house: House, machine?: string) =>
  house.commands(machine).filter(({ action }) => action === "shutdown");

/** A rack on Study and Den; both publish their readings, until the story says otherwise. */
async function twoSupplies(load: Load, minSupplies: number) {
  const house = await houseOf(load, {
    stations: { Study: {}, Den: {} },
    machines: { rack: { stations: ["Study", "Den"], minSupplies } },
  });
  const [study, den] = [station(house, "Study"), station(house, "Den")];
  study.soc = 9;
  const rack = new Agent(house, "rack");
  await house.pass(60);
  return { house, study, den, rack };
}

const unknownSupply: Promised = {
  name: "a supply that fell silent on mains counts for ten minutes; after them the other one's outage shuts the machine down",
  async holds(load) {
    const { house, study, den, rack } = await twoSupplies(load, 1);
    await house.pass(700);
    den.silent = true;
    study.grid = false;
    await house.pass(590);
    expect(shutdowns(house), "Den was seen on mains a moment ago").toEqual([]);
    await house.pass(200);
    expect(shutdowns(house).length).toBeGreaterThan(0);
    await house.pass(100);
    expect(rack.record.some((deed) => deed.startsWith("shutdown"))).toBe(true);
    expect(shutdowns(house)[0]?.reason).toContain("Den: grid unknown");
  },
  faults: {
    "an unknown supply is always healthy": {
      file: supplies,
      find: "return tx.at >= since ? since : null;",
      replace: "return null;",
    },
    "a silent supply is unhealthy at once": {
      file: supplies,
      find: "const recentMs = 600_000;",
      replace: "const recentMs = 60_000;",
    },
  },
};

const unheardSupply: Promised = {
  name: "a supply that was never heard counts for bootGraceSec; beside one that is only on battery it shuts nothing down",
  async holds(load) {
    const { house, study, den } = await twoSupplies(load, 1);
    den.silent = true;
    await house.restart({ otherBoot: true });
    await house.pass(300);
    study.grid = false;
    await house.pass(290);
    expect(shutdowns(house)).toEqual([]);
    await house.pass(200);
    expect(shutdowns(house).length).toBeGreaterThan(0);

    const calm = await twoSupplies(load, 2);
    calm.study.soc = 80;
    calm.den.silent = true;
    await calm.house.restart({ otherBoot: true });
    await calm.house.pass(60);
    calm.study.grid = false;
    await calm.house.pass(1_500);
    expect(calm.house.commands()).toEqual([]);
  },
  faults: {
    "what was never heard is healthy": {
      file: supplies,
      find: "upAt === null ? Number.NEGATIVE_INFINITY : upAt + deafMs + recentMs",
      replace: "upAt === null ? Number.POSITIVE_INFINITY : upAt + deafMs + recentMs",
    },
    "an unknown supply is a ground of its own": [
      {
        file: "core/policy/machine/causes.ts",
        find: "if (known.length === 0) return [];",
        replace: "",
      },
      {
        file: "core/policy/machine/causes.ts",
        find: "known.some(({ agreed }) => agreed) &&",
        replace: "",
      },
    ],
    "no station gets time to report after a start": {
      file: supplies,
      find: "tx.state.startedAt + graceSec * 1000",
      replace: "0",
    },
  },
};

const silentForAbort: Promised = {
  name: "a supply that fell silent on mains minutes ago lets an abort go out when the other one's grid is back",
  async holds(load) {
    const { house, study, den, rack } = await twoSupplies(load, 2);
    study.grid = false;
    den.silent = true;
    await house.pass(205);
    expect(shutdowns(house).length).toBeGreaterThan(0);
    study.grid = true;
    await house.pass(40);
    expect(rack.record.some((deed) => deed.startsWith("aborted"))).toBe(true);
  },
  faults: {
    "a silent supply whose verdict is unknown was not up": {
      file: supplies,
      find: "return !up && !notUp && outage === null",
      replace: 'return tx.station(id).verdict === "present" && !up && !notUp && outage === null',
    },
  },
};

export const unknownPromises: readonly Promised[] = [unknownSupply, unheardSupply, silentForAbort];
