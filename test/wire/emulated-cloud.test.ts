/** The emulated cloud against a client made by hand: what it refuses, and what it answers when all is right. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createStation, type StationMemory, take } from "../../src/core/station.ts";
import { ManualClock } from "../../src/sim/clock.ts";
import { type Cloud, type CloudInfo, startCloud } from "../../src/sim/cloud/cloud.ts";
import {
  appCertification,
  appLogin,
  ask,
  get,
  type Line,
  list,
  logIn,
  nextNonce,
  openCertification,
  openCredentials,
  plug,
  plugged,
  quotaAll,
  signed,
} from "./cloud-client.ts";

const river = "R655ZAB1XH4C0017";
const riverPlus = "R631ZAB1XH4C0023";
const delta3 = "P231ZAB1XH4C0031";
const pro3 = "MR51ZAB1XH4C0044";
const delta2 = "R331ZAB1XH4C0052";
const pro = "DCEBZAB1XH4C0068";
const shared = "R331ZAB1XH4C0075";
const hourMs = 3_600_000;

let clock: ManualClock;
let cloud: Cloud;
let info: CloudInfo;
let notes: string[];
const lines: Line[] = [];

/** A fixed sequence: keys and ids are the same in each run. */
function sequence(): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

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

/** Lets seconds pass for the cloud. */
function pass(seconds: number): void {
  for (let sec = 0; sec < seconds; sec++) {
    clock.second();
    cloud.second();
  }
}

async function connected(...given: Parameters<typeof plugged>): Promise<Line> {
  const line = await plugged(...given);
  lines.push(line);
  return line;
}

const appId = (userId: string, part = "8A6F") => `ANDROID_${part}_${userId}`;

async function onApp(topics: (userId: string) => string[]): Promise<{ line: Line; userId: string }> {
  const { userId, credentials } = await appLogin(info);
  const line = await connected(info, credentials, appId(userId));
  for (const topic of topics(userId)) expect(await line.subscribe(topic)).toBe(1);
  return { line, userId };
}

async function onOpen(kinds: readonly string[], serials: readonly string[], clientId = "mine") {
  const credentials = await openCredentials(info);
  const account = credentials.certificateAccount;
  const line = await connected(info, credentials, clientId);
  for (const kind of kinds)
    for (const serial of serials) expect(await line.subscribe(`/open/${account}/${serial}/${kind}`)).toBe(1);
  return { line, account, credentials };
}

const property = (serial: string) => `/app/device/property/${serial}`;

function memoryOf(serial: string): StationMemory {
  return createStation(
    { id: serial, serial, name: null, capacityWh: null, dischargeLimitPercent: null },
    true,
  );
}

/** The last reading that our decoder makes of the payloads. Each must be read. */
function readingOf(serial: string, payloads: readonly Uint8Array[]) {
  const memory = memoryOf(serial);
  let last = null;
  for (const [index, bytes] of payloads.entries()) {
    const answer = take(memory, { kind: "frame", source: "x", bytes, at: 1_000 * index, wall: clock.wall() });
    expect(answer.problem).toBeUndefined();
    last = answer.reading ?? last;
  }
  return last;
}

const payloadsOn = (line: Line, topic: string) =>
  line.heard.filter((each) => each.topic === topic).map(({ payload }) => payload);

