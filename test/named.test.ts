/** Every key, setting, command and option that a page names is built; words of other programs are listed here. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { commands } from "../src/cli/index.ts";
import { type Built, unbuilt } from "./named.ts";

const read = (file: string) => readFileSync(file, "utf8");

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesUnder(path) : [path];
  });
}

/** Pages for those who run it. The others name tests, files and messages, and have checks of their own. */
const pages: Readonly<Record<string, readonly string[]>> = {
  "README.md": ["JoshuaDodds", "management", "npx", "ci"],
  "CHANGELOG.md": ["attic", "npx", "ci"],
  "SECURITY.md": [],
  // Two examples of a mistake.
  "agents/README.md": ["npx", "agent_id", "AGENTKEY"],
  "agents/linux/README.md": [
    ...["journalctl", "compose", "srv", "powerdown", "host_shutdown", "kubectl", "rancher"],
    ...["ON_SHUTDOWN", "SHUTDOWN_TIMEOUT"], // libvirt's own
    "ECOFLOW_POWER_AGENT_ENV", // names the settings file itself
  ],
  "agents/macos/README.md": ["disablesleep", "ACCOUNT"],
  "docs/bridge.md": [
    ...[
      "conf",
      "iot",
      "auth",
      "certification",
      "userId",
      "certificatePassword",
      "ANDROID_",
      "a",
      "number",
      "of",
      "your",
      "own",
    ],
  ],
  "docs/setup.md": [
    ...["npx", "ci", "passwords"],
    // Mistakes that it shows, and names of an example.
    ...["POLICY_DEBOUNCE_SECS", "debouncesec", "policy.debouncesec", "Studdy", "Hal"],
    ...["r631zab1xh4c0023", "QQ99", "R655ZAB1XH4C0018"],
  ],
  "docs/safety.md": [],
  "docs/policy.md": [],
  "docs/migrate-from-python.md": ["JoshuaDodds", "ecoflow_cloud_bridge"],
  "docs/glossary.md": [],
};

const sources = ["src", "agents"].flatMap(filesUnder).filter(
  // problems.ts lists keys that are known and not built.
  (file) => /(?<!\.test)\.(ts|sh)$/.test(file) && file !== "src/config/problems.ts",
);
const examples = [".env.example", "ecoflow-power.example.yaml", "config.schema.json", "package.json"];
const built: Built = {
  words: new Set([...sources, ...examples].flatMap((file) => read(file).match(/[A-Za-z_]\w*/g) ?? [])),
  options: {},
  agent: [],
};
const usage = read("agents/common/start.sh").match(/usage\(\) \{[\s\S]*?^EOT$/m)?.[0] ?? "";
const builtIn = (async (): Promise<Built> => {
  const options: Record<string, string[]> = {};
  for (const [name, load] of Object.entries(commands)) {
    const { table } = await load();
    options[name] = ["--help", ...Object.keys(table.options).map((option) => `--${option}`)];
  }
  return {
    ...built,
    options,
    agent: [...usage.matchAll(/(?<=[\s[])(--[a-z-]+|run|doctor|install|uninstall)/g)].map(([word]) => word),
  };
})();

describe("a page", () => {
  it.each(Object.entries(pages))("%s names only what is built", async (file, foreign) => {
    expect(unbuilt(read(file), await builtIn, foreign)).toEqual([]);
  });

  // What pages of earlier versions promised, and near misses of what there is.
  it.each([
    ["Set `runsOn: nas` for the guest.", "runsOn"],
    ["The last one has `role: orchestrator-host`.", "role"],
    ["Write `policy.wakeDelaySec: 5`.", "policy.wakeDelaySec"],
    ["Write `machines.<name>.tier`.", "machines.<name>.tier"],
    ["`MQTT_PASSWORD` is the password.", "MQTT_PASSWORD"],
    ["```\nDEAD_MAN=off\n```\n", "DEAD_MAN"],
    ["```yaml\nmachines: { pc: { stations: [A], tier: 1 } }\n```\n", "machines.pc.tier"],
    ["`ecoflow-power send nas ping --sign`", "--sign"],
    ["```\nsudo ./shutdown-listener.sh check\n```\n", "check"],
    ["`shutdown-listener.sh install --prefix /opt`", "--prefix"],
  ])("that says %j is found out", async (page, name) => {
    expect(unbuilt(page, await builtIn)).toContain(name);
  });

  it("that names what there is passes", async () => {
    const text =
      "`machines.<name>.shutdownAt.socPercent`, `PRE_SHUTDOWN_CMD_1…9`, `deadmanSec`, `ecoflow-power check --offline`\n" +
      "```\nAGENT_ID=nas\nMQTT_HOST=a\n```\n```\nshutdown-listener.sh uninstall --keep-settings\n```\n";
    expect(unbuilt(text, await builtIn)).toEqual([]);
  });
});
