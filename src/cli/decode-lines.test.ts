/** A recording is something that `decode` reads. */
import { describe, expect, it } from "vitest";
import { lineOf } from "../io/recording.ts";
import { encodeFrame } from "../sim/encode.ts";
import { payloadOf } from "./decode-lines.ts";

const bytes = encodeFrame("DisplayPropertyUpload", { pow_get_ac_in: 88 }, { seq: 10, masked: true });
const frame = { at: 1_772_366_400_400, kind: "frame", sn: "R655DEMO00000042", topic: "t" } as const;

describe("a line of a recording", () => {
  it("is a payload with its time, and a model that its serial tells", () => {
    const payload = { bytes, device: "R655DEMO00000042 (R655)" };
    expect(payloadOf(lineOf({ ...frame, bytes }), null)).toEqual({ payload, wall: frame.at });
  });

  it("may hold JSON", () => {
    const json = { params: { "pd.soc": 5 } };
    const line = payloadOf(
      lineOf({ ...frame, bytes: new Uint8Array(Buffer.from(JSON.stringify(json))) }),
      null,
    );
    expect(line).toMatchObject({ payload: { json }, wall: frame.at });
  });

  it("that holds none says so", () => {
    expect(payloadOf(lineOf({ at: 1, kind: "mark", mark: "lost" }), null)).toMatch(/a mark or a gap/);
    expect(payloadOf('{"at":1,"sn":"a","topic":"b","hex":"0"}', null)).toMatch(/its hex is not valid/);
  });
});
