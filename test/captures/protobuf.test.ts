/** Real protobuf frames: every value that its publisher decoded, and the story of a captured outage. */
import { describe, expect, it } from "vitest";
import { readEnvelope } from "../../src/core/decode/envelope.ts";
import { messageOf } from "../../src/core/decode/index.ts";
import { readNamed } from "../../src/core/decode/named.ts";
import { createStation, type JudgedReading, type StationMemory, take } from "../../src/core/station.ts";
import { encodeFrame } from "../../src/sim/encode.ts";
import { bytesOf, type Capture, readCaptures } from "./read.ts";

const captures = readCaptures();
const given = captures ?? [];
const wall = 1_750_000_000_000;

const find = (prefix: string) => {
  const capture = given.find(({ id }) => id.startsWith(prefix));
  if (!capture) throw new Error(`no capture ${prefix}`);
  return bytesOf(capture);
};

interface Told {
  cmd_func: number;
  cmd_id: number;
  message: string | null;
  fields?: unknown;
}

/** Returns the paths where ours differs from what the publisher decoded; floats within 1e-4 relative. */
function differences(ours: unknown, told: unknown, path: string): string[] {
  if (typeof told === "number" && typeof ours === "number") {
    return Math.abs(ours - told) <= 1e-4 * Math.max(1, Math.abs(told))
      ? []
      : [`${path}: ${ours}, not ${told}`];
  }
  if (told !== null && typeof told === "object" && ours !== null && typeof ours === "object") {
    return Object.entries(told).flatMap(([key, value]) =>
      differences((ours as Record<string, unknown>)[key], value, `${path}.${key}`),
    );
  }
  return ours === told ? [] : [`${path}: ${String(ours)}, not ${String(told)}`];
}

const enveloped = given.filter(
  (capture) => capture.encoding !== "json" && "frames" in readEnvelope(bytesOf(capture)),
);

describe.skipIf(captures === null)("captured protobuf frames", () => {
  it("are there", () => {
    expect(enveloped.length).toBeGreaterThanOrEqual(30);
  });

  it.each(enveloped.map((capture): [string, Capture] => [capture.id, capture]))(
    "%s has the commands and values that its publisher decoded",
    (_, capture) => {
      const envelope = readEnvelope(bytesOf(capture));
      const frames = "frames" in envelope ? envelope.frames : [];
      const told = capture.decoded as Told[];
      expect(frames.map(({ cmdFunc, cmdId }) => [cmdFunc, cmdId])).toEqual(
        told.map(({ cmd_func, cmd_id }) => [cmd_func, cmd_id]),
      );
      const wrong = frames.flatMap((frame, index) => {
        const table = messageOf(frame);
        // A message that its publisher did not name has raw fields only.
        return table === null || told[index]?.message === null
          ? []
          : differences(readNamed(table, frame.pdata), told[index]?.fields ?? {}, table.name);
      });
      expect(wrong).toEqual([]);
    },
  );
});

/** A River 3 on its own clock, one second per tick. */
class Heard {
  readonly memory: StationMemory;
  readonly verdicts: string[] = [];
  reading: JudgedReading | null = null;
  #at = 0;

  constructor(serial = "R655X") {
    const setup = { id: "s", serial, name: null, capacityWh: null, dischargeLimitPercent: null };
    this.memory = createStation(setup);
  }

  pass(seconds: number): this {
    for (let i = 0; i < seconds; i++) {
      this.#at += 1_000;
      this.#note(take(this.memory, { kind: "tick", at: this.#at, wall }).reading);
    }
    return this;
  }

  hear(bytes: Uint8Array): this {
    this.#note(take(this.memory, { kind: "frame", source: "mqtt-raw", bytes, at: this.#at, wall }).reading);
    return this;
  }

  #note(reading: JudgedReading | null) {
    if (reading === null) return;
    this.reading = reading;
    this.verdicts.push(reading.grid);
  }
}

