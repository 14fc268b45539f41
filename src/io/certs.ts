/** Makes certificates while the program runs: an authority, and certificates for servers that it signs. */
import { createPrivateKey, webcrypto } from "node:crypto";

/** PEM texts for `tls.createServer`. */
export interface Certificate {
  cert: string;
  key: string;
}

export interface CertificateOptions {
  /** The first is the subject as well; a name of a host, or an IP address. */
  names: readonly [string, ...string[]];
  /** Epoch ms. */
  validFrom: number;
  validTo: number;
}

export interface Authority {
  /** Its certificate as PEM: what a client has to trust. */
  readonly pem: string;
  issue(options: CertificateOptions): Promise<Certificate>;
}

const dayMs = 86_400_000;
/** Ten years for an authority that lives as long as its process. */
const authorityDays = 3_650;
const keyKind = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const usages: KeyUsage[] = ["sign", "verify"];
const ipAddress = /^[\d.]+$|:/;

type KeyUsage = "sign" | "verify";
type Pair = webcrypto.CryptoKeyPair;

/** Makes an authority that is valid from one day before `wall` (epoch ms). Its name is visible to clients. */
export async function createAuthority(name: string, wall: number): Promise<Authority> {
  const x509 = await loadLibrary();
  const keys = await newKeys();
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    notBefore: new Date(wall - dayMs),
    notAfter: new Date(wall + authorityDays * dayMs),
    signingAlgorithm: keyKind,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    pem: `${root.toString("pem")}\n`,
    async issue({ names, validFrom, validTo }) {
      const own = await newKeys();
      const certificate = await x509.X509CertificateGenerator.create({
        subject: `CN=${names[0]}`,
        issuer: root.subject,
        notBefore: new Date(validFrom),
        notAfter: new Date(validTo),
        signingAlgorithm: keyKind,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
          new x509.SubjectAlternativeNameExtension(
            names.map((value) => ({ type: ipAddress.test(value) ? "ip" : "dns", value }) as const),
          ),
          await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
        ],
      });
      return { cert: `${certificate.toString("pem")}\n`, key: await pemOf(own) };
    },
  };
}

/** The library costs 130 ms and 11 MB, so it is loaded where a certificate is made. It needs `Reflect` metadata first. */
async function loadLibrary() {
  await import("reflect-metadata");
  return import("@peculiar/x509");
}

const newKeys = (): Promise<Pair> => webcrypto.subtle.generateKey(keyKind, true, usages);

async function pemOf({ privateKey }: Pair): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", privateKey));
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" })
    .export({ format: "pem", type: "pkcs8" })
    .toString();
}
