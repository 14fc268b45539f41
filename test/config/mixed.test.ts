/** Environment and YAML together (R20), and what only YAML may contain. */
import { describe, expect, it } from "vitest";
import { stationIds } from "../../src/config/config.ts";
import { describeConfig } from "../../src/config/describe.ts";
import { loaded } from "./folder.ts";

const yaml = `
mqtt: { url: "mqtts://broker:8884", username: house, password: from-yaml }
stations:
  Study: { serial: R631A, dischargeLimitPercent: 10 }
  Office: { serial: R631B, dischargeLimitPercent: 10 }
machines:
  pc: { stations: [Study], shutdownAt: { socPercent: 40 } }
  rack: { stations: [Study, R631B], minSupplies: 1 }
policy: { debounceSec: 4m, cooldownSec: 2m }
`;

describe("environment and YAML together", () => {
  it("scalars of the environment win, one by one", () => {
    const env = { MQTT_HOST: "other", MQTT_PASS: "from-env", POLICY_DEBOUNCE_SEC: "90" };
    const config = loaded({ yaml, env });
    expect(config.mqtt).toMatchObject({ url: "mqtts://other:8884", username: "house", password: "from-env" });
    expect(config.policy).toMatchObject({ debounceSec: 90, cooldownSec: 120, socMinPercent: 20 });
  });

  it("MQTT_PORT alone changes the port", () => {
    expect(loaded({ yaml, env: { MQTT_PORT: "1999" } }).mqtt?.url).toBe("mqtts://broker:1999");
  });

  it("the mapping adds machines and replaces the stations of those it names, and nothing else of them", () => {
    const env = { DEVICE_TO_AGENTS_JSON: '{"R631B": ["pc", "nas"], "Shed": ["nas"]}' };
    const config = loaded({ yaml, env });
    expect(config.machines["pc"]).toMatchObject({ stations: ["Office"], shutdownAt: { socPercent: 40 } });
    expect(config.machines["nas"]).toMatchObject({ stations: ["Office", "Shed"], minSupplies: 2 });
    expect(config.machines["rack"]).toMatchObject({ stations: ["Study", "Office"], minSupplies: 1 });
    expect(Object.keys(config.stations)).toEqual(["Study", "Office", "Shed"]);
  });

  it("a redundancy that the YAML states outlives the mapping", () => {
    const config = loaded({
      yaml,
      env: { DEVICE_TO_AGENTS_JSON: '{"Study": ["rack"], "Office": ["rack"]}' },
    });
    expect(config.machines["rack"]?.minSupplies).toBe(1);
  });

  it("a broker of the environment sets the embedded one aside, and says so", () => {
    const embedded = "broker: { port: 1999 }\nstations: { A: {} }\nmachines: { pc: { stations: [A] } }";
    expect(loaded({ yaml: embedded }).broker).toEqual({ host: "127.0.0.1", port: 1999, users: null });
    const config = loaded({ yaml: embedded, env: { MQTT_HOST: "b" } });
    expect(config.broker).toBeNull();
    expect(config.notes.join()).toMatch(/broker is not used/);
  });
});

describe("YAML", () => {
  it("fills what is left out with the defaults, and durations are seconds", () => {
    const config = loaded({ yaml: "stations: { A: }\nmachines: { pc: { stations: [A], delaySec: 1.5m } }" });
    expect(config.policy).toEqual({
      socMinPercent: 20,
      debounceSec: 180,
      delaySec: 60,
      cooldownSec: 300,
      ttlSec: 300,
      hysteresisPercent: 3,
      abortAfterSec: 10,
      wakeAfterSec: 300,
      blindAfterSec: 60,
      blindMaxSec: "auto",
      deadmanSec: 300,
      bootGraceSec: 600,
    });
    expect(config.machines["pc"]).toMatchObject({ minSupplies: 1, delaySec: 90, stopSec: 300, key: null });
    expect(config.sources).toEqual([{ kind: "mqtt-raw", name: "mqtt-raw" }]);
    expect(config.mqtt).toBeNull();
    expect(config.broker).toEqual({ host: "127.0.0.1", port: 1883, users: null });
  });

  it("names each source: as written, else by its kind", () => {
    const yaml = "sources: [{ kind: mqtt, name: neighbours }, { kind: mqtt-raw }]";
    expect(loaded({ yaml }).sources).toEqual([
      { kind: "mqtt", name: "neighbours" },
      { kind: "mqtt-raw", name: "mqtt-raw" },
    ]);
  });

  it("takes variables from the environment, from .env and from files; numbers too", () => {
    const config = loaded({
      yaml: `stations: { A: { capacityWh: "\${WH}" } }
machines: { pc: { stations: [A], key: "\${PC_KEY}" }, nas: { stations: [A], key: "a-\${NAS_KEY}-$\${x}" } }`,
      dotenv: "WH=286",
      env: { PC_KEY_FILE: "keys/pc", NAS_KEY: "0123456789abcdef" },
      files: { "keys/pc": "fedcba9876543210\n" },
    });
    expect(config.stations["A"]?.capacityWh).toBe(286);
    expect(config.machines["pc"]?.key).toBe("fedcba9876543210");
    expect(config.machines["nas"]?.key).toBe("a-0123456789abcdef-$" + "{x}");
    expect(config.secrets).toEqual(["fedcba9876543210", "a-0123456789abcdef-$" + "{x}"]);
  });

  it("means paths from its own folder", () => {
    const files = {
      "etc/site.yaml": "stateDir: state\nmqtt: { url: mqtts://b, ca: ca.pem }",
      "etc/ca.pem": "-----BEGIN CERTIFICATE-----",
    };
    const config = loaded({ files, file: "etc/site.yaml" });
    expect(config.stateDir).toMatch(/\/house\/etc\/state$/);
    expect(config.mqtt).toMatchObject({ url: "mqtts://b:8883", ca: { pem: "-----BEGIN CERTIFICATE-----" } });
  });

  it("names a station by id, name or serial", () => {
    const config = loaded({ yaml: "stations: { Living Room: { serial: R1 } }" });
    expect(Object.fromEntries(stationIds(config))).toEqual({
      "Living-Room": "Living-Room",
      "Living Room": "Living-Room",
      R1: "Living-Room",
    });
  });
});