describe("the signature of the developer API", () => {
  const refusal = { code: "8521", message: "signature is wrong" };

  it("is accepted when it is right, in a GET with and without parameters and in a POST", async () => {
    pass(2);
    expect((await get(info, list)).json).toMatchObject({ code: "0", message: "Success" });
    const all = await get(info, quotaAll, `sn=${delta2}`);
    expect(all.json).toMatchObject({ code: "0", data: { "inv.acInVol": 230_000 } });
    const body = JSON.stringify({
      sn: delta2,
      params: { quotas: ["inv.acInVol", "pd.soc"], cmdSet: 32, id: 66 },
    });
    const flat = `params.cmdSet=32&params.id=66&params.quotas[0]=inv.acInVol&params.quotas[1]=pd.soc&sn=${delta2}`;
    const headers = { ...signed(info, flat), "Content-Type": "application/json;charset=UTF-8" };
    const posted = await ask(info, "/iot-open/sign/device/quota", { method: "POST", headers, body });
    expect(posted.json).toMatchObject({ code: "0", data: { "inv.acInVol": 230_000, "pd.soc": 66 } });
  });

  it("is refused with the wrong secret, and with a part that was changed after signing", async () => {
    expect((await get(info, list, "", { secretKey: "another" })).json).toMatchObject(refusal);
    const headers = signed(info, `sn=${pro3}`);
    expect((await ask(info, `${quotaAll}?sn=${delta2}`, { headers })).json).toMatchObject(refusal);
    const upper = signed(info);
    expect(
      (await ask(info, list, { headers: { ...upper, sign: upper["sign"]!.toUpperCase() } })).json,
    ).toMatchObject(refusal);
  });

  it("is refused with a stale timestamp, older or newer, also when the cloud's clock is the wrong one", async () => {
    expect((await get(info, list, "", { at: Date.now() - hourMs })).json).toMatchObject(refusal);
    expect((await get(info, list, "", { at: Date.now() + hourMs })).json).toMatchObject(refusal);
    await cloud.act({ do: "clock", offsetSec: 3_600 });
    const answer = await get(info, list);
    expect(answer.json).toMatchObject(refusal);
    // A client learns the difference from the Date of any answer.
    expect(Date.parse(String(answer.headers["date"])) - Date.now()).toBeGreaterThan(hourMs - 60_000);
    expect((await get(info, list, "", { at: Date.now() + hourMs })).json).toMatchObject({ code: "0" });
  });

  it("is refused with a nonce that was used, also in another request, and with one that is not six digits", async () => {
    const nonce = nextNonce();
    expect((await get(info, list, "", { nonce })).json).toMatchObject({ code: "0" });
    expect((await get(info, list, "", { nonce })).json).toMatchObject(refusal);
    expect((await get(info, quotaAll, `sn=${delta2}`, { nonce })).json).toMatchObject(refusal);
    expect((await get(info, list, "", { nonce: "12345" })).json).toMatchObject(refusal);
  });

  it("is refused on a GET that has a Content-Type", async () => {
    const headers = { ...signed(info), "Content-Type": "application/json;charset=UTF-8" };
    expect((await ask(info, list, { headers })).json).toMatchObject(refusal);
  });

  it("is refused as 8513 with a key that is unknown, or known in another region", async () => {
    const unknown = { code: "8513", message: "accessKey is invalid" };
    expect((await get(info, list, "", { accessKey: "somebody-else" })).json).toMatchObject(unknown);
    await cloud.act({ do: "region", region: "refuses" });
    expect((await get(info, list)).json).toMatchObject(unknown);
  });
});

