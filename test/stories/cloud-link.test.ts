/** Stories of a link to EcoFlow's cloud that does not lie: credentials that age, silence, kicks, throttling, no Internet. */
import { describe, expect, it } from "vitest";
import { onMains } from "../told.ts";
import {
  cloudWith,
  delta,
  frame,
  health,
  houseWith,
  river,
  riverTopic,
  streaming,
  troubles,
} from "./cloud-house.ts";
import { appSource, openSource } from "./toy-cloud.ts";

describe("credentials", () => {
  it("are renewed after 20 h on a living connection, which goes on", async () => {
    const cloud = cloudWith(river);
    const house = await houseWith(cloud, appSource);
    await house.pass(2);
    house.each(40, () => cloud.push(riverTopic, frame(onMains, 60)));
    await house.pass(20 * 3_600 - 10);
    expect(cloud.count("/iot-auth/app/certification")).toBe(1);
    await house.pass(20);
    expect(cloud.count("/iot-auth/app/certification")).toBe(2);
    expect(cloud.connections).toHaveLength(1);
  }, 60_000);

  it("are renewed with the list: a station that is new in it is read on the same connection", async () => {
    const cloud = cloudWith(river);
    const house = await houseWith(cloud, appSource);
    await house.pass(2);
    house.each(40, () => cloud.push(riverTopic, frame(onMains, 60)));
    // After the list of the 19th hour, before the renewal.
    await house.pass(20 * 3_600 - 600);
    cloud.stations.push({ sn: delta, deviceName: "Garage", online: 1 });
    await house.pass(620);
    expect(cloud.count("/iot-auth/app/certification")).toBe(2);
    expect(cloud.connection.filters).toContain(`/app/device/property/${delta}`);
    expect(cloud.connections).toHaveLength(1);
  }, 60_000);

  it("that the broker refuses are fetched again, and the stream goes on", async () => {
    const cloud = cloudWith(river);
    const house = await houseWith(cloud, appSource);
    await house.pass(2);
    streaming(house, cloud);
    await house.pass(120);
    cloud.password = "mqtt-password-2";
    cloud.cut();
    await house.pass(30);
    expect(cloud.connection.certification.password).toBe("mqtt-password-2");
    expect(health(house, "app")).toMatchObject({ up: true, problem: null });
  });

  it("that worked and are refused a few seconds later are fetched again at once, without an alarm", async () => {
    const cloud = cloudWith(river);
    const house = await houseWith(cloud, appSource);
    await house.pass(20);
    cloud.password = "mqtt-password-2";
    cloud.cut();
    await house.pass(10);
    expect(cloud.connection.certification.password).toBe("mqtt-password-2");
    expect(troubles(house)).toEqual([]);
  });

  it("that are refused though fresh are not fetched each second, and people hear it", async () => {
    const cloud = cloudWith(river);
    cloud.mqtt = () => ({ fault: "mqtt-refused", said: "MQTT code 5", refused: true });
    const house = await houseWith(cloud, appSource);
    await house.pass(300);
    expect(cloud.count("/iot-auth/app/certification")).toBeLessThanOrEqual(4);
    expect(house.standing()).toMatchObject([
      { code: "source-trouble", text: expect.stringMatching(/MQTT code 5/) },
    ]);
  });
});

