/** `ecoflow-power decode` as a person and as a machine use it. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { cmsHeartBeatReport } from "../core/decode/fields/cms-heartbeat.ts";
import { encodeFrame, encodeMessage } from "../sim/encode.ts";
import { decodeCommand } from "./decode.ts";

async function run(args: string[], stdin = "") {
  const out: string[] = [];
  const err: string[] = [];
  const io = {
    stdin: Readable.from([stdin]) as unknown as NodeJS.ReadableStream,
    out: (text: string) => void out.push(text),
    err: (text: string) => void err.push(text),
  };
  const code = await decodeCommand(args, io);
  return { code, out, err, lines: () => out.map((line) => JSON.parse(line)) };
}

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const lost = encodeFrame(
  "DisplayPropertyUpload",
  { pow_get_ac_in: 0, pow_out_sum_w: 20, cms_batt_soc: 98, cms_chg_dsg_state: 1 },
  { seq: 9, masked: true, productId: 17_665 },
);
const present = encodeFrame("DisplayPropertyUpload", { pow_get_ac_in: 88 }, { seq: 10, masked: true });

describe("ecoflow-power decode", () => {
  it("one payload as a JSON line: frames with named fields, and the family's verdict with hold times passed", async () => {
    const { code, lines } = await run(["--json-lines", hexOf(lost)]);
    expect(code).toBe(0);
    expect(lines()).toEqual([
      {
        frames: [
          {
            cmd_func: 254,
            cmd_id: 21,
            message: "DisplayPropertyUpload",
            fields: { pow_get_ac_in: 0, pow_out_sum_w: 20, cms_batt_soc: 98, cms_chg_dsg_state: 1 },
          },
        ],
        reading: expect.objectContaining({ grid: "lost", soc: 98, model: "RIVER 3", out_watts: 20 }),
      },
    ]);
  });

  it("base64 and hex are told apart, and can be named", async () => {
    const base64 = Buffer.from(lost).toString("base64");
    for (const args of [[base64], ["--base64", base64], ["--hex", hexOf(lost)], ["-"]]) {
      const { code, lines } = await run(["--json-lines", ...args], hexOf(lost));
      expect(code).toBe(0);
      expect(lines()[0].reading.grid).toBe("lost");
    }
    expect((await run(["--hex", base64])).code).toBe(1);
  });

  it("readable for people: names, values, the reading, and what is unknown", async () => {
    const { out } = await run(["--sn", "R655ABC", hexOf(lost)]);
    expect(out[0]).toMatch(/^DisplayPropertyUpload \(254\/21\)\n {2}pow_out_sum_w/);
    expect(out[0]).toMatch(/reading\n(?:.*\n)*.*grid {29}lost/);
    expect(out[0]).toMatch(/unknown: .*runtime_sec/);
  });

  it("readable for people: units, and values rounded", async () => {
    const fields = { pow_get_ac_in: 209.600_006, cms_batt_soc: 60.523 };
    const { out } = await run(["--sn", "R655ABC", hexOf(encodeFrame("DisplayPropertyUpload", fields))]);
    expect(out[0]).toMatch(/^ {2}pow_get_ac_in +209\.6 W$/m);
    expect(out[0]).toMatch(/^reading$(.|\n)*^ {2}soc +60\.52 %$/m);
    const volts = hexOf(encodeFrame("RuntimePropertyUpload", { bms_batt_vol: 23_030 }));
    expect((await run([volts])).out[0]).toMatch(/^ {2}bms_batt_vol +23030 mV$/m);
    const nested = hexOf(encodeMessage(cmsHeartBeatReport, { v1p0: { lcd_show_soc: 64 } }));
    const line = JSON.stringify({
      encoding: "hex",
      payload: nested,
      expected: { header: { cmdFunc: 32, cmdId: 2 } },
    });
    expect((await run([], line)).out[0]).toMatch(/^ {2}v1p0\.lcd_show_soc +64 %$/m);
  });

  it("--sn chooses the family: 4 W are mains for a River 3, not for a Delta Pro 3", async () => {
    const hex = hexOf(encodeFrame("DisplayPropertyUpload", { pow_get_ac_in: 4 }));
    const grid = async (serial: string) =>
      (await run(["--json-lines", "--sn", serial, hex])).lines()[0].reading.grid;
    expect(await grid("R655X")).toBe("present");
    expect(await grid("MR51X")).toBe("unknown");
  });

  it("a captures file: ids, the line's device, a bare pdata by its header, JSON with nulls", async () => {
    const bare = encodeMessage(cmsHeartBeatReport, { v1p0: { lcd_show_soc: 64 } });
    const file = join(mkdtempSync(join(tmpdir(), "decode-")), "captures.jsonl");
    const lines = [
      { id: "a", device: "DELTA Pro 3 (MR51)", encoding: "hex", payload: hexOf(present) },
      { id: "b", encoding: "hex", payload: hexOf(bare), expected: { header: { cmdFunc: 32, cmdId: 2 } } },
      { id: "c", encoding: "json", payload: { params: { "pd.soc": 5 } } },
    ];
    writeFileSync(file, lines.map((line) => JSON.stringify(line)).join("\n"));
    const { code, lines: shown } = await run(["--json-lines", "--file", file]);
    expect(code).toBe(0);
    expect(shown()).toMatchObject([
      { id: "a", reading: { model: "DELTA Pro 3", grid: "present" } },
      {
        id: "b",
        frames: [
          { cmd_func: 32, cmd_id: 2, message: "CMSHeartBeatReport", fields: { v1p0: { lcd_show_soc: 64 } } },
        ],
      },
      { id: "c", frames: [{ cmd_func: null, cmd_id: null, message: null }] },
    ]);
  });

  it("--follow carries the state from line to line and keeps the hold times", async () => {
    const line = (bytes: Uint8Array, at: number) =>
      JSON.stringify({ encoding: "hex", payload: hexOf(bytes), at });
    const again = encodeFrame("DisplayPropertyUpload", { bms_max_cell_temp: 30 }, { seq: 11, masked: true });
    const text = [line(present, 1_000), line(lost, 2_000), line(again, 7_000)].join("\n");
    const { lines } = await run(["--json-lines", "--follow", "--sn", "R655X"], text);
    expect(lines().map(({ reading }) => reading.grid)).toEqual(["present", "present", "lost"]);
    expect(lines()[2].reading).toMatchObject({ soc: 98, temp_celsius: 30 });
  });

  it("--follow keeps a clock for each station: a later line of another one takes no hold time away", async () => {
    const line = (device: string, bytes: Uint8Array, at: number) =>
      JSON.stringify({ device, encoding: "hex", payload: hexOf(bytes), at });
    const again = encodeFrame("DisplayPropertyUpload", { bms_max_cell_temp: 30 }, { seq: 11, masked: true });
    const text = [
      line("RIVER 3 Plus (R631)", present, 9_000_000),
      line("RIVER 3 (R655)", lost, 2_000),
      line("RIVER 3 (R655)", again, 7_000),
    ].join("\n");
    const { lines } = await run(["--json-lines", "--follow"], text);
    expect(lines().map(({ reading }) => reading.grid)).toEqual(["present", "unknown", "lost"]);
  });

  it("hex as it is copied: with spaces, with 0x before it", async () => {
    const spaced = hexOf(lost).match(/../g) ?? [];
    for (const args of [spaced, [spaced.join(" ")], [`0x${hexOf(lost)}`]]) {
      const { code, lines } = await run(["--json-lines", ...args]);
      expect(code).toBe(0);
      expect(lines()[0].reading.grid).toBe("lost");
    }
  });

  it("JSON over several lines, and hex as xxd breaks it, are one payload each; a cut one takes no other along", async () => {
    const json = JSON.stringify({ params: { "pd.soc": 5, "inv.acInVol": 230_000 } }, null, 2);
    const wrapped = hexOf(lost)
      .match(/.{1,20}/g)
      ?.join("\n");
    const cut = hexOf(lost).slice(0, 20);
    const { code, lines } = await run(
      ["--json-lines"],
      [json, wrapped, hexOf(present), cut, "", hexOf(present)].join("\n"),
    );
    expect(lines().map(({ reading }) => reading?.grid)).toEqual([
      "present",
      "lost",
      "present",
      undefined,
      "present",
    ]);
    expect(code).toBe(1);
  });

  it("telemetry of which nothing is read yet is a reading that knows nothing; a command is none", async () => {
    const line = (json: unknown) => JSON.stringify({ device: "DELTA 2", encoding: "json", payload: json });
    const told = [
      { params: { "pd.icoBytes": [8, 0] } },
      { typeCode: "mpptStatus", params: { dc24vState: 0 } },
      { powGetTypec1: 12.5 },
    ];
    const commands = [
      { from: "Android", operateType: "TCP", params: { cmdSet: 32, id: 66 } },
      { id: 1, code: "0", data: { ack: false } },
      { id: 1, version: "1.0", params: { cmdSet: 32, id: 66, quotas: ["inv.cfgAcEnabled"] } },
    ];
    const { lines } = await run(["--json-lines"], [...told, ...commands].map(line).join("\n"));
    const unknown = { model: "DELTA 2", grid: "unknown", soc: null };
    expect(lines().map(({ reading }) => reading)).toMatchObject([
      unknown,
      unknown,
      unknown,
      null,
      null,
      null,
    ]);
  });

  it("JSON that was written as hex or base64 is JSON", async () => {
    const json = Buffer.from('{"params":{"pd.soc":5,"inv.acInVol":230000}}');
    const capture = JSON.stringify({ id: "a", encoding: "base64", payload: json.toString("base64") });
    for (const payload of [json.toString("hex"), json.toString("base64"), capture]) {
      const { code, lines } = await run(["--json-lines", payload]);
      expect(code).toBe(0);
      expect(lines()[0]).toMatchObject({
        frames: [{ cmd_func: null }],
        reading: { soc: 5, grid: "present" },
      });
    }
  });

  it("a line that is no JSON keeps no later line waiting", async () => {
    const line = JSON.stringify({ params: { "pd.soc": 5, "inv.acInVol": 230_000 } });
    const { code, lines } = await run(["--json-lines"], ["{bad", line, line].join("\n"));
    expect(lines().map(({ reading }) => reading?.soc)).toEqual([undefined, 5, 5]);
    expect(code).toBe(1);
  });

  it("a request, or a reply without data, was read: it has no frame and is no failure", async () => {
    const { code, out, err } = await run(["0a10 1020 1820 7007 ba01 07 616e64726f6964"]);
    expect([code, err]).toEqual([0, []]);
    expect(out[0]).toBe("no reading, because: no header with data");
  });

  it("a line of a captures file that cannot be read keeps its id", async () => {
    const { code, lines } = await run(["--json-lines"], '{"id":"x","encoding":"hex","payload":"zz"}');
    expect(code).toBe(1);
    expect(lines()).toEqual([{ id: "x", frames: [], reading: null }]);
  });

  it("an unknown message keeps its command and says why there is no reading", async () => {
    const hex = hexOf(encodeFrame("DisplayPropertyUpload", { errcode: 1 })).replace("40fe01", "400101");
    const broken = await run([hex]);
    expect(broken.out[0] ?? broken.err[0]).toMatch(/no reading, because|header/);
  });

  it("what cannot be read: one sentence, exit code 1", async () => {
    for (const bad of ["zz!", "ff", "0a05", "{bad"]) {
      const { code, err } = await run([bad]);
      expect(code).toBe(1);
      expect(err).toHaveLength(1);
    }
    const missing = await run(["--file", "/nonexistent/file"]);
    expect([missing.code, ...missing.err]).toEqual([1, "There is no file /nonexistent/file."]);
    const folder = await run(["--file", tmpdir()]);
    expect([folder.code, ...folder.err]).toEqual([1, `${tmpdir()} is a folder: name a file in it.`]);
    expect((await run([], "")).code).toBe(1);
  });

  it("wrong usage: exit code 2", async () => {
    for (const args of [["--hex", "--json", "00"], ["a", "b"], ["--nonsense"], ["--file", "x", "00"]]) {
      const { code, err } = await run(args);
      expect(code).toBe(2);
      expect(err).toHaveLength(1);
    }
  });

  it("--help", async () => {
    const { code, out } = await run(["--help"]);
    expect(code).toBe(0);
    expect(out[0]).toContain("Usage: ecoflow-power decode");
  });
});
