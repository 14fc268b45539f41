import { describe, expect, it } from "vitest";
import { makeRules } from "../../../test/properties/policy-samples.ts";
import type { CommandEffect, Effect } from "./effects.ts";
import { type Order, type Phase, unheardMachine } from "./machine/state.ts";
import { initialState, type PolicyState } from "./state.ts";
import { isCurrent, readStored } from "./stored.ts";

describe("what is on disk", () => {
  it.each([null, "", "null", "{", "[]", '{"version":2}'])("%s is history", (text) => {
    expect(readStored(text)).toBeNull();
  });

  it("of this version is read", () => {
    const stored = { version: 2, boot: "b", state: initialState(makeRules()), outbox: [] };
    expect(readStored(JSON.stringify(stored))).toEqual(stored);
  });

  it("of an older version loses the sentences that wait, and keeps the commands and the events as data", () => {
    const outbox = [
      { kind: "event", type: "late", level: "alarm", text: "pc is late" },
      { kind: "command", id: "1" },
      { kind: "event", code: "late", params: { machine: "pc", tookSec: 9, stopSec: 5 } },
    ];
    const state = { version: 1, stations: {}, machines: {} };
    expect(readStored(JSON.stringify({ version: 1, boot: "b", state, outbox }))?.outbox).toEqual(
      outbox.slice(1),
    );
  });
});

describe("a command that an earlier process may not have sent", () => {
  const undone = { kind: "command", machine: "pc", id: "pc-1" } as CommandEffect;
  const under = (id: string | null): PolicyState => {
    const pc = unheardMachine("pc");
    const order = id === null ? null : ({ target: "down", command: { id } } as Order);
    return { ...initialState(makeRules()), machines: [{ ...pc, phase: { ...pc.phase, order } as Phase }] };
  };

  it("is sent while the machine is under it", () => {
    expect(isCurrent(under("pc-1"), [], undone)).toBe(true);
  });

  it("is not, once it was dropped or another took its place", () => {
    expect(isCurrent(under(null), [], undone)).toBe(false);
    expect(isCurrent(under("pc-2"), [], undone)).toBe(false);
  });

  it("is not said twice when the policy repeats it itself", () => {
    expect(isCurrent(under("pc-1"), [undone], undone)).toBe(false);
    expect(isCurrent(under("pc-1"), [{ ...undone, machine: "nas" }], undone)).toBe(true);
  });

  it("an event is always told", () => {
    expect(isCurrent(under(null), [], { kind: "event" } as Effect)).toBe(true);
  });
});
