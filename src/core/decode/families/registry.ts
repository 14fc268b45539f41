/** The families: one line each. */
import type { Device } from "../device.ts";
import { appShowHeartbeatReport, backendRecordHeartbeatReport } from "../fields/delta-pro-ultra.ts";
import { inverterHeartbeat } from "../fields/inverter-heartbeat.ts";
import { protoPushAndSet, protoTime } from "../fields/smart-home-panel2.ts";
import type { Family, Model } from "../models.ts";
import { deltaProUltra } from "./delta-pro-ultra.ts";
import { delta2 } from "./delta2.ts";
import { deltaProRules } from "./deltapro.ts";
import type { FamilyRules } from "./family.ts";
import { panel1, panel2, panel3 } from "./panels.ts";
import { powerstream } from "./powerstream.ts";
import { delta3Rules, deltaPro3Rules, river3Rules, streamRules } from "./protobuf.ts";
import { knownKeys } from "./quota-station.ts";
import { river1 } from "./river1.ts";

const families: Readonly<Record<Family, FamilyRules | ((model: Model | null) => FamilyRules)>> = {
  river3: river3Rules,
  delta3: delta3Rules,
  deltapro3: deltaPro3Rules,
  stream: streamRules,
  delta2,
  deltapro: deltaProRules,
  river1,
  deltaproultra: deltaProUltra,
  powerstream,
  panel1,
  panel2,
  panel3,
};

/** Each model's rules are made once. */
const made = new Map<string, FamilyRules>();

/** Returns the rules by which a station is read; `model` is null where only the family is known. */
export function familyRulesOf(family: Family, model: Model | null): FamilyRules {
  const rules = families[family];
  if (typeof rules !== "function") return rules;
  const key = `${family}/${model?.name ?? ""}`;
  const known = made.get(key) ?? rules(model);
  made.set(key, known);
  return known;
}

/** The rules to begin with: those of a known model, else the protobuf line's until a message shows the family. */
export const rulesOfModel = (model: Model | null): FamilyRules =>
  familyRulesOf(model?.family ?? "river3", model);

/** All families in the order of docs/stations.md. */
export const allFamilies: readonly (readonly [Family, FamilyRules])[] = (
  Object.keys(families) as Family[]
).map((family) => [family, familyRulesOf(family, null)] as const);

/** Returns the family that the messages of a device show, for a station without a known serial; null if several families send them. */
export function familyOf(device: Device): Family | null {
  const { others } = device;
  if (others.has(appShowHeartbeatReport) || others.has(backendRecordHeartbeatReport)) return "deltaproultra";
  if (others.has(inverterHeartbeat)) return "powerstream";
  if (others.has(protoPushAndSet) || others.has(protoTime)) return "panel2";
  const keys = knownKeys(device);
  if (keys.length === 0) return null;
  const has = (prefix: string) => keys.some((key) => key.startsWith(prefix));
  if (has("shp_")) return "panel3";
  if (has("heartbeat.") || has("gridInfo.") || has("cfgSta.")) return "panel1";
  if (has("bms_")) return "delta2";
  if (has("ems.")) return "deltapro";
  if (has("inv.invInVol")) return "river1";
  return has("bmsMaster") ? "deltapro" : "delta2";
}