describe("the requests", () => {
  it("certify with texts, and with GET alone: POST is answered with 405", async () => {
    const { userId, token, credentials } = await appLogin(info);
    const port = info.mqtt.split(":").at(-1);
    expect(credentials).toMatchObject({ url: "127.0.0.1", port, protocol: "mqtts" });
    expect(credentials.certificateAccount).toMatch(/^app-[0-9a-f]{32}$/);
    expect((await openCredentials(info)).certificateAccount).toMatch(/^open-[0-9a-f]{32}$/);
    const headers = { Authorization: `Bearer ${token}` };
    expect(
      (await ask(info, `${appCertification}?userId=${userId}`, { method: "POST", headers })).status,
    ).toBe(405);
    const open = { method: "POST", headers: signed(info), body: "{}" };
    expect((await ask(info, openCertification, open)).status).toBe(405);
  });

  it("log in with the base64 of the password alone, and certify with a token alone", async () => {
    const right = await logIn(info);
    expect(right.json).toMatchObject({
      code: "0",
      data: { user: { userId: expect.stringMatching(/^\d{19}$/) } },
    });
    expect((await logIn(info, "wrong")).json.code).not.toBe("0");
    const body = JSON.stringify({
      email: info.username,
      password: info.password,
      scene: "IOT_APP",
      userType: "ECOFLOW",
    });
    const headers = { "content-type": "application/json" };
    expect((await ask(info, "/auth/login", { method: "POST", headers, body })).json.code).not.toBe("0");
    const { userId } = right.json.data.user;
    expect((await ask(info, `${appCertification}?userId=${userId}`)).status).toBe(401);
  });

  it("list the account's stations: shared ones by the app alone", async () => {
    const { data } = (await get(info, list)).json;
    expect(data.map(({ sn }: { sn: string }) => sn)).toEqual([river, riverPlus, delta3, pro3, delta2, pro]);
    expect(data[4]).toEqual({ sn: delta2, deviceName: "Office", productName: "DELTA 2", online: 1 });
    const { token } = await appLogin(info);
    const listed = await ask(info, "/iot-service/user/device", {
      headers: { Authorization: `Bearer ${token}` },
    });
    expect(Object.keys(listed.json.data.bound)).toContain(river);
    expect(Object.keys(listed.json.data.share)).toEqual([shared]);
  });

  it("refuse a River 3 by the developer API with 1006, and a station of another account", async () => {
    const refused = { code: "1006", message: "current device is not allowed to get device info" };
    expect((await get(info, quotaAll, `sn=${river}`)).json).toMatchObject(refused);
    expect((await get(info, quotaAll, "sn=R331ZAB1XH4C9999")).json).toMatchObject(refused);
    await cloud.act({ do: "withdraw", station: delta2, isServed: false });
    expect((await get(info, quotaAll, `sn=${delta2}`)).json).toMatchObject(refused);
  });

  it("never name what they are, neither in answers nor in the certificate", async () => {
    pass(2);
    const answers = [await get(info, list), await get(info, quotaAll, `sn=${delta2}`), await ask(info, "/")];
    const wire = answers.map(({ text, headers }) => text + JSON.stringify(headers)).join();
    const certificate = Buffer.from(info.ca.replace(/-----.*?-----|\n/g, ""), "base64");
    expect(`${wire}${certificate.toString("latin1")}`).not.toMatch(
      /emulat|simulat|fake|aedes|ecoflow-power/i,
    );
  });
});

