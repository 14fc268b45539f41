/** install and uninstall inside a folder; the service's own command line is run unchanged. */
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseDotEnv } from "../../src/config/dotenv.ts";
import { Broker, hasShell, missingTools } from "./broker.ts";
import { expectShutdown } from "./cases.ts";
import { Machine } from "./machine.ts";
import { linux, macos, type Platform } from "./platforms.ts";

const missing = missingTools();
const broker = new Broker();
const folders: string[] = [];

beforeAll(async () => {
  if (missing === null) await broker.start();
});

afterAll(async () => {
  if (missing === null) await broker.close();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "ecoflow-power-install-"));
  folders.push(made);
  return made;
}

interface Service {
  file: string;
  /** The command line and the environment that the service manager would use. */
  read(text: string): { command: string[]; env: Record<string, string> };
}

const systemd: Service = {
  file: "etc/systemd/system/ecoflow-agent.service",
  read: (text) => {
    const lines = (key: string) =>
      [...text.matchAll(new RegExp(`^${key}=(.*)$`, "gm"))].map(([, value = ""]) => value);
    const pairs = lines("Environment").map((line) => [
      line.slice(0, line.indexOf("=")),
      line.slice(line.indexOf("=") + 1),
    ]);
    return { command: lines("ExecStart")[0]?.split(" ") ?? [], env: Object.fromEntries(pairs) };
  },
};

const launchd: Service = {
  file: "Library/LaunchDaemons/com.ecoflow.agent.plist",
  read: (text) => {
    const words = (part: string, tag: string) =>
      [...part.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, "g"))].map(([, word = ""]) => word);
    const command = /<array>(.*?)<\/array>/s.exec(text)?.[1] ?? "";
    const variables = /EnvironmentVariables<\/key>\s*<dict>(.*?)<\/dict>/s.exec(text)?.[1] ?? "";
    const [names, values] = [words(variables, "key"), words(variables, "string")];
    return {
      command: words(command, "string"),
      env: Object.fromEntries(names.map((name, i) => [name, values[i] ?? ""])),
    };
  },
};

function run(platform: Platform, args: string[], env: Record<string, string> = {}) {
  const done = spawnSync(platform.shell, [platform.script, ...args], {
    encoding: "utf8",
    env: { PATH: platform.path, ...env },
  });
  return { status: done.status, text: done.stdout + done.stderr };
}

const tree = (root: string): string[] => readdirSync(root, { recursive: true, encoding: "utf8" }).sort();

