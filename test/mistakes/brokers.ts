/** Mistakes about the broker, of the server and of the agent, and what happens beside a running server. */
import type { Row } from "./play.ts";

const site = (more: string) => ({
  "ecoflow-power.yaml": `stations: { Study: {} }\nmachines: { pc: { stations: [Study] } }\n${more}\n`,
});
const agent = (...lines: string[]) => ({
  ".env": ["AGENT_ID=pc", "MQTT_BROKER=127.0.0.1", ...lines, ""].join("\n"),
});
const check = "ecoflow-power check";

/** Rows with a mosquitto: {port} wants the account {user} and {password}, {tls} speaks TLS with {ca}, {dead} is closed. */
export const brokers: readonly Row[] = [
  {
    did: "wrote a wrong port",
    type: check,
    files: site('mqtt: { url: "mqtt://127.0.0.1:{dead}" }'),
    what: /nobody listens there/,
    where: /mqtt\.url: mqtt:\/\/127\.0\.0\.1:\d+/,
    remedy: /Start the broker, or correct mqtt\.url/,
  },
  {
    did: "started the server with a wrong port",
    type: "ecoflow-power run",
    files: site('mqtt: { url: "mqtt://127.0.0.1:{dead}" }'),
    what: /nobody listens there/,
    where: /the broker mqtt:\/\/127\.0\.0\.1:\d+ is away/,
    remedy: /start the broker, or correct mqtt\.url/,
    code: null,
  },
  {
    did: "misspelt the broker's name",
    type: check,
    files: site('mqtt: { url: "mqtt://brokker.invalid" }'),
    what: /no machine is called "brokker\.invalid"|nobody answers where/,
    where: /mqtt\.url/,
    remedy: /MQTT_HOST/,
  },
  {
    did: "wrote a wrong password",
    type: check,
    files: site('mqtt: { url: "mqtt://127.0.0.1:{port}", username: "{user}", password: wrong }'),
    what: /it refuses the user/,
    where: /mqtt:\/\/127\.0\.0\.1:\d+/,
    remedy: /Check mqtt\.username and mqtt\.password/,
  },
  {
    did: "left the user out",
    type: check,
    files: site('mqtt: { url: "mqtt://127.0.0.1:{port}" }'),
    what: /it refuses a client without user/,
    where: /mqtt:\/\/127\.0\.0\.1:\d+/,
    remedy: /Check mqtt\.username and mqtt\.password/,
  },
  {
    did: "left the certificate of the authority out",
    type: check,
    files: site('mqtt: { url: "mqtts://127.0.0.1:{tls}" }'),
    what: /its certificate is not trusted/,
    where: /mqtts:\/\/127\.0\.0\.1:\d+/,
    remedy: /Check mqtt\.ca: set it to the PEM file/,
  },
  {
    did: "wrote a host that the certificate does not name",
    type: check,
    files: site('mqtt: { url: "mqtts://localhost:{tls}", ca: "{ca}" }'),
    what: /its certificate is for another name than "localhost"/,
    where: /mqtts:\/\/localhost:\d+/,
    remedy: /Write a name that its certificate has/,
  },
  {
    did: "wants TLS at a port without it",
    type: check,
    files: site('mqtt: { url: "mqtts://127.0.0.1:{port}" }'),
    what: /closed the connection at once|speaks no TLS/,
    where: /mqtts:\/\/127\.0\.0\.1:\d+/,
    remedy: /usually 8883/,
  },
  {
    did: "wants no TLS at a port with it",
    type: check,
    files: site('mqtt: { url: "mqtt://127.0.0.1:{tls}" }'),
    what: /closed the connection at once/,
    where: /mqtt:\/\/127\.0\.0\.1:\d+/,
    remedy: /does it want TLS \(mqtts:\/\/\)/,
  },
  {
    did: "sent a command while the broker is away",
    type: "ecoflow-power send pc ping",
    files: site('mqtt: { url: "mqtt://127.0.0.1:{dead}" }'),
    what: /nobody listens there/,
    where: /the broker at mqtt:\/\/127\.0\.0\.1:\d+/,
    remedy: /start the broker, or correct mqtt\.url/,
  },
  {
    did: "agent: wrote a wrong port",
    type: "agent",
    files: agent("MQTT_PORT={dead}"),
    what: /nobody listens there/,
    where: /127\.0\.0\.1:\d+ ended/,
    remedy: /correct MQTT_BROKER and MQTT_PORT/,
    code: null,
  },
  {
    did: "agent: wrote a wrong password",
    type: "agent",
    files: agent("MQTT_PORT={port}", "MQTT_USER={user}", "MQTT_PASS=wrong"),
    what: /the broker refuses the user/,
    where: /127\.0\.0\.1:\d+ ended/,
    remedy: /correct MQTT_USER or MQTT_PASS/,
    code: null,
  },
  {
    did: "agent: left the account out",
    type: "agent doctor",
    files: agent("MQTT_PORT={port}"),
    what: /the broker wants an account/,
    where: /FAIL broker 127\.0\.0\.1:\d+/,
    remedy: /set MQTT_USER and MQTT_PASS/,
  },
  {
    did: "agent: wants TLS at a port without it",
    type: "agent",
    files: agent("MQTT_PORT={port}", "MQTT_CA={ca}"),
    what: /TLS/,
    where: /127\.0\.0\.1:\d+ ended/,
    remedy: /MQTT_PORT is the broker's port for TLS/,
    code: null,
  },
  {
    did: "agent: wants no TLS at a port with it",
    type: "agent doctor",
    files: agent("MQTT_PORT={tls}"),
    what: /Timed out|nobody answered/,
    where: /broker 127\.0\.0\.1:\d+/,
    remedy: /if the port wants TLS, set MQTT_CA/,
  },
];

