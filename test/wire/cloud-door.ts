/** The broker's door: ids, passwords, topics. */
import { describe, expect, it } from "vitest";
import { appLogin, openCredentials, plug } from "./cloud-client.ts";
import {
  appId,
  clock,
  cloud,
  connected,
  delta2,
  hourMs,
  info,
  onApp,
  onOpen,
  property,
  river,
  shared,
} from "./cloud-house.ts";

export function door(): void {
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
      expect(cloud.clientIds()).toEqual([appId(userId), appId(userId, "77")]);
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
}
