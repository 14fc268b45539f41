/** Certificates made on the fly, judged by Node's own TLS. */
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:tls";
import { describe, expect, it } from "vitest";
import { type Authority, type Certificate, createAuthority } from "./certs.ts";

const dayMs = 86_400_000;
const names: [string, ...string[]] = ["127.0.0.1", "localhost"];

const issued = (authority: Authority, days: number, given = names) =>
  authority.issue({
    names: given,
    validFrom: Date.now() - 2 * dayMs,
    validTo: Date.now() + days * dayMs,
  });

/** Connects to a server with this certificate; `connected`, or the code of the error. */
async function tried(certificate: Certificate, ca: string, host = "127.0.0.1"): Promise<string> {
  const server = createServer(certificate, (socket) => socket.end());
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const socket = connect({ host: "127.0.0.1", port, ca, ...(host !== "127.0.0.1" && { servername: host }) });
  const result = await new Promise<string>((resolve) => {
    socket.once("secureConnect", () => resolve("connected"));
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
  socket.destroy();
  server.close();
  return result;
}

describe("a certificate made on the fly", () => {
  it("is accepted by a client that trusts its authority, by address and by name", async () => {
    const authority = await createAuthority("Root", Date.now());
    const good = await issued(authority, 1);
    expect(await tried(good, authority.pem)).toBe("connected");
    expect(await tried(good, authority.pem, "localhost")).toBe("connected");
  });

  it("is refused when it is expired, of another name, or of an authority with the same name", async () => {
    const authority = await createAuthority("Root", Date.now());
    const other = await createAuthority("Root", Date.now());
    expect(await tried(await issued(authority, -1), authority.pem)).toBe("CERT_HAS_EXPIRED");
    expect(await tried(await issued(authority, 1, ["other.invalid"]), authority.pem)).toBe(
      "ERR_TLS_CERT_ALTNAME_INVALID",
    );
    expect(await tried(await issued(other, 1), authority.pem)).toMatch(/SIGNATURE|VERIFY|ISSUER/);
  });
});