function installing(name: string, makePlatform: () => Platform, service: Service): void {
  describe.skipIf(!hasShell)(`${name} install`, () => {
    const platform = makePlatform();
    const script = "usr/local/lib/ecoflow-power/shutdown-listener.sh";
    const settings = "etc/ecoflow-power/agent.env";

    it("shows with --dry-run and writes nothing", () => {
      const root = folder();
      const { status, text } = run(platform, ["install", "--dry-run", "--root", root]);
      expect(status).toBe(0);
      for (const file of [script, settings, service.file])
        expect(text).toContain(`would write: ${root}/${file}`);
      expect(tree(root)).toEqual([]);
    });

    it("installs, again without harm, and leaves nothing behind", () => {
      const root = folder();
      expect(run(platform, ["install", "--root", root], { AGENT_ID: "pc", AGENT_KEY: '"k" #1' }).status).toBe(
        0,
      );
      const before = tree(root);
      expect(statSync(join(root, settings)).mode & 0o777).toBe(0o600);
      const text = readFileSync(join(root, settings), "utf8");
      expect(text).toMatch(/^AGENT_ID=pc$/m);
      expect(text).toMatch(/^SHUTDOWN_CMD=\/sbin\/shutdown -h now\nABORT_CMD=$/m);
      expect(text).toMatch(/^AGENT_KEY='"k" #1'$/m);
      expect(parseDotEnv(text).entries).toContainEqual(
        expect.objectContaining({ name: "AGENT_KEY", value: '"k" #1' }),
      );
      writeFileSync(join(root, settings), `${text}\n# mine\n`);
      const again = run(platform, ["install", "--root", root], { AGENT_ID: "other" });
      expect(again.text).toContain(`unchanged: ${root}/${script}`);
      expect(readFileSync(join(root, settings), "utf8")).toContain("# mine");
      expect(tree(root)).toEqual(before);
      expect(run(platform, ["uninstall", "--dry-run", "--root", root]).text).toContain(
        `would remove: ${root}/${script}`,
      );
      expect(tree(root)).toEqual(before);
      expect(run(platform, ["uninstall", "--root", root]).status).toBe(0);
      expect(tree(root)).toEqual([]);
      expect(run(platform, ["uninstall", "--root", root]).status).toBe(0);
    });

    it("takes the host name where no AGENT_ID is given, also beside a .env that has none", () => {
      for (const [host, id] of [
        ["Büro PC.local", "B-ro-PC"],
        ["nas_1", "nas_1"],
        ["x".repeat(70), "x".repeat(64)],
        ["plan", `${platform.name}-agent`],
      ] as const) {
        const [root, old, bin] = [folder(), folder(), folder()];
        writeFileSync(join(bin, "uname"), `#!/bin/sh\necho '${host}'\n`, { mode: 0o755 });
        const env = { PATH: `${bin}:${platform.path}` };
        expect(run(platform, ["install", "--root", root], env).text).toContain(`AGENT_ID is ${id},`);
        expect(readFileSync(join(root, settings), "utf8")).toMatch(new RegExp(`^AGENT_ID=${id}$`, "m"));
        cpSync(platform.script, join(old, "shutdown-listener.sh"));
        writeFileSync(join(old, ".env"), "MQTT_HOST=broker.local");
        const second = folder();
        run({ ...platform, script: join(old, "shutdown-listener.sh") }, ["install", "--root", second], env);
        const lines = readFileSync(join(second, settings), "utf8").split("\n");
        expect(lines).toEqual(expect.arrayContaining(["MQTT_HOST=broker.local", `AGENT_ID=${id}`]));
      }
    });

    it("keeps the settings when told so", () => {
      const root = folder();
      run(platform, ["install", "--root", root]);
      run(platform, ["uninstall", "--keep-settings", "--root", root]);
      expect(tree(root).filter((file) => statSync(join(root, file)).isFile())).toEqual([settings]);
    });

    it("takes over the .env beside the script, and makes its shutdown immediate", () => {
      const [root, old] = [folder(), folder()];
      cpSync(platform.script, join(old, "shutdown-listener.sh"));
      writeFileSync(join(old, ".env"), 'AGENT_ID=old-pc\nPRE_SHUTDOWN_CMD_1="docker stop $(docker ps -q)"\n');
      run({ ...platform, script: join(old, "shutdown-listener.sh") }, ["install", "--root", root]);
      const text = readFileSync(join(root, settings), "utf8");
      expect(text).toContain('AGENT_ID=old-pc\nPRE_SHUTDOWN_CMD_1="docker stop $(docker ps -q)"\n');
      expect(text).toContain("SHUTDOWN_CMD=/sbin/shutdown -h now\nABORT_CMD=\n");
    });

    it.skipIf(missing !== null)("the service's command line, word for word, obeys", async () => {
      const root = folder();
      const pc = new Machine(broker, platform);
      const env = {
        AGENT_ID: pc.id,
        MQTT_HOST: "127.0.0.1",
        MQTT_PORT: String(broker.port),
        SHUTDOWN_CMD: pc.recorder,
        PRE_SHUTDOWN_CMD_1: `"${pc.recorder}" "pre 1"`,
      };
      run(platform, ["install", "--root", root], env);
      const installed = service.read(readFileSync(join(root, service.file), "utf8"));
      expect(installed.command[0]).toBe("/bin/bash");
      // The unit has the service manager's own PATH; the macOS shims must stay in front.
      Object.assign(pc.env, installed.env, platform.name === "macos" ? { PATH: platform.path } : {});
      await pc.start(installed.command);
      const sent = await pc.shutdown({ delay_sec: 1 });
      await expectShutdown(pc, sent, 1, 1);
      expect(pc.recorded).toEqual(["pre 1", "shutdown"]);
      await pc.close();
      run(platform, ["uninstall", "--root", root]);
      expect(tree(root)).toEqual([]);
    });
  });
}

if (process.platform === "linux") installing("Linux", () => linux, systemd);
installing("macOS", macos, launchd);

const analyze = spawnSync("systemd-analyze", ["--version"]).status === 0;
it.skipIf(!analyze)("systemd finds nothing to say about the unit", () => {
  const root = folder();
  run(linux, ["install", "--root", root]);
  const { status, stderr } = spawnSync("systemd-analyze", ["verify", join(root, systemd.file)], {
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

it.skipIf(!hasShell)("does not install without root or a folder", () => {
  if (process.getuid?.() === 0 || existsSync("/usr/local/lib/ecoflow-power")) return;
  expect(run(linux, ["install"]).text).toContain("install needs root");
});
