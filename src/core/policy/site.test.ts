/** Which stations and machines one reading concerns. */
import { expect, test } from "vitest";
import { machineRules, makeRules, stationRules } from "../../../test/properties/policy-samples.ts";
import { siteOf } from "./site.ts";

const behind = (upstream: string) => ({ ...stationRules, upstream });
const site = siteOf(
  makeRules({
    stations: {
      Den: stationRules,
      Leaf: behind("Branch"),
      Branch: behind("Root"),
      Root: stationRules,
      Lone: stationRules,
    },
    machines: {
      pc: { ...machineRules, stations: ["Leaf", "Den"] },
      nas: { ...machineRules, stations: ["Root"] },
      rack: { ...machineRules, stations: ["Den"] },
    },
  }),
);

test("a station feeds those behind it, however far, and the machines on them", () => {
  expect(site.fed.get("Root")).toEqual(["Root", "Branch", "Leaf"]);
  expect(site.machines.get("Root")).toEqual(["nas", "pc"]);
  expect(site.machines.get("Branch")).toEqual(["pc"]);
  expect(site.machines.get("Den")).toEqual(["pc", "rack"]);
  expect(site.machines.get("Lone")).toEqual([]);
});

test("a reading of one station concerns all stations of its machines, because each of them may decide", () => {
  expect(site.around.get("Leaf")).toEqual(["Leaf", "Den"]);
  expect(site.around.get("Root")).toEqual(["Root", "Branch", "Leaf", "Den"]);
  expect(site.around.get("Den")).toEqual(["Den", "Leaf"]);
  expect(site.around.get("Lone")).toEqual(["Lone"]);
});
