/** Broken environments: each gets a sentence that names the path, the value and the remedy, and exit code 1. */
import { describe, it } from "vitest";
import { expectMistakes, type Row } from "./mistakes.ts";

const byEnvironment: Row[] = [
  [
    "nothing at all",
    {},
    ["configuration", "nothing", /no ecoflow-power\.yaml/, /MQTT_HOST=.*ecoflow-power demo/],
  ],
  [
    "a threshold that is no number",
    { dotenv: "MQTT_HOST=b\nPOLICY_SOC_MIN=ten" },
    ["POLICY_SOC_MIN", '"ten"', /not a number from 1 to 100/, /Write a number from 1 to 100/],
  ],
  [
    "a threshold of 0, which never fires",
    { dotenv: "MQTT_HOST=b\nPOLICY_SOC_MIN=0" },
    ["POLICY_SOC_MIN", '"0"', /not a number from 1 to 100/, /from 1 to 100/],
  ],
  [
    "a threshold above 100",
    { env: { MQTT_HOST: "b", POLICY_SOC_MIN: "101" } },
    ["POLICY_SOC_MIN", '"101"', /not a number from 1 to 100/, /from 1 to 100/],
  ],
  [
    "a negative debounce",
    { dotenv: "MQTT_HOST=b\nPOLICY_DEBOUNCE_SEC=-5" },
    ["POLICY_DEBOUNCE_SEC", '"-5"', /not a duration from 0 s to 1 h/, /such as 90 or 4m/],
  ],
  [
    "a debounce with a word behind it",
    { dotenv: "MQTT_HOST=b\nPOLICY_DEBOUNCE_SEC=3 minutes" },
    ["POLICY_DEBOUNCE_SEC", '"3 minutes"', /not a duration/, /such as 90 or 4m/],
  ],
  [
    "a port that does not exist",
    { dotenv: "MQTT_HOST=b\nMQTT_PORT=70000" },
    ["MQTT_PORT", '"70000"', /not a whole number from 1 to 65535/, /Write a port number/],
  ],
  [
    "the port that Kubernetes writes for a service called mqtt",
    { env: { MQTT_HOST: "b", MQTT_PORT: "tcp://10.0.0.1:1883", MQTT_PORT_1883_TCP: "x" } },
    ["MQTT_PORT", '"tcp://10.0.0.1:1883"', /not a whole number/, /Write a port number/],
  ],
  [
    "an address where a host belongs",
    { dotenv: "MQTT_HOST=mqtt://broker.local:1883" },
    [
      "MQTT_HOST",
      '"mqtt://broker.local:1883"',
      /not a host name or address alone/,
      /MQTT_HOST=broker\.local/,
    ],
  ],
  [
    "a port within the host",
    { dotenv: "MQTT_HOST=127.0.0.1:1883" },
    ["MQTT_HOST", '"127.0.0.1:1883"', /holds a port/, /Write MQTT_HOST=127\.0\.0\.1 and MQTT_PORT=1883/],
  ],
  [
    "a port behind an IPv6 address",
    { env: { MQTT_HOST: "[fe80::1]:1883" } },
    ["MQTT_HOST", '"[fe80::1]:1883"', /holds a port/, /Write MQTT_HOST=\[fe80::1\] and MQTT_PORT=1883/],
  ],
  [
    "a port without a host: the embedded broker would start where nobody reaches it",
    { dotenv: "MQTT_PORT=1883\nMQTT_USER=u" },
    ["MQTT_HOST", "(nothing)", /MQTT_PORT, MQTT_USER speak of a broker/, /Write MQTT_HOST=/],
  ],
  [
    "a password without a user",
    { dotenv: "MQTT_HOST=b\nMQTT_PASS=hunter2hunter2" },
    ["MQTT_USER", "(nothing)", /no password without a user/, /MQTT_USER/],
  ],
  [
    "a misspelt name of ours in the environment",
    { env: { MQTT_HOST: "b", POLICY_SOC_MINIMUM: "10" } },
    [
      "POLICY_SOC_MINIMUM",
      "a name in the environment",
      /not a name we know/,
      /Did you mean POLICY_SOC_MIN\?/,
    ],
  ],
  [
    "a misspelt prefix in our own file",
    { dotenv: "MQTT_HOST=b\nDEVICES_TO_AGENTS_JSON={}" },
    ["DEVICES_TO_AGENTS_JSON", "a name in ", /not a name we know/, /Did you mean DEVICE_TO_AGENTS_JSON\?/],
  ],
  [
    "the agents' name for the broker",
    { env: { MQTT_BROKER: "b", MQTT_HOST: "b" } },
    ["MQTT_BROKER", "a name in the environment", /not a name we know/, /here it is MQTT_HOST/],
  ],
  [
    "a base that swallows the commands",
    { dotenv: "MQTT_HOST=b\nECOFLOW_BASE=power-manager" },
    ["ECOFLOW_BASE", '"power-manager"', /where commands and rooms have their topics/, /bridge-ecoflow/],
  ],
  [
    "a base with a slash behind it",
    { dotenv: "MQTT_HOST=b\nECOFLOW_BASE=bridge-ecoflow/" },
    [
      "ECOFLOW_BASE",
      '"bridge-ecoflow/"',
      /cannot begin a topic/,
      /such as bridge-ecoflow \(first part of the stations' topics/,
    ],
  ],
  [
    "a level that the log does not know",
    { env: { MQTT_HOST: "b", LOG_LEVEL: "chatty" } },
    ["LOG_LEVEL", '"chatty"', /not one of debug, info, warn, error/, /debug, info, warn, error/],
  ],
  [
    "half an account",
    { dotenv: "ECOFLOW_ACCESS_KEY=abcdefgh" },
    [
      "ECOFLOW_SECRET_KEY",
      "(nothing)",
      /is not set, and must be/,
      /secret key of EcoFlow's developer portal/,
    ],
  ],
  [
    "a certificate authority of EcoFlow's API that is not there",
    { dotenv: "ECOFLOW_ACCESS_KEY=abcdefgh\nECOFLOW_SECRET_KEY=abcdefgh\nECOFLOW_CA_FILE=gone.pem" },
    ["ECOFLOW_CA_FILE", '"', /gone\.pem" is not there/, /certificate of EcoFlow's API/],
  ],
  [
    "a switch of something not built yet that is neither true nor false",
    { dotenv: "MQTT_HOST=b\nNOTIFY_GRID_LOSS=maybe" },
    ["NOTIFY_GRID_LOSS", '"maybe"', /is not true or false/, /Write true or false/],
  ],
  [
    "a quote that is never closed",
    { dotenv: "MQTT_HOST='broker\nMQTT_PORT=1883" },
    ["MQTT_HOST", "line 1 of ", /never closed/, /Close the quote/],
    ["MQTT_HOST", "(nothing)", /MQTT_PORT speaks of a broker/, /Write MQTT_HOST=/],
  ],
  [
    "a line without =",
    { dotenv: "MQTT_HOST=b\nPOLICY_SOC_MIN 10" },
    ["POLICY_SOC_MIN", "line 2 of ", /not of the form NAME=value/, /Write POLICY_SOC_MIN=/],
  ],
  [
    "a name twice with different values",
    { dotenv: "MQTT_HOST=a\nMQTT_HOST=b" },
    ["MQTT_HOST", "lines 1 and 2 of ", /set it twice, to different values/, /Keep one/],
  ],
  [
    "a secret and its file",
    { env: { MQTT_HOST: "b", MQTT_USER: "u", MQTT_PASS: "hunter2hunter2", MQTT_PASS_FILE: "p" } },
    ["MQTT_PASS", "(hidden)", /MQTT_PASS_FILE too/, /not both/],
  ],
  [
    "a secret's file that is not there",
    { env: { MQTT_HOST: "b", MQTT_USER: "u", MQTT_PASS_FILE: "gone" } },
    ["MQTT_PASS_FILE", '"gone"', /a file that is not there/, /Put the secret/],
  ],
];

const byMapping: Row[] = [
  [
    "JSON with the dots of an example in it",
    { dotenv: `MQTT_HOST=b\nDEVICE_TO_AGENTS_JSON='{..., "SimulatedDevice": ["test-agent"]}'` },
    ["DEVICE_TO_AGENTS_JSON", '"{..., "SimulatedDevice"', /not valid JSON/, /Write it like this/],
  ],
  [
    "a list instead of an object",
    { dotenv: `MQTT_HOST=b\nDEVICE_TO_AGENTS_JSON=["pc"]` },
    ["DEVICE_TO_AGENTS_JSON", "a list", /not a JSON object/, /Write it like this/],
  ],
  [
    "a machine that is a number",
    { dotenv: `MQTT_HOST=b\nDEVICE_TO_AGENTS_JSON={"Study": [7]}` },
    ["DEVICE_TO_AGENTS_JSON.Study", '"[7]"', /neither the name of a machine nor a list/, /\["<AGENT_ID>"\]/],
  ],
  [
    "the same station twice",
    { dotenv: `MQTT_HOST=b\nDEVICE_TO_AGENTS_JSON={"Study": ["pc"], "Study": ["nas"]}` },
    ["DEVICE_TO_AGENTS_JSON", '"{"Study"', /names a station twice/, /into one list/],
  ],
  [
    "a machine with a reserved name",
    { dotenv: `MQTT_HOST=b\nDEVICE_TO_AGENTS_JSON={"Study": ["orchestrator"]}` },
    ["DEVICE_TO_AGENTS_JSON.Study", '"orchestrator"', /reserved/, /not reserved/],
  ],
  [
    "a station with a slash",
    { dotenv: `MQTT_HOST=b\nDEVICE_TO_AGENTS_JSON={"a/b": ["pc"]}` },
    ["DEVICE_TO_AGENTS_JSON.a/b", '"a/b"', /holds \+ # \//, /A–Z a–z/],
  ],
  [
    "two stations with one slug",
    { dotenv: `MQTT_HOST=b\nDEVICE_TO_AGENTS_JSON={"Living Room": ["pc"], "Living-Room": ["nas"]}` },
    [
      "DEVICE_TO_AGENTS_JSON",
      '"Living-Room"',
      /already stands for the station "Living Room"/,
      /name of its own/,
    ],
  ],
  [
    "a name of the language itself",
    { dotenv: `MQTT_HOST=b\nDEVICE_TO_AGENTS_JSON={"__proto__": ["constructor"]}` },
    [
      "DEVICE_TO_AGENTS_JSON.__proto__",
      '"__proto__"',
      /a word that the program itself needs/,
      /Call the station/,
    ],
  ],
];

describe.each([
  ["variable", byEnvironment],
  ["mapping", byMapping],
])("a broken %s", (_, rows) => {
  it.each(rows)("%s", (_name, setup, ...mistakes) => expectMistakes(setup, mistakes));
});
