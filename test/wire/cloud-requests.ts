/** The HTTPS requests of both APIs. */
import { describe, expect, it } from "vitest";
import {
  appCertification,
  appLogin,
  ask,
  get,
  list,
  listed,
  logIn,
  openCertification,
  openCredentials,
  quotaAll,
  signed,
} from "./cloud-client.ts";
import {
  cloud,
  delta2,
  delta3,
  info,
  pass,
  plus,
  pro,
  pro3,
  river,
  riverPlus,
  shared,
} from "./cloud-house.ts";

export function requests(): void {
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
      const { userId } = (right.json.data as { user: { userId: string } }).user;
      expect((await ask(info, `${appCertification}?userId=${userId}`)).status).toBe(401);
    });

    it("list the account's stations: shared ones by the app alone", async () => {
      const stations = listed(await get(info, list));
      expect(stations.map(({ sn }) => sn)).toEqual([river, riverPlus, delta3, pro3, delta2, pro, plus]);
      expect(stations[4]).toEqual({ sn: delta2, deviceName: "Office", productName: "DELTA 2", online: 1 });
      const { token } = await appLogin(info);
      const answer = await ask(info, "/iot-service/user/device", {
        headers: { Authorization: `Bearer ${token}` },
      });
      const { bound, share } = answer.json.data as Record<"bound" | "share", object>;
      expect(Object.keys(bound)).toContain(river);
      expect(Object.keys(share)).toEqual([shared]);
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
      const answers = [
        await get(info, list),
        await get(info, quotaAll, `sn=${delta2}`),
        await ask(info, "/"),
      ];
      const wire = answers.map(({ text, headers }) => text + JSON.stringify(headers)).join();
      const certificate = Buffer.from(info.ca.replace(/-----.*?-----|\n/g, ""), "base64");
      expect(`${wire}${certificate.toString("latin1")}`).not.toMatch(
        /emulat|simulat|fake|aedes|ecoflow-power/i,
      );
    });
  });
}
