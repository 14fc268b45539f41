/** The agents read the lines of the shared table, from their settings file and as docker passes them. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { dockerValue, nearMisses, settingsFiles, settingsLines } from "../dotenv-lines.ts";
import { hasShell } from "./broker.ts";
import { type Platform, runnable } from "./platforms.ts";

const agents = new URL("../../agents", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "ecoflow-power-lines-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs only the parts that read settings, and prints values and mistakes. */
function read(platform: Platform, file: string | Buffer, env: Record<string, string> = {}) {
  const path = join(folder, "agent.env");
  writeFileSync(path, file, { mode: 0o600 });
  const parts = ["start", "lines", "runnable", "settings"].map((part) => `. ${agents}/common/${part}.sh`);
  const program = [
    `set -- install; . ${agents}/${platform.name}/platform.sh`,
    ...parts,
    "load_settings",
    'printf "%s\\0" "$MQTT_USER" "$MQTT_PASS" "$PRE_SHUTDOWN_CMD_1" "$MQTT_BROKER" "$mistakes"',
  ].join("\n");
  const { stdout, stderr } = spawnSync(platform.shell, ["--norc", "-c", program, "x"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: platform.path, LC_ALL: "C", ECOFLOW_POWER_AGENT_ENV: path, ...env },
  });
  const [plain, secret, command, broker, mistakes] = stdout.split("\0");
  return { plain, secret, command, broker, mistakes, stderr };
}

for (const platform of runnable()) {
  describe.skipIf(!hasShell)(
    `${platform.name}: a line of settings has one value for every reader (E15)`,
    () => {
      it.each(settingsLines)("$about: $text", ({ text, value, command }) => {
        const got = read(platform, `MQTT_USER${text}\nPRE_SHUTDOWN_CMD_1${text}\nMQTT_BROKER=after\n`);
        expect(got).toMatchObject({ plain: value ?? "", command: command ?? value, broker: "after" });
        expect(got.stderr).toBe("");
        if (value === null)
          expect(got.mistakes).toMatch(/the quote before the value of MQTT_USER is never closed/);
        else expect(got.mistakes).toBe("");
      });

      it.each(settingsFiles)("a file with $about", ({ text, a, b }) => {
        const named = text.replace("A", "MQTT_USER").replace("B", "MQTT_PASS");
        expect(read(platform, named)).toMatchObject({ plain: a, secret: b, mistakes: "" });
      });

      it.each(settingsLines)("passed by docker: $about: $text", ({ text, value, docker }) => {
        const passed = dockerValue(`MQTT_USER${text}`);
        if (passed === null || value === null) return;
        const got = read(platform, "", { MQTT_USER: passed, MQTT_PASS: passed });
        expect(got.plain).toBe(value);
        expect(got.secret).toBe(docker ?? value);
      });

      it.each(nearMisses)("refuses %s and names %s", (line, meant) => {
        expect(read(platform, `${line}\n`).mistakes).toMatch(
          new RegExp(`line 1: there is no setting called .*; did you mean ${meant}\\?`),
        );
      });

      it.each([
        "PRE_CMD_1",
        "POST_SHUTDOWN_CMD_1",
        "DEAD_MAN_SEC",
        "DRY_RUN_ONLY",
        "NETWORK_FED",
        "STILL_THERE",
      ])("refuses %s, which begins like ours", (name) => {
        expect(read(platform, `${name}=1\n`).mistakes).toContain(
          `line 1: there is no setting called ${name}`,
        );
      });

      it.each(["DRYRUN", "DEAD_MAN", "AGENTKEY", "MQTTPASS", "SHEDCMD_1", "STILLUP_SEC"])(
        "refuses %s in the environment too",
        (name) => {
          expect(read(platform, "", { [name]: "on" }).mistakes).toContain(
            `the environment: there is no setting called ${name}; did you mean`,
          );
        },
      );

      it("refuses another spelling in the environment, and nothing that is not ours", () => {
        expect(read(platform, "", { mqtt_host: "x", MY_AGENT: "1" }).mistakes).toMatch(
          /^\s+- the environment: there is no setting called mqtt_host; did you mean MQTT_HOST\?$/,
        );
        expect(read(platform, "SOC_MIN=20\nDEVICE_TO_AGENTS_JSON={}\nTZ=UTC\nLANGUAGE=de\n").mistakes).toBe(
          "",
        );
      });

      it("refuses a file in UTF-16", () => {
        const { mistakes } = read(platform, Buffer.from("\uFEFFAGENT_ID=nas\n", "utf16le"));
        expect(mistakes).toContain("the file is UTF-16: save it as UTF-8");
      });
    },
  );
}
