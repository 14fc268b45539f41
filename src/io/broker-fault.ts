/** Translates errors of sockets, TLS and MQTT into a plain reason why a broker cannot be used, and a remedy. */
import { errorParts } from "./error-parts.ts";

export interface BrokerFault {
  /** Follows "the broker" or "it": `nobody listens there`. */
  why: string;
  /** What to do, without a full stop: `check mqtt.ca`. */
  remedy: string;
}

interface Who {
  url: string;
  username?: string | undefined;
}

type Row = [codes: RegExp, fault: (host: string, who: Who, code: string) => BrokerFault];

const address = "mqtt.url (MQTT_HOST, MQTT_PORT)";

/** By the code of the error; CONNACK 1–5 are MQTT 3.1.1, the rest is Node's. */
const table: readonly Row[] = [
  [/^1$/, () => ({ why: "it speaks no MQTT 3.1.1", remedy: "use a broker that does" })],
  [/^2$/, () => ({ why: "it refuses the client id", remedy: "allow every client id at the broker" })],
  [/^3$/, () => ({ why: "it says that it is not available", remedy: "look at the broker's own log" })],
  [
    /^[45]$/,
    (_, { username }) => ({
      why: `it refuses ${username === undefined ? "a client without user" : `the user "${username}"`}`,
      remedy: "check mqtt.username and mqtt.password (MQTT_USER, MQTT_PASS)",
    }),
  ],
  [
    /^ECONNREFUSED$/,
    () => ({ why: "nobody listens there", remedy: `start the broker, or correct ${address}` }),
  ],
  [
    /^ENOTFOUND$/,
    (host) => ({
      why: `no machine is called "${host}"`,
      remedy: "correct the name in mqtt.url (MQTT_HOST), or write its address",
    }),
  ],
  [
    /^EAI_AGAIN$/,
    (host) => ({
      why: `nobody answers where "${host}" is`,
      remedy:
        "write the broker's address in mqtt.url (MQTT_HOST): a name has to be looked up in an outage too",
    }),
  ],
  [
    /^E(HOST|NET)(UNREACH|DOWN)$/,
    () => ({ why: "there is no way to it", remedy: `check ${address} and the network` }),
  ],
  [
    /^ETIMEDOUT$/,
    () => ({ why: "it does not answer", remedy: `check ${address}, and the firewalls on the way` }),
  ],
  [
    /^(ECONNRESET|EPIPE)$/,
    (_, { url }) => ({
      why: "it closed the connection at once",
      remedy: url.startsWith("mqtts:")
        ? `check ${address}: is that the port for TLS, usually 8883? Write mqtt:// where the broker has none`
        : `check ${address}: is that a broker, and does it want TLS (mqtts://)`,
    }),
  ],
  [/^no MQTT$/, () => ({ why: "it speaks no MQTT", remedy: `check ${address}: is that a broker` })],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    (host) => ({
      why: `its certificate is for another name than "${host}"`,
      remedy: "write a name that its certificate has in mqtt.url, or make it a certificate with this one",
    }),
  ],
  [
    /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/,
    (_, __, code) => ({
      why: code.endsWith("EXPIRED") ? "its certificate has expired" : "its certificate is not valid yet",
      remedy: "renew it at the broker, or correct the clock of this machine",
    }),
  ],
  [
    /CERT|UNABLE_TO|SELF_SIGNED/,
    (_, __, code) => ({
      why: `its certificate is not trusted (${code})`,
      remedy:
        "check mqtt.ca: set it to the PEM file of the authority that signed it; without it only public authorities are trusted",
    }),
  ],
  [
    /^(EPROTO|ERR_SSL_\w+)$/,
    () => ({
      why: "it speaks no TLS on that port",
      remedy: "write the port for TLS in mqtt.url, usually 8883, or mqtt:// where it has none",
    }),
  ],
];

/** Errors that the MQTT library gives no code; the last are those of its parser. */
const byWords: readonly [words: RegExp, code: string][] = [
  [/connack timeout/i, "ETIMEDOUT"],
  [/closed the connection/i, "ECONNRESET"],
  [/\b(header|packet|parse|malformed|protocol)\b/i, "no MQTT"],
];

/** Returns what a connection error means. An error in no table keeps its own text. */
export function brokerFault(error: unknown, who: Who): BrokerFault {
  const { code: own, message } = errorParts(error);
  const code = String(own !== "" ? own : (byWords.find(([words]) => words.test(message))?.[1] ?? ""));
  const host = URL.canParse(who.url) ? new URL(who.url).hostname.replace(/^\[|\]$/g, "") : who.url;
  const fault = table.find(([codes]) => codes.test(code))?.[1];
  return fault?.(host, who, code) ?? { why: message, remedy: `check ${address}` };
}
