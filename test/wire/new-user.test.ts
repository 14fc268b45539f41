/** A new user's path: the commands of README.md in its order, each with the output that README.md shows for it. */
import { readFileSync } from "node:fs";
import { describe, it, type TestContext } from "vitest";
import { encodeFrame } from "../../src/sim/encode.ts";
import { missingTools } from "../agents/broker.ts";
import { startMosquitto, until, type Watcher, watch } from "../world.ts";
import { Newcomer } from "./newcomer.ts";
import { block, blockNames, named, namelessBlocks, spanned, untrue } from "./readme-pages.ts";

const login = { username: "power", password: "a password of this test" };
const key = "a key of this test only";
const lines = (text: string) => text.trimEnd().split("\n");

/** A broker that is closed after everything that uses it. */
async function broker({ onTestFinished }: TestContext, withLogin = false) {
  const made = await startMosquitto(withLogin ? { users: { [login.username]: login.password } } : {});
  onTestFinished(() => made.end());
  return made;
}

/** The station of README.md's screen: 62 %, on mains, with 330 W at its outputs. */
async function stationSpeaks(world: Watcher, { onTestFinished }: TestContext): Promise<void> {
  const serial = named(/Study: \{ serial: (\w+)/);
  const fields = { cms_batt_soc: 62, pow_get_ac_in: 390, pow_out_sum_w: 330, pow_in_sum_w: 390 };
  let seq = 0;
  const say = () => {
    const frame = encodeFrame("DisplayPropertyUpload", fields, { seq: ++seq, masked: true });
    return world.say(`bridge-ecoflow/${serial}/data`, Buffer.from(frame));
  };
  const timer = setInterval(() => void say().catch(() => undefined), 1_000);
  onTestFinished(() => clearInterval(timer));
  await until("the server knows charge and mains", () =>
    world.on("power-manager/pc/power").some((text) => JSON.parse(text).soc !== null),
  );
}

describe("README.md", () => {
  it("has no block that this file does not know, and commands that package.json has", ({ expect }) => {
    expect(namelessBlocks()).toEqual([]);
    for (const name of blockNames) expect(() => block(name)).not.toThrow();
    const { scripts, bin } = JSON.parse(readFileSync("package.json", "utf8"));
    // The demo of README.md is compared in words.test.ts, with a clock that runs faster.
    expect(block("demo").trim()).toBe("npm ci && npm run demo -- --once");
    expect(scripts.demo).toMatch(/ node dist\/main\.js demo$/);
    expect(scripts[spanned("npm start").split(" ")[1] as string]).toMatch(/ node dist\/main\.js run$/);
    expect(bin).toEqual({ [spanned("npx ecoflow-power").split(" ")[1] as string]: "dist/main.js" });
  });
});

const missing = missingTools();

describe.skipIf(missing !== null).concurrent("a new user", () => {
  it("configures, checks, starts and asks for the status", { timeout: 240_000 }, async (context) => {
    const { expect } = context;
    const { port, url } = await broker(context, true);
    const user = new Newcomer(context.onTestFinished);
    const secrets = { MQTT_PASS: login.password, NAS_KEY: key };

    const original = user.place("original", { ".env": block("dotenv") });
    expect((await user.run(`${block("check").trim()} --offline`, original)).code).toBe(0);

    const wrong = block("dotenv").replace("_SEC=", "_SECS=").replace("MIN=10", "MIN=1o");
    const mistaken = user.place("mistaken", { ".env": wrong });
    const refused = await user.run(block("check").trim(), mistaken);
    expect(untrue(block("checkPrints"), refused.text.replaceAll(`${mistaken}/`, ""))).toEqual([]);
    expect(refused.code).toBe(1);
    expect((await user.run(spanned("ecoflow-power run"), mistaken)).code).toBe(1);

    const house = user.place("house", { "ecoflow-power.yaml": block("yaml").replace(":1883", `:${port}`) });
    const checked = await user.run(block("check").trim(), house, secrets);
    expect(checked.text).toContain("The configuration is valid");
    expect(checked.code).toBe(0);

    const server = user.type(spanned("ecoflow-power run"), house, secrets);
    await server.says("connected to the broker");
    const reach = { MQTT_PORT: String(port), MQTT_USER: login.username, MQTT_PASS: login.password };
    const pc = user.agent("pc", block("agentSettings"), { ...reach, AGENT_ID: "pc", DRY_RUN: "off" });
    const nas = user.agent("nas", block("agentSettings"), { ...reach, AGENT_ID: "nas", AGENT_KEY: key });
    for (const agent of [pc, nas])
      await agent.type(spanned("bash shutdown-listener.sh")).says("connected to");
    const world = await watch(url, ["#"], login);
    context.onTestFinished(() => world.end());
    await stationSpeaks(world, context);

    const doctor = pc.type(spanned("bash shutdown-listener.sh doctor"));
    expect(await doctor.code, doctor.text()).toBe(0);
    expect(lines(doctor.text()).at(-1)).toBe(named(/doctor`, with server and agent running, prints "(\w+)"/));

    const status = await user.run(block("status").trim(), house, secrets);
    expect(untrue(block("statusPrints"), status.text.replaceAll(`${house}/`, "")), status.text).toEqual([]);
    expect(status.code).toBe(1);
    expect([pc.recorded(), nas.recorded()]).toEqual(["", ""]);
  });

  it("sets up an agent, asks it, and rehearses an outage", { timeout: 300_000 }, async (context) => {
    const { expect } = context;
    const { port } = await broker(context);
    const user = new Newcomer(context.onTestFinished);
    const house = user.place("house", { ".env": block("dotenv") });
    const env = {
      MQTT_PORT: String(port),
      DEVICE_TO_AGENTS_JSON: named(/map a station that does not exist, `([^`]+)`/),
      POLICY_DEBOUNCE_SEC: named(/\(The debounce was (\d+) s here\.\)/),
    };
    const server = user.type(spanned("ecoflow-power run"), house, env);
    await server.says("connected to the broker");

    const pc = user.agent("agent", block("agentSettings"), { MQTT_PORT: String(port) });
    const agent = pc.type(spanned("bash shutdown-listener.sh"));
    await agent.says("connected to");
    const shown = pc.type(`${spanned("bash shutdown-listener.sh install")} ${spanned("--dry-run")}`);
    expect(await shown.code, shown.text()).toBe(0);
    const doctor = pc.type(spanned("bash shutdown-listener.sh doctor"));
    expect(await doctor.code).toBe(1);
    expect(untrue(block("doctorPrints"), doctor.text())).toEqual([]);

    let answers = "";
    for (const command of lines(block("send"))) {
      const sent = await user.run(command, house, env);
      answers += sent.text;
      expect(sent.code, sent.text).toBe(0);
    }
    expect(untrue(block("sendPrints"), answers)).toEqual([]);

    const rehearsal = await user.run(block("simulate").trim(), house, env);
    expect(untrue(block("simulatePrints"), rehearsal.text)).toEqual([]);
    expect(rehearsal.code).toBe(0);
    await agent.says("ABORT in delay");
    expect(untrue(block("agentPrints"), agent.text())).toEqual([]);
    expect(pc.recorded()).toBe("");
  });
});
