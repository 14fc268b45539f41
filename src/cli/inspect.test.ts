/** `inspect` as a person uses it, on a recording of a station that our tables know in part. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newSerial, newStation, newStationText } from "../../test/new-station.ts";
import { lineOf } from "../io/recording.ts";
import { encodeFrame } from "../sim/encode.ts";
import { inspectCommand } from "./inspect.ts";

const cwd = mkdtempSync(join(tmpdir(), "inspect-"));
beforeAll(() => writeFileSync(join(cwd, "new.jsonl"), newStationText()));
afterAll(() => rmSync(cwd, { recursive: true }));

async function run(...args: string[]) {
  const [out, err] = [[] as string[], [] as string[]];
  const io = {
    out: (text: string) => void out.push(text),
    err: (text: string) => void err.push(text),
    stdin: process.stdin,
    cwd,
    env: {},
    isTerminal: false,
    stop: new AbortController().signal,
  };
  const code = await inspectCommand(args, io);
  return { code, out: out.join("\n"), err: err.join("\n"), json: () => JSON.parse(out.join("")) };
}

describe("inspect", () => {
  it("tree shows every value of a payload, of the newest of each kind, and of a moment", async () => {
    const secret = newStation().findLast((entry) => entry.kind === "frame" && entry.bytes.includes(99));
    const hex = secret?.kind === "frame" ? Buffer.from(secret.bytes).toString("hex") : "";
    expect((await run("tree", hex)).out).toMatch(/254\/99 unknown message, from board 2\n {2}1 .*66/);
    const whole = await run("tree", "new.jsonl");
    expect(whole.out.match(/254\/99|32\/50|254\/22/g)).toHaveLength(3);
    expect((await run("tree", "new.jsonl", "--at", "lost, with load")).out).toContain("at +0:55");
  });

  it("new names the message and the field that no table has, and nothing else", async () => {
    const { code, out, err } = await run("new", "new.jsonl");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/Messages that no table has:\n {2}254\/99, from board 2: 67 times, every 5 s/);
    expect(out).toMatch(
      /Fields that the table of their message has not:\n {2}254\/21 DisplayPropertyUpload.*\n {4}900 +\? +varint +0 to 1/,
    );
    expect(out).not.toContain(newSerial);
    expect(out.match(/^ {2}\d+\/\d+/gm)).toHaveLength(2);
  });

  it("diff tells what the pulled plug changed, by marks", async () => {
    const { json } = await run("diff", "new.jsonl", "--at", "lost, with load", "--at", "+90s", "--json");
    const changed = Object.fromEntries(
      json().map((change: { kind: string; path: string }) => [`${change.kind} ${change.path}`, change]),
    );
    expect(changed["254/21 900"]).toMatchObject({ before: 1, after: 0, name: null });
    expect(changed["254/99 3"]).toMatchObject({ after: 0 });
    expect(changed["254/21 54"]).toMatchObject({ name: "pow_get_ac_in", after: 0 });
    expect(changed["32/50 14"]).toBeUndefined();
  });

  it("diff shows changes alone: what only one of the two reports proves none", async () => {
    const hex = (fields: Record<string, number>) =>
      Buffer.from(encodeFrame("DisplayPropertyUpload", fields)).toString("hex");
    const both = ["diff", hex({ pow_get_ac_in: 5 }), hex({ pow_get_ac_in: 6, pow_out_sum_w: 0, errcode: 0 })];
    const { out } = await run(...both);
    expect(out).toMatch(/54 +pow_get_ac_in +5 → 6 W$/m);
    expect(out).not.toContain("nothing");
    expect(out).toMatch(/^2 values were reported at one of the two alone; --all shows them\.$/m);
    expect((await run(...both, "--json")).json()).toHaveLength(1);
    expect((await run(...both, "--all")).out).toMatch(/pow_out_sum_w +nothing → 0 W$/m);
  });

  it("find names the field that carries a value, with its scale, also around a moment alone", async () => {
    const { code, out } = await run("find", "new.jsonl", "341", "--at", "+30s");
    expect(code).toBe(0);
    expect(out).toMatch(/254\/99 \? +5 +\? +times 10: \d+ of \d+/);
    expect((await run("find", "new.jsonl", "341", "--at", "+280s", "--within", "5s")).code).toBe(1);
    expect((await run("find", "new.jsonl", "231.6", "--tolerance", "0.2")).out).toMatch(
      /254\/99 \? +3 +\? +as it is: \d+ of 67/,
    );
  });

  it("heartbeat tells each rhythm, the silence, what the station says itself, and what woke it", async () => {
    const asked = Buffer.from("0a1410201820708090a0c801ba0107616e64726f6964", "hex");
    const entries = newStation();
    const [first] = entries;
    const wake = {
      at: (first?.at ?? 0) + 10_350,
      kind: "frame" as const,
      sn: newSerial,
      topic: "",
      bytes: asked,
    };
    const lines = [...entries, wake].sort((one, other) => one.at - other.at).map(lineOf);
    writeFileSync(join(cwd, "woken.jsonl"), lines.join("\n"));
    const { out } = await run("heartbeat", "woken.jsonl");
    expect(out).toContain(`${newSerial}: longest silence 5 s`);
    expect(out).toMatch(/32\/50 BMSHeartBeatReport, from board 7: 23 times, every 15 s \(15 s to 15 s\)/);
    expect(out).toContain("it says display_property_full_upload_period: 120 s");
    expect(out).toMatch(
      /wake-up packet \(a request without data\) of R655DEMO00000042 at \+0:10.*and then 32\/50, 254\/99/,
    );
  });

  it("reads what decode reads, and tells what it cannot", async () => {
    const frame = newStation().find((entry) => entry.kind === "frame");
    const hex = frame?.kind === "frame" ? Buffer.from(frame.bytes).toString("hex") : "";
    const capture = JSON.stringify({ id: "one", device: "RIVER 3", encoding: "hex", payload: hex });
    writeFileSync(join(cwd, "captures.jsonl"), `${capture}\n${hex}\nff00\nwhat is this?\n`);
    const { out, err } = await run("new", "captures.jsonl");
    expect(out).toContain("Known: 1 kinds of message");
    expect(err).toMatch(/line 4 is left out[\s\S]*1 payload left out/);
  });

  it("lets no foreign text steer the terminal", async () => {
    const bytes = new Uint8Array(
      Buffer.from(JSON.stringify({ params: { "a\u001b[2Jb": 1, "c\u009bd": "\u202ex" } })),
    );
    writeFileSync(
      join(cwd, "evil.jsonl"),
      lineOf({ at: 1, kind: "frame", sn: newSerial, topic: "t", bytes }),
    );
    for (const what of ["tree", "new", "heartbeat"]) {
      const { out, code } = await run(what, "evil.jsonl");
      expect(code).toBe(0);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not come
      expect(out).not.toMatch(/[\u001b\u0080-\u009f\u202e]/);
    }
    expect((await run("tree", "evil.jsonl")).out).toContain("a\\u001b[2Jb");
  });

  it.each([
    [["dig", "new.jsonl"], 2, /inspect knows tree, new/],
    [["new"], 1, /wants a FILE/],
    [["new", "absent.jsonl"], 1, /no file absent\.jsonl/],
    [["tree", "reco.jsonl"], 1, /no file, and no payload/],
    [["tree", "/nope"], 1, /^There is no file \/nope\.$/],
    [["tree", "nope"], 1, /^nope is no file, and no payload: no EcoFlow/],
    [["diff", "./a", "./b"], 1, /^There is no file \.\/a\.\nThere is no file \.\/b\.$/],
    [["diff", "nope", "nada"], 1, /^nope is no file.*\nnada is no file/],
    [["find", "new.jsonl", "lots"], 2, /a FILE and a VALUE/],
    [["diff", "new.jsonl", "--at", "+5s"], 2, /two moments/],
    [
      ["diff", "new.jsonl", "--at", "+5s", "--at", "never"],
      1,
      /is no moment.*Its marks: present, with load;/,
    ],
    [["find", "new.jsonl", "1", "--tolerance", "x"], 2, /--tolerance/],
    [["new", "--live"], 1, /configuration/],
  ])("refuses %j with a sentence", async (args, code, sentence) => {
    const told = await run(...args);
    expect(told.code).toBe(code);
    expect(told.err).toMatch(sentence);
  });
});
