/** The HTTPS side of the emulated cloud: finds the request's answer in the routes of both APIs. */
import type { HttpsAnswer, HttpsRequest } from "../../io/https-server.ts";
import { tooBusy } from "./faults.ts";
import { appRoutes } from "./http-app.ts";
import { openRoutes } from "./http-open.ts";
import type { HttpWorld, Outcome, Route, Routes } from "./http-world.ts";

/** Returns what answers the requests; null is no answer at all. */
export function createHttp(world: HttpWorld): (request: HttpsRequest) => HttpsAnswer | null {
  const routes: Routes = { ...openRoutes(world), ...appRoutes(world) };
  return (request) => {
    const { faults, note, accounts } = world;
    if (faults.has("hang")) return null;
    const date = new Date(faults.wall()).toUTCString();
    if (faults.has("maintenance")) return page(503, "Service Temporarily Unavailable", date);
    const route = routeOf(routes, request);
    if (route === null) return page(404, "Not Found", date);
    if (route === "method") {
      note(`${request.method} ${request.path}: 405, the path does not know this method`);
      return page(405, "Method Not Allowed", date);
    }
    const outcome = faults.has("busy") ? tooBusy : (faults.forcedFor(request.path) ?? route(request));
    if ("code" in outcome) note(`${request.method} ${request.path}: ${outcome.code} ${outcome.message}`);
    return written(outcome, accounts.traceId(), date);
  };
}

/** Null: no such path; `method`: it does not take this method. */
function routeOf(routes: Routes, { path, method }: HttpsRequest): Route | "method" | null {
  const methods = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (methods === undefined) return null;
  return (Object.hasOwn(methods, method) ? methods[method] : undefined) ?? "method";
}

function written(outcome: Outcome, trace: string, date: string): HttpsAnswer {
  const head =
    "code" in outcome
      ? { code: outcome.code, message: outcome.message }
      : { code: "0", message: "Success", ...outcome };
  return {
    status: "code" in outcome ? (outcome.status ?? 200) : 200,
    headers: { Date: date, "Content-Type": "application/json;charset=UTF-8" },
    body: JSON.stringify({ ...head, eagleEyeTraceId: trace, tid: trace }),
  };
}

const page = (status: number, title: string, date: string): HttpsAnswer => ({
  status,
  headers: { Date: date, "Content-Type": "text/html" },
  body: `<html><head><title>${status} ${title}</title></head><body><h1>${status} ${title}</h1></body></html>\n`,
});
