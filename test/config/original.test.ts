/** Environments in the original's style load as they stand, and mean what they meant. */
import { describe, expect, it } from "vitest";
import { stationIds } from "../../src/config/config.ts";
import { policyRulesOf } from "../../src/config/policy-rules.ts";
import { sitePlan } from "../../src/site.ts";
import { check, load, loaded } from "./folder.ts";

const commented = `
# Account
ECOFLOW_USERNAME="somebody@example.com"
ECOFLOW_PASSWORD="correct horse"
ECOFLOW_ACCESS_KEY=""
ECOFLOW_SECRET_KEY=""
ECOFLOW_DEVICE_LIST="R631TEST00000001,R631TEST00000002"

# Broker
MQTT_HOST="localhost"
MQTT_PORT=1883
MQTT_USER=
MQTT_PASS=
ECOFLOW_BASE=bridge-ecoflow

POLICY_SOC_MIN=15            # at or below
POLICY_DEBOUNCE_SEC=120      # two minutes
POLICY_COOLDOWN_SEC=240      # four
DEVICE_TO_AGENTS_JSON='{"Hall": ["hall-pc"], "Attic": ["attic-nas", "attic-pi"]}'
`;

describe("the original's names", () => {
  it.each([
    ["R631TEST00000001", true],
    ["HW51ZEH4SF3E", true],
    ["R631TEST00000000003X", true],
    ["HW51ZEH4SF3", false],
    ["R631TEST00000000000003X", false],
    ["Hall", false],
    ["r631test00000001", false],
  ])("of a station, %s, is taken for a serial: %s", (id, isSerial) => {
    const config = loaded({
      dotenv: `MQTT_HOST=localhost\nDEVICE_TO_AGENTS_JSON='{"${id}": ["pc"]}'`,
    });
    expect(sitePlan(config, "site", "").stations).toMatchObject([{ id, serial: isSerial ? id : null }]);
  });

  it("with quotes, comments behind values and empty values", () => {
    const config = loaded({ dotenv: commented });
    expect(config.mqtt).toEqual({ url: "mqtt://localhost:1883", username: null, password: null, ca: null });
    expect(config.policy).toMatchObject({ socMinPercent: 15, debounceSec: 120, cooldownSec: 240 });
    expect(Object.keys(config.stations)).toEqual(["Hall", "Attic"]);
    expect(config.machines).toMatchObject({
      "hall-pc": { stations: ["Hall"], minSupplies: 1, shutdownAt: { socPercent: 15 } },
      "attic-nas": { stations: ["Attic"] },
      "attic-pi": { stations: ["Attic"] },
    });
  });

  it("make a source of the account, beside the raw frames of a bridge", () => {
    expect(loaded({ dotenv: commented }).sources).toMatchObject([
      { kind: "mqtt-raw" },
      {
        kind: "ecoflow-app",
        name: "ecoflow-app",
        username: "somebody@example.com",
        password: "correct horse",
        region: "auto",
        devices: ["R631TEST00000001", "R631TEST00000002"],
      },
    ]);
  });

  it("say in one sentence what is not built yet", () => {
    const { notes } = loaded({ dotenv: "MQTT_HOST=b\nHTTP_PORT=8081\nNUT_PORT=3493" });
    expect(notes).toContain(
      "Not built yet, and without effect: the web page (HTTP_PORT) and the NUT server (NUT_PORT).",
    );
  });

  it("by default: 10 %, 180 s, 300 s, on the bridge's topics", () => {
    const { policy, base } = loaded({ dotenv: "MQTT_HOST=b" });
    expect(base).toBe("bridge-ecoflow");
    expect(policy).toMatchObject({
      socMinPercent: 10,
      debounceSec: 180,
      cooldownSec: 300,
      delaySec: 60,
      ttlSec: 300,
    });
  });

  it.each([
    ["one agent as a text", `{"Hall": "pc"}`],
    ["without quotes, on one line", `{"Hall":["pc"]}`],
    ["over several lines in quotes", `'{\n  "Hall": [\n    "pc"\n  ]\n}'`],
    ["over several lines without", `{\n  "Hall": ["pc"]\n}`],
  ])("DEVICE_TO_AGENTS_JSON with %s", (_, json) => {
    const config = loaded({ dotenv: `MQTT_HOST=b\nDEVICE_TO_AGENTS_JSON=${json}\nPOLICY_SOC_MIN=11` });
    expect(config.machines["pc"]?.stations).toEqual(["Hall"]);
    expect(config.policy.socMinPercent).toBe(11);
  });

  it("from a real environment, with the quotes and comments that docker --env-file hands over", () => {
    const env = {
      MQTT_HOST: "localhost  # or another",
      MQTT_USER: '"house"',
      MQTT_PASS: '"pa # ss"',
      POLICY_SOC_MIN: "12   # percent",
      DEVICE_TO_AGENTS_JSON: `'{"Study (2)": ["pc"]}'`,
    };
    const config = loaded({ env });
    expect(config.mqtt).toMatchObject({
      url: "mqtt://localhost:1883",
      username: "house",
      password: "pa # ss",
    });
    expect(config.policy.socMinPercent).toBe(12);
    expect(stationIds(config).get("Study (2)")).toBe("Study-2");
  });

  it("take either of two stations for the end of a machine, and say so", () => {
    const config = loaded({ dotenv: `MQTT_HOST=b\nDEVICE_TO_AGENTS_JSON={"A": ["rack"], "B": ["rack"]}` });
    expect(config.machines["rack"]).toMatchObject({ stations: ["A", "B"], minSupplies: 2 });
    expect(config.notes.join()).toMatch(/rack hangs on A and B, and either one alone takes it down/);
  });

  it.each([
    [" a b ", " a b "],
    ["'a # b'", "a # b"],
    ["a'b", "a'b"],
    ['"', '"'],
  ])("MQTT_PASS=%j from a real environment, no character lost", (written, password) => {
    expect(loaded({ env: { MQTT_HOST: "b", MQTT_USER: "u", MQTT_PASS: written } }).mqtt?.password).toBe(
      password,
    );
  });

  it.each([
    ["::1", "mqtt://[::1]:1883"],
    ["[fe80::1]", "mqtt://[fe80::1]:1883"],
    ["192.168.1.9", "mqtt://192.168.1.9:1883"],
  ])("MQTT_HOST=%s, also an address", (host, url) => {
    expect(loaded({ env: { MQTT_HOST: host } }).mqtt?.url).toBe(url);
  });

  it("that a simulated device is mapped by", () => {
    const dotenv = `MQTT_HOST=b\nDEVICE_TO_AGENTS_JSON='{"SimulatedDevice": ["test-agent"]}'`;
    expect(policyRulesOf(loaded({ dotenv })).machines["test-agent"]).toEqual({
      stations: ["SimulatedDevice"],
      minSupplies: 1,
      socPercent: 10,
      runtimeSec: null,
      onBatterySec: null,
      delaySec: 60,
      stopSec: 300,
    });
  });
});

