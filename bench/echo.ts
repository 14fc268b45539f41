/** The partner of the wire bench, a process of its own: sends each message from `echo/in` back on `echo/out`. */
import type { Socket } from "node:net";
import { connect } from "mqtt";

const client = connect(process.argv[2] as string);
client.on("connect", () => {
  (client.stream as Socket).setNoDelay(true);
  client.subscribe("echo/in", { qos: 1 }, () => client.publish("echo/ready", "", { qos: 1 }));
});
client.on("message", (_, payload) => client.publish("echo/out", payload, { qos: 1 }));