/** Rows beside a server that runs in {house} with the machines pc (with a key), nas and rack, at its own broker {embedded}. */
export const beside: readonly Row[] = [
  {
    did: "started the server twice",
    type: "ecoflow-power run",
    files: {
      "ecoflow-power.yaml":
        'stateDir: "{state}"\nstations: { Study: {} }\nmachines: { pc: { stations: [Study] } }\nbroker: { port: {dead} }\n',
    },
    what: /is in use by another process/,
    where: /state\.db/,
    remedy: /stop it, or give this one a state folder of its own/,
  },
  {
    did: "started another server at the same port",
    type: "ecoflow-power run",
    files: site("broker: { port: {embedded} }"),
    what: /is taken, probably by another broker/,
    where: /port \d+ on 127\.0\.0\.1/,
    remedy: /set mqtt\.url .* or broker\.port/,
  },
  {
    did: "agent: wrote a name that the server does not know",
    type: "agent doctor",
    files: { ".env": "AGENT_ID=pcc\nMQTT_BROKER=127.0.0.1\nMQTT_PORT={embedded}\n" },
    what: /the server does not know this AGENT_ID|no plan for pcc/,
    where: /pcc/,
    remedy: /it knows (\w+, )*pc/,
  },
  {
    did: "agent: wrote a wrong key",
    type: "agent doctor",
    files: agent("MQTT_PORT={embedded}", "AGENT_KEY=another key"),
    what: /power message does not verify/,
    where: /AGENT_KEY/,
    remedy: /machines\.pc\.key/,
  },
  {
    did: "agent: was never started",
    type: "agent doctor",
    files: { ".env": "AGENT_ID=nas\nMQTT_BROKER=127.0.0.1\nMQTT_PORT={embedded}\n" },
    what: /no agent answers as nas/,
    where: /nas/,
    remedy: /start the service/,
  },
  {
    did: "agent: left DRY_RUN on",
    type: "agent doctor",
    files: { ".env": "AGENT_ID=nas\nMQTT_BROKER=127.0.0.1\nMQTT_PORT={embedded}\nDRY_RUN=on\n" },
    what: /DRY_RUN is on/,
    where: /DRY_RUN/,
    remedy: /remove it from \S+\/\.env and restart the agent/,
  },
  {
    did: "agent: may not shut the machine down",
    type: "agent doctor",
    ordinary: true,
    files: { ".env!": "AGENT_ID=nas\nMQTT_BROKER=127.0.0.1\nMQTT_PORT={embedded}\n" },
    what: /not root/,
    where: /"\S*recorder"/,
    remedy: /run the agent as root, or allow it in sudoers/,
  },
  {
    did: "never started an agent",
    type: "ecoflow-power status --config {house}/ecoflow-power.yaml",
    what: /no agent was ever heard/,
    where: /rack:/,
    remedy: /start it there, with AGENT_ID=rack/,
  },
];
