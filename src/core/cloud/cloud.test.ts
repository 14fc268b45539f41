/** The pure parts of EcoFlow's cloud: regions, answers, problems, account data and requests. */
import { describe, expect, it } from "vitest";
import { readPayload } from "../payload.ts";
import { readAppDevices, readCertification, readLogin, readOpenDevices } from "./account.ts";
import { judgeAnswer } from "./answers.ts";
import { againAfterSec, needsPerson, problem, problemKinds, sentenceOf } from "./problems.ts";
import { chosenHost, hostsOf, type Probe, probeSentence, worstOf } from "./regions.ts";
import { appRequests, openRequests, urlOf } from "./requests.ts";
import { snapshotRequests } from "./snapshot.ts";

const host = (name: string) => ({ name, url: `https://${name}` });
const failed = (name: string, kind: (typeof problemKinds)[number]): Probe => ({
  host: host(name),
  outcome: problem(kind, { who: name }),
});
const lists = (name: string, stations: number): Probe => ({ host: host(name), outcome: { stations } });

describe("the region", () => {
  it("auto asks every host; an address of the configuration stands alone", () => {
    const all = ["api-e", "api-a", "api", "api-cn"].map((name) => `https://${name}.ecoflow.com`);
    expect(hostsOf("auto", null).map(({ url }) => url)).toEqual(all);
    expect(hostsOf("api-a", null)).toEqual([{ name: "api-a.ecoflow.com", url: "https://api-a.ecoflow.com" }]);
    expect(hostsOf("auto", "https://127.0.0.1:8443/")).toEqual([
      { name: "127.0.0.1:8443", url: "https://127.0.0.1:8443" },
    ]);
  });

  it("is the host that lists a station, before one that only accepts the login", () => {
    const probes = [failed("a", "wrong-password"), lists("b", 0), lists("c", 2)];
    expect(chosenHost(probes)?.name).toBe("c");
    expect(chosenHost(probes.slice(0, 2))?.name).toBe("b");
    expect(chosenHost(probes.slice(0, 1))).toBeNull();
    expect(probeSentence(host("c"), [])).toMatch(/^c serves the account/);
    expect(probeSentence(probes[2]?.host ?? host(""), probes)).toBe(
      "c serves the account and lists 2 stations (a: wrong-password; b accepts the account too and lists 0 stations)",
    );
  });

  it("stays open while one host could not be asked: its refusal elsewhere proves nothing", () => {
    expect(worstOf([failed("a", "wrong-key"), failed("b", "unreachable")])?.kind).toBe("unreachable");
    expect(worstOf([failed("a", "wrong-key"), failed("b", "wrong-key")])).toMatchObject({
      kind: "wrong-key",
      who: "a, b",
    });
    expect(worstOf([failed("a", "wrong-key"), failed("b", "wrong-signature")])?.who).toBe("b");
  });
});

