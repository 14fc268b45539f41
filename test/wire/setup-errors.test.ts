/** Every mistake that docs/setup.md names is made, and what a user reads then is what the page shows. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { loaded } from "../config/folder.ts";
import { hasMosquitto, hasOpenssl, startMosquitto, watch } from "../world.ts";
import { cloudSituations } from "./setup-cloud.ts";
import { brokerSituations, localSituations } from "./setup-local.ts";
import { oneLine, type Situation } from "./setup-situation.ts";

const page = readFileSync("docs/setup.md", "utf8");

/** The sentences of the page by their situation; `…` in one stands for any text. */
const rows = new Map(
  [...page.matchAll(/^\| situation \| what you read \|\n\|---\|---\|\n((?:\|.*\n)+)/gm)]
    .flatMap(([, table = ""]) => table.trim().split("\n"))
    .map((row): [string, string] => {
      const [, situation = "", sentence = ""] = /^\| (.+?) \| `(.+)` \|$/.exec(row) ?? [];
      return [situation.replaceAll("`", ""), sentence];
    }),
);

const partsOf = (sentence: string) => sentence.split("…").map((part) => part.trim());

/** Whether all parts of a sentence stand in the text, in their order. */
function holds(text: string, sentence: string): boolean {
  let at = 0;
  return partsOf(sentence).every((part) => {
    const found = text.indexOf(part, at);
    at = found + part.length;
    return found >= 0;
  });
}

/** Situations that another test makes: the file whose code holds the sentence, the test, and a text that it demands. */
const elsewhere: Readonly<Record<string, [code: string, test: string, demanded: string]>> = {
  "the broker's name is unknown": [
    "src/io/broker-fault.ts",
    "src/io/broker-fault.test.ts",
    'no machine is called "broker\\.lan"; correct the name',
  ],
  "the login works, and messages never come (another region)": [
    "src/core/cloud/problems.ts",
    "test/wire/cloud.test.ts",
    "closed the connection without an answer.*region",
  ],
  "ten client ids a day are used up": [
    "src/core/cloud/problems.ts",
    "src/core/cloud/cloud.test.ts",
    "ten client ids a day are allowed",
  ],
  "another program has our client id": [
    "src/core/cloud/problems.ts",
    "test/wire/cloud.test.ts",
    "another program uses our client id",
  ],
  "the agent does not reach the broker": [
    "agents/common/wire.sh",
    "test/agents/doctor.test.ts",
    "broker 127.0.0.1:1: .*refused.*: start the broker, or correct MQTT_HOST and MQTT_PORT",
  ],
  "the server does not know the agent's name": [
    "agents/common/proof.sh",
    "test/wire/agent-doctor.ts",
    "the server does not know this AGENT_ID; it knows pc",
  ],
  "the agent has another key than the server": [
    "agents/common/proof.sh",
    "test/wire/agent-doctor.ts",
    "the server's power message does not verify",
  ],
  "the agent has a key, the server has none for it": [
    "agents/common/proof.sh",
    "test/agents/doctor.test.ts",
    "the server signs nothing for",
  ],
  "the server runs somewhere else, or not at all": [
    "agents/common/proof.sh",
    "test/agents/doctor.test.ts",
    "no server is connected to this broker: start it",
  ],
  "the doctor runs without the agent": [
    "agents/common/proof.sh",
    "test/agents/doctor.test.ts",
    "within 10 s: start the service",
  ],
  "the agent may not switch the machine off": [
    "agents/common/doctor.sh",
    "test/agents/permission.test.ts",
    "not root",
  ],
  "the agent is in dry run": [
    "agents/common/doctor.sh",
    "test/agents/doctor.test.ts",
    "DRY_RUN is on: .*remove it from",
  ],
  "an agent with another key answers": ["src/cli/send.ts", "test/wire/agent-keys.ts", "with another key"],
};

function stories(situations: Readonly<Record<string, Situation>>): void {
  it.each(Object.entries(situations))("%s", async (name, made) => {
    const sentence = rows.get(name) ?? "";
    expect(sentence, "no line of the page").not.toBe("");
    const { code, text } = await made();
    expect(holds(text, sentence), `${sentence}\n\n${text}`).toBe(true);
    // A mistake ends with 1; a warning does not stop anybody.
    expect(code).toBe(
      text.includes("WARNING") && text.endsWith("The configuration is valid, with warnings.") ? 0 : 1,
    );
  });
}

describe("a mistake in the configuration", () => stories(localSituations));

describe.skipIf(!hasMosquitto || !hasOpenssl)("a mistake at the broker", () => stories(brokerSituations));

describe("a mistake about the account", () => stories(cloudSituations));

const blocksOf = (language: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(
    ([, text = ""]) => text,
  );

describe("the page", () => {
  it("has lines for .env that load together", () => {
    const { machines, sources } = loaded({ dotenv: blocksOf("env").join("\n") });
    expect(Object.keys(machines)).toEqual(["pc", "nas"]);
    expect(sources).toContainEqual(expect.objectContaining({ kind: "ecoflow-app" }));
  });

  it.skipIf(!hasMosquitto)("makes a broker that lets its user in, and nobody else", async () => {
    const dir = mkdtempSync(join(tmpdir(), "setup-"));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const passwords = join(dir, "passwords");
    const [, words = ""] = /^sudo mosquitto_passwd (.+)$/m.exec(page) ?? [];
    const args = words.split(" ").map((word) => word.replace("/etc/mosquitto/passwords", passwords));
    // With -b the password is on the command line; at a terminal the program asks for it.
    execFileSync("mosquitto_passwd", ["-b", ...args, "a password"]);
    const [conf = ""] = blocksOf("conf");
    const lines = conf.replace("/etc/mosquitto/passwords", passwords).split("\n");
    const broker = await startMosquitto({ lines: lines.filter((line) => !line.startsWith("listener")) });
    onTestFinished(() => broker.end());
    const user = await watch(broker.url, [], { username: "house", password: "a password" });
    await user.end();
    await expect(watch(broker.url, [])).rejects.toThrow();
    await expect(watch(broker.url, [], { username: "house", password: "another" })).rejects.toThrow();
  });

  it("names every situation that is made, and no other", () => {
    const made = [localSituations, brokerSituations, cloudSituations, elsewhere].flatMap(Object.keys);
    expect([...rows.keys()].sort()).toEqual([...new Set(made)].sort());
    expect(made.length).toBe(new Set(made).size);
    expect(made.length).toBeGreaterThan(40);
  });

  it.each(Object.entries(elsewhere))("has the sentence of the code: %s", (name, [code, test, demanded]) => {
    const source = oneLine(readFileSync(code, "utf8"));
    for (const part of partsOf(rows.get(name) ?? "")) expect(source).toContain(part);
    expect(readFileSync(test, "utf8")).toContain(demanded);
  });

  it("says in its first paragraph, as README.md does, that nothing was run against the live service", () => {
    for (const file of ["docs/setup.md", "README.md"]) {
      const [, first = ""] = readFileSync(file, "utf8").split("\n\n");
      expect(oneLine(first), file).toMatch(
        /not run any model, by either of EcoFlow's two APIs, against .*live service/,
      );
    }
  });
});