describe("the broker's door", () => {
  it("lets an app in by ANDROID_ and iOS_ ids of its user alone", async () => {
    const { userId, credentials } = await appLogin(info);
    const long = `${appId(userId)}_${"0a".repeat(16)}_1700000000000_${"0A".repeat(16)}`;
    for (const id of [appId(userId), `iOS_1234_${userId}`, long]) await connected(info, credentials, id);
    for (const id of ["mine", `ANDROID_${userId}`, "ANDROID_8A6F_1", `android_8A6F_${userId}`])
      expect([id, await plug(info, credentials, id)]).toEqual([id, 5]);
  });

  it("lets ten ids of the developer API in a day, refuses the eleventh, and lets it in on the next day", async () => {
    const credentials = await openCredentials(info);
    for (let count = 0; count < 10; count++) (await connected(info, credentials, `id-${count}`)).end();
    expect(await plug(info, credentials, "id-10")).toBe(5);
    await connected(info, credentials, "id-3");
    clock.shiftWall(24 * hourMs);
    await connected(info, credentials, "id-10");
  });

  it("refuses a wrong user or password with 4, a kept session with 5", async () => {
    const credentials = await openCredentials(info);
    expect(await plug(info, { ...credentials, certificatePassword: "x" }, "mine")).toBe(4);
    expect(await plug(info, { ...credentials, certificateAccount: "open-x" }, "mine")).toBe(4);
    expect(await plug(info, credentials, "mine", { clean: false })).toBe(5);
  });

  it("kicks the first of two connections with one id", async () => {
    const { userId, credentials } = await appLogin(info);
    const first = await connected(info, credentials, appId(userId));
    const second = await connected(info, credentials, appId(userId));
    await first.closed;
    expect(second.client.connected).toBe(true);
    const other = await connected(info, credentials, appId(userId, "77"));
    expect([second.client.connected, other.client.connected]).toEqual([true, true]);
  });

  it("refuses topics of others: of the other API, of another account, of no station, with wildcards", async () => {
    const { line: app, userId } = await onApp(() => [property(river), property(shared)]);
    const { line: open, account } = await onOpen(["quota", "status", "get_reply"], [delta2, river]);
    const foreign = {
      app: [
        property("R655ZAB1XH4C9999"),
        `/app/device/property/+`,
        `/app/${userId}/#`,
        `/app/1234567890123456789/${river}/thing/property/get_reply`,
        `/open/${account}/${delta2}/quota`,
        "#",
        "$SYS/#",
      ],
      open: [
        property(delta2),
        `/open/open-other/${delta2}/quota`,
        `/open/${account}/${shared}/quota`,
        `/open/${account}/+/quota`,
        `/app/${userId}/${delta2}/thing/property/get_reply`,
      ],
    };
    for (const topic of foreign.app) expect([topic, await app.subscribe(topic)]).toEqual([topic, 128]);
    for (const topic of foreign.open) expect([topic, await open.subscribe(topic)]).toEqual([topic, 128]);
  });

  it("drops what a session publishes on a foreign topic, and counts a setting as written", async () => {
    const { line: app, userId } = await onApp((id) => [
      property(river),
      `/app/${id}/${river}/thing/property/set`,
    ]);
    const { line: open, account } = await onOpen(["quota"], [delta2]);
    await open.publish(property(river), "forged");
    await app.publish(`/open/${account}/${delta2}/quota`, "forged");
    await app.publish(property(river), "forged");
    await app.publish(`/app/${userId}/${river}/thing/property/set`, "{}");
    // Other clients of the account hear a setting; it comes after all that was published before.
    await app.next(`/app/${userId}/${river}/thing/property/set`);
    expect([...app.heard, ...open.heard].map(({ payload }) => payload.toString())).toEqual(["{}"]);
    expect(cloud.writes()).toEqual([river]);
  });
});

