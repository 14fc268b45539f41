/**
 * What the rules of evidence outside the policy delay a true shutdown by, measured in the whole house: the same true outage with
 * each rule and without it. Those of the policy are in `evidence-delay.test.ts`.
 */
import { expect, test } from "vitest";
import { onBattery, onMains } from "../house.ts";
import { type Fault, type Load, real, withFaults } from "../planted.ts";
import { houseOf } from "../promises/promise.ts";

const isNightly = process.env["NIGHTLY"] === "1";
const cadences = isNightly ? [1, 2, 5, 10, 30] : [5];
const lostAts = isNightly ? [60, 61, 67, 73] : [61];

interface Outage {
  /** Seconds between two messages. */
  cadence: number;
  lostAt: number;
  /** The charge that the station reports in the outage, percent. */
  soc: number;
  /** How far the station's clock differs from ours, ms, `from` the start or the loss on; null: its messages have no time. */
  ahead: number | null;
  from: "start" | "loss";
}

interface Rule {
  name: string;
  without: Fault | readonly Fault[];
  outage: Pick<Outage, "soc" | "ahead" | "from">;
  /** The delay that docs/rules.md states, in seconds. */
  most: (cadence: number) => number;
}

const rules: readonly Rule[] = [
  {
    name: "E3 a charge that falls more steeply than the station can discharge",
    without: [
      { file: "core/filter/soc.ts", find: "const samplesNeeded = 3;", replace: "const samplesNeeded = 1;" },
      {
        file: "core/filter/soc.ts",
        find: "const fallConfirmedAfterMs = 10_000;",
        replace: "const fallConfirmedAfterMs = 0;",
      },
    ],
    outage: { soc: 15, ahead: null, from: "start" },
    most: (cadence) => 10 + 2 * cadence,
  },
  {
    name: "E4 a clock that is off by 40 min, and the outage begins with the first message",
    without: {
      file: "core/fuse/clocks.ts",
      find: '  if (isRepeated) return "old";',
      replace: '  return "now";',
    },
    outage: { soc: 25, ahead: -2_400_000, from: "start" },
    most: (cadence) => 10 + cadence,
  },
  {
    name: "E4 a clock that is set to another time zone as the mains fails",
    without: {
      file: "core/fuse/clocks.ts",
      find: '  if (isRepeated) return "old";',
      replace: '  return "now";',
    },
    outage: { soc: 25, ahead: 3_600_000, from: "loss" },
    most: (cadence) => 10 + cadence,
  },
];

/** Returns the second of the shutdown. The machine goes at 30 %, and the charge is 60 % on mains where the outage is a fall. */
async function shutdownAt(load: Load, { cadence, lostAt: late, soc, ahead, from }: Outage): Promise<number> {
  const house = await houseOf(load, {
    machines: { pc: { socPercent: 30, delaySec: 600 } },
    stations: { Study: { capacityWh: 286, assumedLoadWatts: 100 } },
    policy: { debounceSec: 5 },
  });
  const lostAt = ahead !== null && from === "start" ? 0 : late;
  const isOff = () => from === "start" || house.seconds >= lostAt;
  const time = () => (ahead === null ? {} : { sampled_at: house.clock.wall() + (isOff() ? ahead : 0) });
  house.each(cadence, () => {
    const before = ahead === null ? 60 : soc;
    house.says("Study", { ...(house.seconds < lostAt ? onMains(before) : onBattery(soc)), ...time() });
  });
  await house.pass(lostAt + 300);
  const first = house.commands("pc").find(({ action }) => action === "shutdown");
  expect(first).toBeDefined();
  return first?.heardAt ?? Number.NaN;
}

test("each delays by at most what docs/rules.md says", async () => {
  const measured: { rule: string; cadence: number; seconds: number; most: number }[] = [];
  for (const { name, without, outage, most } of rules) {
    await withFaults(without, async (copy) => {
      for (const cadence of cadences) {
        const added: number[] = [];
        for (const lostAt of lostAts) {
          const whole = { ...outage, cadence, lostAt };
          added.push((await shutdownAt(real, whole)) - (await shutdownAt(copy, whole)));
        }
        measured.push({ rule: name, cadence, seconds: Math.max(0, ...added), most: most(cadence) });
      }
    });
  }
  if (isNightly) console.table(measured);
  for (const row of measured) expect(row.seconds, JSON.stringify(row)).toBeLessThanOrEqual(row.most);
  // Together with the two samples of E2 (20 s at most there) they stay inside the margin of 60 s (S8); slower stations need more.
  const usual = measured.filter(({ cadence }) => cadence <= 10);
  const worst = (label: string) =>
    Math.max(...usual.filter(({ rule }) => rule.startsWith(label)).map(({ seconds }) => seconds));
  expect(worst("E3") + worst("E4")).toBeLessThanOrEqual(40);
}, 120_000);