describe("where variables come from", () => {
  it("the real environment wins, also over .env, also when it is empty", () => {
    const dotenv = "MQTT_HOST=file\nMQTT_USER=somebody\nPOLICY_SOC_MIN=11";
    const config = loaded({ dotenv, env: { MQTT_HOST: "real", MQTT_USER: "" } });
    expect(config.mqtt).toMatchObject({ url: "mqtt://real:1883", username: null });
    expect(config.policy.socMinPercent).toBe(11);
  });

  it("the parent folder's .env counts where the working directory has none", () => {
    const above = { "../.env": "MQTT_HOST=above" };
    expect(loaded({ files: above }).mqtt?.url).toBe("mqtt://above:1883");
    expect(loaded({ files: above, dotenv: "MQTT_HOST=here" }).mqtt?.url).toBe("mqtt://here:1883");
  });

  it("a secret comes from the file that <NAME>_FILE names", () => {
    const env = { MQTT_HOST: "b", MQTT_USER: "u", MQTT_PASS_FILE: "run/pass" };
    const config = loaded({ env, files: { "run/pass": "from the file\n" } });
    expect(config.mqtt?.password).toBe("from the file");
    expect(config.secrets).toEqual(["from the file"]);
  });

  it("names of others are left alone", () => {
    const env = { MQTT_HOST: "b", HTTP_PROXY: "x", NUT_CONFPATH: "x", LOG_DIR: "x", NOTIFY_SOCKET: "/run/x" };
    expect(load({ env: { ...env, MQTT_SERVICE_HOST: "x", ECOFLOW_POWER_DEMO: "1" } }).ok).toBe(true);
  });

  it("levels of other programs' logs are understood", () => {
    expect(loaded({ env: { MQTT_HOST: "b", LOG_LEVEL: "WARNING" } }).logLevel).toBe("warn");
  });
});

describe("names", () => {
  it("that no topic may hold get a slug, and the agent's side gets a hint", async () => {
    const { code, out } = await check({
      dotenv: `MQTT_HOST=b\nDEVICE_TO_AGENTS_JSON={"Büro oben": ["Annas PC"]}`,
    });
    expect(code).toBe(0);
    expect(out).toMatch(/Büro oben is called Buro-oben in topics/);
    expect(out).toMatch(/Annas PC is called Annas-PC in topics: its agent needs AGENT_ID=Annas-PC/);
  });

  it("of the app may stand for serials; a serial that ECOFLOW_DEVICE_LIST leaves out is a warning", () => {
    expect(loaded({ dotenv: commented }).warnings.join("\n")).not.toMatch(/ECOFLOW_DEVICE_LIST/);
    const yaml = "stations: { Hall: { serial: R631TEST00000003 } }";
    const { warnings } = loaded({ dotenv: commented, yaml });
    expect(warnings.join("\n")).toMatch(/Hall \(R631TEST00000003\) is not among the devices that count/);
  });
});
