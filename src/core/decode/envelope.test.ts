/** The envelope beyond its golden frames: headers without data, their codes, keys from odd sequence numbers. */
import { describe, expect, it } from "vitest";
import { readEnvelope } from "./envelope.ts";
import { bmsHeartBeatReport } from "./fields/bms-heartbeat.ts";
import { readNamed } from "./named.ts";

const hex = (...parts: string[]) => new Uint8Array(Buffer.from(parts.join("").replace(/\s/g, ""), "hex"));

const varint = (value: number) => (value < 128 ? [value] : [(value & 0x7f) | 0x80, value >> 7]);

describe("an envelope", () => {
  it("a request for everything is one without data, and no broken one", () => {
    // 2 src 32, 3 dest 32, 14 seq 7, 23 from "android"
    const request = hex("0a10", "1020 1820 7007 ba01 07 616e64726f6964");
    expect(readEnvelope(request)).toEqual({ unknown: "no header with data", empty: true });
  });

  it("a PowerStream that is away answers code -2", () => {
    const reply = hex("0a07", "1020", "b201 02 2d32");
    expect(readEnvelope(reply)).toEqual({
      unknown: "no header with data, code -2: the station is offline",
      empty: true,
    });
  });

  it("several headers without data beside one with it", () => {
    const empty = "0a06 0a00 4003 481c";
    const full = "0a0d 0a06 b5030000b042 4801 40fe01";
    const envelope = readEnvelope(hex(empty, full, empty));
    expect(envelope).toMatchObject({ frames: [{ cmdFunc: 254, cmdId: 1 }] });
  });

  it("a sequence number below zero is a key by its low byte", () => {
    // seq −2: the key is fe; enc_type 1, src 2, pdata 1d 00 00 c0 41 behind it.
    const pdata = [0x1d, 0x00, 0x00, 0xc0, 0x41].map((byte) => (byte ^ 0xfe).toString(16).padStart(2, "0"));
    const frame = hex("0a1b", "0a05", pdata.join(""), "1002 3001 40fe01 4815 70 feffffffffffffffff01");
    const envelope = readEnvelope(frame);
    expect("frames" in envelope && [...(envelope.frames[0]?.pdata ?? [])]).toEqual([0x1d, 0, 0, 0xc0, 0x41]);
  });

  it("unmasks each header of a payload with its own key, whatever their sizes", () => {
    const masked = (length: number, seq: number) => {
      const header = [0x0a, ...varint(length), ...new Array<number>(length).fill(seq + 1)];
      header.push(0x10, 2, 0x30, 1, 0x40, 32, 0x48, 50, 0x70, seq);
      return [0x0a, ...varint(header.length), ...header];
    };
    for (const lengths of [[5, 6, 7], [9_000], [8_000, 300, 12], [3, 9_000, 4]]) {
      const payload = Uint8Array.from(lengths.flatMap((length, i) => masked(length, i + 1)));
      const envelope = readEnvelope(payload);
      const plain = lengths.map((length, i) => new Array<number>(length).fill((i + 2) ^ (i + 1)));
      expect("frames" in envelope && envelope.frames.map(({ pdata }) => [...pdata])).toEqual(plain);
    }
  });

  it("a header that contradicts itself costs its own data and not those beside it", () => {
    const short = "0a0d 0a02 1d00 10024801 40fe01 5003";
    const whole = "0a0d 0a06 b5030000b042 4801 40fe01";
    expect(readEnvelope(hex(short, whole))).toMatchObject({ frames: [{ cmdFunc: 254, cmdId: 1 }] });
    expect(readEnvelope(hex(short))).toEqual({ unknown: "data_len says 3, pdata has 2 bytes" });
  });

  it("enc_type without a sequence number is plain, and so is what the app sends", () => {
    const missing = readEnvelope(hex("0a0e", "0a05 1d0000c041 1002 3001 40fe01"));
    expect("frames" in missing && missing.frames[0]?.pdata[0]).toBe(0x1d);
    const own = readEnvelope(hex("0a10", "0a05 1d0000c041 1020 3001 7005 40fe01"));
    expect("frames" in own && own.frames[0]?.pdata[0]).toBe(0x1d);
  });
});

describe("a message for people", () => {
  it("leaves out a part that is broken, as publishers mask runs of equal bytes within masked data", () => {
    // 1 num 0, 33 cell_vol with two bytes that end within a value, 35 cell_temp, 81 pack_sn in no ASCII
    const heartbeat = hex("0800", "8a02 02 8888", "9a02 01 17", "8a05 02 88ff");
    expect(readNamed(bmsHeartBeatReport, heartbeat)).toMatchObject({ num: 0, cell_temp: [23] });
    expect(readNamed(bmsHeartBeatReport, heartbeat)).not.toHaveProperty("cell_vol");
    expect(readNamed(bmsHeartBeatReport, hex("0800", "8a02 09 8888"))).toBeNull();
  });
});
