/** Settings: where they come from, how they are read, and that a wrong one prevents the start with a sentence. */
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Broker, hasShell, missingTools } from "./broker.ts";
import { Machine } from "./machine.ts";
import { type Platform, runnable } from "./platforms.ts";

const missing = missingTools();
const broker = new Broker();
const machines: Machine[] = [];

beforeAll(async () => {
  if (missing === null) await broker.start();
});

afterEach(async () => {
  for (const machine of machines.splice(0)) await machine.close();
});

afterAll(async () => {
  if (missing === null) await broker.close();
});

function machine(platform: Platform, settings: Record<string, string | number> = {}): Machine {
  const made = new Machine(broker, platform, settings);
  machines.push(made);
  return made;
}

function run(pc: Machine, args: string[] = []) {
  const { shell, script } = pc.platform;
  const done = spawnSync(shell, [script, ...args], {
    encoding: "utf8",
    env: pc.environment(),
    timeout: 60_000,
  });
  return { status: done.status, text: done.stdout + done.stderr };
}

/** Settings, and what the refusal must say. */
const wrong: [Record<string, string | number>, RegExp][] = [
  [{ AGENT_ID: "my pc" }, /AGENT_ID "my pc" may hold/],
  [{ AGENT_ID: "orchestrator" }, /reserved/],
  [{ AGENT_ID: "a".repeat(65) }, /longer than 64/],
  [{ MQTT_PORT: "65536" }, /MQTT_PORT is "65536" and must be a whole number from 1 to 65535/],
  [{ MQTT_PORT: "", MQTT_HOST: "bad host" }, /MQTT_HOST "bad host" is no host name/],
  [{ MQTT_BROKER: "bad host" }, /MQTT_BROKER "bad host" is no host name/],
  [
    { MQTT_HOST: "127.0.0.1:1883" },
    /MQTT_HOST "127.0.0.1:1883" holds a port: write MQTT_HOST=127.0.0.1 and MQTT_PORT=1883/,
  ],
  [{ MQTT_BROKER: "nas.local:8883" }, /write MQTT_BROKER=nas.local and MQTT_PORT=8883/],
  [{ MQTT_HOST: "mqtt://nas.local" }, /MQTT_HOST "mqtt:\/\/nas.local" is no host name/],
  [{ agent_id: "nas" }, /no setting called agent_id; did you mean AGENT_ID\?/],
  [{ DEAD_MAN: "off" }, /no setting called DEAD_MAN; did you mean DEADMAN\?/],
  [{ SHUTDOWN_CMD: "/nowhere/poweroff now" }, /SHUTDOWN_CMD cannot be run: there is no \/nowhere\/poweroff/],
  [
    { SHUTDOWN_CMD: "sudo -n -u root no-such-tool -h" },
    /SHUTDOWN_CMD cannot be run: there is no (sudo|no-such-tool) in PATH/,
  ],
  [{ SHUTDOWN_CMD: "/etc/passwd" }, /SHUTDOWN_CMD cannot be run: \/etc\/passwd cannot be run/],
  [{ SHUTDOWN_CMD: "#poweroff" }, /it is only a comment and runs nothing/],
  [{ SHUTDOWN_CMD: "log" }, /there is no log in PATH/],
  [{ MQTT_HOST: "-h" }, /no host name/],
  [{ PRE_SHUTDOWN_TIMEOUT: "60s" }, /PRE_SHUTDOWN_TIMEOUT is "60s"/],
  [{ PRE_SHUTDOWN_TIMEOUT_3: "0" }, /PRE_SHUTDOWN_TIMEOUT_3 is "0"/],
  [{ PRE_SHUTDOWN_TOTAL: "-1" }, /PRE_SHUTDOWN_TOTAL is "-1"/],
  [{ DRY_RUN: "maybe" }, /DRY_RUN is "maybe" and must be on or off/],
  [{ DEADMAN: "300" }, /DEADMAN is "300" and must be on or off/],
  [{ COMEBACK: "wol" }, /COMEBACK is "wol" and must be rtc or empty/],
  [{ NETWORK: "wifi" }, /NETWORK is "wifi" and must be battery or mains/],
  [{ SHUTDOWN_CMD: "" }, /SHUTDOWN_CMD is empty/],
  [{ PRE_SHUTDOWN_CMD_1: 'echo "never closed' }, /PRE_SHUTDOWN_CMD_1 is no valid shell command/],
  [{ PRE_SHUTDOWN_CMD_10: "true" }, /no setting called PRE_SHUTDOWN_CMD_10/],
  [{ SHUTDWON_CMD: "true" }, /no setting called SHUTDWON_CMD/],
  [{ MQTT_PASS: "x" }, /MQTT_PASS is set without MQTT_USER/],
  [{ MQTT_CA: "/nowhere/ca.pem" }, /MQTT_CA "\/nowhere\/ca.pem" cannot be read/],
  [{ LOG_FILE: "/nowhere/log" }, /LOG_FILE "\/nowhere\/log" cannot be written/],
  [{ SHUTDOWN_CMD: "shutdown -h now" }, /not a recorder/],
  [{ SHUTDOWN_CMD: "{recorder}; poweroff" }, /not a recorder/],
  [{ SHUTDOWN_CMD: "{recorder} $(poweroff)" }, /not a recorder/],
  [{ SHUTDOWN_CMD: "/bin/sh {recorder}" }, /not a recorder/],
  [{ SHUTDOWN_CMD: "sudo {recorder}" }, /not a recorder/],
  [{ COMEBACK: "rtc" }, /COMEBACK is rtc and \w+ is not a recorder/],
];

