/** Each promise holds in the code as it is, and its story fails when the code is broken on purpose. */
import { describe, expect, it } from "vitest";
import { real, withFaults } from "../planted.ts";
import { evidencePromises } from "./evidence.ts";
import { filterPromises } from "./filter.ts";
import { fusionPromises } from "./fusion.ts";
import { ioPromises } from "./io.ts";
import { policyFaults } from "./planted-policy.ts";
import { doubtPromises } from "./policy-doubts.ts";
import { orderPromises } from "./policy-orders.ts";
import { supplyPromises } from "./policy-supply.ts";
import { triggerPromises } from "./policy-triggers.ts";
import { unknownPromises } from "./policy-unknown.ts";
import type { Promised } from "./promise.ts";
import { servicePromises } from "./services.ts";

const all: Readonly<Record<string, readonly Promised[]>> = {
  services: servicePromises,
  io: ioPromises,
  filter: filterPromises,
  fusion: fusionPromises,
  evidence: evidencePromises,
  triggers: triggerPromises,
  supply: supplyPromises,
  orders: orderPromises,
  doubts: doubtPromises,
  unknown: unknownPromises,
};

describe.each(Object.entries(all))("%s", (_, promises) => {
  it.each(promises)("$name", ({ holds }) => holds(real));

  const faults = promises.flatMap((promised) =>
    Object.entries({ ...promised.faults, ...policyFaults[promised.name] }).map(([name, fault]) => ({
      name,
      fault,
      promised,
    })),
  );
  it.each(faults)("caught: $name", ({ fault, promised }) =>
    withFaults(fault, async (load) => {
      const failure = await promised.holds(load).then(
        () => null,
        (error: unknown) => error,
      );
      // Anything but a failed expectation says nothing about the promise.
      expect((failure as Error | null)?.name, String(failure)).toBe("AssertionError");
    }),
  );
});

describe("planted faults", () => {
  it("are there for each promise, and each has a promise that is made", () => {
    const made = Object.values(all).flat();
    const idle = made.filter(
      ({ name, faults }) => !(name in policyFaults) && Object.keys(faults).length === 0,
    );
    expect(idle.map(({ name }) => name)).toEqual([]);
    const names = made.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(Object.keys(policyFaults).filter((name) => !names.includes(name))).toEqual([]);
  });

  it("are refused when their text is not in the code, or is there twice", async () => {
    const fault = { file: "io/timer.ts", replace: "" };
    const never = async () => expect.unreachable();
    await expect(withFaults({ ...fault, find: "no such text" }, never)).rejects.toThrow(/0 times/);
    await expect(withFaults({ ...fault, find: "timer" }, never)).rejects.toThrow(/times, not once/);
  });
});
