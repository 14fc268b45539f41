/** The command itself: exit codes, JSON, the broker. */
import { expect, it } from "vitest";
import { check } from "./folder.ts";

const good = `MQTT_HOST=b\nDEVICE_TO_AGENTS_JSON={"A": ["pc"]}`;

it("ends 0 and shows the summary with its warnings", async () => {
  const { code, out, err } = await check({ dotenv: good });
  expect([code, err]).toEqual([0, ""]);
  expect(out).toMatch(/^broker {3}mqtt:\/\/b:1883 anonymous/m);
  expect(out).toMatch(/^WARNING/m);
  expect(out).toMatch(/valid, with warnings/);
});

it("ends 1 where nobody is protected", async () => {
  const { code, err } = await check({ dotenv: "MQTT_HOST=b" });
  expect(code).toBe(1);
  expect(err).toMatch(/protects no machine/);
});

it("ends 2 on wrong usage, 0 on --help", async () => {
  expect((await check({ dotenv: good, args: ["--verbose"] })).code).toBe(2);
  const { code, out } = await check({ args: ["--help"] });
  expect(code).toBe(0);
  expect(out).toMatch(/^Usage: ecoflow-power check/);
});

it("says the same as one JSON object", async () => {
  const { code, out } = await check({ dotenv: good, args: ["--json"] });
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ ok: true, problems: [], warnings: expect.arrayContaining([]) });
  const bad = await check({ dotenv: `${good}\nPOLICY_SOC_MIN=x`, args: ["--json"] });
  expect(bad.code).toBe(1);
  expect(JSON.parse(bad.out).problems).toEqual([
    {
      path: "POLICY_SOC_MIN",
      value: '"x"',
      problem: "is not a number from 1 to 100",
      remedy: expect.stringMatching(/^Write a number from 1 to 100/),
    },
  ]);
});

it("tries the broker, unless --offline", async () => {
  const tried: string[] = [];
  const probeBroker = async (config: { mqtt: { url: string } | null }) => {
    tried.push(config.mqtt?.url ?? "");
    const where = { path: "mqtt.url", value: "mqtt://b:1883", remedy: "Start it." };
    return { problem: { ...where, problem: "cannot be used: nobody listens" }, warnings: [], notes: [] };
  };
  const { code, out, err } = await check({ dotenv: good, probeBroker });
  expect(code).toBe(1);
  expect(out).toMatch(/^machine/m);
  expect(err).toMatch(/mqtt\.url: mqtt:\/\/b:1883 cannot be used: nobody listens/);
  expect((await check({ dotenv: good, probeBroker, args: ["--offline"] })).code).toBe(0);
  expect(tried).toEqual(["mqtt://b:1883"]);
});

it("adds what the stations say of themselves to its warnings and notes", async () => {
  const probeBroker = async () => ({ problem: null, warnings: ["Study sleeps."], notes: ["As told."] });
  const { code, out } = await check({ dotenv: good, probeBroker });
  expect(code).toBe(0);
  expect(out).toMatch(/^WARNING {2}Study sleeps\.$[\s\S]*^note {5}As told\.$/m);
  const { out: json } = await check({ dotenv: good, probeBroker, args: ["--json"] });
  expect(JSON.parse(json)).toMatchObject({ warnings: expect.arrayContaining(["Study sleeps."]) });
});

it("names the demo where nothing is configured", async () => {
  const { code, err } = await check({});
  expect(code).toBe(1);
  expect(err).toMatch(/MQTT_HOST=/);
  expect(err).toMatch(/ecoflow-power demo/);
});
