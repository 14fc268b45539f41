/** The emulated cloud of one test on a manual clock, and what the parts of its test share. */
import { afterEach, beforeEach, expect } from "vitest";
import { createStation, type StationMemory, take } from "../../src/core/station.ts";
import { ManualClock } from "../../src/sim/clock.ts";
import { type Cloud, type CloudInfo, startCloud } from "../../src/sim/cloud/cloud.ts";
import { appLogin, type Line, openCredentials, plugged } from "./cloud-client.ts";

export const river = "R655ZAB1XH4C0017";
export const riverPlus = "R631ZAB1XH4C0023";
export const delta3 = "P231ZAB1XH4C0031";
export const pro3 = "MR51ZAB1XH4C0044";
export const delta2 = "R331ZAB1XH4C0052";
export const pro = "DCEBZAB1XH4C0068";
export const plus = "P351ZAB1XH4C0083";
export const shared = "R331ZAB1XH4C0075";
export const hourMs = 3_600_000;

export let clock: ManualClock;
export let cloud: Cloud;
export let info: CloudInfo;
export let notes: string[];
const lines: Line[] = [];

/** A fixed sequence: keys and ids are the same in each run. */
function sequence(): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** Starts a cloud before each test of the file and ends it afterwards. */
export function useCloud(): void {
  beforeEach(async () => {
    clock = new ManualClock({ wall: Date.now() });
    notes = [];
    cloud = await startCloud({
      clock,
      after: clock.after,
      random: sequence(),
      note: (text) => notes.push(text),
    });
    ({ info } = cloud);
  });

  afterEach(async () => {
    for (const line of lines.splice(0)) line.end();
    await cloud.close();
  });
}

/** Lets seconds pass for the cloud. */
export function pass(seconds: number): void {
  for (let sec = 0; sec < seconds; sec++) {
    clock.second();
    cloud.second();
  }
}

export async function connected(...given: Parameters<typeof plugged>): Promise<Line> {
  const line = await plugged(...given);
  lines.push(line);
  return line;
}

export const appId = (userId: string, part = "8A6F") => `ANDROID_${part}_${userId}`;

export async function onApp(topics: (userId: string) => string[]): Promise<{ line: Line; userId: string }> {
  const { userId, credentials } = await appLogin(info);
  const line = await connected(info, credentials, appId(userId));
  for (const topic of topics(userId)) expect(await line.subscribe(topic)).toBe(1);
  return { line, userId };
}

export async function onOpen(kinds: readonly string[], serials: readonly string[], clientId = "mine") {
  const credentials = await openCredentials(info);
  const account = credentials.certificateAccount;
  const line = await connected(info, credentials, clientId);
  for (const kind of kinds)
    for (const serial of serials) expect(await line.subscribe(`/open/${account}/${serial}/${kind}`)).toBe(1);
  return { line, account, credentials };
}

export const property = (serial: string) => `/app/device/property/${serial}`;

function memoryOf(serial: string): StationMemory {
  return createStation(
    { id: serial, serial, name: null, capacityWh: null, dischargeLimitPercent: null },
    true,
  );
}

/** The last reading that our decoder makes of the payloads. Each must be read. */
export function readingOf(serial: string, payloads: readonly Uint8Array[]) {
  const memory = memoryOf(serial);
  let last = null;
  for (const [index, bytes] of payloads.entries()) {
    const answer = take(memory, { kind: "frame", source: "x", bytes, at: 1_000 * index, wall: clock.wall() });
    expect(answer.problem).toBeUndefined();
    last = answer.reading ?? last;
  }
  return last;
}

export const payloadsOn = (line: Line, topic: string) =>
  line.heard.filter((each) => each.topic === topic).map(({ payload }) => payload);

/** Waits until everything that was sent to an app's line before has arrived. */
export async function settled(line: Line, serial = delta2): Promise<void> {
  await line.client.publishAsync(`/app/1/${serial}/none`, "", { qos: 1 });
  await new Promise((resolve) => setImmediate(resolve));
}
