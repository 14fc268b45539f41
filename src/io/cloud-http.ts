/** HTTPS to EcoFlow's API: each request on a connection of its own, with a verified certificate, limited in time and size. */
import { request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import type { LookupFunction } from "node:net";
import { messageBounds } from "../core/bounded-json.ts";
import type { ProblemKind } from "../core/cloud/problems.ts";
import { type CloudRequest, urlOf } from "../core/cloud/requests.ts";
import { cloudFault } from "./cloud-fault.ts";
import type { After } from "./timer.ts";

/** An answer, whatever its status; or why there is none. */
export type HttpOutcome =
  | {
      status: number;
      text: string;
      /** The server's clock, epoch ms; null where the answer has none. */
      date: number | null;
    }
  | { fault: ProblemKind; said: string };

/** Sends a request to `base`, an address without a slash at the end; never rejects. */
export type SendHttp = (base: string, request: CloudRequest) => Promise<HttpOutcome>;

export interface HttpOptions {
  /** PEM text of the only authority to trust; null: the system's. */
  ca: string | null;
  lookup: LookupFunction;
  after: After;
  /** Longest time of one request from lookup to the last byte, ms. */
  timeoutMs?: number;
}

/**
 * Returns what sends requests. It uses `https.request`, because `fetch` accepts no certificate authority. A redirect is an answer
 * like any other and is not followed, so that credentials reach no other host.
 */
export function createHttp({ ca, lookup, after, timeoutMs = 10_000 }: HttpOptions): SendHttp {
  return (base, wanted) =>
    new Promise((resolve) => {
      const url = new URL(urlOf(base, wanted));
      const body = wanted.body === null ? null : JSON.stringify(wanted.body);
      const { method } = wanted;
      const headers = { ...wanted.headers, ...(body !== null && contentOf(body)) };
      const options = { method, headers, lookup, agent: false as const, ...(ca !== null && { ca }) };
      const request = url.protocol === "http:" ? plainRequest(url, options) : tlsRequest(url, options);
      const finish = (outcome: HttpOutcome) => {
        cancel();
        resolve(outcome);
        request.destroy();
      };
      const fail = (error: unknown) => {
        const { kind, said } = cloudFault(error);
        finish({ fault: kind, said });
      };
      const cancel = after(timeoutMs, () =>
        finish({ fault: "unreachable", said: `no answer within ${timeoutMs / 1_000} s` }),
      );
      request.on("error", fail);
      request.on("response", (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on("data", (chunk: Buffer) => {
          size += chunk.length;
          if (size > messageBounds.characters) finish({ fault: "not-the-api", said: "too long an answer" });
          chunks.push(chunk);
        });
        response.on("error", fail);
        response.on("end", () => {
          const date = Date.parse(response.headers.date ?? "");
          const text = Buffer.concat(chunks).toString("utf8");
          finish({ status: response.statusCode ?? 0, text, date: Number.isNaN(date) ? null : date });
        });
      });
      request.end(body ?? undefined);
    });
}

const contentOf = (body: string) => ({
  "Content-Type": "application/json;charset=UTF-8",
  "Content-Length": Buffer.byteLength(body),
});
