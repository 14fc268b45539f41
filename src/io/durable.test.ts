import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createDurable } from "./durable.ts";

/** A store and a time that move only when the test says so. */
function byHand() {
  const writes: { text: string; done: () => void; fail: (why: string) => void }[] = [];
  let disk: string | null = null;
  let now = 0;
  let timers: { at: number; run: () => void }[] = [];
  const seen: string[] = [];
  const store = {
    load: () => Promise.resolve(disk),
    save: (_key: string, text: string) =>
      new Promise<void>((resolve, reject) => {
        writes.push({
          text,
          done: () => {
            disk = text;
            resolve();
          },
          fail: (why) => reject(new Error(why)),
        });
      }),
  };
  const after = (ms: number, run: () => void) => {
    const timer = { at: now + ms, run };
    timers.push(timer);
    return () => {
      timers = timers.filter((other) => other !== timer);
    };
  };
  const durable = createDurable(store, "policy", {
    after,
    onAlarm: (fault) =>
      seen.push(fault === null ? "fault over" : `fault: ${fault.error ?? `slow, ${fault.limitMs} ms`}`),
    onThrow: (error) => seen.push(`threw ${(error as Error).message}`),
  });
  return {
    writes,
    seen,
    durable,
    commit: (name: string) => durable.commit(name, () => seen.push(`${name} with ${disk} on disk`)),
    async advance(ms: number) {
      now += ms;
      const due = timers.filter(({ at }) => at <= now);
      timers = timers.filter(({ at }) => at > now);
      for (const { run } of due) run();
      await settle();
    },
    async done(index = writes.length - 1) {
      writes[index]?.done();
      await settle();
    },
    async fail(index = writes.length - 1) {
      writes[index]?.fail("no space left");
      await settle();
    },
  };
}

const settle = async () => {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
};

describe("disk before effect", () => {
  it("runs an effect only after its state is on disk", async () => {
    const hand = byHand();
    hand.commit("one");
    await hand.advance(499);
    expect(hand.seen).toEqual([]);
    await hand.done();
    expect(hand.seen).toEqual(["one with one on disk"]);
    expect(await hand.durable.load()).toBe("one");
    await hand.advance(5_000);
    expect([hand.seen.length, hand.writes.length]).toEqual([1, 1]);
  });

  it("writes only the newest of what comes during a write, and keeps the order of effects", async () => {
    const hand = byHand();
    for (const name of ["one", "two", "three"]) hand.commit(name);
    await hand.done();
    expect(hand.seen).toEqual(["one with one on disk"]);
    expect(hand.writes.map(({ text }) => text)).toEqual(["one", "three"]);
    await hand.done();
    expect(hand.seen.slice(1)).toEqual(["two with three on disk", "three with three on disk"]);
  });

  it("runs the effect after 500 ms when the disk hangs, with one alarm that stands until the state is written", async () => {
    const hand = byHand();
    hand.commit("one");
    await hand.advance(500);
    expect(hand.seen).toEqual(["fault: slow, 500 ms", "one with null on disk"]);
    hand.commit("two");
    await hand.advance(499);
    expect(hand.seen).toHaveLength(2);
    await hand.advance(1);
    expect(hand.seen.slice(2)).toEqual(["two with null on disk"]);
    await hand.done(0);
    expect(hand.seen).toHaveLength(3);
    await hand.done(1);
    expect(hand.seen.slice(3)).toEqual(["fault over"]);
  });

  it("runs the effect when the write fails and writes the newest state again each second", async () => {
    const hand = byHand();
    hand.commit("one");
    await hand.fail();
    expect(hand.seen).toEqual(["fault: no space left", "one with null on disk"]);
    await hand.advance(999);
    expect(hand.writes).toHaveLength(1);
    await hand.advance(1);
    await hand.fail();
    await hand.advance(1_000);
    expect(hand.writes.map(({ text }) => text)).toEqual(["one", "one", "one"]);
    await hand.done();
    expect(hand.seen.slice(2)).toEqual(["fault over"]);
    await hand.advance(10_000);
    expect(hand.writes).toHaveLength(3);
  });

  it("tries the newest state at once when an older one failed", async () => {
    const hand = byHand();
    hand.commit("one");
    hand.commit("two");
    await hand.fail();
    expect(hand.seen.slice(1)).toEqual(["one with null on disk"]);
    await hand.done();
    expect(hand.seen.slice(2)).toEqual(["fault over", "two with two on disk"]);
  });

  it("keeps the order when an effect commits, and goes on when one throws", async () => {
    const hand = byHand();
    hand.durable.commit("one", () => {
      hand.commit("three");
      throw new Error("no");
    });
    hand.commit("two");
    await hand.done();
    expect(hand.seen).toEqual(["threw no"]);
    await hand.done();
    expect(hand.seen.slice(1)).toEqual(["two with three on disk", "three with three on disk"]);
  });

  it("writes the last word when it is closed", async () => {
    const hand = byHand();
    hand.commit("one");
    hand.commit("two");
    const closed = hand.durable.close();
    await hand.done();
    await hand.done();
    await closed;
    expect(hand.seen).toEqual(["one with one on disk", "two with two on disk"]);
    expect(() => hand.commit("three")).toThrow(/closed/);
  });

  it("in any order of commits, hours and disk troubles: every effect once, in order, never early", async () => {
    const deed = fc.constantFrom("commit", "done", "fail", "wait 100", "wait 500", "wait 1000");
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { maxLength: 40 }), async (deeds) => {
        const trial = aTrial();
        for (const what of [...deeds, "wait 500", "wait 1000"] as const) await trial[what]();
        expect(trial.early).toEqual([]);
        expect(trial.ran).toEqual([...trial.age.keys()]);
      }),
    );
  });
});

/** Commits with their age; an effect is early when no write that holds its state has ended and its limit is not over. */
function aTrial() {
  const hand = byHand();
  const age: number[] = [];
  const ran: number[] = [];
  const early: number[] = [];
  let ended = 0;
  const effect = (index: number) => {
    const held = hand.writes.slice(0, ended).some(({ text }) => Number(text) >= index);
    if (!held && (age[index] ?? 0) < 500) early.push(index);
    ran.push(index);
  };
  const wait = (ms: number) => () => {
    for (const index of age.keys()) age[index] = (age[index] ?? 0) + ms;
    return hand.advance(ms);
  };
  const end = (how: "done" | "fail") => async () => {
    if (ended < hand.writes.length) await hand[how](ended++);
  };
  return {
    age,
    ran,
    early,
    commit() {
      const index = age.push(0) - 1;
      hand.durable.commit(String(index), () => effect(index));
    },
    done: end("done"),
    fail: end("fail"),
    "wait 100": wait(100),
    "wait 500": wait(500),
    "wait 1000": wait(1_000),
  };
}
