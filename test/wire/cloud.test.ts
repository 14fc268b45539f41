/** The sources of EcoFlow's cloud against the emulated cloud, over real TLS: from login to reading, and every way it goes wrong. */
import { createSocket } from "node:dgram";
import { describe, it } from "vitest";
import { CloudLink } from "./cloud-link.ts";

const find = ({ cloud }: CloudLink, prefix: string) => {
  const station = cloud.info.stations.find(({ sn }) => sn.startsWith(prefix));
  if (!station) throw new Error(`the emulated cloud has no ${prefix}`);
  return station.sn;
};

describe("from login to reading", () => {
  it("by the app's API: every station of the account, in protobuf and in JSON, is read live", async ({
    expect,
    onTestFinished,
  }) => {
    const link = await CloudLink.open(onTestFinished);
    const { stations } = link.cloud.info;
    const live = (sn: string) => {
      const reading = link.house.reading(sn);
      return reading?.quality === "live" && reading.soc !== null && reading.source === "ecoflow-app";
    };
    await link.until("all are read", () => stations.filter(({ app }) => app).every(({ sn }) => live(sn)));
    const lost = stations.filter(({ sn }) => link.house.reading(sn)?.grid === "lost");
    expect(lost).toEqual([]);
    const delta2 = find(link, "R331");
    await link.cloud.act({ do: "grid", station: delta2, up: false });
    await link.until("the Delta 2 is without grid", () => link.house.reading(delta2)?.grid === "lost");
    expect(link.cloud.writes()).toEqual([]);
    // Nothing that we sent was refused.
    expect(link.notes).toEqual([]);
  });

  it("by the developer API: what EcoFlow opens is read live, the rest is explained", async ({
    expect,
    onTestFinished,
  }) => {
    const link = await CloudLink.open(onTestFinished, { kinds: ["ecoflow-open"] });
    const delta2 = find(link, "R331");
    await link.until("the Delta 2 is read", () => link.house.reading(delta2)?.grid === "present");
    expect(link.house.reading(delta2)).toMatchObject({ source: "ecoflow-open", quality: "live" });
    await link.cloud.act({ do: "grid", station: delta2, up: false });
    await link.until("it is without grid", () => link.house.reading(delta2)?.grid === "lost");
    const closed = link.cloud.info.stations.filter(({ open }) => !open).map(({ sn }) => sn);
    expect(closed.map((sn) => link.house.reading(sn)?.quality ?? "none")).not.toContain("live");
    expect(link.cloud.writes()).toEqual([]);
  });

  it.for(["ecoflow-app", "ecoflow-open"] as const)(
    "by %s: the lines that are in no usual scene, through an outage",
    async (kind, { expect, onTestFinished }) => {
      const serials = ["P2EBZAB1XH4C0001", "Y711ZAB1XH4C0002", "HW51ZAB1XH4C0003", "HD31ZAB1XH4C0004"];
      const stations = [...serials, "SP10ZAB1XH4C0005"].map((serial) => ({
        serial,
        name: serial.slice(0, 4),
        socPercent: 70,
        loadWatts: 90,
      }));
      const scene = { stations, timeline: [] };
      const link = await CloudLink.open(onTestFinished, { kinds: [kind], scene });
      const gridOf = (sn: string) => link.house.reading(sn)?.grid;
      const all = stations.map(({ serial }) => serial);
      await link.until("all are present", () => all.every((sn) => gridOf(sn) === "present"));
      for (const station of all) await link.cloud.act({ do: "grid", station, up: false });
      // A PowerStream never reports a loss.
      const backed = all.filter((sn) => !sn.startsWith("HW51"));
      await link.until("all are without grid", () => backed.every((sn) => gridOf(sn) === "lost"));
      expect(gridOf("HW51ZAB1XH4C0003")).not.toBe("lost");
      for (const sn of all) expect(Math.abs((link.house.reading(sn)?.soc ?? -9) - 70)).toBeLessThan(8);
      expect(link.cloud.writes()).toEqual([]);
    },
  );

  it("by both at once: one station has one reading, and the account one connection for each API", async ({
    expect,
    onTestFinished,
  }) => {
    const link = await CloudLink.open(onTestFinished, { kinds: ["ecoflow-open", "ecoflow-app"] });
    await link.isUp("ecoflow-open");
    await link.isUp("ecoflow-app");
    await link.pass(60);
    expect(link.cloud.clientIds()).toHaveLength(2);
    expect(link.notes.filter((note) => !note.includes("1006"))).toEqual([]);
    const delta2 = find(link, "R331");
    await link.cloud.act({ do: "grid", station: delta2, up: false });
    await link.until("it is without grid", () => link.house.reading(delta2)?.grid === "lost");
    const from = link.house.of("reading", delta2).length;
    await link.pass(120);
    const after = link.house.of<{ grid: string }>("reading", delta2).slice(from);
    // Answers of either cloud to questions come all the time; none of them ends the outage.
    expect(new Set(after.map(({ grid }) => grid))).toEqual(new Set(["lost"]));
  });
});

