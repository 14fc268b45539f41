/**
 * The table of mistakes: what people do wrong, played with the built program, and the sentence that they get. A stranger
 * gives two points for a sentence that says what is wrong, where, and what to do; each row must have both.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, it, vi } from "vitest";
import { hasShell, missingTools } from "../agents/broker.ts";
import { type Server, startServer } from "../server.ts";
import { certificate, freePort, has, hasOpenssl, type Mosquitto, startMosquitto } from "../world.ts";
import { agents } from "./agents.ts";
import { beside, brokers } from "./brokers.ts";
import { commands } from "./commands.ts";
import { configuration } from "./configuration.ts";
import { expectSentence, hasOrdinary, type Row, type Surroundings } from "./play.ts";

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000, maxConcurrency: 4 });

const rows: readonly Row[] = [...configuration, ...commands, ...agents, ...brokers, ...beside];
const values: Record<string, string> = {};
const folder = mkdtempSync(join(tmpdir(), "mistakes-"));
const missing = missingTools();

afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  values["dead"] = String(await freePort());
  values["tools"] = bareTools(join(folder, "tools"));
  values["sh"] = "dash";
});

/** A PATH with what the agent needs, and without mosquitto's clients. */
function bareTools(place: string): string {
  mkdirSync(place);
  const places = (process.env["PATH"] ?? "").split(delimiter);
  for (const tool of ["bash", "awk", "fold", "od", "date", "cat", "id", "mkdir", "chmod", "dirname", "ls"]) {
    const path = places.map((one) => join(one, tool)).find((one) => existsSync(one));
    if (path !== undefined) symlinkSync(path, join(place, tool));
  }
  return place;
}

function play(table: readonly Row[]): void {
  for (const row of table) {
    const cannot = (row.ordinary && !hasOrdinary) || (row.type.startsWith("{sh}") && !has("dash"));
    it.skipIf(cannot)(row.did, (context) => expectSentence(row, values as Surroundings, context));
  }
}

it("the table has 50 rows and more, and none twice", ({ expect }) => {
  expect(rows.length).toBeGreaterThanOrEqual(50);
  expect(new Set(rows.map(({ did }) => did)).size).toBe(rows.length);
});

describe.concurrent("a person", () => {
  play(configuration);
  play(commands);
});

describe.skipIf(!hasShell).concurrent("on a machine", () => play(agents));

describe.skipIf(missing !== null || !hasOpenssl).concurrent("at a broker", () => {
  const account = { user: "power", password: "right" };
  let [plain, tls]: (Mosquitto | null)[] = [null, null];
  beforeAll(async () => {
    const { ca, cert, key } = certificate(folder);
    plain = await startMosquitto({ users: { [account.user]: account.password } });
    tls = await startMosquitto({ tls: { cert, key } });
    Object.assign(values, account, { port: String(plain.port), tls: String(tls.port), ca });
  });
  afterAll(async () => {
    await plain?.end();
    await tls?.end();
  });
  play(brokers);
});

describe.skipIf(missing !== null).concurrent("beside a running server", () => {
  let server: Server | null = null;
  beforeAll(async () => {
    const port = String(await freePort());
    const yaml = `stations: { Study: {} }\nmachines: { pc: { stations: [Study], key: "the key of this test" }, nas: { stations: [Study] }, rack: { stations: [Study] } }\nbroker: { port: ${port} }\n`;
    server = startServer({ files: { "ecoflow-power.yaml": yaml } });
    await server.says("connected to the broker");
    Object.assign(values, { embedded: port, house: server.cwd, state: join(server.cwd, "data") });
  });
  afterAll(async () => {
    await server?.end();
  });
  play(beside);
});
