/** The accounts of the emulated cloud: developer keys, the app's user, and the MQTT credentials handed out for each. */
import type { Account } from "./scene.ts";

/** What a certification answer holds beside address and port. */
export interface Credentials {
  certificateAccount: string;
  certificatePassword: string;
}

export interface AccountOptions {
  /** A number from 0 up to 1. */
  random: () => number;
}

/** Thirty days, as observed. */
const tokenMs = 30 * 86_400_000;

export class Accounts {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly username = "owner@example.com";
  readonly password: string;
  /** 19 digits, as the app's are. */
  readonly userId: string;
  readonly #random: () => number;
  readonly #credentials: Record<Account, Credentials>;
  readonly #expired = new Set<Account>();
  readonly #tokens = new Map<string, number>();

  constructor({ random }: AccountOptions) {
    this.#random = random;
    this.accessKey = this.#text(32, letters);
    this.secretKey = this.#text(32, letters);
    this.password = this.#text(12, letters);
    this.userId = `1${this.#text(18, "0123456789")}`;
    this.#credentials = {
      open: { certificateAccount: `open-${this.#text(32, hex)}`, certificatePassword: this.#text(32, hex) },
      app: { certificateAccount: `app-${this.#text(32, hex)}`, certificatePassword: this.#text(32, hex) },
    };
  }

  secretOf(accessKey: string): string | null {
    return accessKey === this.accessKey ? this.secretKey : null;
  }

  /** Answers a certification: the same credentials each time, new ones after they expired. */
  certify(account: Account): Credentials {
    if (this.#expired.delete(account)) {
      this.#credentials[account] = {
        ...this.#credentials[account],
        certificatePassword: this.#text(32, hex),
      };
    }
    return this.#credentials[account];
  }

  /** The account name in the topics of the developer API. */
  get openAccount(): string {
    return this.#credentials.open.certificateAccount;
  }

  /** Which account an MQTT user name belongs to; null for none. */
  accountOf(username: string): Account | null {
    for (const account of ["open", "app"] as const) {
      if (this.#credentials[account].certificateAccount === username) return account;
    }
    return null;
  }

  /** Whether an MQTT login is right: `expired` if it was. */
  checkMqtt(account: Account, password: string): "right" | "wrong" | "expired" {
    if (this.#credentials[account].certificatePassword !== password) return "wrong";
    return this.#expired.has(account) ? "expired" : "right";
  }

  /** Ends the MQTT credentials of an account, and the app's tokens with them. */
  expire(account: Account): void {
    this.#expired.add(account);
    if (account === "app") this.#tokens.clear();
  }

  /** Checks a login of the app, whose password is base64; returns a token, or null. `wall` is epoch ms. */
  logIn(email: unknown, password: unknown, wall: number): string | null {
    const right = Buffer.from(this.password, "utf8").toString("base64");
    if (email !== this.username || password !== right) return null;
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const [iat, exp] = [wall, wall + tokenMs].map((ms) => Math.floor(ms / 1000));
    const token = `${part({ alg: "HS256" })}.${part({ user_id: this.userId, iat, exp })}.${this.#text(43, letters)}`;
    this.#tokens.set(token, wall + tokenMs);
    return token;
  }

  /** Whether an `Authorization` header is that of a login that still counts. */
  isLoggedIn(authorization: string | undefined, wall: number): boolean {
    const token = /^Bearer (\S+)$/.exec(authorization ?? "")?.[1];
    return token !== undefined && wall < (this.#tokens.get(token) ?? 0);
  }

  /** A random id as the cloud puts it into its answers. */
  traceId(): string {
    return this.#text(32, hex);
  }

  #text(length: number, alphabet: string): string {
    return Array.from({ length }, () => alphabet[Math.floor(this.#random() * alphabet.length)]).join("");
  }
}

const hex = "0123456789abcdef";
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
