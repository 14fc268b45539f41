/** The tools for stations against a real broker: what is recorded is what was said, and what is replayed harms nobody (S32). */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, type TestContext } from "vitest";
import { createApp } from "../../src/app.ts";
import type { CommandIo } from "../../src/cli/command.ts";
import { inspectCommand } from "../../src/cli/inspect.ts";
import { recordCommand } from "../../src/cli/record.ts";
import { replay, type Wanted } from "../../src/cli/replay.ts";
import { loadConfig } from "../../src/config/load.ts";
import { systemClock } from "../../src/io/clock.ts";
import type { Log } from "../../src/io/log.ts";
import { lineOf } from "../../src/io/recording.ts";
import { memoryStore } from "../../src/io/sqlite.ts";
import { ManualClock } from "../../src/sim/clock.ts";
import { brokerOf, sitePlan } from "../../src/site.ts";
import { chance } from "../chance.ts";
import { createSimStation } from "../sim-station.ts";
import { hasMosquitto, startMosquitto, until, watch } from "../world.ts";

const sn = "R655TEST00000001";
const frames = createSimStation({ serial: sn, socPercent: 80, loadWatts: 40 }).advance(30);
const topic = (serial: string) => `bridge-ecoflow/${serial}/data`;

/** A broker, a folder and a terminal, all of one test; one machine is mapped to the station. */
async function site({ onTestFinished }: TestContext) {
  const broker = await startMosquitto();
  const watcher = await watch(broker.url, ["bridge-ecoflow/#"]);
  const cwd = mkdtempSync(join(tmpdir(), "tools-"));
  const [said, faults, stop] = [[] as string[], [] as string[], new AbortController()];
  const env = {
    MQTT_HOST: "127.0.0.1",
    MQTT_PORT: String(broker.port),
    DEVICE_TO_AGENTS_JSON: JSON.stringify({ [sn]: ["pc"], Bench: ["test-agent"] }),
  };
  const loaded = loadConfig({ cwd, env });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const stdin: PassThrough & { isTTY?: boolean } = new PassThrough();
  const io: CommandIo = {
    out: (text) => void said.push(text),
    err: (text) => void faults.push(text),
    stdin,
    cwd,
    env,
    isTerminal: false,
    stop: stop.signal,
  };
  // The seconds of listening, for a message that must come in meanwhile.
  const clock = new ManualClock({ wall: Date.now() });
  let runs = true;
  const running = (async () => {
    while (runs) {
      clock.second();
      await sleep(50);
    }
  })();
  onTestFinished(async () => {
    runs = false;
    await running;
    stop.abort();
    await watcher.end();
    await broker.end();
    rmSync(cwd, { recursive: true });
  });
  const quiet: Log = { debug() {}, info() {}, warn() {}, error() {}, room: () => quiet };
  const wish: Wanted = { file: "rec.jsonl", speed: 100_000, serial: null, to: null, real: false };
  return {
    broker,
    watcher,
    plan: sitePlan(loaded.config, "site", "test"),
    parts: {
      ...chance,
      clock: systemClock(),
      log: quiet,
      store: memoryStore(),
      broker: brokerOf(loaded.config),
    },
    cwd,
    io,
    stdin,
    stop,
    said: () => said.join("\n"),
    faults: () => faults.join("\n"),
    lines: () =>
      readFileSync(join(cwd, "rec.jsonl"), "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    replay: (more: Partial<Wanted>) => replay(loaded.config, { ...wish, ...more }, io, clock),
    /** Records `payloads` and whatever `meanwhile` does, then ends as by Ctrl-C. */
    async record(payloads: readonly Uint8Array[], serial = sn) {
      const own = new AbortController();
      const ended = recordCommand(["rec.jsonl"], { ...io, stop: own.signal });
      const before = said.length;
      await until("record listens", () => said.slice(before).join().includes("Recording"));
      for (const payload of payloads) await watcher.say(topic(serial), Buffer.from(payload));
      const written = () => readFileSync(join(cwd, "rec.jsonl"), "utf8");
      const last = Buffer.from(payloads.at(-1) ?? []).toString("hex");
      await until("the last frame is in the file", () => written().includes(last));
      own.abort();
      return ended;
    },
  };
}

describe.skipIf(!hasMosquitto)("record", () => {
  it("writes every frame as it came, and ends on Ctrl-C with a count", async (context) => {
    const house = await site(context);
    await house.watcher.say(topic(sn), "kept", { retain: true });
    expect(await house.record(frames)).toBe(0);
    expect(house.lines().map(({ hex }) => hex)).toEqual(
      frames.map((frame) => Buffer.from(frame).toString("hex")),
    );
    expect(house.lines()[0]).toMatchObject({ sn, topic: topic(sn), at: expect.any(Number) });
    expect(house.said()).toMatch(new RegExp(`${frames.length} frames of 1 station in \\d+ s, in rec.jsonl`));
  });

  it("takes the lines typed at a terminal as marks, and one mark from a second command", async (context) => {
    const house = await site(context);
    house.stdin.isTTY = true;
    const ended = recordCommand(["rec.jsonl"], house.io);
    await until("record listens", () => house.said().includes("Each line you type"));
    house.stdin.write("lost, with load\n");
    await until("the mark is told", () => house.said().includes("marked: lost, with load"));
    expect(await recordCommand(["rec.jsonl", "--mark", "present"], house.io)).toBe(0);
    house.stop.abort();
    // No frame came: that is no success.
    expect(await ended).toBe(1);
    expect(house.lines().map(({ mark }) => mark)).toEqual(["lost, with load", "present"]);
    expect(house.said()).toContain("No frame came");
  });

  it("goes on when the broker comes back, and the recording says that it was away", async (context) => {
    const house = await site(context);
    const ended = recordCommand(["rec.jsonl", "--sn", sn], house.io);
    await until("record listens", () => house.said().includes("Recording"));
    await house.broker.stop();
    await until("the gap is told", () => house.faults().includes("went away"));
    await house.broker.start();
    const other = await watch(house.broker.url, []);
    await until("frames come in again", async () => {
      await other.say(topic(sn), "again");
      await other.say(topic("R655TEST00000002"), "not asked for");
      return house.lines().some(({ hex }) => hex === Buffer.from("again").toString("hex"));
    });
    await other.end();
    house.stop.abort();
    expect(await ended).toBe(0);
    expect(house.lines()[0]).toMatchObject({ gap: expect.stringContaining("went away") });
    expect(
      new Set(
        house
          .lines()
          .slice(1)
          .map((line) => line.sn),
      ),
    ).toEqual(new Set([sn]));
  });

  it("ends with a sentence where no broker is", async (context) => {
    const house = await site(context);
    await house.broker.stop();
    await expect(recordCommand(["rec.jsonl"], house.io)).rejects.toThrow(/cannot be reached/);
  });
});

describe.skipIf(!hasMosquitto)("replay", () => {
  it("publishes the same bytes in the same order, for a station that nobody has", async (context) => {
    const house = await site(context);
    await house.record(frames);
    const heard: string[] = [];
    house.watcher.client.on("message", (name, payload) => {
      if (name === topic("R655TEST00000009")) heard.push(payload.toString("hex"));
    });
    expect(await house.replay({ to: "R655TEST00000009" })).toBe(0);
    await until("all came", () => heard.length >= frames.length);
    expect(heard).toEqual(frames.map((frame) => Buffer.from(frame).toString("hex")));
    expect(house.said()).toContain(`${frames.length} frames of rec.jsonl published`);
  });

  it("keeps the pauses, divided by --speed, and ends within one on Ctrl-C", async (context) => {
    const house = await site(context);
    const other = "R655TEST00000009";
    const lines = [0, 3_600_000].map((at, index) => {
      return lineOf({
        at,
        kind: "frame",
        sn: other,
        topic: topic(other),
        bytes: frames[index] ?? new Uint8Array(),
      });
    });
    writeFileSync(join(house.cwd, "rec.jsonl"), lines.join("\n"));
    expect(await house.replay({ speed: 100_000 })).toBe(0);
    await until("both came", () => house.watcher.on(topic(other)).length === 2);
    const ended = house.replay({ speed: 1 });
    await until("the first came again", () => house.watcher.on(topic(other)).length === 3);
    house.stop.abort();
    expect(await ended).toBe(1);
    expect(house.said()).toContain("Stopped: 1 frame of rec.jsonl");
  });

  it("goes through the whole chain: a server that takes raw frames publishes the station's reading", async (context) => {
    const house = await site(context);
    await house.record(frames);
    const app = createApp({ ...house.plan, sources: [{ kind: "mqtt-raw", name: "mqtt-raw" }] }, house.parts);
    await app.start();
    context.onTestFinished(() => app.stop().then(() => {}));
    expect(await house.replay({ to: "R655TEST00000009" })).toBe(0);
    const readings = () =>
      house.watcher.on("bridge-ecoflow/R655TEST00000009/json/state").map((text) => JSON.parse(text));
    await until("a reading came", () => readings().length > 0);
    expect(readings().at(-1)).toMatchObject({ grid: "present", device: "R655TEST00000009" });
  });

  it("refuses a station that exists, and publishes nothing", async (context) => {
    const house = await site(context);
    await house.record(frames.slice(0, 2));
    expect(await house.replay({})).toBe(1);
    expect(house.faults()).toMatch(/it exists[\s\S]*Refused/);
    expect(house.watcher.on(topic(sn))).toHaveLength(2);
  });

  it("refuses a station whose machine's agent would obey", async (context) => {
    const house = await site(context);
    await house.record(frames.slice(0, 2));
    const status = {
      online: true,
      platform: "linux",
      version: "1",
      armed: true,
      boot: "b",
      state: "idle",
      command: null,
      pre_shutdown_sec: 0,
      at: 1,
    };
    await house.watcher.say("power-manager/test-agent/status", JSON.stringify(status), { retain: true });
    expect(await house.replay({ to: "Bench" })).toBe(1);
    expect(house.faults()).toMatch(/test-agent is online and armed/);
    expect(house.watcher.on(topic("Bench"))).toEqual([]);
  });

  it("refuses a station whose real frames come in meanwhile", async (context) => {
    const house = await site(context);
    await house.record(frames.slice(0, 2));
    const ended = house.replay({ to: "R655TEST00000009" });
    let over = false;
    void ended.finally(() => (over = true));
    while (!over) {
      await house.watcher.say(topic("R655TEST00000009"), "real");
      await sleep(20);
    }
    expect(await ended).toBe(1);
    expect(house.faults()).toContain("raw frames of R655TEST00000009 come in");
  });
});

describe.skipIf(!hasMosquitto)("inspect --live", () => {
  it("looks at what the broker says until it is stopped", async (context) => {
    const house = await site(context);
    const ended = inspectCommand(["new", "--live", "--for", "10m"], house.io);
    await until("inspect listens", () => house.faults().includes("Listening"));
    for (const payload of frames) await house.watcher.say(topic(sn), Buffer.from(payload));
    await house.watcher.say(topic(sn), "no frame");
    // One connection's messages keep their order: who heard this last one has heard all.
    await house.watcher.say(topic("R655TEST00000002"), Buffer.from(frames[0] ?? []));
    await until("all were heard", () => house.faults().includes("R655TEST00000002 speaks"));
    house.stop.abort();
    expect(await ended).toBe(0);
    expect(house.said()).toMatch(/^Known: 4 kinds of message/);
    expect(house.faults()).toContain("1 payload left out");
  });

  it("tree shows each payload as it comes", async (context) => {
    const house = await site(context);
    const ended = inspectCommand(["tree", "--live"], house.io);
    await until("inspect listens", () => house.faults().includes("Listening"));
    await house.watcher.say(topic(sn), Buffer.from(frames[0] ?? []));
    await until("the payload is shown", () => house.said().includes(`${sn} at +0:`));
    house.stop.abort();
    expect(await ended).toBe(0);
  });
});

describe.skipIf(!hasMosquitto)("docs/new-station.md", () => {
  it("its record commands are understood as they stand", async (context) => {
    const house = await site(context);
    const page = readFileSync("docs/new-station.md", "utf8");
    const [listening = "", marking = ""] = [...page.matchAll(/^ecoflow-power record (.*)$/gm)].map(
      ([, rest]) => rest,
    );
    const own = new AbortController();
    const ended = recordCommand(listening.split(" "), { ...house.io, stop: own.signal });
    await until("record listens", () => house.said().includes("Recording R655DEMO00000042"));
    await house.watcher.say(topic("R655DEMO00000042"), "frame");
    const file = () => readFileSync(join(house.cwd, "new-station.jsonl"), "utf8");
    await until("the frame is in the file", () => file().includes("hex"));
    const [path = "", mark = ""] = marking.replaceAll('"', "").split(" --mark ");
    expect(await recordCommand([path, "--mark", mark], house.io)).toBe(0);
    own.abort();
    expect(await ended).toBe(0);
    expect(file()).toContain('"mark":"lost, with load"');
  });
});