describe("an answer", () => {
  const open = { api: "ecoflow-open", who: "api-e" } as const;
  const app = { api: "ecoflow-app", who: "api-e" } as const;
  const kindOf = (status: number, body: unknown, asked: Parameters<typeof judgeAnswer>[1] = open) => {
    const judged = judgeAnswer(
      { status, text: typeof body === "string" ? body : JSON.stringify(body) },
      asked,
    );
    return "problem" in judged ? judged.problem.kind : judged.data;
  };

  it.each([
    ["success", 200, { code: "0", message: "Success", data: [1] }, [1]],
    ["success without data", 200, { code: "0" }, null],
    ["8513", 200, { code: "8513", message: "accessKey is invalid" }, "wrong-key"],
    ["8521", 200, { code: "8521", message: "signature is wrong" }, "wrong-signature"],
    [
      "1006",
      200,
      { code: "1006", message: "current device is not allowed to get device info" },
      "not-opened",
    ],
    ["1006 as a number", 200, { code: 1006, message: "" }, "not-opened"],
    ["6012", 200, { code: "6012", message: "the device is offline" }, "station-offline"],
    ["throttling in words", 200, { code: "1", message: "Server is too busy" }, "throttled"],
    ["throttling as a status", 429, "slow down", "throttled"],
    ["maintenance as a status", 503, "<html>", "maintenance"],
    ["maintenance as a page", 200, "<html>Under maintenance</html>", "maintenance"],
    ["maintenance in words", 200, { code: "500", message: "System maintenance" }, "maintenance"],
    ["a code that nobody knows", 200, { code: "4711", message: "?" }, "unexpected"],
    ["another server", 200, "<html>Welcome</html>", "not-the-api"],
    ["no JSON object", 200, "[]", "not-the-api"],
    ["a missing page", 404, "not found", "not-the-api"],
  ])("with %s", (_, status, body, wanted) => {
    expect(kindOf(status, body)).toEqual(wanted);
  });

  it("to a login is a refusal of the account whatever its code, and no refusal while the cloud is away", () => {
    const login = { ...app, isLogin: true };
    expect(kindOf(200, { code: "2026", message: "account or password error" }, login)).toBe("wrong-password");
    expect(kindOf(200, { code: "1", message: "Server is too busy" }, login)).toBe("throttled");
    expect(kindOf(502, "", login)).toBe("maintenance");
  });

  it("401 of the app is a login that has expired", () => {
    expect(kindOf(401, "", app)).toBe("token-expired");
    expect(kindOf(200, { code: "401", message: "" }, app)).toBe("token-expired");
  });

  it("keeps no more of the cloud's text than a line of it", () => {
    const judged = judgeAnswer(
      { status: 200, text: JSON.stringify({ code: "9", message: "a\nb".repeat(99) }) },
      open,
    );
    const said = "problem" in judged ? judged.problem.said : "";
    expect(said).toMatch(/^code 9: a ba b/);
    expect(said.length).toBe(80);
  });
});

describe("a problem", () => {
  it.each(problemKinds)("%s has a sentence with a remedy, and waits that grow up to a limit", (kind) => {
    const one = problem(kind, {
      who: "api-e.ecoflow.com",
      station: "R631TEST00000001",
      said: "code 1",
    }).problem;
    expect(sentenceOf(one)).toMatch(/^.{30,260}[^.]$/);
    expect(sentenceOf(one)).toMatch(/code 1/);
    expect(againAfterSec(one, 0, 0.5)).toBeLessThanOrEqual(againAfterSec(one, 3, 0.5));
    expect(againAfterSec(one, 50, 0.5)).toBeLessThanOrEqual(21_600);
    expect(againAfterSec(one, 0, 0)).toBeGreaterThan(0.5);
  });

  it("of fresh credentials that are refused names the way out of each API", () => {
    const of = (api: "ecoflow-open" | "ecoflow-app") =>
      sentenceOf(problem("mqtt-refused", { api, who: "mqtt.ecoflow.com" }).problem);
    expect(of("ecoflow-open")).toMatch(
      /refuses fresh credentials: ten client ids a day are allowed, so stop/,
    );
    expect(of("ecoflow-app")).toMatch(/refuses fresh credentials: log out and in again in the app/);
  });

  it("that a person must solve is told apart from one that passes", () => {
    const person = problemKinds.filter((kind) => needsPerson(problem(kind, {}).problem));
    expect(person).toEqual([
      "wrong-key",
      "wrong-signature",
      "wrong-password",
      "not-opened",
      "untrusted",
      "not-the-api",
      "mqtt-refused",
      "kicked",
    ]);
  });

  it("waits: throttling a minute, then longer; a lost connection a few seconds; a wrong password a quarter of an hour", () => {
    const waits = (kind: (typeof problemKinds)[number]) =>
      [0, 1, 2, 9].map((tries) => againAfterSec({ kind }, tries, 0.5));
    expect(waits("throttled")).toEqual([60, 120, 240, 900]);
    expect(waits("unreachable")).toEqual([5, 10, 20, 120]);
    expect(waits("wrong-password")).toEqual([900, 1_800, 3_600, 3_600]);
  });
});

