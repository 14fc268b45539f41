/** Which machines a lease is for. */
import { expect, it } from "vitest";
import { isLeaseFor, orchestratorSchema } from "./server.ts";

const lease = (machines?: unknown) =>
  orchestratorSchema.parse(
    JSON.parse(JSON.stringify({ site: "s", instance: "i", epoch: 1, at: 1, online: true, machines })),
  );

it.each<[string, unknown, boolean]>([
  ["an older version's, without a list", undefined, true],
  ["one that lists a machine", { pc: null, tv: "sig" }, true],
  ["one that lists others", { tv: null }, false],
  ["one that lists none", {}, false],
  ["one with a name that every object has", { toString: null }, false],
])("%s", (_, machines, isFor) => {
  expect(isLeaseFor(lease(machines), ["pc", "nas"])).toBe(isFor);
});

it("no machine is listed by a name that every object has", () => {
  expect(isLeaseFor(lease({ tv: null }), ["toString", "__proto__"])).toBe(false);
});

it.each([
  ["a list", ["pc"]],
  ["a number", { pc: 5 }],
  ["a text", "pc"],
])("%s of machines is no lease", (_, machines) => {
  expect(() => lease(machines)).toThrow();
});
