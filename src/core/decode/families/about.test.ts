/** What docs/stations.md claims of a family is what its code can tell: asked of a station that said everything there is to say. */
import { describe, expect, it } from "vitest";
import { takeNamed } from "../by-name.ts";
import { createDevice, type Device } from "../device.ts";
import { bmsHeartBeatReport } from "../fields/bms-heartbeat.ts";
import { cmsHeartBeatReport } from "../fields/cms-heartbeat.ts";
import {
  appParaHeartbeatReport,
  appShowHeartbeatReport,
  backendRecordHeartbeatReport,
  bpInfo,
  bpInfoReport,
} from "../fields/delta-pro-ultra.ts";
import { displayPropertyUpload } from "../fields/display-property.ts";
import { inverterHeartbeat } from "../fields/inverter-heartbeat.ts";
import { quota } from "../fields/quota.ts";
import { runtimePropertyUpload } from "../fields/runtime-property.ts";
import { protoPushAndSet, protoTime } from "../fields/smart-home-panel2.ts";
import type { Table } from "../fields/table.ts";
import { allModels } from "../models.ts";
import { allFamilies, rulesOf } from "./registry.ts";

/** Every field of a table, each 1 but where another value stands in `special`. */
function everything(table: Table): Record<string, unknown> {
  return Object.fromEntries(
    table.fields.map(({ name, nested }) => [
      name,
      nested === null ? (special[name] ?? 1) : everything(nested),
    ]),
  );
}

/** Discharging, so that a runtime is told. */
const special: Record<string, number> = {
  watts_out_sum: 500,
  "pd.wattsOutSum": 500,
  "pd.remainTime": 90,
  bat_input_watts: 500,
  grid_sta: 0,
  num: 0,
  cms_dsg_rem_time: 90,
};

function fullDevice(): Device {
  const device = createDevice();
  const tables = [
    displayPropertyUpload,
    runtimePropertyUpload,
    cmsHeartBeatReport,
    bmsHeartBeatReport,
    appShowHeartbeatReport,
    backendRecordHeartbeatReport,
    appParaHeartbeatReport,
    inverterHeartbeat,
    quota,
    protoTime,
    protoPushAndSet,
  ];
  for (const table of tables) takeNamed(device, table, everything(table), 1);
  takeNamed(device, bpInfoReport, { bp_info: [everything(bpInfo)] }, 1);
  return device;
}

/** The words of the page for the fields of a reading. */
const words = {
  temp_celsius: "temperature",
  solar_watts: "solar",
  charging: "charging",
  runtime_sec: "runtime",
  capacity_wh: "capacity",
  charge_limit_percent: "limits",
  discharge_limit_percent: "limits",
  ac_out_on: "AC output",
  ac_standby_min: "standby time",
  output_memory: "output memory",
  faults: "faults",
} as const;

describe.each(allFamilies.filter(([family]) => family !== "stream"))("%s", (family) => {
  const models = allModels.filter((one) => one.family === family);
  const model = models.find(({ packVolts }) => packVolts !== null) ?? models[0] ?? null;
  const rules = rulesOf(family, model);
  const measured = rules.measured(fullDevice());
  const { about } = rules;
  it.each(Object.entries(words))("%s: %s", (field, word) => {
    const isTold = measured[field as keyof typeof words] !== null;
    expect(`${about.measured}; ${about.inferred}`.includes(word)).toBe(isTold);
    if (isTold) expect(about.unknown).not.toContain(word);
  });

  it("tells the charge of all packs, and of each where it says so", () => {
    expect(rules.soc(fullDevice(), 1)).not.toBeNull();
    expect(measured.modules !== null).toBe(about.measured.includes("each"));
  });
});