describe("a name", () => {
  it("that is reserved for machines may be a station's", () => {
    expect(Object.keys(loaded({ yaml: "stations: { plan: {} }" }).stations)).toEqual(["plan"]);
  });
});

describe("the summary", () => {
  it("describes broker, stations, machines and policy", () => {
    const text = describeConfig(loaded({ yaml }));
    expect(text).toContain("mqtts://broker:8884 as house, password set");
    expect(text).toContain("Study: serial R631A, cuts at 11 %");
    expect(text).toContain("rack on Study and Office, needs 1 of them: goes at 20 %");
    expect(text).toContain("20 % for 4 min");
  });
});

describe("a warning", () => {
  const base = "mqtt: { url: mqtt://b, username: u }\n";
  const study =
    "stations: { Study: { dischargeLimitPercent: 20, capacityWh: 286, assumedLoadWatts: 120 } }\n";
  const pc = (more: string) => `machines: { pc: { stations: [Study]${more} } }\n`;
  const without = `${base}${study}${pc(", shutdownAt: { socPercent: 30 }")}`;

  it("is not given without a reason, nor a note", () => {
    const rack = "\n  rack: { stations: [Study, Shed], minSupplies: 2, shutdownAt: { socPercent: 30 } }";
    const block = "machines:\n  pc: { stations: [Study], shutdownAt: { socPercent: 30 } }";
    const shed = study.replace("} }", "}, Shed: { dischargeLimitPercent: 5 } }");
    for (const yaml of [without, `${base}${shed}${block}${rack}`]) {
      expect(loaded({ yaml })).toMatchObject({ warnings: [], notes: [] });
    }
  });

  it.each([
    [
      "a threshold under the cut-off (I6)",
      `${base}${study}${pc(", shutdownAt: { socPercent: 20 }")}`,
      /cuts its output at 21 %.*Write 27 % or more/,
    ],
    [
      "a threshold too near to it for the load (S8)",
      `${base}${study}${pc(", shutdownAt: { socPercent: 26 }")}`,
      /needs 432 s at 120 W/,
    ],
    [
      "a limit that nobody knows (S8)",
      `${base}stations: { Study: {} }\n${pc("")}`,
      /discharge limit of Study is left/,
    ],
    [
      "a station without a machine (I14)",
      `${without.replace("} }\nmachines", "}, Shed: { dischargeLimitPercent: 5 } }\nmachines")}`,
      /Shed feeds no machine/,
    ],
    ["no machine at all (I14)", `${base}${study}`, /nothing is protected/],
    ["an anonymous broker (S27)", without.replace(", username: u", ""), /anyone on this network can fake/],
    [
      "an embedded broker that nobody else reaches",
      without.replace(base, ""),
      /agents on other machines cannot reach it/,
    ],
    ["a command that ends before its delay", `${without}policy: { ttlSec: 30 }`, /valid for 30 s/],
    [
      "a cooldown shorter than the original's minute (S30)",
      `${without}policy: { cooldownSec: 60 }`,
      /begins its minute anew/,
    ],
    [
      "a dead-man shorter than a switch needs (S21)",
      `${without}policy: { deadmanSec: 30 }`,
      /deadmanSec is 30 s/,
    ],
    [
      "a machine that goes at once",
      `${base}${study}${pc(", shutdownAt: { socPercent: 95 }")}`,
      /nearly every outage/,
    ],
    [
      "an hysteresis that is never reached",
      `${base}${study}${pc(", shutdownAt: { socPercent: 99 }")}`,
      /never disarmed by charge/,
    ],
    [
      "a runtime shorter than the stop",
      `${base}${study}${pc(", shutdownAt: { socPercent: 30, runtimeSec: 60 }")}`,
      /will be commanded earlier/,
    ],
    [
      "a very slow machine",
      `${base}${study}${pc(", shutdownAt: { socPercent: 60 }, stopSec: 20m")}`,
      /given 20 min to stop/,
    ],
    [
      "a key that can be guessed",
      `${base}${study}${pc(", shutdownAt: { socPercent: 30 }, key: short")}`,
      /key of pc is short/,
    ],
    ["no source", `${without}sources: []`, /sources is empty/],
  ])("about %s", (_, text, sentence) => {
    expect(loaded({ yaml: text }).warnings.join("\n")).toMatch(sentence);
  });
});
