/** `import` writes the YAML that means what a `.env` means, keeps secrets out of it, and names every line it has no key for. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CommandIo } from "../../src/cli/command.ts";
import { importCommand } from "../../src/cli/import.ts";
import { importDotEnv } from "../../src/config/import.ts";
import { loadConfig } from "../../src/config/load.ts";
import { variables } from "../../src/config/variables.ts";
import { settingsLines } from "../dotenv-lines.ts";
import { folderWith } from "./folder.ts";

const dotenvPath = "/house/.env";
const pem = "-----BEGIN CERTIFICATE-----\n";

/** A file system of one folder. */
const filesOf = (files: Record<string, string>) => (path: string) => {
  const text = files[path];
  if (text === undefined) throw Object.assign(new Error(path), { code: "ENOENT" });
  return text;
};

function meant(files: Record<string, string>, env: Record<string, string> = {}) {
  const read = loadConfig({ cwd: "/house", env, readFile: filesOf(files), modeOf: () => null });
  if (!read.ok) return read.problems;
  const { files: _, notes, warnings, secrets, ...config } = read.config;
  return { ...config, secrets: [...secrets].sort() };
}

/** Texts that YAML or `${NAME}` would read as something else. */
const hostile = [
  "a: b",
  "- x",
  "#x",
  `\${A}`,
  `$\${A}`,
  "$",
  "yes",
  "1e3",
  "0x1F",
  "null",
  "~",
  "*a",
  "&a",
  "!b",
];
const texts = [
  ...hostile,
  "me@example.com",
  "Büro 1",
  "it's",
  '"q"',
  'a"b',
  "C:\\",
  "a{b}",
  "12",
  "1.50",
  " x ",
];
const text = fc.constantFrom(...texts);
const numbers = fc.constantFrom("10", "15.5", "4m", "90", "1h", "x", "-1");
const names = fc.constantFrom("pc", "nas", "Büro 1", "12", "yes", `\${A}`, "R631TEST00000001");
const mapping = fc
  .dictionary(names, fc.array(names, { minLength: 1, maxLength: 2 }), { maxKeys: 3 })
  .map((stations) => JSON.stringify(stations));
const fixed: Readonly<Record<string, fc.Arbitrary<string>>> = {
  MQTT_HOST: fc.constantFrom("localhost", "::1", "broker.local", "a:1884"),
  MQTT_PORT: fc.constantFrom("1883", "8883", "0"),
  ECOFLOW_BASE: fc.constantFrom("bridge-ecoflow", "house/power", "a b"),
  ECOFLOW_API_URL: fc.constant("https://127.0.0.1:8443"),
  ECOFLOW_CA_FILE: fc.constantFrom("ca.pem", "/etc/ca.pem"),
  ECOFLOW_DEVICE_LIST: fc.constantFrom("R631TEST00000001", "R631TEST00000001, 12"),
  ECOFLOW_POWER_STATE_DIR: fc.constantFrom("state", "/var/lib/x", "./a b"),
  LOG_LEVEL: fc.constantFrom("WARNING", "debug", "loud"),
  DEVICE_TO_AGENTS_JSON: mapping,
  HTTP_PORT: fc.constant("8080"),
  NUT_PORT: fc.constant("3493"),
};

const valuesOf = (name: string) => {
  if (fixed[name]) return fixed[name];
  if (variables[name]?.shape === "boolean") return fc.constantFrom("true", "off");
  return name.startsWith("POLICY_") ? numbers : text;
};
const plain = Object.keys(variables);
const lines = fc
  .uniqueArray(fc.constantFrom(...plain, "TZ", "MQTT_PASS_FILE"), { maxLength: 16 })
  .chain((chosen) =>
    fc.tuple(...chosen.map((name) => valuesOf(name).map((value): [string, string] => [name, value]))),
  );
const quoted = ([name, value]: [string, string]) => `${name}='${value}'`;

