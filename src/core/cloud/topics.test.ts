/** Topics of EcoFlow's brokers, and the watch over the streams on them. */
import { describe, expect, it } from "vitest";
import { silentAfterSec } from "./snapshot.ts";
import { askTopic, clientIdOf, filtersOf, mayPublish, routeOf, statusOf } from "./topics.ts";
import { expectFrom, heard, isKicked, isOverdue, newStream, shortConnections } from "./watch.ts";

describe("topics", () => {
  const open = { api: "ecoflow-open", account: "open-1", userId: "" } as const;
  const app = { api: "ecoflow-app", account: "app-1", userId: "1500" } as const;

  it("are the account's and the station's alone, and each has its meaning", () => {
    expect(filtersOf(open, "S").map((topic) => routeOf(open, topic))).toEqual([
      { serial: "S", what: "push" },
      { serial: "S", what: "status" },
    ]);
    expect(filtersOf(app, "S").map((topic) => routeOf(app, topic))).toEqual([
      { serial: "S", what: "push" },
      { serial: "S", what: "reply" },
    ]);
    for (const foreign of [
      "/open/open-2/S/quota",
      "/open/open-1/S/set",
      "/x",
      "/app/1500/S/thing/property/set_reply",
    ])
      expect([routeOf(open, foreign), routeOf(app, foreign)]).toEqual([null, null]);
  });

  it("that could write to a station are never published on", () => {
    expect(mayPublish(askTopic(app, "S") ?? "")).toBe(true);
    expect(askTopic(open, "S")).toBeNull();
    for (const topic of [
      "/app/1500/S/thing/property/set",
      "/open/open-1/S/set",
      "/app/1500/S/x/thing/property/get",
    ])
      expect(mayPublish(topic)).toBe(false);
  });

  it("the client id has the form that each broker asks for", () => {
    expect(clientIdOf(app, "0a1b-2")).toBe("ANDROID_0A1B-2_1500");
    expect(clientIdOf(open, "0a1b-2")).toBe("ecoflow-power-0a1b-2");
  });

  it("a status message says whether the station is connected", () => {
    expect(
      [{ params: { status: 1 } }, { params: { status: 0 } }, { params: {} }, null].map(statusOf),
    ).toEqual([true, false, null, null]);
  });
});

describe("the watch over streams", () => {
  it("a protobuf station is overdue after 45 s, a JSON station after three minutes", () => {
    expect([silentAfterSec("river3"), silentAfterSec("delta2"), silentAfterSec(null)]).toEqual([
      45, 180, 180,
    ]);
    const stream = newStream("S", 45);
    expectFrom([stream], 1_000);
    expect([isOverdue(stream, 45_999), isOverdue(stream, 46_000)]).toEqual([false, true]);
    heard(stream, 40_000);
    expect([isOverdue(stream, 84_999), isOverdue(stream, 85_000)]).toEqual([false, true]);
  });

  it("each reconnection that brings nothing doubles the wait, up to a quarter of an hour; a message resets it", () => {
    const stream = newStream("S", 45);
    expectFrom([stream], 0);
    const due = [0, 1, 2, 9].map((tries) => {
      stream.tries = tries;
      return [90, 180, 360, 1800].map((sec) => isOverdue(stream, sec * 500));
    });
    expect(due).toEqual([
      [true, true, true, true],
      [false, true, true, true],
      [false, false, true, true],
      [false, false, false, true],
    ]);
    heard(stream, 900_000);
    expect(stream.tries).toBe(0);
  });

  it("a station that the cloud calls offline is no reason to connect again", () => {
    const stream = { ...newStream("S", 45), excused: true };
    expectFrom([stream], 0);
    expect(isOverdue(stream, 1e9)).toBe(false);
  });

  it("three short connections in a row are kicks; a long one forgives the earlier", () => {
    let short = 0;
    for (const [since, at] of [
      [0, 5],
      [10, 15],
      [20, 25],
    ] as const)
      short = shortConnections(short, since * 1e3, at * 1e3);
    expect([isKicked(2), isKicked(short)]).toEqual([false, true]);
    expect(shortConnections(short, 0, 60_000)).toBe(0);
  });
});
