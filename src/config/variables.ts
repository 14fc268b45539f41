/** Every name of the environment: those of the project that this one replaces, and new ones. */
import { settings } from "./json-schema.ts";

/** What this version does not do yet, in words for the summary. */
export type Unbuilt = "notifications" | "the web page" | "the NUT server";

export interface Variable {
  /** One sentence with unit and default, for `.env.example` and remedies. */
  about: string;
  /** Masked everywhere, and may come from a file named by `<NAME>_FILE`. */
  secret?: true;
  /** Where it lands in the schema. */
  path?: readonly string[];
  unbuilt?: Unbuilt;
  shape?: "boolean" | "port";
}

const notices = { unbuilt: "notifications" } as const;

/** The variables that set one setting each, as the entries of the schema name them. */
function ofSettings(): Record<string, Variable> {
  const named = settings().flatMap(({ path, node }) => {
    const { env, secret, description = "", usual, withoutYaml } = node;
    if (env === undefined) return [];
    const value = withoutYaml ?? usual;
    const about = value === undefined ? description : `${description.split(";")[0]}; ${value}`;
    return [[env, { about, path, ...(secret && { secret }) }]];
  });
  return Object.fromEntries(named);
}

/** All names. What is written out here sets no single setting, or is not built yet. */
export const variables: Readonly<Record<string, Variable>> = {
  MQTT_HOST: { about: "host of the MQTT broker; left out: the embedded broker on 127.0.0.1" },
  MQTT_PORT: { about: "TCP port of that broker; 1883", shape: "port" },
  ...ofSettings(),
  DEVICE_TO_AGENTS_JSON: {
    about: 'which station feeds which machines, JSON: {"<serial or name>": ["<AGENT_ID>", …], …}',
  },
  ECOFLOW_USERNAME: { about: "e-mail address of the EcoFlow account, for the app's API" },
  ECOFLOW_PASSWORD: { about: "password of the EcoFlow account", secret: true },
  ECOFLOW_ACCESS_KEY: { about: "access key of the EcoFlow developer portal", secret: true },
  ECOFLOW_SECRET_KEY: { about: "secret key of the EcoFlow developer portal", secret: true },
  ECOFLOW_DEVICE_LIST: { about: "serials of the account's stations that count, separated by commas; all" },
  ECOFLOW_API_URL: { about: "another address of EcoFlow's API; the hosts of EcoFlow's regions" },
  ECOFLOW_CA_FILE: { about: "PEM file with the only certificate authority to trust there; the system's" },
  PUSHOVER_ENABLED: { about: "notices by Pushover: true or false", shape: "boolean", ...notices },
  PUSHOVER_USER_KEY: { about: "user key at Pushover", secret: true, ...notices },
  PUSHOVER_API_TOKEN: { about: "token of the application at Pushover", secret: true, ...notices },
  TELEGRAM_ENABLED: { about: "notices by Telegram: true or false", shape: "boolean", ...notices },
  TELEGRAM_BOT_TOKEN: { about: "token of the Telegram bot", secret: true, ...notices },
  TELEGRAM_CHAT_ID: { about: "chat that the bot writes to", ...notices },
  NOTIFY_GRID_LOSS: { about: "tell when the mains fails: true or false", shape: "boolean", ...notices },
  NOTIFY_SOC_WARNINGS: {
    about: "tell when the battery gets low: true or false",
    shape: "boolean",
    ...notices,
  },
  NOTIFY_SHUTDOWN_COMMANDS: { about: "tell of shutdowns: true or false", shape: "boolean", ...notices },
  NOTIFY_GRID_RESTORED: { about: "tell when the mains returns: true or false", shape: "boolean", ...notices },
  NOTIFY_SYSTEM_EVENTS: { about: "tell of starts and faults: true or false", shape: "boolean", ...notices },
  HTTP_HOST: { about: "address of the web page; 127.0.0.1", unbuilt: "the web page" },
  HTTP_PORT: { about: "TCP port of the web page; 8080", shape: "port", unbuilt: "the web page" },
  NUT_PORT: { about: "TCP port of the NUT server; 3493", shape: "port", unbuilt: "the NUT server" },
};

/** Whether a value has the shape that its variable wants. */
export function fits(shape: NonNullable<Variable["shape"]>, value: string): boolean {
  if (shape === "boolean") return /^(true|false|yes|no|on|off|1|0)$/i.test(value);
  return /^\d{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= 65_535;
}

/** The variable that lands at a path of the schema, or null. */
export function variableAt(path: readonly PropertyKey[]): string | null {
  const wanted = path.join(".");
  return Object.keys(variables).find((name) => variables[name]?.path?.join(".") === wanted) ?? null;
}

/** Names that begin like ours, are not configuration, and are nobody's mistake. */
const leftAlone = [
  /^ECOFLOW_POWER_(DEMO|TEST_INSTALL)$/, // set by the demo and the tests
  /^NOTIFY_SOCKET$/, // systemd's, for services of Type=notify
  /^MQTT_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_\w+)$/, // Kubernetes names a service called "mqtt" so
];

const ours = /^(ECOFLOW|POLICY|MQTT|NOTIFY|PUSHOVER|TELEGRAM|DEVICE_TO)_/i;

/** Names people write instead, which are too far from ours to be guessed, and what to write. */
export const mistaken: Readonly<Record<string, string>> = {
  MQTT_BROKER: "MQTT_BROKER is the agents' name for it; here it is MQTT_HOST",
  MQTT_URL: "Write MQTT_HOST and MQTT_PORT, or mqtt.url in ecoflow-power.yaml",
  MQTT_CA: "Write mqtt.ca in ecoflow-power.yaml",
  MQTT_TLS: "Write mqtt.url: mqtts://… in ecoflow-power.yaml",
};

/** True for a name that begins like ours, is none of ours, and belongs to nobody else we know. */
export function isStranger(name: string): boolean {
  if (isVariable(name)) return false;
  return ours.test(name) && !leftAlone.some((pattern) => pattern.test(name));
}

/** True for a name in the table, and for `<NAME>_FILE` of a secret. */
export function isVariable(name: string): boolean {
  return Object.hasOwn(variables, name) || secretFileOf(name) !== null;
}

/** `MQTT_PASS_FILE` → `MQTT_PASS`; null for every other name. */
export function secretFileOf(name: string): string | null {
  const secret = name.endsWith("_FILE") ? name.slice(0, -"_FILE".length) : "";
  return Object.hasOwn(variables, secret) && variables[secret]?.secret ? secret : null;
}

/** Every name that may be set, the `_FILE` ones included. */
export function allVariables(): string[] {
  return Object.entries(variables).flatMap(([name, { secret }]) =>
    secret ? [name, `${name}_FILE`] : [name],
  );
}