describe("what a right client hears", () => {
  it("by the app: frames and JSON of each line that our decoder reads, through an outage", async () => {
    const serials = [river, riverPlus, delta3, pro3, delta2, pro];
    const { line } = await onApp(() => serials.map(property));
    pass(20);
    for (const serial of serials) await cloud.act({ do: "grid", station: serial, up: false });
    pass(20);
    for (const serial of serials) {
      await line.next(property(serial), () => payloadsOn(line, property(serial)).length >= 8);
    }
    await settled(line);
    for (const serial of serials) {
      const payloads = payloadsOn(line, property(serial));
      const lost = readingOf(serial, payloads);
      const state = cloud.station(serial).battery.state();
      expect({ serial, grid: lost?.grid }).toEqual({ serial, grid: "lost" });
      expect(Math.abs((lost?.soc ?? -99) - state.soc)).toBeLessThan(1.5);
      expect(lost?.out_watts).toBeCloseTo(state.loadWatts, 0);
    }
  });

  it("by the developer API: modules, dotted keys and flat names, dated by the cloud's clock", async () => {
    const serials = [delta2, pro, delta3, pro3];
    const { line, account } = await onOpen(["quota"], [...serials, river]);
    pass(10);
    await settled(line);
    const wall = clock.wall();
    for (const serial of serials) {
      const payloads = payloadsOn(line, `/open/${account}/${serial}/quota`);
      const reading = readingOf(serial, payloads);
      const state = cloud.station(serial).battery.state();
      expect({ serial, grid: reading?.grid }).toEqual({ serial, grid: "present" });
      expect(Math.abs((reading?.soc ?? -99) - state.soc)).toBeLessThan(1.5);
    }
    const [first] = payloadsOn(line, `/open/${account}/${delta2}/quota`);
    const message = JSON.parse(first!.toString()) as { typeCode: string; timestamp: number };
    expect(message).toMatchObject({ typeCode: "pdStatus", version: "1.0" });
    expect(Math.abs(message.timestamp - wall)).toBeLessThan(20_000);
    expect(payloadsOn(line, `/open/${account}/${river}/quota`)).toEqual([]);
  });

  it("answers the app's requests: a bundle without `version` for protobuf, latestQuotas for JSON, each to its own line", async () => {
    const reply = (userId: string, serial: string) => `/app/${userId}/${serial}/thing/property/get_reply`;
    const { line, userId } = await onApp((id) => [reply(id, river), reply(id, delta2)]);
    pass(2);
    const ask = {
      from: "Android",
      id: "123456789",
      version: "1.0",
      moduleType: 0,
      operateType: "latestQuotas",
      params: {},
    };
    // src 32, dest 32, seq 7, from "android", as documented.
    const frame = Buffer.from("0a10102018207007ba0107616e64726f6964", "hex");
    for (const serial of [river, delta2]) {
      const topic = `/app/${userId}/${serial}/thing/property/get`;
      await line.publish(topic, JSON.stringify(ask));
      await line.publish(topic, frame);
    }
    const bundle = await line.next(reply(userId, river));
    const quotas = await line.next(reply(userId, delta2));
    expect(readingOf(river, [bundle])).toMatchObject({ grid: "present", soc: 84 });
    expect(JSON.parse(quotas.toString())).toMatchObject({
      id: "123456789",
      operateType: "latestQuotas",
      code: "0",
      data: { sn: delta2, online: 1, quotaMap: { "inv.acInVol": 230_000 } },
    });
    await settled(line, river);
    expect(line.heard.filter(({ topic }) => topic.endsWith("get_reply"))).toHaveLength(2);
  });

  it("its solar power: it carries the load of an outage", async () => {
    const { line } = await onApp(() => [property(delta2)]);
    await cloud.act({ do: "solar", station: delta2, watts: 240 });
    pass(3);
    await cloud.act({ do: "grid", station: delta2, up: false });
    pass(6);
    await settled(line, delta2);
    expect(readingOf(delta2, payloadsOn(line, property(delta2)))).toMatchObject({
      grid: "lost",
      solar_watts: 240,
    });
    expect(cloud.station(delta2).battery.state().batteryWatts).toBeLessThan(0);
  });
});

/** Waits until everything that was sent to an app's line before has arrived. */
async function settled(line: Line, serial = delta2): Promise<void> {
  await line.client.publishAsync(`/app/1/${serial}/none`, "", { qos: 1 });
  await new Promise((resolve) => setImmediate(resolve));
}

