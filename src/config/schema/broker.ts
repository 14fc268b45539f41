/** Settings of the broker: one on the network, or the embedded one. */
import { z } from "zod";
import { optional, required, text, usual, whole } from "../setting.ts";

export const mqtt = z
  .strictObject({
    url: required(text().regex(/^mqtts?:\/\/(\[[0-9A-Fa-f:.]+\]|[^\s/@:[\]]+)(:\d{1,5})?$/), {
      about: "address of the broker: mqtt://host:1883, with TLS mqtts://host:8883",
      feeds: "brokerOf, with MQTT_HOST and MQTT_PORT",
    }),
    username: optional(text(), {
      about: "user at the broker",
      leftOut: "anonymous",
      env: "MQTT_USER",
      feeds: "brokerOf",
    }),
    password: optional(text(), {
      about: "password at the broker",
      env: "MQTT_PASS",
      secret: true,
      feeds: "brokerOf",
    }),
    ca: optional(text(), {
      about: "PEM file with the certificate authority of an mqtts:// broker",
      leftOut: "the system's",
      isPath: true,
      feeds: "brokerOf",
    }),
  })
  .describe("the broker of the house; left out: the embedded one");

export const broker = z
  .strictObject({
    host: usual(text(), "127.0.0.1", {
      about: "address it listens on; beyond loopback only with users",
      feeds: "brokerOf",
    }),
    port: usual(whole(1, 65_535), 1883, { about: "TCP port it listens on", feeds: "brokerOf" }),
    users: optional(z.record(z.string(), text()), {
      about: "user: password",
      leftOut: "anybody who reaches it may speak",
      secret: true,
      feeds: "brokerOf",
    }),
  })
  .describe("the embedded broker, used where mqtt is left out");
