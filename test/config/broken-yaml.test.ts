/** Broken YAML: each mistake gets a sentence that names the path, the value and the remedy, and exit code 1. */
import { describe, it } from "vitest";
import { expectMistakes, type Row } from "./mistakes.ts";

const machine = `stations: { Study: {} }\nmachines: { pc: { stations: [Study] } }\n`;

const byYaml: Row[] = [
  [
    "a file that is not there",
    { args: ["--config", "other.yaml"] },
    ["--config", '"other.yaml"', /not there/, /Name an existing YAML file/],
  ],
  [
    "the other ending",
    { files: { "ecoflow-power.yml": machine } },
    ["ecoflow-power.yml", "a file of this name", /not looked for/, /Rename it/],
  ],
  [
    "YAML that is none",
    { yaml: "machines: [" },
    ["ecoflow-power.yaml", "line 1, column", /not valid YAML/, /quotes/],
  ],
  [
    "a list of nothing",
    { yaml: "- a\n- b" },
    ["ecoflow-power.yaml", "a list", /not a set of sections/, /Begin with/],
  ],
  [
    "an alias that leads back into itself",
    { yaml: "machines: &a\n  pc: *a\n" },
    ["ecoflow-power.yaml", "an alias", /leads back into itself/, /Write the values out/],
  ],
  [
    "a key twice",
    { yaml: `${machine}machines: {}` },
    ["ecoflow-power.yaml", "line 3", /the same name twice/, /Keep one/],
  ],
  [
    "a misspelt key",
    { yaml: `${machine}policy: { debounceSecs: 180 }` },
    ["policy.debounceSecs", '"debounceSecs"', /not a key we know/, /Did you mean debounceSec\?/],
  ],
  [
    "a key on the wrong level",
    { yaml: `${machine}debounceSec: 180` },
    ["debounceSec", '"debounceSec"', /not a key we know/, /Did you mean policy\.debounceSec\?/],
  ],
  [
    "a key that is planned",
    { yaml: "stations: { Study: {} }\nmachines: { pc: { stations: [Study], tier: 1 } }" },
    ["machines.pc.tier", '"tier"', /not built yet/, /Remove tier/],
  ],
  [
    "a source that is planned",
    { yaml: `${machine}sources: [{ kind: nut, host: u }]` },
    ["sources.0.kind", '"nut"', /not built yet/, /ecoflow-open, ecoflow-app, mqtt and mqtt-raw/],
  ],
  [
    "an account without a password",
    { yaml: `${machine}sources: [{ kind: ecoflow-app, username: u }]` },
    ["sources.0.password", "(nothing)", /is not set, and must be/, /ECOFLOW_PASSWORD sets it/],
  ],
  [
    "an address of EcoFlow's API without TLS",
    {
      yaml: `${machine}sources: [{ kind: ecoflow-app, username: u, password: p, apiUrl: "http://api.example" }]`,
    },
    ["sources.0.apiUrl", '"http://api.example"', /no https:\/\/ address/, /http:\/\/ only with 127\.0\.0\.1/],
  ],
  [
    "one account twice",
    {
      yaml: `${machine}sources: [{ kind: ecoflow-app, username: u, password: p }, { kind: ecoflow-app, name: b, username: u, password: p }]`,
    },
    ["sources.1", "ecoflow-app", /second source of the same account/, /Keep one of the two/],
  ],
  [
    "a region that EcoFlow does not have",
    { yaml: `${machine}sources: [{ kind: ecoflow-app, username: u, password: p, region: eu }]` },
    ["sources.0.region", '"eu"', /is not one of auto, api-e/, /Write one of auto, api-e/],
  ],
  [
    "a source that nobody knows",
    { yaml: `${machine}sources: [{ kind: mqtt-rwa }]` },
    ["sources.0.kind", '"mqtt-rwa"', /not a kind of source/, /Did you mean mqtt-raw\?/],
  ],
  [
    "two sources of one name",
    { yaml: `${machine}sources: [{ kind: mqtt-raw }, { kind: mqtt, name: mqtt-raw }]` },
    ["sources.1.name", '"mqtt-raw"', /already the name of another source/, /a name of its own for each/],
  ],
  [
    "two sources of one kind, neither with a name",
    { yaml: `${machine}sources: [{ kind: mqtt }, { kind: mqtt }]` },
    ["sources.1.name", '"mqtt"', /already the name of another source/, /name: rack/],
  ],
  [
    "a source whose name no topic may hold",
    { yaml: `${machine}sources: [{ kind: mqtt, name: "a/b" }]` },
    ["sources.0.name", '"a/b"', /is not/, /./],
  ],
  [
    "a station that does not exist",
    { yaml: "stations: { Study: {} }\nmachines: { pc: { stations: [Studdy] } }" },
    ["machines.pc.stations.0", '"Studdy"', /no station of this configuration/, /Did you mean Study\?/],
  ],
  [
    "a machine without a station",
    { yaml: "machines: { pc: { stations: [] } }" },
    ["machines.pc.stations", "a list", /is empty/, /such as \[Study\] \(the stations that feed it/],
  ],
  [
    "two stations and not a word how many are needed",
    { yaml: "stations: { A: {}, B: {} }\nmachines: { rack: { stations: [A, B] } }" },
    [
      "machines.rack.minSupplies",
      "(nothing)",
      /hangs on 2 stations \(A and B\)/,
      /minSupplies: 1.*minSupplies: 2/,
    ],
  ],
  [
    "more supplies needed than there are",
    { yaml: "stations: { A: {}, B: {} }\nmachines: { rack: { stations: [A, B], minSupplies: 3 } }" },
    ["machines.rack.minSupplies", "3", /more than the 2 stations/, /from 1 to 2/],
  ],
  [
    "a threshold out of range",
    { yaml: "stations: { A: {} }\nmachines: { pc: { stations: [A], shutdownAt: { socPercent: 140 } } }" },
    ["machines.pc.shutdownAt.socPercent", "140", /not a number from 1 to 100/, /from 1 to 100/],
  ],
  [
    "blind for longer than it may be",
    { yaml: `${machine}policy: { blindMaxSec: 30 }` },
    ["policy.blindMaxSec", "30", /less than policy\.blindAfterSec \(60\)/, /Write auto/],
  ],
  [
    "a variable that is not set",
    { yaml: `${machine}mqtt: { url: mqtt://b, username: "\${NOBODY}" }` },
    ["mqtt.username", `$${"{NOBODY}"}`, /not set/, /Set NOBODY/],
  ],
  [
    "a password in the address",
    { yaml: `${machine}mqtt: { url: "mqtt://u:hunter2hunter2@b:1883" }` },
    [
      "mqtt.url",
      '"mqtt://(hidden)@b:1883"',
      /holds a user or a password/,
      /Write mqtt:\/\/host:1883, .* mqtt\.username and mqtt\.password \(MQTT_USER, MQTT_PASS\)/,
    ],
  ],
  [
    "an address that is none",
    { yaml: `${machine}mqtt: { url: "b:1883" }` },
    ["mqtt.url", '"b:1883"', /no address of a broker/, /Write mqtt:\/\/host:1883, .*mqtts:\/\/host:8883/],
  ],
  [
    "a site that no topic may hold",
    { yaml: `${machine}site: "my house"` },
    ["site", '"my house"', /may not stand in a topic/, /characters A–Z/],
  ],
  [
    "two brokers",
    { yaml: `${machine}mqtt: { url: mqtt://b }\nbroker: { port: 1884 }` },
    ["broker", "a section", /only one broker/, /Keep mqtt/],
  ],
  [
    "an embedded broker open to the network",
    { yaml: `${machine}broker: { host: 0.0.0.0 }` },
    ["broker.host", '"0.0.0.0"', /everybody on the network/, /broker\.users/],
  ],
  [
    "a certificate authority without TLS",
    {
      yaml: `${machine}mqtt: { url: mqtt://b, ca: ca.pem }`,
      files: { "ca.pem": "-----BEGIN CERTIFICATE-----" },
    },
    ["mqtt.ca", '"', /without TLS/, /mqtts/],
  ],
  [
    "a certificate authority that is none",
    { yaml: `${machine}mqtt: { url: mqtts://b, ca: ca.pem }`, files: { "ca.pem": "no" } },
    ["mqtt.ca", '"', /no certificate in PEM form/, /PEM file/],
  ],
  [
    "two stations with one serial",
    { yaml: `stations: { A: { serial: R1 }, B: { serial: R1 } }\nmachines: { pc: { stations: [A] } }` },
    ["stations.B.serial", '"R1"', /already stands for the station "A"/, /keep one.*label/],
  ],
  [
    "a station by its serial, and once more with that serial",
    { yaml: `stations: { R1: {}, B: { serial: R1 } }\nmachines: { pc: { stations: [R1] } }` },
    ["stations.B.serial", '"R1"', /already stands for the station "R1"/, /keep one/],
  ],
  [
    "a machine called plan",
    { yaml: "stations: { A: {} }\nmachines: { plan: { stations: [A] } }" },
    ["machines.plan", '"plan"', /reserved/, /not reserved/],
  ],
  [
    "a password that YAML takes for a number",
    { yaml: `${machine}mqtt: { url: mqtt://b, username: u, password: 12345678 }` },
    ["mqtt.password", "(hidden)", /not a text, in quotes/, /password at the broker/],
  ],
  [
    "a station that is a number, and no second mistake for the machine on it",
    { yaml: "stations: { A: 5 }\nmachines: { pc: { stations: [A] } }" },
    ["stations.A", "a number", /not a section/, /a battery power station/],
  ],
  [
    "stations as a list, and no second mistake for the machines",
    { yaml: "stations: [A]\nmachines: { pc: { stations: [A] } }" },
    ["stations", "a list", /not a section/, /such as Study: \{ serial: .* \(the stations, by name/],
  ],
  [
    "machines as a list, and sources as a section",
    { yaml: "stations: { A: {} }\nmachines: []\nsources: {}" },
    ["machines", "a list", /not a section/, /such as pc: \{ stations: \[Study\] \}/],
    ["sources", "a section", /not a list/, /such as \[\{ kind: mqtt-raw \}\]/],
  ],
  [
    "mistakes of every kind at once",
    {
      dotenv: "POLICY_COOLDOWN_SEC=soon",
      yaml: "stations: { A: { capacityWh: big } }\nmachines: { pc: { stations: [A, C], minSupplies: 1 }, nas: { stations: [B] } }",
    },
    ["POLICY_COOLDOWN_SEC", '"soon"', /not a duration/, /such as/],
    ["stations.A.capacityWh", '"big"', /not a number/, /watt hours/],
    ["machines.pc.stations.1", '"C"', /no station/, /./],
    ["machines.nas.stations.0", '"B"', /no station/, /./],
  ],
];

describe("a broken YAML", () => {
  it.each(byYaml)("%s", (_name, setup, ...mistakes) => expectMistakes(setup, mistakes));
});
