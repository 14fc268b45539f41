/** Begins to listen. */
import type { Server } from "node:net";

/** Resolves when the server listens; rejects if the port is taken or may not be used. */
export function listenOn(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
