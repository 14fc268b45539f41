/**
 * A site on the wire: the built server, a real mosquitto, the real Linux script with a recorder for SHUTDOWN_CMD (R30), and a
 * station that another publisher reports in the original's JSON.
 */
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import type { TestContext } from "vitest";
import type { JournalEntry } from "../../src/contract/messages/journal.ts";
import type { Ack, Command, Plan } from "../../src/contract/messages/machine.ts";
import { Machine } from "../agents/machine.ts";
import { linux } from "../agents/platforms.ts";
import { until } from "../agents/wait.ts";
import { keepLogs } from "../kept.ts";
import { type Server, startServer } from "../server.ts";
import { type Account, KillableBroker } from "./killable-broker.ts";

export interface HouseOptions {
  /** Settings of the agent other than id, broker and recorder. */
  agent?: Readonly<Record<string, string | number>>;
  /** The policy's times, seconds; default `short`. */
  debounceSec?: number;
  delaySec?: number;
  stopSec?: number;
  deadmanSec?: number;
  /** The station's charge, percent; default 8, below every threshold. */
  soc?: number;
  /** Does not start the agent. */
  absent?: boolean;
  /** Signs all messages between server and agent. */
  key?: string;
  /** The broker's account; without one it accepts everybody. */
  account?: Account;
}

/** Seconds; the wire knows whole ones only, so they are as few as leave a phase to look into. */
export const short = { debounceSec: 2, delaySec: 3, abortAfterSec: 1 } as const;

function yamlOf({ delaySec = short.delaySec, stopSec = 20, deadmanSec = 120, key }: HouseOptions): string {
  const signed = key === undefined ? "" : `, key: ${key}`;
  return [
    "stations: { Study: {} }",
    `machines: { pc: { stations: [Study], delaySec: ${delaySec}, stopSec: ${stopSec}${signed} } }`,
    `policy: { abortAfterSec: ${short.abortAfterSec}, deadmanSec: ${deadmanSec} }`,
    "",
  ].join("\n");
}

/** What the station reports. */
interface Says {
  soc: number;
  grid: boolean;
}

export class House {
  readonly broker: KillableBroker;
  readonly server: Server;
  readonly pc: Machine;
  readonly #says: Says;
  /** The broker's settings for the environment. */
  readonly #reach: Readonly<Record<string, string>>;
  readonly #timer: NodeJS.Timeout;

  private constructor(broker: KillableBroker, options: HouseOptions) {
    this.broker = broker;
    this.#says = { soc: options.soc ?? 8, grid: true };
    const { agent, key, account } = options;
    const login: Record<string, string> = account
      ? { MQTT_USER: account.user, MQTT_PASS: account.password }
      : {};
    this.pc = new Machine(broker, linux, { ...agent, ...login, ...(key && { AGENT_KEY: key }) }, "pc");
    this.#reach = { MQTT_HOST: "127.0.0.1", MQTT_PORT: String(broker.port), ...login };
    const debounce = String(options.debounceSec ?? short.debounceSec);
    this.server = startServer({
      files: { "ecoflow-power.yaml": yamlOf(options) },
      env: { ...this.#reach, POLICY_DEBOUNCE_SEC: debounce },
    });
    // QoS 1, not retained, one line: as the original's bridge publishes it.
    this.#timer = setInterval(() => this.#speak(), 500);
  }

  /** Starts server and broker, and the agent unless it is `absent`. Everything ends with the test. */
  static async open(finished: TestContext["onTestFinished"], options: HouseOptions = {}): Promise<House> {
    const broker = new KillableBroker(options.account);
    await broker.start();
    const house = new House(broker, options);
    finished(async (context) => {
      keepLogs(context, house.#logs());
      await house.#close();
    });
    await Promise.all([house.#up(), options.absent ? undefined : house.pc.start()]);
    return house;
  }

  #logs(): Record<string, string> {
    const heard = this.broker.heard.map(
      ({ at, ...message }) => `${Math.round(at)} ${JSON.stringify(message)}`,
    );
    return {
      server: this.server.output(),
      agent: this.pc.story,
      broker: this.broker.log,
      heard: heard.join("\n"),
      recorder: this.pc.record.map(({ at, what }) => `${Math.round(at)} ${what}`).join("\n"),
    };
  }

  async #close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([this.server.end(), this.pc.close()]);
    await this.broker.close();
  }

  #speak(): void {
    const { soc, grid } = this.#says;
    const text = JSON.stringify({ device: "Study", soc, grid_connected: grid, temp_celsius: 24 });
    void this.broker.publish("bridge-ecoflow/Study/json/state", text).catch(() => undefined);
  }

  #up(): Promise<unknown> {
    return this.until("the server", () => this.plan("watching"));
  }

