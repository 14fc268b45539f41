/** What leaves a station: the public reading holds what the contract names, and nothing that only a decision needs. */
import { expect, it } from "vitest";
import { readingSchema } from "../../contract/messages/station.ts";
import { createStation } from "./memory.ts";
import { blankReading, stateOf } from "./reading.ts";

it("the public reading has the fields of the contract, no more and no fewer", () => {
  const setup = { id: "s", serial: null, name: null, capacityWh: null, dischargeLimitPercent: null };
  const reading = stateOf({ ...blankReading(createStation(setup), 0), seq: 1, origin: "site/one" });
  expect(Object.keys(reading).sort()).toEqual(Object.keys(readingSchema.shape).sort());
});
