/** Promises of the doors: what comes in from the broker, what is on the disk, which numbers are believed. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import type { Topic } from "../../src/contract/topics/topic.ts";
import { makeTopics } from "../../src/contract/topics.ts";
import type { Log } from "../../src/io/log.ts";
import { createOnce } from "../../src/io/once.ts";
import { Suspects } from "../../src/io/suspects.ts";
import type { Load } from "../planted.ts";
import type { Promised } from "./promise.ts";

const quiet: Log = { debug() {}, info() {}, warn() {}, error() {}, room: () => quiet };
const topics = makeTopics("bridge-ecoflow", "home");

/** Hands over a retained and a live status of a machine in the given order while the turn's share is used up. */
async function coalesce(load: Load, order: readonly ("retained" | "live")[]) {
  const { createInbound } = await load<typeof import("../../src/io/mirror-in.ts")>("io/mirror-in.ts");
  const seen: { boot: unknown; retained: boolean }[] = [];
  const bus = {
    inject: <T>(_: Topic<T>, __: string, payload: T, retained: boolean) =>
      void seen.push({ boot: (payload as { boot?: unknown }).boot, retained }),
  };
  const gate = createInbound({
    bus,
    route: () => topics.status as Topic<unknown>,
    isEcho: () => false,
    once: createOnce(quiet),
    payloadBytes: 1_000,
    perTurn: 1,
    suspects: new Suspects({ file: null, wall: () => 0 }),
    onRefused() {},
    onRetainedCommand() {},
    onSkipped() {},
  });
  const take = (name: string, boot: string, retained: boolean) =>
    gate.take(name, Buffer.from(JSON.stringify({ online: true, boot })), retained);
  take("power-manager/other/status", "uses up the share", false);
  for (const which of order) take("power-manager/pc/status", which, which === "retained");
  gate.drain();
  return { message: seen.at(-1), count: seen.length };
}

const coalescedIsLive: Promised = {
  name: "of a retained and a live message that coalesce, one is handed over: the newest, as a live one",
  async holds(load) {
    for (const order of [["retained", "live"] as const, ["live", "retained"] as const]) {
      const { message, count } = await coalesce(load, order);
      expect(count).toBe(2);
      expect(message).toEqual({ boot: order[1], retained: false });
    }
    const { message } = await coalesce(load, ["retained", "retained"]);
    expect(message).toMatchObject({ retained: true });
  },
  faults: {
    "one retained message makes both retained": {
      file: "io/mirror-in.ts",
      find: "older.retained &&= retained;",
      replace: "older.retained ||= retained;",
    },
    "the first message decides": {
      file: "io/mirror-in.ts",
      find: "older.retained &&= retained;",
      replace: "",
    },
    "the last message decides": {
      file: "io/mirror-in.ts",
      find: "older.retained &&= retained;",
      replace: "older.retained = retained;",
    },
    "all that coalesces is live": {
      file: "io/mirror-in.ts",
      find: "older.retained &&= retained;",
      replace: "older.retained = false;",
    },
    "the older message is handed over": {
      file: "io/mirror-in.ts",
      find: "older.bytes = bytes;",
      replace: "",
    },
  },
};

const durableDisk: Promised = {
  name: "state.db confirms what survives a power cut: WAL with synchronous FULL, and one process a file",
  async holds(load) {
    const { openDatabase } = await load<typeof import("../../src/io/sqlite-open.ts")>("io/sqlite-open.ts");
    const folder = mkdtempSync(join(tmpdir(), "ecoflow-power-"));
    const database = openDatabase(join(folder, "state.db"));
    try {
      const setting = (name: string) =>
        (database.prepare(`PRAGMA ${name}`).get() as Record<string, unknown>)[name];
      // 2 is FULL: each commit waits for the disk.
      expect(setting("synchronous")).toBe(2);
      expect(setting("journal_mode")).toBe("wal");
      expect(setting("locking_mode")).toBe("exclusive");
    } finally {
      database.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
  faults: {
    "synchronous NORMAL": {
      file: "io/sqlite-open.ts",
      find: "PRAGMA synchronous = FULL",
      replace: "PRAGMA synchronous = NORMAL",
    },
    "no write-ahead log": {
      file: "io/sqlite-open.ts",
      find: "PRAGMA journal_mode = WAL",
      replace: "PRAGMA journal_mode = DELETE",
    },
  },
};

const boundedEpochs: Promised = {
  name: "the highest epoch numbers its power messages exactly, and a command of a higher one is refused from the wire",
  async holds(load) {
    const messages = await load<typeof import("../../src/contract/messages/machine.ts")>(
      "contract/messages/machine.ts",
    );
    const order = await load<typeof import("../../src/core/command-order.ts")>("core/command-order.ts");
    const { mostEpoch, powerSeq, powerSeqsPerEpoch } = order;
    expect(Number.isSafeInteger(powerSeq(mostEpoch, powerSeqsPerEpoch - 1))).toBe(true);
    const believes = (epoch: number) =>
      messages.commandSchema.safeParse({ id: "x", action: "abort", epoch }).success;
    expect(believes(mostEpoch)).toBe(true);
    expect(believes(mostEpoch + 1)).toBe(false);
  },
  faults: {
    "the cap of epochs is gone": {
      file: "contract/messages/fields.ts",
      find: "z.int().min(0).max(mostEpoch)",
      replace: "z.int().min(0)",
    },
    "the cap of epochs is ten times as high": {
      file: "core/command-order.ts",
      find: "export const mostEpoch = 900_000_000;",
      replace: "export const mostEpoch = 9_000_000_000;",
    },
  },
};

export const ioPromises: readonly Promised[] = [coalescedIsLive, durableDisk, boundedEpochs];
