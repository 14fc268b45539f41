/** Each fault of the cloud on demand. */
import { describe, expect, it } from "vitest";
import {
  appCertification,
  appLogin,
  ask,
  get,
  list,
  listed,
  logIn,
  openCredentials,
  plug,
  quotaAll,
} from "./cloud-client.ts";
import {
  appId,
  cloud,
  connected,
  delta2,
  info,
  onApp,
  onOpen,
  pass,
  payloadsOn,
  pro3,
  property,
  readingOf,
  river,
  riverPlus,
  settled,
} from "./cloud-house.ts";

export function faults(): void {
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
      expect(listed(await get(info, list))[4]).toMatchObject({ sn: delta2, online: 1 });
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
      await line.next(quota, () => payloadsOn(line, quota).length >= 15);
      const messages = payloadsOn(line, quota)
        .map((each) => JSON.parse(each.toString()))
        .filter(({ typeCode }) => typeCode === "invStatus");
      expect(messages.length).toBeGreaterThan(1);
      expect(new Set(messages.map(({ timestamp }) => timestamp)).size).toBe(messages.length);
      for (const { params } of messages) expect(params).toMatchObject({ acInVol: 230_000 });
      await cloud.act({ do: "link", station: delta2, link: "offline" });
      const status = JSON.parse((await line.next(`/open/${account}/${delta2}/status`)).toString());
      expect(status).toMatchObject({ version: "1.0", params: { status: 0 } });
      expect(listed(await get(info, list))[4]).toMatchObject({ sn: delta2, online: 0 });
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

    it("no Internet: neither API nor broker can be reached, and both are back on their ports", async () => {
      const { line, credentials } = await onOpen([], []);
      await cloud.act({ do: "unreachable", sec: 5 });
      await line.closed;
      expect(await plug(info, credentials, "mine")).toBe("ECONNREFUSED");
      await expect(get(info, list)).rejects.toMatchObject({ code: "ECONNREFUSED" });
      pass(5);
      await connected(info, credentials, "mine");
      expect((await get(info, list)).json.code).toBe("0");
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
}

/** Resolves after a later connection got through the same door without an answer as well. */
async function hungOnce(): Promise<string> {
  const { connect } = await import("node:tls");
  const socket = connect({ host: "127.0.0.1", port: Number(info.api.split(":").at(-1)), ca: info.ca });
  await new Promise((resolve) => socket.once("secureConnect", resolve));
  socket.end();
  return "no answer";
}