  /** Switches the mains off or on. */
  grid(present: boolean): void {
    this.#says.grid = present;
  }

  /** Whether the newest plan of the server says this state of the machine. */
  plan(state: Plan["state"]): boolean {
    return this.lastPlan?.state === state;
  }

  get lastPlan(): Plan | undefined {
    const plans = this.broker.heard.filter(({ topic }) => topic === "power-manager/plan/pc");
    return plans.at(-1)?.body as Plan | undefined;
  }

  /** Every state that the plan showed, in order. */
  get states(): string[] {
    const plans = this.broker.heard.filter(({ topic }) => topic === "power-manager/plan/pc");
    return plans.map(({ body }) => (body as Plan).state);
  }

  /** Waits for an event; a failure shows what both sides published until then. */
  async until<T>(what: string, look: () => T): Promise<T> {
    try {
      return await until(what, look);
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n${this.story()}`);
    }
  }

  async planned(state: Plan["state"]): Promise<void> {
    await this.until(`the plan says ${state}`, () => this.plan(state));
  }

  /** Commands that a machine obeys, in order. A ping is none: the server asks an agent that it has not heard yet. */
  get commands(): Command[] {
    const heard = this.broker.heard.filter(({ topic }) => topic === "power-manager/pc/cmd");
    return heard.map(({ body }) => body as Command).filter(({ action }) => action !== "ping");
  }

  /** What the agent answered to anything but pings, in order. */
  get answers(): Ack[] {
    return this.pc.acks.filter(({ phase }) => phase !== "pong");
  }

  get events(): JournalEntry[] {
    const heard = this.broker.heard.filter(({ topic }) => topic === "power-manager/events");
    return heard.map(({ body }) => body as JournalEntry);
  }

  /** All alarms but those of a busy machine: a server that took long to restart, a disk that was slow. */
  get alarms(): JournalEntry[] {
    const slow = ["no-acknowledgement", "state-not-durable"];
    return this.events.filter(({ level, code }) => level === "alarm" && !slow.includes(code ?? ""));
  }

  async event(test: (entry: JournalEntry) => boolean): Promise<JournalEntry> {
    const found = () => this.events.find(test);
    return (await this.until("an event", found)) as JournalEntry;
  }

  /** How often SHUTDOWN_CMD ran. */
  get shutdowns(): number {
    return this.pc.recorded.filter((what) => what === "shutdown").length;
  }

  /** How many commands the agent acknowledged with this phase. A repeat to a slow agent has the same id. */
  distinct(phase: Ack["phase"]): number {
    return new Set(this.pc.acks.filter((ack) => ack.phase === phase).map(({ id }) => id)).size;
  }

  /** How often the agent acknowledged this phase. */
  count(phase: Ack["phase"]): number {
    return this.pc.phases.filter((said) => said === phase).length;
  }

  /** Runs the outage until the machine's SHUTDOWN_CMD. */
  async falls(): Promise<void> {
    this.grid(false);
    await this.pc.entry();
  }

  /** kill -9 of the server, and its supervisor's restart. */
  async killServer(): Promise<void> {
    await this.server.stop("SIGKILL");
    this.server.start();
  }

  async killBroker(): Promise<void> {
    await this.broker.stop();
    await this.broker.start();
  }

  async killAgent(): Promise<void> {
    await this.pc.crash();
    await this.pc.start();
  }

  /** Runs `ecoflow-power send …` in the server's folder; returns its exit code and output. */
  async send(...args: string[]): Promise<{ code: number; said: string }> {
    const child = spawn(process.execPath, [resolve("dist/main.js"), "send", ...args], {
      cwd: this.server.cwd,
      env: { PATH: process.env["PATH"] ?? "", ...this.#reach },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        said += text;
      });
    const code = await new Promise<number>((done) => child.once("close", (ended) => done(ended ?? -1)));
    return { code, said };
  }

  /** For a failure: what both sides said last. */
  story(): string {
    const heard = this.broker.heard.slice(-15).map(({ topic, body }) => `${topic} ${JSON.stringify(body)}`);
    return `the server: ${this.server.output().slice(-3_000)}\nthe agent: ${this.pc.log.slice(-3_000)}\nheard: ${heard.join("\n")}`;
  }
}
