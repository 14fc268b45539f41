/** The doors to EcoFlow's cloud: HTTP that is bounded and follows nothing, a lookup that cannot hang, a file of accounts. */

import { createSocket } from "node:dgram";
import { mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo, LookupFunction } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, type TestContext } from "vitest";
import { appRequests, openRequests } from "../core/cloud/requests.ts";
import { fileMemory, noFileMemory } from "./accounts-file.ts";
import { cloudFault } from "./cloud-fault.ts";
import { createHttp, type HttpOutcome } from "./cloud-http.ts";
import { promptLookup } from "./lookup.ts";
import type { After } from "./timer.ts";

type Finished = TestContext["onTestFinished"];

/** A server on loopback; `seen` collects what it was asked. */
async function serverOf(answer: RequestListener, finished: Finished) {
  const seen: { request: IncomingMessage; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      seen.push({ request, body });
      answer(request, response);
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  finished(() => void server.closeAllConnections());
  finished(() => new Promise<void>((done) => server.close(() => done())));
  return { seen, base: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const never: After = () => () => {};
const http = (after: After = never) => createHttp({ ca: null, lookup: promptLookup(), after });

describe("HTTP", () => {
  it("sends a Content-Type with a body, and none on a GET", async ({ onTestFinished }) => {
    const { base, seen } = await serverOf((_, response) => response.end('{"code":"0"}'), onTestFinished);
    const got = await http()(base, openRequests.quota("R331"));
    expect(got).toMatchObject({ status: 200, text: '{"code":"0"}', date: expect.any(Number) });
    await http()(base, appRequests.login("a@b", "cA=="));
    const [get, post] = seen;
    expect(get?.request).toMatchObject({ method: "GET", url: "/iot-open/sign/device/quota/all?sn=R331" });
    expect(get?.request.headers["content-type"]).toBeUndefined();
    expect(post?.request.headers["content-type"]).toBe("application/json;charset=UTF-8");
    expect(JSON.parse(post?.body ?? "")).toMatchObject({ email: "a@b", scene: "IOT_APP" });
  });

  it("follows no redirect: the credentials go to no other host", async ({ onTestFinished }) => {
    const other = await serverOf((_, response) => response.end("{}"), onTestFinished);
    const { base } = await serverOf((_, response) => {
      response.writeHead(302, { Location: other.base }).end();
    }, onTestFinished);
    expect(await http()(base, openRequests.devices())).toMatchObject({ status: 302 });
    expect(other.seen).toEqual([]);
  });

  it("gives up a server that never answers, and one that never ends", async ({ onTestFinished }) => {
    const { base, seen } = await serverOf(() => {}, onTestFinished);
    let timeUp = () => {};
    const wait = http((_, run) => {
      timeUp = run;
      return () => {};
    })(base, openRequests.devices());
    while (seen.length === 0) await new Promise((done) => setImmediate(done));
    timeUp();
    expect(await wait).toEqual({ fault: "unreachable", said: "no answer within 10 s" });
    const endless = await serverOf((_, response) => {
      const more = () =>
        void (response.destroyed || response.write("x".repeat(65_536), () => setImmediate(more)));
      more();
    }, onTestFinished);
    expect(await http()(endless.base, openRequests.devices())).toMatchObject({ fault: "not-the-api" });
  });

  it("says of a host where nobody listens that it cannot be reached", async ({ onTestFinished }) => {
    const { base } = await serverOf(() => {}, onTestFinished);
    const closed = base.replace(/\d+$/, "1");
    expect(await http()(closed, openRequests.devices())).toEqual({
      fault: "unreachable",
      said: "ECONNREFUSED",
    });
  });

  it.each([
    ["CERT_HAS_EXPIRED", "untrusted", "it has expired"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "untrusted", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "untrusted", "it is for another name"],
    ["ETIMEOUT", "no-name-server", "ETIMEOUT"],
    ["EAI_AGAIN", "no-name-server", "EAI_AGAIN"],
    ["ETIMEDOUT", "unreachable", "ETIMEDOUT"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "not-the-api", "ERR_SSL_WRONG_VERSION_NUMBER"],
  ])("an error %s is %s", (code, kind, said) => {
    expect(cloudFault(Object.assign(new Error("x"), { code }))).toEqual({ kind, said });
  });
});

describe("the lookup", () => {
  const asked = (lookup: LookupFunction, name: string) =>
    new Promise<{ error: string | null; address: unknown }>((resolve) => {
      lookup(name, { all: true }, (error, address) => resolve({ error: error?.code ?? null, address }));
    });

  it("ends by itself where the name server never answers", async ({ onTestFinished }) => {
    const silent = createSocket("udp4");
    await new Promise<void>((done) => silent.bind(0, "127.0.0.1", done));
    onTestFinished(() => void silent.close());
    const servers = [`127.0.0.1:${silent.address().port}`];
    expect(await asked(promptLookup({ servers, timeoutMs: 20 }), "api-e.ecoflow.com")).toMatchObject({
      error: "ETIMEOUT",
    });
    const outcome: HttpOutcome = await createHttp({
      ca: null,
      lookup: promptLookup({ servers, timeoutMs: 20 }),
      after: never,
    })("https://api-e.ecoflow.com", openRequests.devices());
    expect(outcome).toEqual({ fault: "no-name-server", said: "ETIMEOUT" });
  });

  it("needs no name server for an address and for this machine", async () => {
    const lookup = promptLookup({ servers: ["127.0.0.1:1"], timeoutMs: 20 });
    expect(await asked(lookup, "127.0.0.1")).toEqual({
      error: null,
      address: [{ address: "127.0.0.1", family: 4 }],
    });
    expect((await asked(lookup, "localhost")).error).toBeNull();
  });
});

describe("the file of accounts", () => {
  const kept = { url: "https://h", clientId: "0123456789ab", stations: [], listedAt: 1 };

  it("keeps accounts apart, is private, and holds what both programs wrote", () => {
    const path = join(mkdtempSync(join(tmpdir(), "ecoflow-accounts-")), "new", "accounts.json");
    const [server, tool] = [fileMemory(path), fileMemory(path)];
    expect(server.load("a")).toBeNull();
    server.save("a", kept);
    tool.save("b", { ...kept, url: null });
    expect([server.load("b")?.url, tool.load("a")]).toEqual([null, kept]);
    expect(statSync(path).mode & 0o077).toBe(0);
    expect(readFileSync(path, "utf8")).not.toContain("password");
  });

  it("that is damaged, or cannot be written, stops nothing", () => {
    const folder = mkdtempSync(join(tmpdir(), "ecoflow-accounts-"));
    const path = join(folder, "accounts.json");
    writeFileSync(path, '{"a": {"url": 5}, "b": ');
    expect(fileMemory(path).load("a")).toBeNull();
    const why: string[] = [];
    fileMemory(join(path, "below"), (text) => why.push(text)).save("a", kept);
    expect(why).toEqual([expect.stringMatching(/could not be written/)]);
    const memory = noFileMemory();
    memory.save("a", kept);
    expect(memory.load("a")).toEqual(kept);
  });
});