describe("what goes wrong on demand", () => {
  it("a silent stream: TCP lives; a new subscription and HTTP do not wake it, a request does, and so does a reconnect", async () => {
    const { line, userId } = await onApp(() => [property(river), property(riverPlus)]);
    const { line: open, account } = await onOpen(["quota"], [delta2]);
    pass(3);
    await line.next(property(river));
    await cloud.act({ do: "silence" });
    await settled(line);
    await settled(open);
    line.heard.length = 0;
    open.heard.length = 0;
    await line.subscribe(property(river));
    await get(info, quotaAll, `sn=${delta2}`);
    pass(130);
    await settled(line);
    await settled(open);
    expect([line.heard, open.heard, line.client.connected]).toEqual([[], [], true]);
    await line.publish(`/app/${userId}/${river}/thing/property/get`, Buffer.from("0a0410201820", "hex"));
    pass(20);
    await line.next(property(river));
    expect(payloadsOn(line, property(riverPlus))).toEqual([]);
    open.end();
    const { line: again } = await onOpen(["quota"], [delta2]);
    pass(3);
    await again.next(`/open/${account}/${delta2}/quota`);
  });

  it("a frozen cache: nothing is pushed, old values are answered, and the station counts as online", async () => {
    const { line, userId } = await onApp((id) => [
      property(river),
      `/app/${id}/${river}/thing/property/get_reply`,
    ]);
    pass(3);
    for (const station of [river, delta2]) {
      await cloud.act({ do: "link", station, link: "frozen" });
      await cloud.act({ do: "grid", station, up: false });
    }
    await settled(line);
    line.heard.length = 0;
    pass(200);
    await line.publish(`/app/${userId}/${river}/thing/property/get`, Buffer.from("0a0410201820", "hex"));
    const reply = await line.next(`/app/${userId}/${river}/thing/property/get_reply`);
    expect(payloadsOn(line, property(river))).toEqual([]);
    expect(readingOf(river, [reply])).toMatchObject({ grid: "present" });
    expect((await get(info, quotaAll, `sn=${delta2}`)).json.data).toMatchObject({ "inv.acInVol": 230_000 });
    expect((await get(info, list)).json.data[4]).toMatchObject({ sn: delta2, online: 1 });
    await cloud.act({ do: "link", station: river, link: "live" });
    pass(6);
    await line.next(property(river));
    await settled(line);
    expect(readingOf(river, payloadsOn(line, property(river)))).toMatchObject({ grid: "lost" });
  });

  it("a cache that repeats old values with new times; and a station that is offline", async () => {
    const { line, account } = await onOpen(["quota", "status"], [delta2]);
    pass(3);
    await cloud.act({ do: "link", station: delta2, link: "repeating" });
    await cloud.act({ do: "grid", station: delta2, up: false });
    await settled(line);
    line.heard.length = 0;
    pass(60);
    const quota = `/open/${account}/${delta2}/quota`;
    await line.next(quota, () => payloadsOn(line, quota).length >= 3);
    const messages = payloadsOn(line, quota).map((each) => JSON.parse(each.toString()));
    expect(new Set(messages.map(({ timestamp }) => timestamp)).size).toBe(messages.length);
    for (const { params } of messages) expect(params).toMatchObject({ "inv.acInVol": 230_000 });
    await cloud.act({ do: "link", station: delta2, link: "offline" });
    const status = JSON.parse((await line.next(`/open/${account}/${delta2}/status`)).toString());
    expect(status).toMatchObject({ version: "1.0", params: { status: 0 } });
    expect((await get(info, list)).json.data[4]).toMatchObject({ sn: delta2, online: 0 });
  });

  it("expired credentials: sessions end, 5 until a new certification, and the app's token ends too", async () => {
    const { line, credentials } = await onOpen([], []);
    await cloud.act({ do: "expire", account: "open" });
    await line.closed;
    expect(await plug(info, credentials, "mine")).toBe(5);
    const renewed = await openCredentials(info);
    expect(renewed.certificateAccount).toBe(credentials.certificateAccount);
    await connected(info, renewed, "mine");
    expect(await plug(info, credentials, "mine")).toBe(4);
    const { token, userId } = await appLogin(info);
    await cloud.act({ do: "expire", account: "app" });
    const headers = { Authorization: `Bearer ${token}` };
    expect((await ask(info, `${appCertification}?userId=${userId}`, { headers })).status).toBe(401);
  });

  it("a second client with the same id: each session is kicked until the rival is gone", async () => {
    const { line, credentials } = await onOpen([], []);
    await cloud.act({ do: "rival", account: "open", sec: 5 });
    pass(1);
    await line.closed;
    const again = await connected(info, credentials, "mine");
    pass(1);
    await again.closed;
    pass(4);
    const last = await connected(info, credentials, "mine");
    pass(5);
    await settled(last);
    expect(last.client.connected).toBe(true);
  });

  it("throttling, by time and by request rate; forced codes; a request that hangs", async () => {
    const busy = { message: "Server is too busy" };
    await cloud.act({ do: "busy", sec: 10 });
    expect((await get(info, list)).json).toMatchObject(busy);
    pass(10);
    await cloud.act({ do: "throttle", quotaSec: 10, certificationSec: 60 });
    expect((await get(info, quotaAll, `sn=${delta2}`)).json.code).toBe("0");
    expect((await get(info, quotaAll, `sn=${delta2}`)).json).toMatchObject(busy);
    expect((await get(info, quotaAll, `sn=${pro3}`)).json.code).toBe("0");
    pass(10);
    expect((await get(info, quotaAll, `sn=${delta2}`)).json.code).toBe("0");
    for (const code of ["8521", "1007"]) {
      await cloud.act({ do: "answer", path: list, code, times: 1 });
      expect((await get(info, list)).json.code).toBe(code);
    }
    expect((await get(info, list)).json.code).toBe("0");
    await cloud.act({ do: "hang", sec: 10 });
    const waiting = Promise.race([get(info, list).catch(() => "ended"), hungOnce()]);
    expect(await waiting).toBe("no answer");
  });

  it("maintenance: 503 in HTML, CONNACK 3, sessions end", async () => {
    const { line, credentials } = await onOpen([], []);
    await cloud.act({ do: "maintenance", sec: 30 });
    await line.closed;
    const answer = await get(info, list);
    expect([answer.status, answer.headers["content-type"]]).toEqual([503, "text/html"]);
    expect(await plug(info, credentials, "mine")).toBe(3);
    pass(30);
    await connected(info, credentials, "mine");
  });

  it("a restart of the broker: refused meanwhile, and back on the same port", async () => {
    const { line, credentials } = await onOpen([], []);
    await cloud.act({ do: "restart", sec: 5 });
    await line.closed;
    expect(await plug(info, credentials, "mine")).toBe("ECONNREFUSED");
    pass(5);
    await connected(info, credentials, "mine");
  });

  it("the wrong region: its login works, and MQTT closes without an answer", async () => {
    await cloud.act({ do: "region", region: "mute" });
    const { userId, credentials } = await appLogin(info);
    expect(await plug(info, credentials, appId(userId))).toBe("closed");
    expect((await get(info, list)).json.code).toBe("8513");
    await cloud.act({ do: "region", region: "refuses" });
    expect((await logIn(info)).json.code).not.toBe("0");
  });

  it("wrong certificates: expired, of another name, of another authority", async () => {
    const { line, credentials } = await onOpen([], []);
    const faults = {
      expired: "CERT_HAS_EXPIRED",
      "wrong-name": "ERR_TLS_CERT_ALTNAME_INVALID",
      foreign: expect.stringMatching(
        /UNABLE_TO_VERIFY|CERT_SIGNATURE_FAILURE|SELF_SIGNED|UNABLE_TO_GET_ISSUER/,
      ),
    };
    for (const [fault, code] of Object.entries(faults)) {
      await cloud.act({ do: "certificate", fault: fault as keyof typeof faults });
      await expect(ask(info, list)).rejects.toMatchObject({ code });
      expect(await plug(info, credentials, "mine-too")).toEqual(code);
    }
    expect(line.client.connected).toBe(true);
    await cloud.act({ do: "certificate", fault: "none" });
    await connected(info, credentials, "mine-too");
  });
});

/** Resolves after a later connection got through the same door without an answer as well. */
async function hungOnce(): Promise<string> {
  const { connect } = await import("node:tls");
  const socket = connect({ host: "127.0.0.1", port: Number(info.api.split(":").at(-1)), ca: info.ca });
  await new Promise((resolve) => socket.once("secureConnect", resolve));
  socket.end();
  return "no answer";
}