describe("the imported YAML", () => {
  it("with the secrets left in .env is the configuration of the whole .env, or both are refused", () => {
    let written = 0;
    const property = fc.property(lines, (given) => {
      const dotenv = given.map(quoted).join("\n");
      const beside = { "/house/ca.pem": pem, "/etc/ca.pem": pem };
      for (const value of texts) Object.assign(beside, { [`/house/${value}`]: "from a file\n" });
      const direct = meant({ ...beside, [dotenvPath]: dotenv });
      const result = importDotEnv(dotenvPath, filesOf({ ...beside, [dotenvPath]: dotenv }));
      if (!result.ok) {
        expect(direct).toBeInstanceOf(Array);
        return;
      }
      written++;
      // What the message of --out tells to keep.
      const kept = given.filter(([name]) => variables[name]?.secret || name === "MQTT_PASS_FILE");
      const after = { "/house/ecoflow-power.yaml": result.yaml, [dotenvPath]: kept.map(quoted).join("\n") };
      expect(meant({ ...beside, ...after })).toEqual(direct);
      for (const [name] of given) expect(result.yaml).toContain(name);
    });
    fc.assert(property, { numRuns: 1_000 });
    expect(written).toBeGreaterThan(100);
  });

  it.each(settingsLines.filter(({ value }) => value))(
    "holds the value of $about",
    ({ text: line, value }) => {
      const dotenv = `MQTT_HOST=b\nMQTT_USER${line}\nPOLICY_SOC_MIN=11\n`;
      const result = importDotEnv(dotenvPath, filesOf({ [dotenvPath]: dotenv }));
      if (!result.ok) throw new Error(JSON.stringify(result.problems));
      const config = meant({ "/house/ecoflow-power.yaml": result.yaml });
      expect(config).toMatchObject({ mqtt: { username: value }, policy: { socMinPercent: 11 } });
    },
  );

  it("holds no secret, and names where each stays", () => {
    const secret = plain.filter((name) => variables[name]?.secret);
    expect(secret.length).toBeGreaterThan(5);
    const dotenv = ["MQTT_HOST=b", "MQTT_USER=u", "ECOFLOW_USERNAME=me@example.com"];
    dotenv.push(...secret.map((name, index) => `${name}=hidden-${index}-value`));
    const result = importDotEnv(dotenvPath, filesOf({ [dotenvPath]: dotenv.join("\n") }));
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    expect(result.yaml).not.toMatch(/hidden-\d+-value/);
    for (const name of secret) expect(result.yaml).toMatch(new RegExp(`^# {3}${name} \\(line \\d+\\)`, "m"));
    expect(result.yaml).toContain(`password: \${MQTT_PASS}`);
  });

  it("says in a comment what became of a name without a key", () => {
    const dotenv =
      "MQTT_HOST=b\nTZ=Europe/Berlin\nTELEGRAM_ENABLED=true\nECOFLOW_DEVICE_LIST=R631TEST00000001\n";
    const result = importDotEnv(dotenvPath, filesOf({ [dotenvPath]: dotenv }));
    expect(result.ok && result.yaml).toContain(`# Without a key in this file:
#   TZ (line 2): a name of another program, left alone
#   TELEGRAM_ENABLED (line 3): for notifications, not built yet: it stays there, without effect
#   ECOFLOW_DEVICE_LIST (line 4): has no effect without an account of EcoFlow
`);
  });
});

interface Ran {
  code: number;
  out: string;
  err: string;
}

async function ran(cwd: string, args: string[]): Promise<Ran> {
  const said: { out: string[]; err: string[] } = { out: [], err: [] };
  const io = {
    cwd,
    env: {},
    out: (line: string) => void said.out.push(line),
    err: (line: string) => void said.err.push(line),
  };
  const code = await importCommand(args, io as unknown as CommandIo);
  return { code, out: said.out.join("\n"), err: said.err.join("\n") };
}

const good = `MQTT_HOST=b\nMQTT_USER=u\nMQTT_PASS=hunter2hunter2\nDEVICE_TO_AGENTS_JSON={"Study": ["pc"]}\n`;
const out = "ecoflow-power.yaml";

