/** A house whose cloud sources reach the emulated cloud over real TLS; both clocks are moved together, the sockets are real. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "vitest";
import type { SourceHealth } from "../../src/contract/messages/station.ts";
import { cloudDoors } from "../../src/io/cloud.ts";
import { realTime } from "../../src/io/timer.ts";
import { ManualClock } from "../../src/sim/clock.ts";
import { type Cloud, startCloud } from "../../src/sim/cloud/cloud.ts";
import type { CloudScene } from "../../src/sim/cloud/scene.ts";
import { House } from "../house.ts";

export interface LinkOptions {
  kinds?: readonly ("ecoflow-open" | "ecoflow-app")[];
  /** In place of the right account, key or address. */
  wrong?: Record<string, unknown>;
  /** Our clock against the cloud's, ms. */
  clockOffMs?: number;
  /** Name servers to ask in place of the system's. */
  nameServers?: readonly string[];
  /** Default: one station of each of the usual forms. */
  scene?: CloudScene;
  /** Before the house starts. */
  before?: (cloud: Cloud) => Promise<void>;
}

export class CloudLink {
  readonly house: House;
  readonly cloud: Cloud;
  readonly notes: string[];
  readonly #clock: ManualClock;

  private constructor(house: House, cloud: Cloud, clock: ManualClock, notes: string[]) {
    this.house = house;
    this.cloud = cloud;
    this.#clock = clock;
    this.notes = notes;
  }

  static async open(finished: TestContext["onTestFinished"], options: LinkOptions = {}): Promise<CloudLink> {
    const { kinds = ["ecoflow-app"], wrong = {}, clockOffMs = 0 } = options;
    const clock = new ManualClock({ wall: Date.now() });
    const notes: string[] = [];
    const note = (text: string) => void notes.push(text);
    const { scene } = options;
    const parts = { clock, after: clock.after, random: Math.random, note };
    const cloud = await startCloud({ ...parts, ...(scene && { scene }) });
    await options.before?.(cloud);
    const { api, ca: pem, accessKey, secretKey, username, password } = cloud.info;
    const folder = mkdtempSync(join(tmpdir(), "ecoflow-cloud-"));
    const ca = join(folder, "ca.pem");
    writeFileSync(ca, pem);
    const common = { region: "auto", apiUrl: api, ca, devices: null };
    const account = { accessKey, secretKey, username, password };
    const sources = kinds.map((kind) => ({ kind, name: kind, ...common, ...account, ...wrong }));
    const house = await House.open({
      sources,
      stations: Object.fromEntries(cloud.info.stations.map(({ sn }) => [sn, { serial: sn }])),
      machines: { pc: { socPercent: 10 } },
      random: Math.random,
      cloud: () =>
        cloudDoors({
          stateDir: folder,
          // The house's evening is another one than today's, which the certificates are made for.
          wall: () => clock.wall() + clockOffMs,
          random: Math.random,
          after: realTime,
          ...(options.nameServers && { nameServers: options.nameServers }),
        }),
    });
    finished(async () => {
      await house.close();
      await cloud.close();
      rmSync(folder, { recursive: true, force: true });
    });
    return new CloudLink(house, cloud, clock, notes);
  }

  /** Lets seconds pass on both sides, each with real time for the sockets, until it holds; fails with `what`. */
  async until(what: string, holds: () => unknown, limitSec = 1_800): Promise<void> {
    for (let sec = 0; sec < limitSec; sec++) {
      if (holds()) return;
      await this.second();
    }
    const health = JSON.stringify(this.health());
    throw new Error(
      `${limitSec} s passed in vain until ${what}; ${health}; the cloud: ${this.notes.slice(-5).join(" | ")}`,
    );
  }

  async second(): Promise<void> {
    this.#clock.second();
    this.cloud.second();
    await this.house.pass(1);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }

  async pass(seconds: number): Promise<void> {
    for (let sec = 0; sec < seconds; sec++) await this.second();
  }

  /** The newest health of a source; of the only one unless named. */
  health(name?: string): SourceHealth | undefined {
    return this.house.of<SourceHealth>("source", name).at(-1);
  }

  /** Waits until the source hears its stations, and nothing is wrong. */
  isUp(name?: string): Promise<void> {
    return this.until(`${name ?? "the source"} is up`, () => {
      const health = this.health(name);
      return health?.up === true && health.problem === null;
    });
  }

  /** Waits for a sentence in the source's health. */
  says(sentence: RegExp): Promise<void> {
    return this.until(`the source says ${sentence}`, () => sentence.test(this.health()?.problem ?? ""));
  }
}