describe("what an account's answers hold", () => {
  const data = {
    certificateAccount: "open-1",
    certificatePassword: "p",
    url: "mqtt-e.ecoflow.com",
    port: "8883",
  };

  it("host and port of the broker come from the certification", () => {
    expect(readCertification({ ...data, protocol: "mqtts" })).toEqual({
      account: "open-1",
      password: "p",
      host: "mqtt-e.ecoflow.com",
      port: 8883,
      tls: true,
    });
    expect(readCertification({ ...data, url: "mqtt-a.ecoflow.com", port: 8884 })).toMatchObject({
      host: "mqtt-a.ecoflow.com",
      port: 8884,
    });
  });

  it.each([
    ["no account", { ...data, certificateAccount: undefined }],
    ["an account that is no level of a topic", { ...data, certificateAccount: "a/b" }],
    ["a port that does not exist", { ...data, port: "0" }],
    ["an address in place of a host", { ...data, url: "mqtts://evil/x" }],
    ["nothing", null],
  ])("a certification with %s is none", (_, wrong) => {
    expect(readCertification(wrong)).toBeNull();
  });

  it("a login has a token and a user id", () => {
    expect(readLogin({ token: "t.t", user: { userId: "1500" } })).toEqual({ token: "t.t", userId: "1500" });
    expect(readLogin({ token: "t.t", user: { userId: 1500 } })).toEqual({ token: "t.t", userId: "1500" });
    for (const wrong of [{}, null, { token: "t" }, { token: "a\nb", user: { userId: "1500" } }])
      expect(readLogin(wrong)).toBeNull();
  });

  it("lists of both APIs give the same stations, without what can stand in no topic", () => {
    const study = { serial: "R331TEST00000001", name: "Study", product: "DELTA 2", online: true };
    const item = { sn: study.serial, deviceName: "Study", productName: "DELTA 2", online: 1 };
    expect(readOpenDevices([item, { sn: "a/b" }, 5])).toEqual([study]);
    expect(readAppDevices({ bound: { [study.serial]: item }, share: { R651TEST00000001: {} } })).toEqual([
      study,
      { serial: "R651TEST00000001", name: null, product: null, online: null },
    ]);
    expect(readAppDevices({})).toEqual([]);
    expect([readOpenDevices({}), readAppDevices([]), readAppDevices({ other: 1 })]).toEqual([
      null,
      null,
      null,
    ]);
  });
});

describe("requests", () => {
  it("are those of the reference; only a login has a body", () => {
    expect(urlOf("https://h", openRequests.quota("A B"))).toBe(
      "https://h/iot-open/sign/device/quota/all?sn=A%20B",
    );
    expect(openRequests.devices()).toMatchObject({ method: "GET", body: null });
    expect(appRequests.certification("t", "15")).toMatchObject({
      method: "GET",
      path: "/iot-auth/app/certification",
      query: { userId: "15" },
      body: null,
      headers: { Authorization: "Bearer t" },
    });
    expect(appRequests.login("a@b", "cA==")).toMatchObject({
      method: "POST",
      body: { email: "a@b", password: "cA==", scene: "IOT_APP", userType: "ECOFLOW" },
    });
  });

  it("for a snapshot are a plain header in protobuf, and latestQuotas in JSON", () => {
    const [bytes] = snapshotRequests("river3", 300);
    expect(Buffer.from(bytes ?? []).toString("hex")).toBe("0a111020182070ac02ba0107416e64726f6964");
    expect(readPayload(bytes ?? new Uint8Array())).not.toHaveProperty("values");
    const [text] = snapshotRequests("delta2", 123_456_789);
    expect(JSON.parse(new TextDecoder().decode(text))).toEqual({
      from: "Android",
      id: "123456789",
      version: "1.0",
      moduleType: 0,
      operateType: "latestQuotas",
      params: {},
    });
    expect(snapshotRequests(null, 1)).toHaveLength(2);
  });
});
