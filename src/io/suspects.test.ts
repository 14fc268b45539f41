/** A message that makes the server fail is skipped from then on, in this process and after a crash. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Topic } from "../contract/topics/topic.ts";
import { makeTopics } from "../contract/topics.ts";
import { createInbound } from "./mirror-in.ts";
import { createOnce } from "./once.ts";
import { Suspects } from "./suspects.ts";

const bytes = (text: string) => Buffer.from(text);
const quiet = { debug() {}, info() {}, warn() {}, error() {}, room: () => quiet };
const { status } = makeTopics("base", "site");

describe("suspects", () => {
  let folder = "";
  let now = 1_000;
  const open = () => new Suspects({ file: join(folder, "suspects.json"), wall: () => now });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "suspects-"));
    now = 1_000;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const fail = (suspects: Suspects, text: string) =>
    suspects.during("a/b", bytes(text), () => {
      throw new RangeError("Maximum call stack size exceeded");
    });

  it("know the same bytes on the same topic again, in the next process too, and nothing else", () => {
    expect(fail(open(), "x")).toBeInstanceOf(RangeError);
    const next = open();
    expect(next.why("a/b", bytes("x"))).toContain("Maximum call stack");
    expect(next.why("a/b", bytes("y"))).toBeNull();
    expect(next.why("a/c", bytes("x"))).toBeNull();
  });

  it("try a message again after a week, and remember twenty", () => {
    const suspects = open();
    for (let each = 0; each < 30; each++) fail(suspects, `${each}`);
    const known = (from: Suspects) =>
      Array.from({ length: 30 }, (_, each) => from.why("a/b", bytes(`${each}`))).filter(
        (why) => why !== null,
      );
    expect(known(open())).toHaveLength(20);
    now += 8 * 86_400_000;
    expect(known(open())).toHaveLength(0);
  });

  it("blame nobody while nothing is handled, and start with a damaged file", () => {
    const suspects = open();
    suspects.during("a/b", bytes("x"), () => {});
    suspects.blame(new Error("a tick"));
    expect(suspects.why("a/b", bytes("x"))).toBeNull();
    for (const text of ["", "{", "[1]", "[".repeat(50_000)]) {
      writeFileSync(join(folder, "suspects.json"), text);
      expect(open().why("a/b", bytes("x"))).toBeNull();
    }
  });

  it("are written by a process that ends with the message in hand", () => {
    const script = `
      import { Suspects, watchCrashes } from ${JSON.stringify(resolve("dist/io/suspects.js"))};
      const suspects = new Suspects({ file: "suspects.json", wall: () => 1000 });
      watchCrashes(suspects);
      suspects.during("a/b", Buffer.from("x"), () => {
        process.emit("uncaughtExceptionMonitor", new Error("planted"));
        process.exit(7);
      });`;
    const { status: code } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      cwd: folder,
    });
    expect(code).toBe(7);
    expect(readFileSync(join(folder, "suspects.json"), "utf8")).toContain("planted");
    expect(open().why("a/b", bytes("x"))).toBe("planted");
  });

  it("keep a handler's fault from ending the process: the next message is handled, the same one skipped and reported", () => {
    const handled: string[] = [];
    const skipped: string[] = [];
    const gate = createInbound({
      bus: {
        inject: (_topic, _name, payload) => {
          const { boot } = payload as { boot: string };
          handled.push(boot);
          if (boot === "bad") throw new RangeError("Maximum call stack size exceeded");
        },
      },
      route: () => status as Topic<unknown>,
      isEcho: () => false,
      once: createOnce(quiet),
      suspects: open(),
      onRefused: () => {},
      onRetainedCommand: () => {},
      onSkipped: (name, error) => skipped.push(`${name}: ${error}`),
      payloadBytes: 1_000,
      perTurn: 100,
    });
    const say = (boot: string) =>
      gate.take("power-manager/pc/status", bytes(JSON.stringify({ online: true, boot })), true);
    for (const boot of ["bad", "good", "bad", "better"]) say(boot);
    expect(handled).toEqual(["bad", "good", "better"]);
    expect(skipped).toEqual(["power-manager/pc/status: Maximum call stack size exceeded"]);
    expect(gate.refused).toBe(2);
  });
});
