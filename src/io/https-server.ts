/** An HTTPS server that hands each whole request to a function; for emulated servers. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Certificate } from "./certs.ts";
import { listenOn } from "./listen.ts";

export interface HttpsRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Readonly<IncomingHttpHeaders>;
  body: string;
}

export interface HttpsAnswer {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: string;
}

export interface HttpsServerOptions {
  host: string;
  /** 0 takes a free port. */
  port: number;
  certificate: Certificate;
  /** Null leaves the request without an answer while its connection stays open. */
  answer(request: HttpsRequest): HttpsAnswer | null;
}

export interface HttpsServer {
  readonly port: number;
  /** Shows this certificate to new connections. */
  setCertificate(certificate: Certificate): void;
  /** Ends all connections and listens no more, until `listen`. */
  silence(): Promise<void>;
  /** Listens again on the same port; does nothing after `close`. */
  listen(): Promise<void>;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** No request that is emulated is longer. */
const mostBytes = 1_000_000;

/** Starts listening; rejects if the port is taken. */
export async function startHttpsServer(options: HttpsServerOptions): Promise<HttpsServer> {
  const server = createServer(options.certificate, (request, response) => {
    void bodyOf(request).then((body) => respond(options, request, body, response));
  });
  await listenOn(server, options.host, options.port);
  const { port } = server.address() as AddressInfo;
  const silence = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  let isClosed = false;
  return {
    port,
    setCertificate(certificate) {
      server.setSecureContext(certificate);
      server.closeIdleConnections();
    },
    silence,
    async listen() {
      if (!isClosed) await listenOn(server, options.host, port);
    },
    async close() {
      isClosed = true;
      if (server.listening) await silence();
    },
  };
}

/** Null where the client goes away or sends too much. */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of request as AsyncIterable<Buffer>) {
      length += piece.length;
      if (length > mostBytes) return null;
      pieces.push(piece);
    }
    return Buffer.concat(pieces).toString("utf8");
  } catch {
    return null;
  }
}

function respond(
  { answer }: HttpsServerOptions,
  { method = "GET", url = "/", headers }: IncomingMessage,
  body: string | null,
  response: ServerResponse,
): void {
  if (body === null) {
    response.destroy();
    return;
  }
  const mark = url.indexOf("?");
  const path = mark < 0 ? url : url.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? "" : url.slice(mark + 1));
  const given = answer({ method, path, query, headers, body });
  if (given === null) return;
  response.sendDate = !("Date" in given.headers);
  response.writeHead(given.status, { ...given.headers });
  response.end(given.body);
}