describe.skipIf(captures === null)("the captured outage of a River 3", () => {
  it("unknown at 20, lost within 5 s of 22, lost at 25 and 26, present at 29", () => {
    const river = new Heard().hear(find("sh-r655-20"));
    expect(river.reading).toMatchObject({ grid: "unknown", soc: 100, carried_by: "none" });
    river.pass(60);
    expect(river.verdicts).not.toContain("lost");
    river.hear(find("sh-r655-22")).pass(5);
    expect(river.reading).toMatchObject({
      grid: "lost",
      grid_basis: "discharge",
      carried_by: "battery",
      soc: 98,
    });
    river.pass(115).hear(find("sh-r655-25"));
    expect(river.reading).toMatchObject({ grid: "lost", runtime_sec: 500 * 60, battery_watts: 26 });
    river.pass(31).hear(find("sh-r655-26"));
    expect(river.reading).toMatchObject({ grid: "lost", runtime_sec: 634 * 60, ac_out_on: false });
    river.pass(48).hear(find("sh-r655-29"));
    expect(river.reading).toMatchObject({ grid: "present", grid_basis: "ac-input-watts", charging: true });
  });

  it("29 alone, also sent twice, is at most one sample; a push after it makes two", () => {
    const river = new Heard().hear(find("sh-r655-29"));
    river.pass(3).hear(find("sh-r655-29")).pass(5);
    expect(river.memory.samples).toBeLessThanOrEqual(1);
    river.hear(encodeFrame("DisplayPropertyUpload", { pow_get_ac_in: 120 }, { seq: 7, masked: true }));
    expect(river.reading).toMatchObject({ grid: "present", samples: 2 });
  });

  it("a bundle and a battery heartbeat after it are two samples", () => {
    const river = new Heard().hear(find("sh-r655-22")).pass(2);
    expect(river.memory.samples).toBe(0);
    const heartbeat = { num: 0, soc: 98, output_watts: 28, chg_dsg_state: 1 };
    river.hear(encodeFrame("BMSHeartBeatReport", heartbeat, { src: 7, seq: 9, masked: true })).pass(3);
    expect(river.reading).toMatchObject({ grid: "lost", samples: 2, sample_age_ms: 2_000, quality: "live" });
  });

  it.each([["sh-r655-01"], ["sh-r655-02"], ["sh-r655-03"], ["sh-r655-06"]])(
    "%s, a unit on mains, is never lost",
    (id) => {
      expect(new Heard().hear(find(id)).pass(300).verdicts).not.toContain("lost");
    },
  );

  it("an idle unit whose charger flag flips to 0 stays present: true proves, false proves nothing", () => {
    const river = new Heard().hear(find("sh-r655-04"));
    expect(river.reading).toMatchObject({ grid: "present", grid_basis: "flow" });
    river.pass(17).hear(find("sh-r655-05")).pass(60);
    expect(river.reading).toMatchObject({ grid: "present", grid_basis: "last-known" });
    expect(river.verdicts).not.toContain("lost");
  });

  it("a River 3 Plus with an extra battery: both packs told apart, on mains at its charge limit", () => {
    const plus = new Heard("R631X").hear(find("sh-r631-06"));
    expect(plus.reading).toMatchObject({
      grid: "present",
      soc: 64,
      capacity_wh: 859.6,
      ac_in_watts: expect.closeTo(83, 0),
    });
    expect(plus.reading?.modules).toMatchObject([
      { num: 0, soc: expect.closeTo(65.47, 1) },
      { num: 1, soc: expect.closeTo(63.51, 1) },
    ]);
    expect(plus.pass(300).verdicts).not.toContain("lost");
  });

  it("a Delta 3 Plus that the sun feeds is not lost at once; on battery it is", () => {
    const sunny = new Heard("P351X").hear(find("sh-p351-03"));
    expect(sunny.pass(61).verdicts).not.toContain("lost");
    expect(sunny.reading).toMatchObject({ grid: "unknown", carried_by: "solar" });
    const battery = new Heard("P351X").hear(find("fx-delta3plus-getreply")).pass(5);
    expect(battery.reading).toMatchObject({ grid: "lost", runtime_sec: 1018 * 60, capacity_wh: 1024 });
  });
});
