/** The server reads the lines of the shared table, from its .env and as docker passes them. */
import { describe, expect, it } from "vitest";
import { parseDotEnv } from "../../src/config/dotenv.ts";
import { readEnvironment } from "../../src/config/environment.ts";
import { dockerValue, settingsFiles, settingsLines } from "../dotenv-lines.ts";

const absent = () => {
  throw Object.assign(new Error("no file"), { code: "ENOENT" });
};

const fromDocker = (name: string, value: string): string =>
  readEnvironment({ cwd: "/srv", env: { [name]: value }, readFile: absent }).values.get(name) ?? "";

describe("a line of .env has one value for every reader (E15)", () => {
  it.each(settingsLines)("$about: $text", ({ text, value }) => {
    const { entries, mistakes } = parseDotEnv(`MQTT_USER${text}\nB=2\n`);
    expect(entries.find(({ name }) => name === "MQTT_USER")?.value ?? null).toBe(value);
    expect(mistakes).toHaveLength(value === null ? 1 : 0);
    expect(entries.at(-1)).toMatchObject({ name: "B", value: "2" });
  });

  it.each(settingsFiles)("a file with $about", ({ text, a, b }) => {
    expect(parseDotEnv(text).entries.map(({ name, value }) => [name, value])).toEqual([
      ["A", a],
      ["B", b],
    ]);
  });

  it.each(settingsLines)("passed by docker: $about: $text", ({ text, value, docker }) => {
    const passed = dockerValue(`MQTT_USER${text}`);
    if (passed === null) expect(docker).toBe("-");
    else if (value !== null) {
      expect(fromDocker("MQTT_USER", passed)).toBe(value);
      expect(fromDocker("MQTT_PASS", passed)).toBe((docker ?? value).trim() && (docker ?? value));
    }
  });
});
