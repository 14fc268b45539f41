/** What a user reads when the account at EcoFlow cannot be used: `check` and `stations` against the emulated cloud, over real TLS. */
import { createSocket } from "node:dgram";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { doorsOf } from "../../src/cli/accounts.ts";
import { checkWith } from "../../src/cli/check.ts";
import type { CommandIo } from "../../src/cli/command.ts";
import { probeAccounts } from "../../src/cli/probe-accounts.ts";
import { stationsCommand } from "../../src/cli/stations.ts";
import { systemClock } from "../../src/io/clock.ts";
import { cloudDoors } from "../../src/io/cloud.ts";
import { realTime } from "../../src/io/timer.ts";
import { type Cloud, startCloud } from "../../src/sim/cloud/cloud.ts";
import type { CloudAct, CloudScene } from "../../src/sim/cloud/scene.ts";
import { folderWith } from "../config/folder.ts";
import { freePort } from "../world.ts";
import { oneLine, type Situation } from "./setup-situation.ts";

interface Mistake {
  /** Lines of `.env` in place of the right ones. */
  env?: Record<string, string | null>;
  kind?: "app" | "open";
  act?: CloudAct;
  /** In place of the right authority. */
  ca?: string;
  mapping?: string;
  nameServers?: readonly string[];
  scene?: CloudScene;
}

async function emulated(scene: CloudScene | undefined): Promise<Cloud> {
  const parts = { clock: systemClock(), after: realTime, random: Math.random };
  const cloud = await startCloud({ ...parts, ...(scene && { scene }) });
  onTestFinished(() => cloud.close());
  return cloud;
}

/** A folder with the `.env` of an account of the cloud, and this mistake in it. */
async function house({ env = {}, kind = "app", act, ca, mapping = '{"Hall": ["pc"]}', scene }: Mistake) {
  const cloud = await emulated(scene);
  if (act) await cloud.act(act);
  const { info } = cloud;
  const account: Record<string, string> =
    kind === "app"
      ? { ECOFLOW_USERNAME: info.username, ECOFLOW_PASSWORD: info.password }
      : { ECOFLOW_ACCESS_KEY: info.accessKey, ECOFLOW_SECRET_KEY: info.secretKey };
  const right = { ...account, ECOFLOW_API_URL: info.api, ECOFLOW_CA_FILE: "ca.pem" };
  const lines = Object.entries({ ...right, ...env }).flatMap(([name, value]) =>
    value === null ? [] : [`${name}='${value}'`],
  );
  const cwd = folderWith({ dotenv: [...lines, `DEVICE_TO_AGENTS_JSON=${mapping}`].join("\n") });
  writeFileSync(join(cwd, "ca.pem"), ca ?? info.ca);
  return cwd;
}

interface Said {
  code: number;
  text: string;
}

async function ran(cwd: string, run: (io: CommandIo) => Promise<number>): Promise<Said> {
  const lines: string[] = [];
  const say = (text: string) => void lines.push(text);
  const code = await run({ cwd, env: {}, out: say, err: say } as unknown as CommandIo);
  return { code, text: oneLine(lines.join("\n")) };
}

async function checked(mistake: Mistake): Promise<Said> {
  const { nameServers } = mistake;
  const command = checkWith(undefined, (config) => {
    const parts = { stateDir: config.stateDir, wall: Date.now, random: Math.random, after: realTime };
    return probeAccounts(config, nameServers ? cloudDoors({ ...parts, nameServers }) : doorsOf(config));
  });
  return ran(await house(mistake), (io) => command([], io as never));
}

async function listed(mistake: Mistake): Promise<Said> {
  return ran(await house(mistake), (io) => stationsCommand([], io));
}

async function silentNameServer(): Promise<Mistake> {
  const silent = createSocket("udp4");
  await new Promise<void>((done) => silent.bind(0, "127.0.0.1", done));
  onTestFinished(() => void silent.close());
  const noHost = { ECOFLOW_API_URL: null, ECOFLOW_CA_FILE: null };
  return { env: noHost, nameServers: [`127.0.0.1:${silent.address().port}`] };
}

async function otherServer(): Promise<string> {
  const server = createServer((_, answer) => answer.end("<html>It works</html>"));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const unknownModel: CloudScene = {
  stations: [{ serial: "R331ZAB1XH4C0052", name: "Office", socPercent: 60, loadWatts: 10 }],
  timeline: [],
};

/** By the situation's name on the page. */
export const cloudSituations: Record<string, Situation> = {
  "no account is configured": () => listed({ env: { ECOFLOW_USERNAME: null, ECOFLOW_PASSWORD: null } }),
  "wrong e-mail address or password of the app": () => checked({ env: { ECOFLOW_PASSWORD: "wrong" } }),
  "app account of another region": () => checked({ act: { do: "region", region: "refuses" } }),
  "wrong access key": () => checked({ kind: "open", env: { ECOFLOW_ACCESS_KEY: "nobodysKey" } }),
  "key of another region": () => checked({ kind: "open", act: { do: "region", region: "refuses" } }),
  "wrong secret key (wrong signature)": () =>
    checked({ kind: "open", env: { ECOFLOW_SECRET_KEY: "nobodysKey" } }),
  "no Internet": async () => checked({ env: { ECOFLOW_API_URL: `https://127.0.0.1:${await freePort()}` } }),
  "no name server answers (DNS)": async () => checked(await silentNameServer()),
  "the certificate is of another authority": () => checked({ act: { do: "certificate", fault: "foreign" } }),
  "the clock of this machine is far off": () => checked({ act: { do: "certificate", fault: "expired" } }),
  "ECOFLOW_CA_FILE is not there": () => checked({ env: { ECOFLOW_CA_FILE: "nowhere.pem" } }),
  "ECOFLOW_API_URL is no address": () => checked({ env: { ECOFLOW_API_URL: "example.com" } }),
  "ECOFLOW_API_URL names another server": async () =>
    checked({ env: { ECOFLOW_API_URL: await otherServer(), ECOFLOW_CA_FILE: null } }),
  "EcoFlow is too busy": () => checked({ act: { do: "busy", sec: 60 } }),
  "maintenance at EcoFlow": () => checked({ act: { do: "maintenance", sec: 60 } }),
  "a model that is closed to developers": () => checked({ kind: "open" }),
  "a name that no station of the account has": () => checked({ mapping: '{"Hal": ["pc"]}' }),
  "a serial that the account does not have": () => checked({ mapping: '{"R655ZAB1XH4C0018": ["pc"]}' }),
  "a serial of no known model": () =>
    checked({ mapping: '{"QQ99ZAB1XH4C0017": ["pc"]}', scene: unknownModel }),
};
