/** The API of the phone app: login with password, then a bearer token (docs/protocol.md). */
import { jsonObject } from "../../core/bounded-json.ts";
import type { HttpsRequest } from "../../io/https-server.ts";
import { tooBusy } from "./faults.ts";
import {
  certificationOf,
  type HttpWorld,
  listingOf,
  type Outcome,
  type Route,
  type Routes,
} from "./http-world.ts";

/** Clients may only rely on a code other than "0": no source lists the codes of the login. */
const rejected = { code: "2026", message: "The account or the password is incorrect" };
const noToken = { code: "401", message: "Unauthorized", status: 401 };

/** Returns the routes of the app's API. */
export function appRoutes(world: HttpWorld): Routes {
  const { accounts, faults } = world;
  const loggedIn =
    (route: Route): Route =>
    (request) =>
      accounts.isLoggedIn(request.headers.authorization, faults.wall()) ? route(request) : noToken;
  return {
    "/auth/login": { POST: (request) => logIn(world, request) },
    "/iot-auth/app/certification": {
      GET: loggedIn(({ query }) => {
        if (query.get("userId") !== accounts.userId) return noToken;
        return faults.isTooSoon("certification", "app") ? tooBusy : certificationOf(world, "app");
      }),
    },
    "/iot-service/user/device": {
      GET: loggedIn(() => ({
        data: { bound: listed(world, false), share: listed(world, true) },
      })),
    },
  };
}

function logIn({ accounts, faults, note }: HttpWorld, { headers, body }: HttpsRequest): Outcome {
  if (!headers["content-type"]?.startsWith("application/json")) {
    note("the login has no Content-Type application/json");
    return { code: "415", message: "Unsupported Media Type", status: 415 };
  }
  const { email, password, scene, userType } = jsonObject(body) ?? {};
  const isFromApp = scene === "IOT_APP" && userType === "ECOFLOW";
  if (!isFromApp) note('the login lacks "scene":"IOT_APP" or "userType":"ECOFLOW"');
  const isKnownHere = isFromApp && faults.region !== "refuses";
  const token = isKnownHere ? accounts.logIn(email, password, faults.wall()) : null;
  return token === null ? rejected : { data: { token, user: { userId: accounts.userId } } };
}

/** The account's own stations by serial, or those that other owners share with it. */
const listed = ({ stations }: HttpWorld, isShared: boolean) =>
  Object.fromEntries(
    [...stations.values()]
      .filter(({ setup }) => (setup.isShared === true) === isShared)
      .map((station) => [station.serial, listingOf(station)]),
  );
