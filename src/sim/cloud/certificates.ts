/** The certificates that the emulated cloud shows, the wrong ones too. */
import { type Authority, type Certificate, createAuthority } from "../../io/certs.ts";
import type { CloudAct } from "./scene.ts";

export type CertificateFault = Extract<CloudAct, { do: "certificate" }>["fault"];

const dayMs = 86_400_000;
const goodNames: [string, ...string[]] = ["127.0.0.1", "localhost", "::1"];

/** Makes an authority. Clients see its name, so it says nothing of an emulation. `wall` is epoch ms. */
export const createCloudAuthority = (wall: number): Promise<Authority> =>
  createAuthority("IoT Root CA", wall);

/** Makes a certificate for this machine at `wall` (epoch ms): good, or with one fault. */
export async function certificateOf(
  fault: CertificateFault,
  authority: Authority,
  wall: number,
): Promise<Certificate> {
  const issuer = fault === "foreign" ? await createCloudAuthority(wall) : authority;
  return issuer.issue({
    names: fault === "wrong-name" ? ["mqtt.invalid"] : goodNames,
    validFrom: wall - 2 * dayMs,
    validTo: fault === "expired" ? wall - dayMs : wall + 365 * dayMs,
  });
}
