/** A client of EcoFlow's two APIs, made by hand for the tests of the emulated cloud; it shares no code with the server's own. */
import { execFileSync } from "node:child_process";
import { request } from "node:https";
import { connect, type IClientOptions, type MqttClient } from "mqtt";
import type { CloudInfo } from "../../src/sim/cloud/cloud.ts";

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  json: { code?: string; message?: string; data?: unknown };
}

export interface Sent {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** Sends one request, trusting the cloud's own authority alone. */
export function ask(info: CloudInfo, path: string, { method = "GET", headers = {}, body }: Sent = {}) {
  return new Promise<Answer>((resolve, reject) => {
    const sent = request(`${info.api}${path}`, { method, headers, ca: info.ca, agent: false }, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (piece: string) => {
        text += piece;
      });
      answer.on("end", () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text, json: parsed(text) }),
      );
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

function parsed(text: string): Answer["json"] {
  return text.startsWith("{") ? (JSON.parse(text) as Answer["json"]) : {};
}

/** HMAC-SHA256 by the openssl program. */
export const openssl = (secret: string, text: string) =>
  execFileSync("openssl", ["dgst", "-sha256", "-hmac", secret, "-r"], {
    input: text,
    encoding: "utf8",
  }).slice(0, 64);

let nonce = 100_000;
export const nextNonce = () => String(nonce++);

/** The headers of a signed request; `flat` is the flattened parameters, written by hand. */
export function signed(
  info: CloudInfo,
  flat = "",
  { at = Date.now(), nonce = nextNonce(), secretKey = info.secretKey, accessKey = info.accessKey } = {},
): Record<string, string> {
  const tail = `accessKey=${accessKey}&nonce=${nonce}&timestamp=${at}`;
  return {
    accessKey,
    nonce,
    timestamp: String(at),
    sign: openssl(secretKey, flat === "" ? tail : `${flat}&${tail}`),
  };
}

/** A signed GET. */
export function get(info: CloudInfo, path: string, flat = "", options: Parameters<typeof signed>[2] = {}) {
  return ask(info, flat === "" ? path : `${path}?${flat}`, { headers: signed(info, flat, options) });
}

export const list = "/iot-open/sign/device/list";
export const quotaAll = "/iot-open/sign/device/quota/all";
export const openCertification = "/iot-open/sign/certification";
export const appCertification = "/iot-auth/app/certification";

/** A line of the device list. */
export interface Listed {
  sn: string;
  deviceName: string;
  productName: string;
  online: number;
}

/** The lines of a device list. */
export const listed = ({ json }: Answer) => json.data as Listed[];

export interface Credentials {
  certificateAccount: string;
  certificatePassword: string;
  url: string;
  port: string;
  protocol: string;
}

export async function openCredentials(info: CloudInfo): Promise<Credentials> {
  return (await get(info, openCertification)).json.data as Credentials;
}

export function logIn(info: CloudInfo, password = info.password) {
  const body = JSON.stringify({
    email: info.username,
    password: Buffer.from(password).toString("base64"),
    scene: "IOT_APP",
    userType: "ECOFLOW",
  });
  const headers = { lang: "en_US", "content-type": "application/json" };
  return ask(info, "/auth/login", { method: "POST", headers, body });
}

export interface AppLogin {
  userId: string;
  token: string;
  credentials: Credentials;
}

export async function appLogin(info: CloudInfo): Promise<AppLogin> {
  const { token, user } = (await logIn(info)).json.data as { token: string; user: { userId: string } };
  const headers = { Authorization: `Bearer ${token}` };
  const certified = await ask(info, `${appCertification}?userId=${user.userId}`, { headers });
  return { userId: user.userId, token, credentials: certified.json.data as Credentials };
}

export interface Heard {
  topic: string;
  payload: Buffer;
}

/** One MQTT connection that never reconnects by itself. */
export class Line {
  readonly heard: Heard[] = [];
  readonly client: MqttClient;
  readonly closed: Promise<void>;
  #wake = () => {};

  constructor(client: MqttClient) {
    this.client = client;
    this.closed = new Promise((resolve) => client.once("close", () => resolve()));
    client.on("message", (topic, payload) => {
      this.heard.push({ topic, payload });
      this.#wake();
    });
  }

  async subscribe(topic: string): Promise<number> {
    return new Promise((resolve) => {
      this.client.subscribe(topic, { qos: 1 }, (_error, granted, packet) => {
        const codes = (packet as { granted?: number[] } | undefined)?.granted ?? [];
        resolve(codes[0] ?? granted?.[0]?.qos ?? 128);
      });
    });
  }

  publish(topic: string, payload: Uint8Array | string): Promise<unknown> {
    return this.client.publishAsync(topic, Buffer.from(payload), { qos: 1 });
  }

  /** Resolves with the first message of a topic that fits, or the next one. */
  async next(topic: string, fits: (payload: Buffer) => boolean = () => true): Promise<Buffer> {
    for (;;) {
      const found = this.heard.find((each) => each.topic === topic && fits(each.payload));
      if (found) return found.payload;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  end(): void {
    this.client.end(true);
  }
}

/** Connects; resolves with the line, or with the CONNACK code, or with the name of the error. */
export function plug(
  info: CloudInfo,
  { certificateAccount, certificatePassword, url, port, protocol }: Credentials,
  clientId: string,
  more: IClientOptions = {},
): Promise<Line | number | string> {
  const client = connect(`${protocol}://${url}:${port}`, {
    clientId,
    username: certificateAccount,
    password: certificatePassword,
    ca: info.ca,
    reconnectPeriod: 0,
    clean: true,
    protocolVersion: 4,
    ...more,
  });
  const line = new Line(client);
  return new Promise((resolve) => {
    client.once("connect", () => resolve(line));
    client.once("error", (error: Error & { code?: number | string }) => {
      client.end(true);
      resolve(error.code ?? error.message);
    });
    client.once("close", () => resolve("closed"));
  });
}

/** As `plug`, where a refusal is a fault of the test. */
export async function plugged(...given: Parameters<typeof plug>): Promise<Line> {
  const line = await plug(...given);
  if (!(line instanceof Line)) throw new Error(`not let in: ${line}`);
  return line;
}
