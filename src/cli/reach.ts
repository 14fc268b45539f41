/** The configured broker as a tool reaches it by hand: the broker of the house, or the embedded one of a running server. */
import type { Config } from "../config/config.ts";
import type { ClientOptions } from "../io/client.ts";
import { brokerOf } from "../site.ts";

/** What `connectClient` needs; `tool` tells this client from others at the broker. */
export function brokerFor(config: Config, tool: string): ClientOptions {
  const broker = brokerOf(config);
  const clientId = `ecoflow-power-${tool}-${process.pid}`;
  if ("external" in broker) {
    const { url, username, password, caFile } = broker.external;
    return { url, clientId, username, password, caFile };
  }
  const { host = "127.0.0.1", port = 1883, users = [] } = broker.embedded;
  const [user] = users;
  return { url: `mqtt://${dialled(host)}:${port}`, clientId, username: user?.name, password: user?.password };
}

/** Where a listener is reached: one on all addresses is on the loopback too. */
function dialled(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}
