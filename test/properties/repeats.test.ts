/**
 * A message that is repeated later changes nothing (E4): the same outage with and without repetitions of what stations and agents
 * said at least three minutes ago. Messages without a time of their sender are left out: their repetition is a second publisher (E6).
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Ack, Status } from "../../src/contract/messages/machine.ts";
import { Agent } from "../agent.ts";
import { House, onBattery, onMains } from "../house.ts";

const numRuns = process.env["NIGHTLY"] === "1" ? 500 : 12;
/** What is younger than this may be a message that was only late, seconds. */
const agedSec = 180;

interface Repetition {
  /** Second of the story. */
  at: number;
  /** Which of the messages that are old enough: 0 the oldest, 1 the newest. */
  which: number;
  times: number;
  /** Seconds between two of them; 0: all at once. */
  everySec: number;
}

const stories = fc.record({
  cadence: fc.constantFrom(2, 5, 10),
  debounceSec: fc.constantFrom(10, 60, 180),
  lostAt: fc.integer({ min: 200, max: 400 }),
  backAfter: fc.integer({ min: 20, max: 900 }),
  /** Percent lost each minute in the outage. */
  perMinute: fc.constantFrom(0.5, 3, 8),
});
type Story = typeof stories extends fc.Arbitrary<infer T> ? T : never;

const repetitions = fc.array(
  fc.record({
    at: fc.integer({ min: 200, max: 1_500 }),
    which: fc.double({ min: 0, max: 1, noNaN: true }),
    times: fc.integer({ min: 1, max: 60 }),
    everySec: fc.constantFrom(0, 1, 10),
  }),
  { minLength: 1, maxLength: 6 },
);

/** A house whose messages can be repeated as they were. */
class Repeater {
  readonly #said: { at: number; again: () => void }[] = [];

  constructor(house: House) {
    const { status, ack, says } = house;
    const keep = (again: () => void) => {
      this.#said.push({ at: house.seconds, again });
      again();
    };
    house.status = (machine: string, message: Status) => keep(() => status.call(house, machine, message));
    house.ack = (machine: string, message: Ack) => keep(() => ack.call(house, machine, message));
    house.says = (device: string, reading: Record<string, unknown>) =>
      keep(() => says.call(house, device, reading));
  }

  /** Says once more what was said at least `agedSec` before `second`. */
  repeat(second: number, which: number): void {
    const old = this.#said.filter(({ at }) => at <= second - agedSec);
    old[Math.round(which * (old.length - 1))]?.again();
  }
}

const isDue = ({ at, times, everySec }: Repetition, second: number) =>
  everySec === 0
    ? second === at
    : second >= at && second < at + times * everySec && (second - at) % everySec === 0;

/** Plays the story, and returns what the house commanded and what the machine did. */
async function play(story: Story, repeated: readonly Repetition[]) {
  const house = await House.open({ policy: { debounceSec: story.debounceSec } });
  const repeater = new Repeater(house);
  let soc = 30;
  house.each(story.cadence, () => {
    const isLost = house.seconds >= story.lostAt && house.seconds < story.lostAt + story.backAfter;
    if (isLost) soc = Math.max(1, soc - (story.perMinute * story.cadence) / 60);
    const reading = isLost ? onBattery(Math.round(soc)) : onMains(Math.round(soc));
    house.says("Study", { ...reading, sampled_at: house.clock.wall() });
  });
  const pc = new Agent(house, "pc");
  house.each(1, () => {
    for (const each of repeated.filter((repetition) => isDue(repetition, house.seconds))) {
      for (let nth = 0; nth < (each.everySec === 0 ? each.times : 1); nth++)
        repeater.repeat(house.seconds, each.which);
    }
  });
  await house.pass(1_600);
  const commands = house.commands("pc").map(({ action, heardAt, id }) => ({ action, heardAt, id }));
  return { commands, did: pc.record, alarms: house.alarms().map(({ code }) => code) };
}

test("any message repeated any number of times later changes no command and no alarm", async () => {
  await fc.assert(
    fc.asyncProperty(stories, repetitions, async (story, repeated) => {
      expect(await play(story, repeated)).toEqual(await play(story, []));
    }),
    { numRuns },
  );
}, 600_000);