describe("ecoflow-power import", () => {
  it("prints the YAML, and nothing else", async () => {
    const { code, out, err } = await ran(folderWith({ dotenv: good }), [".env"]);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/^mqtt:\n {2}username: u\n {2}password: \$\{MQTT_PASS\}$/m);
  });

  it("--out writes for the owner alone, replaces nothing without --force, and says what must stay", async () => {
    const cwd = folderWith({ dotenv: good });
    const first = await ran(cwd, [".env", "--out", out]);
    expect(first).toMatchObject({ code: 0, out: "" });
    expect(first.err).toMatch(/Keep MQTT_PASS in \.env \(chmod 600 \.env\), and remove its other lines/);
    expect(statSync(join(cwd, out)).mode & 0o777).toBe(0o600);
    const before = readFileSync(join(cwd, out), "utf8");
    writeFileSync(join(cwd, ".env"), `${good}POLICY_SOC_MIN=33\n`);
    const second = await ran(cwd, [".env", "--out", out]);
    expect(second.code).toBe(1);
    expect(second.err).toMatch(/is there already, and was not changed: .* --force/);
    expect(readFileSync(join(cwd, out), "utf8")).toBe(before);
    chmodSync(join(cwd, out), 0o644);
    expect((await ran(cwd, [".env", "--out", out, "--force"])).code).toBe(0);
    expect(readFileSync(join(cwd, out), "utf8")).toContain("socMinPercent: 33");
    expect(statSync(join(cwd, out)).mode & 0o777).toBe(0o600);
  });

  it("says where the secrets of a file with another name belong", async () => {
    const cwd = folderWith({ files: { "old.env": good, "open.env": "MQTT_HOST=b\n" } });
    const { err } = await ran(cwd, ["old.env", "--out", out]);
    expect(err).toMatch(/Write MQTT_PASS of old\.env into \.env, in the folder where the server starts/);
    expect((await ran(cwd, ["open.env", "--out", out, "--force"])).err).toMatch(/No secret was in open\.env/);
  });

  it.each([
    ["POLICY_SOC_MIN=1o", /line 5: POLICY_SOC_MIN: "1o" is not a number from 1 to 100\.\s+Write a number/],
    ['LOG_LEVEL="half', /line 5: LOG_LEVEL: .* begins with a quote that is never closed\.\s+Close the quote/],
    ["MQTT_BROKER=c", /line 5: MQTT_BROKER: .* is not a name we know\.\s+MQTT_BROKER is the agents' name/],
    ["POLICY_SOC_MIN", /line 5: POLICY_SOC_MIN: .* is not of the form NAME=value\.\s+Write POLICY_SOC_MIN=/],
    ["MQTT_HOST=c", /line 1: MQTT_HOST: lines 1 and 5 of .* set it twice, to different values\.\s+Keep one/],
    [
      "ECOFLOW_ACCESS_KEY=hunter2hunter2",
      /ECOFLOW_SECRET_KEY: \(nothing\) is not set, and must be\.\s+Write/,
    ],
  ])("refuses %s with the line, what is wrong and what to do, and writes nothing", async (line, sentence) => {
    const cwd = folderWith({ dotenv: `${good}${line}` });
    const { code, out: printed, err } = await ran(cwd, [".env", "--out", out]);
    expect([code, printed]).toEqual([1, ""]);
    expect(err).toMatch(/^\.env has 1 mistake; nothing was written\.$/m);
    expect(err).toMatch(sentence);
    expect(err).not.toContain("hunter2");
    expect(existsSync(join(cwd, out))).toBe(false);
  });

  it.each([
    ["no file", ["nowhere"], /nowhere: the file is not there\.\s+Name the \.env of the original/],
    ["an empty one", ["empty"], /sets none of the names that this program or the original knows\.\s+Name/],
    ["a folder that is not there", [".env", "--out", "none/x.yaml"], /cannot be written: .* Name a file in/],
  ])("says what to do with %s", async (_, args, sentence) => {
    const { code, err } = await ran(folderWith({ dotenv: good, files: { empty: "TZ=x\n" } }), args);
    expect(code).toBe(1);
    expect(err).toMatch(sentence);
  });

  it("reads files only, and none that is larger than settings are", async () => {
    const cwd = folderWith({ files: { "huge.env": `MQTT_HOST=b\n${"#".repeat(1024 * 1024)}` } });
    mkdirSync(join(cwd, "folder"));
    execFileSync("mkfifo", [join(cwd, "pipe")]);
    for (const [file, what] of [
      ["huge.env", /larger than 1 MiB/],
      ["folder", /is a folder/],
      ["pipe", /not a regular file/],
    ] as const) {
      const { code, err } = await ran(cwd, [file]);
      expect([code, what.test(err)], err).toEqual([1, true]);
    }
  });

  it("does not write over the .env itself, and keeps what is another program's", async () => {
    const cwd = folderWith({ dotenv: good, files: { "open.env": "MQTT_HOST=b\nTZ=x\n" } });
    symlinkSync(join(cwd, ".env"), join(cwd, "link.yaml"));
    for (const same of [".env", "link.yaml"]) {
      const { code, err } = await ran(cwd, [".env", "--out", same, "--force"]);
      expect([code, err]).toEqual([2, expect.stringMatching(/--out names the \.env itself/)]);
    }
    expect(readFileSync(join(cwd, ".env"), "utf8")).toBe(good);
    const { err } = await ran(cwd, ["open.env", "--out", out]);
    expect(err).toMatch(/No secret was in open\.env; TZ in it belongs to other programs/);
  });

  it("ends 2 on wrong usage", async () => {
    const cwd = folderWith({ dotenv: good });
    for (const args of [[], [".env", "x"], [".env", "--force"]]) expect((await ran(cwd, args)).code).toBe(2);
  });
});
