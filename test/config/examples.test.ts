/** The examples that people copy: every variable is in one, both load as they stand. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { allPaths } from "../../src/config/json-schema.ts";
import { allVariables } from "../../src/config/variables.ts";
import { check, loaded } from "./folder.ts";

const dotenv = readFileSync(".env.example", "utf8");
const yaml = readFileSync("ecoflow-power.example.yaml", "utf8");

it(".env.example names every variable", () => {
  const named = new Set([...dotenv.matchAll(/^(?:# )?([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name));
  expect([...named].sort()).toEqual(allVariables().sort());
});

it(".env.example loads as it stands", () => {
  const config = loaded({ dotenv });
  expect(config.mqtt).toMatchObject({ url: "mqtt://broker.local:1883", username: null });
  expect(Object.keys(config.machines)).toEqual(["pc", "nas", "rack"]);
});

it(".env.example loads with every variable of it uncommented and filled", () => {
  const filled = dotenv
    .replace(/^# ([A-Z][A-Z0-9_]*=.*)$/gm, (_, line: string) => line)
    .replace(/^\w+_FILE=.*$/gm, "")
    .replace(/^(\w+)=$/gm, "$1=something");
  const config = loaded({ dotenv: filled });
  expect(config.notes.join("\n")).toMatch(/Not built yet.*notifications.*web page.*NUT server/);
  expect(config.sources.map(({ kind }) => kind)).toEqual(["mqtt-raw", "ecoflow-open", "ecoflow-app"]);
});

it("ecoflow-power.example.yaml loads as it stands", () => {
  const config = loaded({ yaml, env: { MQTT_PASS: "hunter2hunter2", PC_KEY: "0123456789abcdef" } });
  expect(config.machines["nas"]?.shutdownAt).toEqual({
    socPercent: 25,
    runtimeSec: 900,
    onBatterySec: 7_200,
  });
  expect(config.machines["pc"]?.key).toBe("0123456789abcdef");
});

it("ecoflow-power.example.yaml shows every key", () => {
  const keys = new Set(allPaths().map((path) => path.split(".").at(-1) as string));
  expect([...keys].filter((key) => !new RegExp(`\\b${key}:`).test(yaml))).toEqual([]);
});

it("check calls both valid", async () => {
  expect((await check({ dotenv })).code).toBe(0);
  expect((await check({ yaml, env: { MQTT_PASS: "hunter2hunter2", PC_KEY: "0123456789abcdef" } })).code).toBe(
    0,
  );
});