describe("a link that does not lie", () => {
  it("connects again where a stream falls silent while the connection lives, and then more slowly", async () => {
    const cloud = cloudWith(river);
    const house = await houseWith(cloud, appSource);
    await house.pass(2);
    const says = streaming(house, cloud);
    await house.pass(120);
    says.silent = true;
    // Answers of the cloud's cache go on, and are not the station's voice.
    const reply = `/app/1500/${river}/thing/property/get_reply`;
    house.each(20, () => cloud.push(reply, frame(onMains, 60, false)));
    await house.pass(60);
    expect(cloud.connections).toHaveLength(2);
    await house.pass(60);
    expect(cloud.connections).toHaveLength(2);
    await house.pass(60);
    expect(cloud.connections).toHaveLength(3);
    expect(new Set(cloud.connections.map(({ clientId }) => clientId)).size).toBe(1);
    expect(health(house, "app")).toMatchObject({
      up: false,
      problem: expect.stringMatching(/connected to EcoFlow, but no station of the account sends/),
    });
    says.silent = false;
    await house.pass(10);
    expect(health(house, "app")).toMatchObject({ up: true });
  });

  it("does not connect again for a station that the cloud calls offline", async () => {
    const cloud = cloudWith(delta);
    const house = await houseWith(cloud, openSource);
    await house.pass(2);
    cloud.push(`/open/open-abc/${delta}/status`, {
      id: 1,
      version: "1.0",
      timestamp: 1,
      params: { status: 0 },
    });
    await house.pass(900);
    expect(cloud.connections).toHaveLength(1);
    expect(health(house, "open")).toMatchObject({ up: false });
  });

  it("recognises that another program throws it off, and takes another id where the API allows it", async () => {
    const cloud = cloudWith(river);
    let drawn = 0;
    const house = await houseWith(cloud, appSource, { random: () => (++drawn % 16) / 16 });
    for (let kicks = 0; kicks < 3; kicks++) {
      await house.pass(20);
      cloud.cut();
    }
    await house.pass(10);
    expect(house.standing()).toMatchObject([
      { code: "source-trouble", text: expect.stringMatching(/another program uses our client id/) },
    ]);
    await house.pass(60);
    const ids = cloud.connections.map(({ clientId }) => clientId);
    expect(new Set(ids.slice(0, 3)).size).toBe(1);
    expect(ids[3]).not.toBe(ids[0]);
    expect(house.standing()).toEqual([]);
  });

  it("does not suspect another program where the broker refuses attempts in between", async () => {
    const cloud = cloudWith(river);
    const house = await houseWith(cloud, appSource);
    for (let outages = 0; outages < 6; outages++) {
      await house.pass(20);
      let refusals = 1;
      const down = { fault: "unreachable", said: "ECONNREFUSED", refused: false } as const;
      cloud.mqtt = () => (refusals-- > 0 ? down : null);
      cloud.cut();
      while (cloud.connections.every(({ open }) => !open)) await house.pass(1);
    }
    expect(house.alarms().filter(({ text }) => text.includes("another program"))).toEqual([]);
    expect(new Set(cloud.connections.map(({ clientId }) => clientId)).size).toBe(1);
  });

  it("keeps one alarm while another program with its id throws it off again and again", async () => {
    const cloud = cloudWith(delta);
    const house = await houseWith(cloud, openSource);
    const raised = () => house.alarms().filter(({ code }) => code === "source-trouble").length;
    const rounds = [20, 20, 20, 50, 80, 140, 260];
    for (const seconds of rounds) {
      await house.pass(seconds);
      cloud.cut();
    }
    await house.pass(2);
    expect([raised(), troubles(house).length]).toEqual([1, 1]);
    await house.pass(700);
    expect(cloud.connection.open).toBe(true);
    expect(troubles(house)).toEqual([]);
  });

  it("slows down when the cloud is too busy, and reports maintenance only when it lasts", async () => {
    const cloud = cloudWith(river);
    const busy = { status: 200, text: '{"code":"1","message":"Server is too busy"}', date: null };
    cloud.http = () => busy;
    const house = await houseWith(cloud, appSource);
    await house.pass(200);
    expect(cloud.count("/auth/login")).toBeLessThanOrEqual(3 * 4);
    expect(house.standing()).toEqual([]);
    cloud.http = () => ({ status: 503, text: "", date: null });
    await house.pass(400);
    expect(troubles(house)).toMatchObject([
      { text: expect.stringMatching(/out of service.*nothing to do but wait/) },
    ]);
  });

  it("is back within two minutes after hours without Internet, and the old answer ends no outage", async () => {
    const cloud = cloudWith(river);
    const house = await houseWith(cloud, appSource);
    await house.pass(2);
    const says = streaming(house, cloud);
    await house.pass(60);
    says.silent = true;
    cloud.http = () => ({ fault: "no-name-server", said: "ETIMEOUT" });
    cloud.mqtt = () => ({ fault: "no-name-server", said: "ETIMEOUT", refused: false });
    cloud.cut();
    await house.pass(6 * 3_600);
    expect(health(house, "app")).toMatchObject({ up: false, problem: expect.stringMatching(/DNS server/) });
    expect(troubles(house)).toHaveLength(1);
    cloud.http = null;
    cloud.mqtt = null;
    const { samples } = house.reading("Study") ?? {};
    cloud.connections.splice(0);
    await house.pass(160);
    expect(cloud.connection.open).toBe(true);
    cloud.push(`/app/1500/${river}/thing/property/get_reply`, frame(onMains, 60, false));
    expect(house.reading("Study")?.samples).toBe(samples);
    says.silent = false;
    await house.pass(10);
    expect(health(house, "app")).toMatchObject({ up: true, problem: null });
    expect(troubles(house)).toEqual([]);
    expect(house.reading("Study")?.samples).toBeGreaterThan(samples ?? 0);
  }, 60_000);

  it("goes on trying without Internet at boot, and nothing else waits for it", async () => {
    const cloud = cloudWith(river);
    cloud.http = () => ({ fault: "no-name-server", said: "ETIMEOUT" });
    const house = await houseWith(cloud, appSource);
    await house.pass(10);
    house.says("Other", { soc: 50, grid_connected: true });
    await house.pass(6 * 3_600);
    cloud.http = null;
    await house.pass(300);
    streaming(house, cloud);
    await house.pass(30);
    expect(house.reading("Study")).toMatchObject({ grid: "present", source: "app" });
  }, 60_000);

  it("signs with the cloud's time where the clock of this machine is an hour off", async () => {
    const cloud = cloudWith(delta);
    cloud.home = "https://api-e.ecoflow.com";
    const house = await houseWith(cloud, openSource);
    const real = () => house.clock.wall() + 3_600_000;
    cloud.http = () => {
      const { timestamp = "0" } = cloud.requests.at(-1)?.headers ?? {};
      const stale = Math.abs(Number(timestamp) - real()) > 300_000;
      return stale
        ? { status: 200, text: '{"code":"8521","message":"signature is wrong"}', date: real() }
        : null;
    };
    cloud.connections.splice(0);
    await house.restart();
    await house.pass(5);
    expect(cloud.connection.open).toBe(true);
  });
});
