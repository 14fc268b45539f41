import { expect, it } from "vitest";
import { makeLog } from "./log.ts";
import { createOnce } from "./once.ts";

function captured(pretty: boolean, secrets: string[] = []) {
  const lines: string[] = [];
  const wall = () => Date.UTC(2026, 10, 23, 17, 0, 0);
  return { lines, log: makeLog({ level: "info", pretty, secrets, wall, write: (line) => lines.push(line) }) };
}

it("writes one JSON a line, with the room and the values, and nothing below its level", () => {
  const { log, lines } = captured(false);
  log.room("policy").warn("soc 9 % <= 10 %", { station: "river", soc: 9 });
  log.debug("not this");
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    {
      level: "warn",
      time: "2026-11-23T17:00:00.000Z",
      room: "policy",
      station: "river",
      soc: 9,
      msg: "soc 9 % <= 10 %",
    },
  ]);
});

it("writes a readable line for a terminal", () => {
  const { log, lines } = captured(true);
  log.room("policy").info("TIMER START", { station: "river" });
  expect(lines).toHaveLength(1);
  // Sentences alone, in local time: what stands beside them is for programs.
  const local = new Date(Date.UTC(2026, 10, 23, 17)).toTimeString().slice(0, 8);
  expect(lines[0]).toBe(`${local}  TIMER START\n`);
  log.room("journal").error("pc is late", { machine: "pc" });
  log.warn("the broker is away");
  expect(lines.slice(1)).toEqual([`${local}  ALARM pc is late\n`, `${local}  WARNING the broker is away\n`]);
});

it("hides secrets wherever they stand, also inside errors, addresses and JSON", () => {
  for (const pretty of [false, true]) {
    const secret = 'p"ss wörd/1';
    const { log, lines } = captured(pretty, [secret, ""]);
    log.error(`user a with ${secret} refused`, {
      deep: { list: [secret], url: `mqtt://a:${encodeURIComponent(secret)}@host` },
      error: new Error(`bad ${secret}`),
      bytes: JSON.stringify({ secret }),
    });
    log.info("odd ones", { big: 1n, nothing: undefined, self: lines, loop: loop() });
    const all = lines.join("");
    // A terminal does not get the values.
    expect(all.includes("cannot be printed")).toBe(!pretty);
    expect(all).toContain("[hidden]");
    for (const part of ["ss w", "ss%20w", "rd/1", "rd%2F1"]) expect(all).not.toContain(part);
  }
});

it("says a thing once and counts it after", () => {
  const { log, lines } = captured(false);
  const once = createOnce(log, 2);
  for (let time = 0; time < 5; time++) once.warn("a", "a bad frame", { time });
  expect([lines.length, once.count("a"), once.count("b")]).toEqual([1, 5, 0]);
  once.clear("a");
  once.info("a", "a bad frame");
  for (const key of ["b", "c"]) once.warn(key, key);
  expect(once.count("a")).toBe(0);
  once.warn("c", "c");
  once.close();
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual([
    "a bad frame",
    "a bad frame",
    "b",
    "c",
    "2 times in all: c",
  ]);
});

function loop() {
  const itself: Record<string, unknown> = {};
  itself["itself"] = itself;
  return itself;
}
