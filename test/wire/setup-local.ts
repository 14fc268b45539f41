/** What a user reads when the configuration, the broker or an agent is wrong: the commands with real brokers. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { onTestFinished } from "vitest";
import { checkWith } from "../../src/cli/check.ts";
import type { CommandIo } from "../../src/cli/command.ts";
import { importCommand } from "../../src/cli/import.ts";
import { probeBroker } from "../../src/cli/probe.ts";
import { sendCommand } from "../../src/cli/send.ts";
import { statusCommand } from "../../src/cli/status.ts";
import { folderWith, type Setup } from "../config/folder.ts";
import { certificate, freePort, type MosquittoOptions, startMosquitto } from "../world.ts";
import { oneLine, type Situation } from "./setup-situation.ts";

type Run = (args: string[], io: CommandIo) => Promise<number>;

async function ran(run: Run, args: string[], setup: Setup, change: (cwd: string) => void = () => {}) {
  const cwd = folderWith(setup);
  change(cwd);
  const lines: string[] = [];
  const say = (text: string) => void lines.push(text);
  const io = { cwd, env: {}, out: say, err: say, stdin: Readable.from([]), isTerminal: false };
  const code = await run(args, { ...io, stop: new AbortController().signal });
  return { code, text: oneLine(lines.join("\n")) };
}

const offline: Run = (args, io) => checkWith(undefined)([...args, "--offline"], io);
const mapping = `DEVICE_TO_AGENTS_JSON={"Study": ["pc"]}\n`;
const dotenv = (more: string) => ({ dotenv: `MQTT_HOST=localhost\n${mapping}${more}\n` });
const yaml = (more: string) => ({
  yaml: `stations: { Study: {} }\nmachines:\n  pc: { stations: [Study] }\n${more}\n`,
});

async function broker(options: MosquittoOptions = {}) {
  const started = await startMosquitto(options);
  onTestFinished(() => started.end());
  return started;
}

/** `check` at a broker: with `more` lines of the section mqtt. */
const checkedAt = (url: string, more = "") =>
  ran(
    (args, io) => checkWith((config) => probeBroker(config))(args, io),
    [],
    yaml(`mqtt: { url: "${url}"${more} }`),
  );

async function overTls(change: (url: string, ca: string) => [url: string, more: string]) {
  const dir = mkdtempSync(join(tmpdir(), "setup-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const paths = certificate(dir);
  const { url } = await broker({ tls: paths });
  return checkedAt(...change(url, paths.ca));
}

async function somethingElse(): Promise<string> {
  const server = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => void server.close());
  return `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Mistakes in the configuration, by the situation's name on the page. */
export const localSituations: Record<string, Situation> = {
  "nothing is configured": () => ran(offline, [], {}),
  "a name in .env that is nearly right": () => ran(offline, [], dotenv("POLICY_DEBOUNCE_SECS=120")),
  "a wrong value": () => ran(offline, [], dotenv("POLICY_SOC_MIN=1o")),
  "a quote that is never closed": () => ran(offline, [], dotenv('MQTT_USER="house')),
  "the mapping is no JSON": () =>
    ran(offline, [], { dotenv: `MQTT_HOST=localhost\nDEVICE_TO_AGENTS_JSON={"Study": ["pc"}\n` }),
  "half an account": () => ran(offline, [], dotenv("ECOFLOW_ACCESS_KEY=0123456789")),
  "the port is in MQTT_HOST": () => ran(offline, [], { dotenv: `MQTT_HOST=broker:1884\n${mapping}` }),
  "the YAML is broken": () => ran(offline, [], yaml("policy: { debounceSec: [ }")),
  "an unknown key in the YAML": () => ran(offline, [], yaml("policy: { debouncesec: 60 }")),
  "a machine on a station that is not there": () =>
    ran(offline, [], { yaml: "stations: { Study: {} }\nmachines: { pc: { stations: [Studdy] } }" }),
  "a variable of the YAML that is not set": () =>
    ran(offline, [], yaml(`mqtt: { url: "mqtt://localhost", username: me, password: "\${MQTT_PASS}" }`)),
  "the file of a secret is not there": () => ran(offline, [], dotenv("MQTT_USER=me\nMQTT_PASS_FILE=pass")),
  "the state folder cannot be used": () =>
    ran(offline, [], yaml(""), (cwd) => writeFileSync(join(cwd, "data"), "")),
  "a serial with small letters": () =>
    ran(offline, [], { dotenv: `MQTT_HOST=b\nDEVICE_TO_AGENTS_JSON={"r631zab1xh4c0023": ["pc"]}` }),
  "no machine": () => ran(offline, [], { dotenv: "MQTT_HOST=localhost\n" }),
  "a mistake in the .env to import": () =>
    ran((args, io) => importCommand(args, io), [".env"], dotenv("POLICY_SOC_MIN=1o")),
};

let statusText: ReturnType<Situation> | undefined;

/** `status` at a broker without a server and without agents; run once, because it listens for some seconds. */
function statusAlone(): ReturnType<Situation> {
  statusText ??= broker().then(({ url }) =>
    ran((args, io) => statusCommand(args, io), [], yaml(`mqtt: { url: "${url}" }`)),
  );
  return statusText;
}

/** Mistakes at the broker; they need mosquitto and openssl. */
export const brokerSituations: Record<string, Situation> = {
  "nobody listens at the broker's address": async () => checkedAt(`mqtt://127.0.0.1:${await freePort()}`),
  "wrong user or password at the broker": async () => {
    const { url } = await broker({ users: { house: "right" } });
    return checkedAt(url, ", username: house, password: wrong-one");
  },
  "no user at a broker that wants one": async () =>
    checkedAt((await broker({ users: { house: "right" } })).url),
  "the port is that of something else": async () => checkedAt(await somethingElse()),
  "the broker wants TLS": () => overTls((url) => [url.replace("mqtts", "mqtt"), ""]),
  "the broker has no TLS on that port": async () => checkedAt((await broker()).url.replace("mqtt", "mqtts")),
  "the broker's certificate is not trusted": () => overTls((url) => [url, ""]),
  "the broker's certificate has another name": () =>
    overTls((url, ca) => [url.replace("127.0.0.1", "localhost"), `, ca: "${ca}"`]),
  "no server runs": statusAlone,
  "no agent was heard": statusAlone,
  "no agent answers": async () =>
    ran(
      (args, io) => sendCommand(args, io),
      ["pc", "ping", "--wait", "1"],
      yaml(`mqtt: { url: "${(await broker()).url}" }`),
    ),
  "no agent to rehearse with": async () =>
    ran(
      (args, io) => sendCommand(args, io),
      ["pc", "shutdown", "--dry-run"],
      yaml(`mqtt: { url: "${(await broker()).url}" }`),
    ),
  "a machine that the server does not have": async () =>
    ran(
      (args, io) => sendCommand(args, io),
      ["nas", "ping"],
      yaml(`mqtt: { url: "${(await broker()).url}" }`),
    ),
};
