/** Which broker the tools reach. */
import { expect, it } from "vitest";
import type { Config } from "../config/config.ts";
import { brokerFor } from "./reach.ts";

const config = (part: object) => ({ mqtt: null, broker: null, ...part }) as unknown as Config;

it("is that of the house, with its account and its authority", () => {
  const ca = { path: "ca.pem", text: "" };
  const mqtt = { url: "mqtts://broker.lan:8883", username: "me", password: "word", ca };
  expect(brokerFor(config({ mqtt }), "record")).toMatchObject({
    url: "mqtts://broker.lan:8883",
    clientId: `ecoflow-power-record-${process.pid}`,
    username: "me",
    password: "word",
    caFile: "ca.pem",
  });
});

it("else the embedded one of a running server, with the first of its users", () => {
  expect(brokerFor(config({}), "record").url).toBe("mqtt://127.0.0.1:1883");
  const broker = { host: "127.0.0.2", port: 1884, users: { me: "word", you: "other" } };
  expect(brokerFor(config({ broker }), "record")).toMatchObject({
    url: "mqtt://127.0.0.2:1884",
    username: "me",
    password: "word",
  });
});

it.each([
  ["0.0.0.0", "mqtt://127.0.0.1:1884"],
  ["::", "mqtt://[::1]:1884"],
  ["::1", "mqtt://[::1]:1884"],
])("which listens on %s", (host, url) => {
  expect(brokerFor(config({ broker: { host, port: 1884, users: null } }), "record").url).toBe(url);
});
