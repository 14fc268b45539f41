/** Ten questions about one outage are answered by the log as it is on a terminal, and by nothing else. */
import { beforeAll, describe, expect, it } from "vitest";
import { makeLog } from "../../src/io/log.ts";
import { Agent } from "../agent.ts";
import { House, onBattery, onMains } from "../house.ts";
import { expectAnswer, tenQuestions } from "../ten-questions.ts";

const lines: string[] = [];

/** One outage of a house with two machines. */
async function outage(): Promise<void> {
  const write = (line: string) => void lines.push(line.trimEnd());
  let house: House | null = null;
  const log = makeLog({
    level: "info",
    pretty: true,
    secrets: [],
    wall: () => house?.clock.wall() ?? 0,
    write,
  });
  const machines = { pc: { socPercent: 50 }, nas: { socPercent: 30, delaySec: 120 } };
  house = await House.open({ log, machines, policy: { debounceSec: 20 } });
  for (const name of Object.keys(machines)) new Agent(house, name);
  let says = onMains(62);
  house.each(2, () => house?.says("Study", says));
  await house.pass(60);
  says = onBattery(62);
  await house.pass(30);
  says = onBattery(49);
  await house.pass(180);
  await house.restart();
  await house.pass(10);
  says = onBattery(29);
  await house.pass(60);
  says = onMains(30);
  await house.pass(60);
}

describe("the log of one outage on a terminal", () => {
  beforeAll(outage);

  it.each(tenQuestions)("answers: $asks", (question) => {
    const said = lines.map((line) => line.slice(10).replace(/^(warning|error|WARNING|ERROR) +/, ""));
    expectAnswer(expect, question, said);
  });

  it("says the time of day in each line", () => {
    expect(lines.filter((line) => !/^\d\d:\d\d:\d\d {2}\S/.test(line))).toEqual([]);
  });
});
