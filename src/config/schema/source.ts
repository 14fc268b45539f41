/** Settings of the sources: what brings readings into the server. */
import { z } from "zod";
import { regions } from "../../core/cloud/regions.ts";
import { optional, required, text, usual } from "../setting.ts";

/** What each kind of source brings. */
export const sourceTexts = {
  "ecoflow-open": "stations of an EcoFlow account by the developer API",
  "ecoflow-app": "stations of an EcoFlow account by the app's API",
  mqtt: "readings of others on <base>/<id>/json/state, also for stations of ours",
  "mqtt-raw": "raw frames on <base>/<serial>/data",
} as const;

const feeds = "SitePlan.sources.*";
const name = optional(z.string().regex(/^[A-Za-z0-9._-]{1,40}$/), {
  about: "name of this source in readings and topics, unique",
  leftOut: "its kind",
  feeds: `${feeds}.name`,
});

const kind = <K extends keyof typeof sourceTexts>(value: K) =>
  z.strictObject({
    kind: required(z.literal(value), { about: sourceTexts[value], feeds: `${feeds}.kind` }),
    name,
  });

/** An address without user, query or slash at its end; without TLS only on this machine. */
const apiAddress =
  /^(https:\/\/[A-Za-z0-9.-]+|https?:\/\/(127\.0\.0\.1|localhost|\[::1\]))(:\d{1,5})?(\/[\w.-]+)*\/?$/;

/** What both APIs of EcoFlow's cloud need. */
const cloud = {
  region: usual(z.enum(regions), "auto", {
    about: "EcoFlow's host that serves the account, without .ecoflow.com",
    note: "auto asks all of them and remembers which one answered",
    feeds: `${feeds}.region`,
  }),
  apiUrl: optional(z.string().regex(apiAddress), {
    about: "another address of the API",
    leftOut: "the hosts of region",
    note: "ECOFLOW_API_URL sets it for all sources of an account",
    feeds: `${feeds}.apiUrl`,
  }),
  ca: optional(text(), {
    about: "PEM file with the only certificate authority to trust there",
    leftOut: "the system's",
    note: "ECOFLOW_CA_FILE sets it for all sources of an account",
    isPath: true,
    feeds: "the doors to EcoFlow's cloud",
  }),
  devices: optional(z.array(text()).min(1), {
    about: "serials of the account's stations that count",
    leftOut: "all",
    note: "ECOFLOW_DEVICE_LIST sets it for all sources of an account",
    feeds: `${feeds}.devices`,
  }),
};

const ecoflowOpen = kind("ecoflow-open").extend({
  accessKey: required(text(), {
    about: "access key of EcoFlow's developer portal",
    note: "ECOFLOW_ACCESS_KEY sets it",
    secret: true,
    feeds: `${feeds}.accessKey`,
  }),
  secretKey: required(text(), {
    about: "secret key of EcoFlow's developer portal",
    note: "ECOFLOW_SECRET_KEY sets it",
    secret: true,
    feeds: `${feeds}.secretKey`,
  }),
  ...cloud,
});

const ecoflowApp = kind("ecoflow-app").extend({
  username: required(text(), {
    about: "e-mail address of the EcoFlow account",
    note: "ECOFLOW_USERNAME sets it",
    feeds: `${feeds}.username`,
  }),
  password: required(text(), {
    about: "password of the EcoFlow account",
    note: "ECOFLOW_PASSWORD sets it",
    secret: true,
    feeds: `${feeds}.password`,
  }),
  ...cloud,
});

export const source = z
  .discriminatedUnion("kind", [ecoflowOpen, ecoflowApp, kind("mqtt"), kind("mqtt-raw")])
  .transform((written) => ({ ...written, name: written.name ?? written.kind }))
  .meta({ description: "what brings readings" });
