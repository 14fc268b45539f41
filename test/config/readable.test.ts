/** A file with a secret that everybody may read is a warning, as it is a refusal at the agents. */
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { check, folderWith } from "./folder.ts";

const dotenv = `MQTT_HOST=broker.local\nMQTT_USER=u\nMQTT_PASS=a-password\nDEVICE_TO_AGENTS_JSON='{"Study": ["pc"]}'\n`;
const withKey =
  'stations: { Study: {} }\nmachines: { pc: { stations: [Study], key: "0123456789abcdef0123" } }\n';
const withoutKey = withKey.replace("0123456789abcdef0123", "$" + "{PC_KEY}");
const sentence = /holds a password or key, and every user of this machine can read it: chmod 600 /;

/** The warnings about file modes in a folder whose files have these modes. */
function warnings(files: Record<string, [text: string, mode: number]>, env = {}): string[] {
  const texts = Object.fromEntries(Object.entries(files).map(([name, [text]]) => [name, text]));
  const cwd = folderWith({ files: texts });
  for (const [name, [, mode]] of Object.entries(files)) chmodSync(join(cwd, name), mode);
  const loaded = loadConfig({ cwd, env });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config.warnings
    .filter((text) => sentence.test(text))
    .map((text) => text.replace(`${cwd}/`, ""));
}

describe.skipIf(process.platform === "win32")("a configuration file that others may read", () => {
  it("is a warning where it holds a password or a key", () => {
    const told = warnings({ ".env": [dotenv, 0o644], "ecoflow-power.yaml": [withKey, 0o604] });
    expect(told.map((text) => text.split(" ")[0])).toEqual([".env", "ecoflow-power.yaml"]);
  });

  it("is none where it holds no secret, or where nobody else may read it", () => {
    const secret = { PC_KEY: "0123456789abcdef0123" };
    expect(warnings({ ".env": [dotenv, 0o600], "ecoflow-power.yaml": [withoutKey, 0o644] }, secret)).toEqual(
      [],
    );
    expect(warnings({ ".env": [dotenv.replace(/MQTT_(USER|PASS).*\n/g, ""), 0o644] })).toEqual([]);
    expect(warnings({ "ecoflow-power.yaml": [withKey, 0o640] })).toEqual([]);
  });

  it("knows a key that stands in .env and is used by the YAML file", () => {
    const files = {
      ".env": ["PC_KEY=0123456789abcdef0123\n", 0o644],
      "ecoflow-power.yaml": [withoutKey, 0o644],
    };
    expect(warnings(files as never).map((text) => text.split(" ")[0])).toEqual([".env"]);
  });

  it("is told by check, without the secret", async () => {
    const { out, err, code } = await check({ dotenv, args: ["--offline"] });
    expect(out + err).toMatch(sentence);
    expect(out + err).not.toContain("a-password");
    expect(code).toBe(0);
  });
});
