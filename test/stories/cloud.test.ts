/** Stories of EcoFlow's cloud: from login to reading and shutdown, by both APIs. */
import { describe, expect, it } from "vitest";
import type { Log } from "../../src/io/log.ts";
import { House } from "../house.ts";
import { onBattery, onMains } from "../told.ts";
import { quiet } from "../wire/grounds.ts";
import {
  cloudWith,
  delta,
  deltaTopic,
  frame,
  health,
  houseWith,
  module,
  river,
  riverTopic,
  streaming,
} from "./cloud-house.ts";
import { appSource, openSource } from "./toy-cloud.ts";

describe("the app's API", () => {
  it("leads from login to reading, and an outage to a shutdown", async () => {
    const cloud = cloudWith(river);
    const house = await houseWith(cloud, appSource);
    await house.pass(2);
    const says = streaming(house, cloud);
    await house.pass(30);
    expect(house.reading("Study")).toMatchObject({
      grid: "present",
      soc: 60,
      source: "app",
      quality: "live",
    });
    expect(health(house, "app")).toMatchObject({ kind: "ecoflow-app", up: true, problem: null, stations: 1 });
    says.fields = onBattery;
    says.soc = 9;
    await house.pass(240);
    expect(house.commands("pc")[0]).toMatchObject({ action: "shutdown" });
    const data = house.of("data", river);
    expect(data.length).toBeGreaterThan(40);
  });

  it("connects where the certification says, with an id of the app's form, and subscribes exact topics", async () => {
    const cloud = cloudWith(river);
    const house = await houseWith(cloud, appSource);
    await house.pass(2);
    const { certification, clientId, filters } = cloud.connection;
    expect(certification).toMatchObject({ host: "mqtt-x.ecoflow.com", port: 8884, account: "app-abc" });
    expect(clientId).toMatch(/^ANDROID_[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}_1500$/);
    expect(filters).toEqual([riverTopic, `/app/1500/${river}/thing/property/get_reply`]);
  });

  it("asks at once when it has connected, not with the next second", async () => {
    const cloud = cloudWith(river);
    await houseWith(cloud, appSource);
    expect(cloud.connection.asked.map(({ topic }) => topic)).toEqual([
      `/app/1500/${river}/thing/property/get`,
    ]);
  });

  it("asks each station for its values at the connection and every 30 s, and publishes nothing else", async () => {
    const cloud = cloudWith(river, delta);
    const house = await houseWith(cloud, appSource);
    await house.pass(40);
    const { asked } = cloud.connection;
    const of = (serial: string) => asked.filter(({ topic }) => topic.includes(serial));
    expect(of(river)).toHaveLength(2);
    expect(new TextDecoder().decode(of(delta)[0]?.payload)).toContain("latestQuotas");
    expect(new Set(asked.map(({ topic }) => topic.replace(/^.*thing/, "thing")))).toEqual(
      new Set(["thing/property/get"]),
    );
  });

  it("an answer out of the cloud's cache neither ends an outage nor renews an age", async () => {
    const cloud = cloudWith(river);
    const house = await houseWith(cloud, appSource);
    await house.pass(2);
    const says = streaming(house, cloud);
    says.fields = onBattery;
    await house.pass(60);
    says.silent = true;
    house.each(20, () =>
      cloud.push(`/app/1500/${river}/thing/property/get_reply`, frame(onMains, 60, false)),
    );
    const { samples } = house.reading("Study") ?? {};
    await house.pass(40);
    expect(house.reading("Study")?.samples).toBe(samples);
    says.silent = false;
    await house.pass(20);
    expect(house.events().filter(({ type }) => type === "outage-ended")).toEqual([]);
  });
});

describe("the developer API", () => {
  it("leads from the signed list to reading, JSON by JSON", async () => {
    const cloud = cloudWith(delta);
    const house = await houseWith(cloud, openSource, { stations: { Garage: { serial: delta } } });
    await house.pass(2);
    expect(cloud.connection.filters).toEqual([deltaTopic, `/open/open-abc/${delta}/status`]);
    expect(cloud.connection.clientId).toMatch(/^ecoflow-power-/);
    house.each(5, () => {
      cloud.push(
        deltaTopic,
        module("invStatus", { acInVol: 230_000, inputWatts: 60 + (house.seconds % 3), outputWatts: 50 }),
      );
      cloud.push(
        deltaTopic,
        module("emsStatus", { lcdShowSoc: 71, f32LcdShowSoc: 71 + (house.seconds % 2) / 10 }),
      );
    });
    await house.pass(40);
    expect(house.reading("Garage")).toMatchObject({ grid: "present", source: "open", quality: "live" });
    expect(house.reading("Garage")?.soc).toBeCloseTo(71, 0);
    const { headers } = cloud.requests.find(({ path }) => path.endsWith("device/list")) ?? { headers: {} };
    expect(headers).toMatchObject({ accessKey: "key", nonce: expect.stringMatching(/^\d{6}$/) });
    expect(Object.keys(headers).map((name) => name.toLowerCase())).not.toContain("content-type");
  });

  it("shows the cloud's cache where no message comes, and takes it for no sample", async () => {
    const cloud = cloudWith(delta);
    cloud.quota = {
      "bms_emsStatus.lcdShowSoc": 44,
      "inv.acInVol": 0,
      "inv.inputWatts": 0,
      "pd.wattsOutSum": 50,
    };
    const house = await houseWith(cloud, openSource, { stations: { Garage: { serial: delta } } });
    await house.pass(200);
    expect(house.reading("Garage")).toMatchObject({ soc: 44, samples: 0 });
    expect(house.commands()).toEqual([]);
    // At first and each minute: slow.
    expect(cloud.count("/iot-open/sign/device/quota/all")).toBe(4);
  });

  it("says once that a model is closed to it, and goes on with the others", async () => {
    const cloud = cloudWith(river, delta);
    cloud.http = (path) =>
      path.startsWith("/iot-open/sign/device/quota")
        ? {
            status: 200,
            text: '{"code":"1006","message":"current device is not allowed to get device info"}',
            date: null,
          }
        : null;
    const house = await houseWith(cloud, openSource);
    await house.pass(700);
    expect(cloud.count("/iot-open/sign/device/quota/all")).toBe(2);
    expect(cloud.connections).toHaveLength(1);
  });
});

