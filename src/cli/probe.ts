/** Whether the configured broker can be used: connects once, subscribes, and leaves. */
import type { Config } from "../config/config.ts";
import { connectClient } from "../io/client.ts";
import { brokerOf } from "../site.ts";

/** Why the broker cannot be used, in one sentence, or null when it can. */
export async function probeBroker(config: Config): Promise<string | null> {
  const broker = brokerOf(config);
  if ("embedded" in broker) return null;
  const { url, username, password, caFile } = broker.external;
  try {
    const client = await connectClient({
      url,
      clientId: `ecoflow-power-check-${process.pid}`,
      username,
      password,
      caFile,
    });
    await client.subscribe(["power-manager/orchestrator/status"]);
    await client.close();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
