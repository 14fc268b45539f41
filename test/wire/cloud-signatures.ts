/** The signature of the developer API: what is refused, and what is accepted. */
import { describe, expect, it } from "vitest";
import { ask, get, list, nextNonce, quotaAll, signed } from "./cloud-client.ts";
import { cloud, delta2, hourMs, info, pass, pro3 } from "./cloud-house.ts";

export function signatures(): void {
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
}
