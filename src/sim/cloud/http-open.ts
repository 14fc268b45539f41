/** The developer API: signed requests (docs/protocol.md). */
import { jsonObject } from "../../core/bounded-json.ts";
import type { HttpsRequest } from "../../io/https-server.ts";
import { notAllowed, tooBusy } from "./faults.ts";
import {
  certificationOf,
  type HttpWorld,
  listingOf,
  type Outcome,
  type Route,
  type Routes,
} from "./http-world.ts";
import type { CloudStation } from "./station.ts";
import { Verifier } from "./verify.ts";

/** No source gives the tolerance; five minutes is usual for signed requests. */
const toleranceMs = 300_000;
const prefix = "/iot-open/sign";

/** Returns the routes of the developer API. */
export function openRoutes(world: HttpWorld): Routes {
  const { accounts, faults } = world;
  const verifier = new Verifier({
    // A key belongs to one region; another one does not know it.
    secretOf: (accessKey) => (faults.region === "right" ? accounts.secretOf(accessKey) : null),
    toleranceMs,
  });
  const signed =
    (route: Route): Route =>
    (request) =>
      refusalOf(verifier, request, world) ?? route(request);
  return {
    [`${prefix}/certification`]: {
      GET: signed(() =>
        faults.isTooSoon("certification", "open") ? tooBusy : certificationOf(world, "open"),
      ),
    },
    [`${prefix}/device/list`]: { GET: signed(() => ({ data: deviceList(world) })) },
    [`${prefix}/device/quota/all`]: {
      GET: signed(({ query }) => quotaAll(world, query.get("sn") ?? "")),
    },
    [`${prefix}/device/quota`]: {
      POST: signed(({ body }) => quotas(world, jsonObject(body) ?? {})),
      PUT: signed(({ body }) => {
        world.wrote(String(jsonObject(body)?.["sn"]));
        return {};
      }),
    },
  };
}

function refusalOf(verifier: Verifier, request: HttpsRequest, { faults, note }: HttpWorld): Outcome | null {
  const { headers, query, body, method } = request;
  const refusal = verifier.check(
    {
      header: (name) => {
        const value = headers[name];
        return typeof value === "string" ? value : undefined;
      },
      query: [...query],
      body: method === "GET" ? null : body,
    },
    faults.wall(),
  );
  if (refusal === null) return null;
  note(`the signature is refused: ${refusal.why}`);
  return { code: refusal.code, message: refusal.message };
}

/** The stations that are bound to the account, served or not. Those of another owner are not listed. */
function deviceList({ stations }: HttpWorld) {
  return [...stations.values()].filter(({ setup }) => setup.isShared !== true).map(listingOf);
}

function quotaAll(world: HttpWorld, serial: string): Outcome {
  const station = servedStation(world, serial);
  if (station === null) return notAllowed;
  if (world.faults.isTooSoon("quota", serial)) return tooBusy;
  return { data: station.values };
}

/** The named values of one station. */
function quotas(world: HttpWorld, { sn, params }: Record<string, unknown>): Outcome {
  const station = servedStation(world, String(sn));
  if (station === null) return notAllowed;
  const asked = (params as { quotas?: unknown } | undefined)?.quotas;
  const names = Array.isArray(asked) ? asked.map(String) : [];
  const { values } = station;
  return {
    data: Object.fromEntries(names.filter((name) => name in values).map((name) => [name, values[name]])),
  };
}

/** Null for a station of another account, and for one that the API does not serve. */
function servedStation({ stations }: HttpWorld, serial: string): CloudStation | null {
  const station = stations.get(serial);
  return station?.isOpen ? station : null;
}