for (const platform of runnable()) {
  describe.skipIf(!hasShell)(`${platform.name} settings`, () => {
    it.each(wrong)("refuses %j", (settings, sentence) => {
      const pc = machine(platform, settings);
      if (platform.name === "macos" && settings["COMEBACK"] === "rtc") pc.tool("pmset", "#!/bin/sh\n");
      const { status, text } = run(pc);
      expect(text).toMatch(sentence);
      expect(status).toBe(1);
    });

    it("says all mistakes at once, and the lines that are none", () => {
      const pc = machine(platform);
      writeFileSync(pc.settingsFile, "AGENT_ID=a b\nDRY_RUN=x\njust text\nDRY_RUN=1\n", { mode: 0o600 });
      const { text } = run(pc);
      for (const part of [
        "AGENT_ID",
        "DRY_RUN is",
        "line 3 is not of the form",
        "line 4: DRY_RUN is there twice",
      ])
        expect(text).toContain(part);
    });

    it("refuses a file that others may write, or read when it holds a secret", () => {
      const pc = machine(platform, { AGENT_KEY: "k" });
      for (const [mode, sentence] of [
        [0o622, "can be written by others"],
        [0o644, "can be read by others"],
        [0o640, "can be read by others"],
      ] as const) {
        chmodSync(pc.settingsFile, mode);
        expect(run(pc).text).toContain(sentence);
      }
    });

    it("refuses a wrong command line, with exit code 2", () => {
      const pc = machine(platform);
      expect(run(pc, ["--root", "here"]).status).toBe(2);
      expect(run(pc, ["reboot"]).status).toBe(2);
      expect(run(pc, ["--help"])).toMatchObject({ status: 0, text: expect.stringContaining("doctor") });
      expect(run(pc, ["--version"]).text).toMatch(/^\d+\.\d+\.\d+\n$/);
    });

    it("never executes what it reads", () => {
      const pc = machine(platform, {
        MQTT_USER: "$(touch {folder}/evil)",
        MQTT_PASS: "`touch {folder}/evil2`",
        COMEBACK: "x",
      });
      run(pc);
      expect(pc.files().filter((name) => name.startsWith("evil"))).toEqual([]);
    });

    it.skipIf(missing !== null)(
      "keeps quotes, comments only where they are none of a command's, CRLF, export",
      async () => {
        const pc = machine(platform);
        const { id, recorder, folder } = pc;
        const lines = [
          "# a comment",
          `export AGENT_ID = "${id}"   `,
          "MQTT_HOST=127.0.0.1   # the broker",
          `MQTT_PORT='${broker.port}'\r`,
          `SHUTDOWN_CMD=${recorder}`,
          "SOMETHING_ELSE=1",
          "$env:AGENT_ID = 'of another script'",
          `PRE_SHUTDOWN_CMD_1="${recorder}" "a b" # tail`,
          `PRE_SHUTDOWN_CMD_2='echo "x # y" >${folder}/two'`,
          `PRE_SHUTDOWN_CMD_3="echo \\"q\\" '$(echo sub)' >${folder}/three"`,
          `PRE_SHUTDOWN_CMD_4=X="a=b"; echo $X >${folder}/four`,
        ];
        writeFileSync(pc.settingsFile, `${lines.join("\n")}\nPRE_SHUTDOWN_TIMEOUT=7`, { mode: 0o600 });
        await pc.start();
        await pc.shutdown({ delay_sec: 0 });
        await pc.entry();
        expect(pc.recorded).toEqual(["a b", "shutdown"]);
        expect([pc.text("two"), pc.text("three"), pc.text("four")]).toEqual([
          "x # y\n",
          "q $(echo sub)\n",
          "a=b\n",
        ]);
      },
    );

    it.skipIf(missing !== null)(
      "the environment wins over the file; the file beside the script is found",
      async () => {
        const pc = machine(platform);
        cpSync(pc.settingsFile, join(pc.folder, ".env"));
        cpSync(platform.script, join(pc.folder, "shutdown-listener.sh"));
        Object.assign(pc.env, {
          ECOFLOW_POWER_AGENT_ENV: "",
          PRE_SHUTDOWN_CMD_1: `${pc.recorder} from-the-unit`,
        });
        await pc.start([platform.shell, join(pc.folder, "shutdown-listener.sh")]);
        await pc.logs(`settings ${pc.folder}/.env`);
        await pc.shutdown({ delay_sec: 0 });
        await pc.entry();
        expect(pc.recorded).toEqual(["from-the-unit", "shutdown"]);
      },
    );

    it.skipIf(missing !== null)("LOG_FILE takes the log and the commands' output", async () => {
      const pc = machine(platform, {
        LOG_FILE: "{folder}/agent.log",
        PRE_SHUTDOWN_CMD_1: "echo from-a-command",
      });
      pc.spawn();
      await pc.status(({ online }) => online);
      await pc.shutdown({ delay_sec: 0 });
      await pc.entry();
      expect(pc.text("agent.log")).toMatch(
        /TIMER START: 0 s[\s\S]*from-a-command[\s\S]*SHUTDOWN TRIGGERED after/,
      );
      expect(pc.log).toBe("");
    });

    it.skipIf(missing !== null)("pre-commands run in the machine's own language", async () => {
      for (const locale of ["", "POSIX"]) {
        const pc = machine(platform, { PRE_SHUTDOWN_CMD_1: "echo $LANG-$LC_ALL >{folder}/seen" });
        Object.assign(pc.env, { LANG: "C.UTF-8", ...(locale && { LC_ALL: locale }) });
        await pc.start();
        await pc.shutdown({ delay_sec: 0 });
        await pc.entry();
        expect(pc.text("seen")).toBe(`C.UTF-8-${locale}\n`);
      }
    });

    it.skipIf(missing !== null)("pre-commands do not get the password and the key", async () => {
      const pc = machine(platform, { PRE_SHUTDOWN_CMD_1: "echo [$MQTT_PASS$AGENT_KEY] >{folder}/seen" });
      Object.assign(pc.env, { MQTT_USER: "u", MQTT_PASS: "in-the-environment", AGENT_KEY: "" });
      await pc.start();
      await pc.shutdown({ delay_sec: 0 });
      await pc.entry();
      expect(pc.text("seen")).toBe("[]\n");
    });
  });
}
