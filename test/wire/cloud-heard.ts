/** What a right client hears, read by our own decoder. */
import { describe, expect, it } from "vitest";
import {
  clock,
  cloud,
  delta2,
  delta3,
  onApp,
  onOpen,
  pass,
  payloadsOn,
  plus,
  pro,
  pro3,
  property,
  readingOf,
  river,
  riverPlus,
  settled,
} from "./cloud-house.ts";

export function heard(): void {
  describe("what a right client hears", () => {
    it("by the app: frames and JSON of each line that our decoder reads, through an outage", async () => {
      const serials = [river, riverPlus, delta3, pro3, delta2, pro, plus];
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

    it("has all of it when the cloud counts it as delivered, and one that left is not waited for", async () => {
      const { line } = await onApp(() => [property(riverPlus)]);
      const { line: open, account } = await onOpen(["quota"], [delta2]);
      pass(1);
      await cloud.delivered();
      const first = payloadsOn(line, property(riverPlus)).length;
      expect(first).toBeGreaterThan(0);
      expect(payloadsOn(open, `/open/${account}/${delta2}/quota`)).toHaveLength(5);
      open.client.end(true);
      pass(130);
      await cloud.delivered();
      expect(payloadsOn(line, property(riverPlus)).length).toBeGreaterThan(first + 10);
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
}
