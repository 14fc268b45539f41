/** What a family claims for docs/stations.md is what its code does: asked of a station that said everything there is to say. */
import { describe, expect, it } from "vitest";
import { takeNamed } from "../by-name.ts";
import { createDevice, type Device } from "../device.ts";
import { bmsSlaves, bpInfo, bpInfoReport } from "../fields/delta-pro-ultra.ts";
import { quota } from "../fields/quota.ts";
import type { Table } from "../fields/table.ts";
import { messageOf } from "../index.ts";
import { allModels } from "../models.ts";
import { advice, type Claim } from "./about.ts";
import { allFamilies, familyRulesOf } from "./registry.ts";

/** Discharging, so that a runtime is reported; every other field is 1. */
const special: Record<string, number> = {
  watts_out_sum: 500,
  "pd.wattsOutSum": 500,
  "pd.remainTime": 90,
  bat_input_watts: 500,
  grid_sta: 0,
  num: 0,
  cms_dsg_rem_time: 90,
  cms_batt_full_energy: 1_024,
};

/** Every field of a table with a value. */
function everything(table: Table): Record<string, unknown> {
  return Object.fromEntries(
    table.fields.map(({ name, nested }) => [
      name,
      nested === null ? (special[name] ?? 1) : everything(nested),
    ]),
  );
}

function fullDevice(tables: readonly Table[]): Device {
  const device = createDevice();
  for (const table of tables) {
    const fields = table === bpInfoReport ? { bp_info: [everything(bpInfo)] } : everything(table);
    takeNamed(device, table, fields, 1);
  }
  return device;
}

/** The names of the values that are not null. */
const told = (values: object) =>
  Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [name]));

const everyTable = [...new Set(allFamilies.flatMap(([, { about }]) => about.tables))];

const everyModel = allModels.map((model) => ({ model, rules: familyRulesOf(model.family, model) }));

describe.each(everyModel)("$model.name ($model.family)", ({ model, rules }) => {
  const { about } = rules;
  const claimed: Claim[] = [...about.measured, ...(Object.keys(about.inferred) as Claim[])];

  /** What a reading of this model can hold, from these messages. */
  function comes(tables: readonly Table[]): string[] {
    const device = fullDevice(tables);
    const { modules, soc, ...values } = rules.measured(device);
    return [
      ...told(values),
      ...(rules.soc(device, 1) === null ? [] : ["soc"]),
      ...(rules.batteryWatts(device) === null ? [] : ["battery_watts"]),
      ...told({ ...modules?.[0], num: null }).map((name) => `modules.${name}`),
    ].sort();
  }

  it("tells what it claims, and claims what it tells, each once", () => {
    expect(comes(about.tables)).toEqual([...claimed].sort());
  });

  it("needs no message but those that it names", () => {
    expect(comes(everyTable)).toEqual(comes(about.tables));
  });

  it("was seen under the names of its family's models, and misses only what it claims", () => {
    const names = allModels.filter(({ family }) => family === model.family).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(Object.keys(about.seen)));
    for (const { missing } of Object.values(about.seen)) {
      expect(claimed).toEqual(expect.arrayContaining([...missing]));
    }
  });

  it("asks its owner for each setting that it shows, or says that no machine can depend on it", () => {
    const saysLost = Object.values(about.signs).includes("lost");
    expect(about.setUp.includes("never-lost")).toBe(!saysLost);
    for (const [name, { claim }] of Object.entries(advice)) {
      if (saysLost && claim !== null && claimed.includes(claim)) expect(about.setUp).toContain(name);
    }
  });
});

describe.each(allFamilies)("the wire of %s", (_family, { about: { tables, wire } }) => {
  it("carries its messages and no others", () => {
    const addresses = [...wire.matchAll(/(\d+)\/(\d+)/g)].map(([, func, id]) =>
      messageOf({ cmdFunc: Number(func), cmdId: Number(id) }),
    );
    const isJson = (table: Table) => table === quota || table === bmsSlaves || !wire.includes("protobuf");
    expect(new Set(addresses)).toEqual(new Set(tables.filter((table) => !isJson(table))));
    if (tables.some(isJson)) expect(wire).toContain("JSON");
  });
});
