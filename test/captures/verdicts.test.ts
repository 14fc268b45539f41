/** The one outage that an owner published frame by frame, through the compatibility test: cut 16:52:56, back 16:56:28. */
import { describe, expect, it } from "vitest";
import { Verdicts } from "../../src/core/inspect/verdicts.ts";
import { bytesOf, readCaptures } from "./read.ts";

const captures = readCaptures() ?? [];
const frames = captures
  .filter(({ id, encoding }) => /^sh-r655-/.test(id) && encoding !== "json")
  .flatMap((capture) => {
    const time = /\bts=(\S+Z)/.exec(capture.note ?? "")?.[1];
    return time === undefined ? [] : [{ id: capture.id, at: Date.parse(time), bytes: bytesOf(capture) }];
  })
  .sort((one, other) => one.at - other.at);

describe.skipIf(captures.length === 0)("the published outage of a River 3", () => {
  const day = new Date(frames.at(-1)?.at ?? 0).toISOString().slice(0, 11);
  const verdicts = (...told: [time: string, mark: string][]) => {
    const judge = new Verdicts("R655");
    for (const { at, bytes } of frames) judge.take(at, bytes);
    const marks = told.map(([time, mark]) => ({ at: Date.parse(`${day}${time}Z`), mark }));
    return judge.rows(marks, frames.at(-1)?.at ?? 0);
  };

  it("is judged rightly at both of its moments", () => {
    expect(verdicts(["16:52:56", "lost, pulled"], ["16:56:28", "present, plugged in"])).toMatchObject([
      { grid: "lost", basis: "discharge", soc: 98, verdict: "right" },
      { grid: "present", basis: "ac-input-watts", soc: 98, verdict: "right" },
    ]);
  });

  it("would be called wrong, had the owner marked the opposite", () => {
    expect(verdicts(["16:52:56", "present, still"])).toMatchObject([{ verdict: "wrong" }]);
  });
});