describe("a mistake of ours is told apart, and nothing is lost by it", () => {
  it.for([
    [
      "a wrong access key",
      "ecoflow-open",
      { accessKey: "nobodysKey" },
      /does not know the access key \(code 8513/,
    ],
    [
      "a wrong secret key",
      "ecoflow-open",
      { secretKey: "nobodysSecret" },
      /refuses the signature \(code 8521/,
    ],
    ["a wrong password", "ecoflow-app", { password: "wrong" }, /refuses the login .*check ECOFLOW_USERNAME/],
    ["a user that is not there", "ecoflow-app", { username: "no@example.com" }, /refuses the login/],
    ["another authority", "ecoflow-app", { ca: null }, /is not trusted .*so nothing was sent/],
  ] as const)("%s", async ([, kind, wrong, sentence], { expect, onTestFinished }) => {
    const link = await CloudLink.open(onTestFinished, { kinds: [kind], wrong });
    await link.says(sentence);
    await link.until("people hear it", () =>
      link.house.standing().some(({ code }) => code === "source-trouble"),
    );
    expect(link.cloud.clientIds()).toEqual([]);
  });

  it("a clock that is an hour off costs one request", async ({ onTestFinished }) => {
    const link = await CloudLink.open(onTestFinished, { kinds: ["ecoflow-open"], clockOffMs: -3_600_000 });
    await link.isUp();
  });
});

describe("a name server that never answers", () => {
  it("is told after a few seconds, and readings of others are decided on meanwhile", async ({
    expect,
    onTestFinished,
  }) => {
    const silent = createSocket("udp4");
    await new Promise<void>((done) => silent.bind(0, "127.0.0.1", done));
    onTestFinished(() => void silent.close());
    const nameServers = [`127.0.0.1:${silent.address().port}`];
    const link = await CloudLink.open(onTestFinished, { wrong: { apiUrl: null }, nameServers });
    const river = find(link, "R655");
    link.house.each(5, () => link.house.says(river, { soc: 9, grid_connected: false }));
    await link.until("the command goes out", () => link.house.commands("pc").length > 0);
    await link.says(/could not be looked up \(ETIMEOUT\): check the Internet connection and the DNS server/);
    expect(link.cloud.clientIds()).toEqual([]);
  });
});

describe("what the cloud does", () => {
  it.for(["expired", "wrong-name", "foreign"] as const)(
    "a certificate that is %s is refused",
    async (fault, { onTestFinished }) => {
      const before = (cloud: { act: CloudLink["cloud"]["act"] }) => cloud.act({ do: "certificate", fault });
      const link = await CloudLink.open(onTestFinished, { before });
      await link.says(/certificate of .* is not trusted/);
      await link.cloud.act({ do: "certificate", fault: "none" });
      await link.isUp();
    },
  );

  it.for(["open", "app"] as const)(
    "credentials of the %s API that expire are renewed",
    async (account, { expect, onTestFinished }) => {
      const link = await CloudLink.open(onTestFinished, { kinds: [`ecoflow-${account}`] });
      await link.isUp();
      await link.pass(70);
      const ids = link.cloud.clientIds();
      await link.cloud.act({ do: "expire", account });
      await link.until(
        "the session ended",
        () => link.cloud.clientIds().length === 0 || link.health()?.problem,
      );
      await link.until("it is connected again", () => link.cloud.clientIds().length === 1);
      expect(link.cloud.clientIds()).toEqual(ids);
      await link.isUp();
    },
  );

  it("a restart of its broker: connected again under the same id", async ({ expect, onTestFinished }) => {
    const link = await CloudLink.open(onTestFinished);
    await link.isUp();
    const ids = link.cloud.clientIds();
    await link.cloud.act({ do: "restart", sec: 20 });
    await link.until("it is down", () => link.cloud.clientIds().length === 0);
    await link.until("it is connected again", () => link.cloud.clientIds().length === 1);
    expect(link.cloud.clientIds()).toEqual(ids);
    await link.isUp();
  });

  it("a stream that dies while TCP lives is revived by a new connection", async ({
    expect,
    onTestFinished,
  }) => {
    const link = await CloudLink.open(onTestFinished);
    const river = find(link, "R655");
    await link.until("it is read", () => link.house.reading(river)?.quality === "live");
    await link.cloud.act({ do: "silence" });
    const from = link.house.of("data", river).length;
    await link.until("frames come again", () => link.house.of("data", river).length > from + 5, 300);
    expect(link.cloud.clientIds()).toHaveLength(1);
  });

  it("a frozen cache: answers come, and the station still counts as silent", async ({
    expect,
    onTestFinished,
  }) => {
    const link = await CloudLink.open(onTestFinished);
    const river = find(link, "R655");
    await link.until("it is read", () => link.house.reading(river)?.quality === "live");
    for (const { sn } of link.cloud.info.stations)
      await link.cloud.act({ do: "link", station: sn, link: "frozen" });
    await link.until("it counts as silent", () => link.health()?.up === false);
    const samples = link.house.reading(river)?.samples;
    await link.pass(120);
    expect(link.house.reading(river)?.samples).toBe(samples);
  });

  it("a rival with the same id is recognised, and the source comes to rest", async ({ onTestFinished }) => {
    const link = await CloudLink.open(onTestFinished);
    await link.isUp();
    await link.cloud.act({ do: "rival", account: "app", sec: 120 });
    await link.says(/another program uses our client id/);
    await link.isUp();
  });

  it("throttling and maintenance slow it down, and it is back afterwards", async ({
    expect,
    onTestFinished,
  }) => {
    const link = await CloudLink.open(onTestFinished, {
      before: (cloud) => cloud.act({ do: "busy", sec: 90 }),
    });
    await link.says(/too busy/);
    await link.cloud.act({ do: "maintenance", sec: 200 });
    await link.says(/out of service/);
    expect(link.house.standing().filter(({ code }) => code === "source-trouble")).toEqual([]);
    await link.isUp();
  });

  it("a region that refuses the account is told", async ({ onTestFinished }) => {
    const before = (cloud: CloudLink["cloud"]) => cloud.act({ do: "region", region: "refuses" });
    const link = await CloudLink.open(onTestFinished, { before });
    await link.says(/refuses the login/);
  });

  it("a region whose broker never answers is told, and nothing else stands still", async ({
    onTestFinished,
  }) => {
    const before = (cloud: CloudLink["cloud"]) => cloud.act({ do: "region", region: "mute" });
    const link = await CloudLink.open(onTestFinished, { before });
    await link.says(/closed the connection without an answer.*region/);
    await link.cloud.act({ do: "region", region: "right" });
    await link.isUp();
  });
});
