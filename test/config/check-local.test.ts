/** `check` looks at this machine and at the words of the configuration: what would fail only in an outage is said before. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkWith } from "../../src/cli/check.ts";
import { folderProblem } from "../../src/cli/check-local.ts";
import { lookAtFolder } from "../../src/io/folder.ts";
import { freePort } from "../world.ts";
import { check, folderWith } from "./folder.ts";

const house = (station = "{}", more = "") =>
  `stations: { Study: ${station} }\nmachines: { pc: { stations: [Study] } }\n${more}`;
const args = ["--offline"];

/** Runs `check --offline` in a folder that `change` has prepared. */
async function checkIn(yaml: string, change: (cwd: string) => void) {
  const cwd = folderWith({ yaml });
  change(cwd);
  const said: string[] = [];
  const say = (text: string) => void said.push(text);
  const code = await checkWith(undefined)(args, { cwd, env: {}, out: say, err: say });
  return { code, said: said.join("\n").replace(/\s+/g, " ") };
}

describe("check on this machine", () => {
  it("refuses a state folder that is a file", async () => {
    const { code, said } = await checkIn(house(), (cwd) => writeFileSync(join(cwd, "data"), ""));
    expect(said).toMatch(
      /stateDir: \S+data is a file, and the state needs a folder: an outage would begin again with each restart/,
    );
    expect(code).toBe(1);
  });

  it("refuses a state folder that may not be written, or not be made", () => {
    // Root may write everywhere, so the folder is described and not made.
    const folder = { ...lookAtFolder(folderWith({})), isWritable: false };
    const [problem] = folderProblem("/srv/power", folder);
    expect(problem?.problem).toMatch(/^may not be written by this user/);
    const [missing] = folderProblem("/srv/power", { ...folder, exists: false, path: "/srv" });
    expect(missing?.problem).toMatch(/^does not exist, and may not be made in \/srv by this user/);
  });

  it("sees owner, space, and the folder above one that does not exist yet", () => {
    const cwd = folderWith({});
    const folder = lookAtFolder(join(cwd, "not", "yet"));
    expect(folder).toMatchObject({ path: cwd, exists: false, isWritable: true, isFile: false });
    expect(folder.freeBytes).toBeGreaterThan(0);
    expect(folder.owner).toBe(process.getuid?.() ?? null);
  });

  it("refuses an address of the embedded broker that this machine has not", async () => {
    const more = `broker: { host: 192.0.2.1, port: ${await freePort()}, users: { me: a-long-password } }\n`;
    const { code, err } = await check({ yaml: house("{}", more), args });
    expect(err).toMatch(
      /broker\.host: 192\.0\.2\.1:\d+ cannot be opened, because this machine has no address/,
    );
    expect(code).toBe(1);
  });
});

describe("check at the words of the configuration", () => {
  it.each([
    ["r631example00001", /has small letters: write R631EXAMPLE00001/],
    ["R631EXAMPLE0001", /has 15 characters, and a serial has 16/],
    ["QQ31EXAMPLE00001", /begins with QQ31, which no model in docs\/stations.md does/],
  ])("the serial %s", async (serial, words) => {
    const { code, out } = await check({ yaml: house(`{ serial: ${serial} }`), args });
    expect(out).toMatch(words);
    expect(code).toBe(0);
  });

  it("says nothing of a good serial, and of a name that a topic can have", async () => {
    for (const station of ["{ serial: R631EXAMPLE00001 }", "{}"])
      expect((await check({ yaml: house(station), args })).out).not.toMatch(/The serial|looks like a name/);
  });

  it("a name of the app that no account resolves", async () => {
    const dotenv = `MQTT_HOST=localhost\nDEVICE_TO_AGENTS_JSON='{"River 3 Plus": ["pc"]}'\n`;
    const { out } = await check({ dotenv, args });
    expect(out).toMatch(
      /"River 3 Plus" looks like a name of the EcoFlow app, and no account is configured that could look it up/,
    );
  });

  it.each([
    ["MQTT_PASS=secret #1", true],
    ["MQTT_PASS=secret   # of the broker", false],
    [`MQTT_PASS="secret #1"`, false],
    ["MQTT_PASS=secret#1", false],
  ])("a password in .env: %s", async (line, isCut) => {
    const dotenv = `MQTT_HOST=localhost\nMQTT_USER=me\n${line}\nDEVICE_TO_AGENTS_JSON={"Study":["pc"]}\n`;
    const { out } = await check({ dotenv, args });
    expect(/MQTT_PASS in \S*\.env ends before " #"/.test(out)).toBe(isCut);
    expect(out).not.toContain("secret");
  });

  it("a password in YAML that ends before its #", async () => {
    const more = "mqtt:\n  url: mqtt://localhost\n  username: me\n  password: secret #1\n";
    const { out } = await check({ yaml: house("{}", more), args });
    expect(out).toMatch(/password in \S+ ends before " #"/);
  });

  it("says that nothing starts the machines again", async () => {
    expect((await check({ yaml: house(), args })).out).toMatch(/Nothing of this server starts pc again yet/);
  });
});