describe("the region", () => {
  it("is found by asking every host, and remembered over a restart", async () => {
    const cloud = cloudWith(river);
    const house = await houseWith(cloud, appSource);
    await house.pass(2);
    const asked = new Set(cloud.requests.map(({ base }) => base));
    expect(asked.size).toBe(4);
    const { clientId } = cloud.connection;
    cloud.connections.splice(0);
    cloud.requests.splice(0);
    await house.restart();
    await house.pass(2);
    expect(new Set(cloud.requests.map(({ base }) => base))).toEqual(new Set([cloud.home]));
    expect(cloud.connection.clientId).toBe(clientId);
  });

  it("is asked for again where the remembered one refuses the account", async () => {
    const cloud = cloudWith(delta);
    const house = await houseWith(cloud, openSource);
    await house.pass(2);
    cloud.home = "https://api-e.ecoflow.com";
    cloud.connections.splice(0);
    await house.restart();
    await house.pass(2);
    expect(cloud.connection.open).toBe(true);
  });

  it("that nobody accepts is one alarm that says what to do, and it is over with the next good login", async () => {
    const cloud = cloudWith(river);
    const { home } = cloud;
    cloud.home = "https://nowhere";
    const house = await houseWith(cloud, appSource);
    await house.pass(60);
    expect(house.standing()).toMatchObject([
      {
        code: "source-trouble",
        source: "app",
        text: expect.stringMatching(/refuses the login.*check ECOFLOW_USERNAME/),
      },
    ]);
    expect(health(house, "app")).toMatchObject({
      up: false,
      problem: expect.stringMatching(/ECOFLOW_PASSWORD/),
    });
    // Four hosts once: a wrong password is not tried each second.
    expect(cloud.count("/auth/login")).toBe(4);
    cloud.home = home;
    await house.pass(1_200);
    expect(house.standing().filter(({ code }) => code === "source-trouble")).toEqual([]);
  });
});

describe("names of the app", () => {
  const stations = { Study: {} };

  it("resolve keys of the mapping: the frames of the serial are those of the named station", async () => {
    const cloud = cloudWith(river);
    const house = await houseWith(cloud, appSource, { stations });
    await house.pass(2);
    const says = streaming(house, cloud);
    await house.pass(30);
    expect(house.reading("Study")).toMatchObject({ serial: river, grid: "present" });
    says.fields = onBattery;
    says.soc = 9;
    await house.pass(240);
    expect(house.commands("pc")[0]).toMatchObject({ action: "shutdown", station: "Study" });
  });

  it("resolve from the last list on disk while the cloud is away", async () => {
    const cloud = cloudWith(river);
    const source = { ...appSource };
    const house = await houseWith(cloud, source, {
      stations,
      sources: [source as never, { kind: "mqtt-raw", name: "mqtt-raw" }],
    });
    await house.pass(2);
    cloud.http = () => ({ fault: "unreachable", said: "ECONNREFUSED" });
    await house.restart();
    house.each(5, () => house.frame(river, frame(onMains, 60)));
    await house.pass(30);
    expect(house.reading("Study")).toMatchObject({ serial: river, grid: "present", source: "mqtt-raw" });
  });

  it("that two stations share resolve nothing", async () => {
    const cloud = cloudWith(river, "R655EMULATED0002");
    for (const station of cloud.stations) station.deviceName = "Study";
    const house = await houseWith(cloud, appSource, { stations });
    await house.pass(2);
    streaming(house, cloud);
    await house.pass(30);
    expect(house.reading("Study")).toBeUndefined();
  });

  it("that stations of two accounts share are told, and the second account takes nothing over", async () => {
    const [mine, other] = [cloudWith(river), cloudWith(delta)];
    for (const station of other.stations) station.deviceName = "Study";
    const logged: string[] = [];
    const log: Log = { ...quiet, warn: (text) => void logged.push(text), room: () => log };
    const house = await House.open({
      sources: [appSource as never, openSource as never],
      cloud: (clock) => ({
        memory: mine.memory,
        open: (setup) => (setup.kind === "ecoflow-app" ? mine : other).doors(clock).open(setup),
      }),
      stations,
      log,
    });
    await house.pass(2);
    streaming(house, mine);
    house.each(5, () => other.push(deltaTopic, module("emsStatus", { lcdShowSoc: 7, f32LcdShowSoc: 7 })));
    await house.pass(40);
    expect(house.reading("Study")).toMatchObject({ serial: river, soc: 60 });
    expect(house.commands()).toEqual([]);
    const said = logged.filter((text) => text.includes("are called Study"));
    expect(said).toEqual([
      `two stations of the accounts are called Study: write the serial instead; until then ${river} counts`,
    ]);
  });
});
